"""The tutorials as a reader follows them: files are written, commands run, and what they print is what stands there.

`python -m tests.docs.tutorials` writes the output of each command anew into the tutorials.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from crawler.cli.main import main as crawler_main
from crawler.demo.options import DemoOptions
from crawler.demo.process import DemoServer
from tests.support.markdown import ROOT, Block, blocks

TUTORIALS = sorted((ROOT / "docs").glob("tutorial-*.md"))
PORT = "18800"
SERVER = "python3 -m http.server"
DEMO = re.compile(r"crawler demo --books (\d+) --port \d+\n")
ALONE = re.compile(r"crawler [\w ./=-]+\n")
SURROUNDINGS = {"COLUMNS": "110", "NO_COLOR": "1"}
SHELL = f'crawler() {{ "{sys.executable}" -m crawler "$@"; }}\n'


class Quiet(SimpleHTTPRequestHandler):
    """The server of the tutorials, which names the files that it serves as all machines do."""

    extensions_map: ClassVar[dict[str, str]] = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".csv": "text/csv",
        ".json": "application/json",
    }

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server for a folder; yields its port, which has as many digits as that of the tutorials."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield str(server.server_port)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def site_of(path: Path, folder: Path) -> Iterator[str]:
    """What a tutorial serves: the demo shop, or the folder; yields its port."""
    if demo := DEMO.search(path.read_text(encoding="utf-8")):
        with DemoServer(DemoOptions(books=int(demo[1]), port=0)) as shop:
            yield shop.url.rpartition(":")[2]
    else:
        with serving(folder) as port:
            yield port


def follow(path: Path, folder: Path) -> Iterator[tuple[Block, str]]:
    """Do what a tutorial says in an empty folder; yields each block of output, and what was printed."""
    with site_of(path, folder) as port:
        printed = ""
        for block in blocks(path):
            if block.file:
                file = folder / block.file
                file.parent.mkdir(exist_ok=True)
                file.write_text(block.text.replace(PORT, port), encoding="utf-8")
            elif block.language == "sh" and not block.text.startswith((SERVER, "crawler demo")):
                printed = run(block.text.replace(PORT, port), folder).replace(port, PORT)
            elif block.language == "text":
                yield block, printed


def run(commands: str, folder: Path) -> str:
    """What the commands of a block print; `crawler` alone is called in this process, which spares its start."""
    if ALONE.fullmatch(commands):
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(printed):
            patch.chdir(folder)
            for name, value in SURROUNDINGS.items():
                patch.setenv(name, value)
            crawler_main(commands.split()[1:])
        return printed.getvalue().replace("\ufeff", "")
    done = subprocess.run(
        ["bash", "-c", SHELL + commands],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **SURROUNDINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout.replace("\ufeff", "")


def comparable(text: str) -> list[str]:
    """Without what differs from run to run: how long it took."""
    text = re.sub(r"^  time .*", "  time", text, flags=re.M)
    return [line.rstrip() for line in re.sub(r"\d+\.\d\d s", "0.00 s", text).rstrip().split("\n")]


def main() -> None:
    for path in TUTORIALS:
        with tempfile.TemporaryDirectory() as folder:
            for block, printed in follow(path, Path(folder)):
                text = path.read_text(encoding="utf-8")
                if comparable(block.text) != comparable(printed):
                    lines = "\n".join(line.rstrip() for line in printed.rstrip().split("\n"))
                    text = text.replace(f"```text\n{block.text}```", f"```text\n{lines}\n```", 1)
                    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
