"""Certificates made for a test run; nothing secret is kept in the repository."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

__all__ = ["Authority"]


class Authority:
    """A certificate authority; the file to trust is written into a folder."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self._file)

    @property
    def file(self) -> str:
        """The file to trust."""
        return str(self._file)

    def server(self, name: str, *, days: int = 30, oldest_tls: bool = False) -> ssl.SSLContext:
        """The context of a server whose certificate is for `name`; negative days: it is expired."""
        now = datetime.now(UTC)
        begin = now + timedelta(days=min(days, 0) - 1)
        certificate = self._authority.issue_cert(name, not_before=begin, not_after=now + timedelta(days=days))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        if oldest_tls:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context
