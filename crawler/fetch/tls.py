"""One TLS context per process and policy: making one reads all root certificates and costs milliseconds."""

from __future__ import annotations

import ssl
from functools import lru_cache

import certifi
import urllib3
from urllib3.exceptions import InsecureRequestWarning

from crawler.fetch.sockets import TlsSocket

__all__ = ["context"]


@lru_cache(maxsize=2)
def context(verify: bool) -> ssl.SSLContext:
    """Return the context that checks certificates, or the one that does not. TLS 1.2 at least, for both."""
    made = ssl.create_default_context(cafile=certifi.where())
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # early releases of Python 3.11 set it: a cut page would look whole
    if not verify:
        urllib3.disable_warnings(InsecureRequestWarning)  # the config asked for it, host by host
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.sslsocket_class = TlsSocket
    return made
