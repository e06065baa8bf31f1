import io
import sys

import pytest

from crawler.cli import terminal
from crawler.errors import OutputError

RED = "\x1b[31mx\x1b[0m"


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.mark.parametrize(
    ("env", "stream", "painted"),
    [
        ({}, Screen(), True),
        ({}, io.StringIO(), False),
        ({"TERM": "dumb"}, Screen(), False),
        ({"NO_COLOR": "1"}, Screen(), False),
        ({"NO_COLOR": ""}, Screen(), True),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Screen(), False),
    ],
)
def test_fault_197_who_gets_colours(plain_environment, env, stream, painted):
    for name, value in env.items():
        plain_environment.setenv(name, value)
    assert terminal.paint("x", "red", stream) == (RED if painted else "x")


def test_text_from_outside_cannot_move_the_cursor_or_turn_the_line():
    assert terminal.clean("a\x1b[2Jb\r\nc\x9bd\u202ee") == "a [2Jb  c d e"


def test_a_message_keeps_our_colours_and_loses_other_escapes():
    out = io.StringIO()
    terminal.echo(f"{RED} \x1b]0;title\x07 \x1b[2J line\nline", out)
    assert out.getvalue() == f"{RED} \ufffd]0;title\ufffd \ufffd[2J line\nline\n"


def test_json_is_ascii_where_the_console_is(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    terminal.echo_json({"a": "£"})
    assert raw.getvalue() == b'{\n  "a": "\\u00a3"\n}\n'


def test_json_has_no_control_characters(capsys):
    terminal.echo_json({"a": "£\x9b\x1b\u202e"})
    assert '"£\\u009b\\u001b\\u202e"' in capsys.readouterr().out


class Broken(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("closed")])
def test_a_reader_that_went_away_is_no_failure(monkeypatch, error):
    monkeypatch.setattr(sys, "stdout", Broken(error))
    terminal.echo("x")


def test_fault_183_a_full_disk_behind_stdout_is_one(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Broken(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="standard output cannot be written: No space left"):
        terminal.echo("x")


def test_a_full_disk_behind_stderr_is_none():
    terminal.echo("x", Broken(OSError(28, "No space left on device")))


def test_a_path_is_short_below_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert terminal.short(tmp_path / "out" / "x.csv") == "out/x.csv"
    assert terminal.short("/elsewhere/x.csv") == "/elsewhere/x.csv"


def test_the_width_is_never_too_small_to_work_with(plain_environment):
    plain_environment.setenv("COLUMNS", "1")
    assert terminal.width() == 10
