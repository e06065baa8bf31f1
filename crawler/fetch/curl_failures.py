"""What an error of libcurl means, by our codes."""

from __future__ import annotations

import errno
import os

import pycurl

from crawler.errors import FetchError, one_line

__all__ = ["curl_failure"]

_TLS = frozenset({
    pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_CRL_BADFILE, pycurl.E_SSL_ISSUER_ERROR, pycurl.E_SSL_ENGINE_INITFAILED,
})  # fmt: skip
# Codes that pycurl has no names for.
_WEIRD_REPLY = 8
_PROXY = 97
_TOO_LARGE = 100
_PLAIN = {
    pycurl.E_COULDNT_RESOLVE_HOST: ("dns", "no such host, or the name server cannot answer now"),
    pycurl.E_COULDNT_RESOLVE_PROXY: ("proxy", "no such host"),
    _PROXY: ("proxy", "the proxy refuses"),
    pycurl.E_URL_MALFORMAT: ("dns", "curl looks up no such name"),  # all else in a URL is clean
    pycurl.E_PARTIAL_FILE: ("truncated", "the page stops before its end"),
    pycurl.E_GOT_NOTHING: ("closed", "closed without an answer"),
    pycurl.E_SEND_ERROR: ("reset", "the server cut the connection"),
    pycurl.E_FILESIZE_EXCEEDED: ("too-large", "the length it says is beyond all limits"),
    _TOO_LARGE: ("headers-too-large", "more than curl takes"),
}
_SYSTEM = {
    errno.ECONNREFUSED: ("refused", "the server does not accept connections"),
    errno.ECONNRESET: ("reset", "the server cut the connection while it was made"),
    errno.ETIMEDOUT: ("connect-timeout", "no connection in time"),
}


def curl_failure(number: int, text: str, system: int) -> FetchError:
    """Return what an error stands for.

    Args:
        number: CURLE_...
        text: what libcurl says.
        system: errno of the operating system, 0 when there was none.
    """
    if number in _TLS:
        return FetchError("tls", _tls(text))
    if number in _PLAIN:
        return FetchError(*_PLAIN[number])
    if number == pycurl.E_COULDNT_CONNECT:
        return FetchError(*_SYSTEM.get(system, ("network", os.strerror(system) if system else "no connection")))
    if number == pycurl.E_RECV_ERROR:
        return _receiving(text)
    if number == _WEIRD_REPLY:
        return FetchError("bad-headers", one_line(text))
    return FetchError("bad-response", one_line(text, 80))


def _receiving(text: str) -> FetchError:
    words = text.lower()
    if "chunk" in words:
        return FetchError("bad-chunk", one_line(text))
    if "connect tunnel" in words or "proxy" in words:
        return FetchError("proxy", one_line(text))
    if "unexpected eof" in words:
        return FetchError("truncated", "the page stops before its end")
    return FetchError("reset", "the server cut the connection")


def _tls(text: str) -> str:
    if "subject name" in text or "subjectAltName" in text:
        return "name mismatch, the certificate is for another host"
    return one_line(text.rpartition("certificate problem: ")[2])
