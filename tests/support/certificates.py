"""Certificates made for a test run by the openssl program; nothing secret is kept in the repository."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

__all__ = ["Authority"]


class Authority:
    """A certificate authority in a folder; skips the test where there is no openssl program."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("the openssl program is not installed: no certificates to test with")
        self._folder = folder
        self._run("req", "-x509", *_key("ca"), "-subj", "/CN=test authority", "-days", "3650", "-out", "ca.pem")

    @property
    def file(self) -> str:
        """The file to trust."""
        return str(self._folder / "ca.pem")

    def server(self, name: str, *, days: int = 30, oldest_tls: bool = False) -> ssl.SSLContext:
        """The context of a server whose certificate is for `name`; negative days: it is expired."""
        stem = f"{name}-{days}".replace(":", "_")
        if not (self._folder / f"{stem}.pem").exists():
            self._make(stem, name, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        if oldest_tls:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context

    def _make(self, stem: str, name: str, days: int) -> None:
        kind = "IP" if name.replace(".", "").isdigit() else "DNS"
        (self._folder / f"{stem}.ext").write_text(f"subjectAltName={kind}:{name}\n")
        self._run("req", *_key(stem), "-subj", f"/CN={name}", "-out", f"{stem}.csr")
        when = ["-days", str(days)]
        self._run("x509", "-req", "-in", f"{stem}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                  *when, "-extfile", f"{stem}.ext", "-out", f"{stem}.pem")  # fmt: skip

    def _run(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self._folder, check=True, capture_output=True)


def _key(stem: str) -> list[str]:
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{stem}.key"]
