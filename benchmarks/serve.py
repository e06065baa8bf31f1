"""The server of the pages, on a core of its own: nginx where it is installed, else a small one in Python."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log; {user}
events {{ worker_connections 4096; }}
http {{
  types {{ text/html html; {types} }} access_log off; sendfile on; tcp_nodelay on;
  keepalive_requests 10000000; keepalive_timeout 600; open_file_cache max={files}; open_file_cache_valid 1h;
  client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c;
  uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;
  server {{ listen 127.0.0.1:{port} backlog=4096; root "{folder}"; }}
}}
"""


def cores() -> tuple[int, ...]:
    """The cores this program may use; () where a program cannot be bound to one."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def server_core() -> int | None:
    """The core of the server: the first one, where there are two."""
    return cores()[0] if len(cores()) > 1 else None


def bind(core: int | None) -> None:
    """Bind this process, and what it starts, to a core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


@contextmanager
def serving(folder: Path, latency: float = 0.0, charsets: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Serve `folder`; gives the URL and the name of the server. Only the Python one can be slow on purpose.

    Args:
        latency: seconds for which each answer is held back.
        charsets: files that end in one of these are pages, sent with this charset.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-server-") as work:
        port = _free_port()
        nginx = None if latency else shutil.which("nginx")
        if nginx:
            user = "user root;" if os.geteuid() == 0 else ""
            config = Path(work, "nginx.conf")
            types = " ".join(f'"text/html; charset={name}" {name};' for name in charsets if name)
            settings = {"work": work, "user": user, "port": port, "folder": folder}
            config.write_text(NGINX.format(**settings, types=types, files=_open_files()))
            command = [nginx, "-e", f"{work}/error.log", "-c", str(config)]
        else:
            command = [sys.executable, "-m", "benchmarks.static", str(folder), str(port), str(latency)]
        process = subprocess.Popen(command, preexec_fn=lambda: bind(server_core()))
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}", "nginx" if nginx else "the static server of benchmarks"
        finally:
            process.terminate()
            process.wait()


def _open_files() -> int:
    """How many pages nginx may keep open: each takes a file descriptor, and connections need some, too."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 100_000 if allowed == resource.RLIM_INFINITY else min(100_000, allowed // 2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not start")
