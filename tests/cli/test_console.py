"""Consoles of every kind: pipes, closed streams, full disks, no Unicode, no terminal, cron."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from crawler.process import interpreter_lock
from tests.support.jobs import FIXED, ROOT, command, crawl, crawl_here, write_job
from tests.support.terminal import on_terminal

ENV = {**os.environ, **FIXED}


def shell(line, **options):
    """A line of bash in which {crawler} is the program."""
    line = line.replace("{crawler}", shlex.join(command()))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=ROOT, env=ENV, capture_output=True, timeout=60, **options
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def job(tmp_path, shop):
    return write_job(tmp_path, shop)


def rows(job):
    return len((job.parent / "out" / "demo.books.jsonl").read_text().splitlines())


# ---- what is printed where


def test_quiet_is_silent_when_all_is_well(job):
    done = crawl_here("run", job, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_says_what_went_wrong(job):
    done = crawl_here("run", job, "--quiet", "--set", "limits.failures=0")
    assert (done.returncode, done.stdout) == (3, "")
    assert "http-404" in done.stderr


def test_the_summary_goes_to_stdout_and_warnings_to_stderr(job):
    done = crawl_here("run", job)
    assert done.stdout.startswith("demo: complete\n")
    assert done.stderr.startswith("warning: polite.contact")
    assert "\x1b" not in done.stdout + done.stderr


def test_json_is_all_there_is_on_stdout_and_its_keys_are_stable(job):
    done = crawl_here("run", job, "--json")
    assert list(json.loads(done.stdout)) == [
        "schema", "exit_code", "name", "ending", "started", "timing", "strategy", "workers", "parse",
        "choices", "analysis", "resumed",
        "changed", "pages", "causes", "dropped", "records", "joined",
        "left_out", "unmatched", "notes", "requests", "retries", "bytes", "files",
        "kept", "unwritten", "closed_hosts", "allowed", "state", "verdict", "doubts", "untouched",
        "figures", "last", "trace", "interpreter_lock", "news",
    ]  # fmt: skip
    assert json.loads(done.stdout)["interpreter_lock"] == interpreter_lock()
    again = json.loads(crawl_here("status", job, "--json").stdout)
    assert list(again) == list(json.loads(done.stdout))


# ---- streams that are closed or full


@pytest.mark.parametrize(
    "line",
    [
        "{crawler} run JOB | head -1",
        "{crawler} run JOB --json <&- | true",
        "{crawler} run JOB >&- 2>&-",
        "{crawler} run JOB 2>/dev/full",
    ],
)
def test_fault_183_the_crawl_finishes_whoever_reads(job, line):
    code, _, err = shell(line.replace("JOB", str(job)))
    assert code == 0
    assert rows(job) == 30
    assert [text for text in err.splitlines() if not text.startswith("warning: polite.contact")] == []


def test_fault_183_a_closed_stream_is_not_given_to_the_next_file():
    """Else a message would end up in whatever file is opened first, be it the state."""
    code = (
        "import os; from crawler.cli.terminal import own_streams; own_streams(); "
        "assert os.open('/', os.O_RDONLY) > 2; assert os.fstat(2).st_rdev == os.stat('/dev/null').st_rdev"
    )
    assert shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} <&- >&- 2>&-")[0] == 0


@pytest.fixture(scope="module")
def crawled(shop, tmp_path_factory):
    """A job whose crawl is complete."""
    job = write_job(tmp_path_factory.mktemp("crawled") / "bücher", shop)
    assert crawl("run", job, "--quiet").returncode == 0
    return job


@pytest.mark.parametrize("arguments", ["run JOB --json", "check JOB", "status JOB", "--help"])
def test_fault_183_a_full_disk_behind_stdout_is_exit_4_and_one_line(crawled, arguments):
    code, _, err = shell(f"{{crawler}} {arguments.replace('JOB', str(crawled))} >/dev/full")
    lines = [text for text in err.splitlines() if not text.startswith("warning: polite.contact")]
    assert (code, len(lines)) == (4, 1)
    assert lines[0].endswith("cannot be written: No space left on device")
    assert rows(crawled) == 30


@pytest.mark.parametrize("arguments", ["check JOB", "--help", "try JOB /catalogue/page-1.html"])
def test_fault_183_other_commands_and_a_reader_that_leaves(crawled, arguments):
    code, _, err = shell(f"{{crawler}} {arguments.replace('JOB', str(crawled))} | true")
    assert (code, err) == (0, "")


# ---- encodings, windows, colours


@pytest.mark.parametrize("arguments", [["try", "/authors/kaethe-muellner-1.html"], ["run"], ["check"]])
def test_fault_197_a_console_without_unicode(crawled, arguments):
    done = crawl(arguments[0], crawled, *arguments[1:], env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert (done.stdout + done.stderr).isascii()
    assert "b\\xfccher" in done.stdout or "K\\xe4the" in done.stdout


def test_fault_197_json_on_a_console_without_unicode(crawled):
    done = crawl("status", crawled, "--json", env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["state"] == str(crawled.parent / "out" / "demo.state.sqlite")


@pytest.fixture(scope="module")
def slow_job(tmp_path_factory):
    """A crawl of about a second with its own shop."""
    path = tmp_path_factory.mktemp("slow") / "slow.yaml"
    text = (ROOT / "configs" / "demo.yaml").read_text()
    text = text.replace("latency: 0 ", "latency: 100ms ").replace("../output/demo.xlsx", "out/demo.csv")
    path.write_text(text.replace("  books: 60 ", "  port: 0\n  books: 60 ").replace("workers: 16", "workers: 12"))
    return path


@pytest.mark.parametrize(("columns", "env"), [(100, {}), (60, {"NO_COLOR": "1"}), (20, {})])
def test_fault_197_progress_on_a_terminal(slow_job, columns, env):
    shown = on_terminal("run", slow_job, "--fresh", columns=columns, env=env)
    assert shown.code == 0, shown.text
    lines = [line for line in shown.lines if re.search(r"\d+ left|\d+/\d+", line)]
    assert len(lines) >= 2, shown.text
    assert max(map(len, lines)) < columns  # no line wraps
    assert "demo: complete" in shown.text
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-9]m", shown.raw)) is not bool(env)
    assert b"\x1b[?25l" not in shown.raw  # the cursor is never hidden
    before_summary = shown.raw[: shown.raw.index(b"demo: ")]
    assert before_summary.endswith(b"\r\x1b[K")  # and the progress line is gone
    assert shown.raw.endswith(b"\n")


def test_a_dumb_terminal_gets_no_escapes(slow_job):
    shown = on_terminal("run", slow_job, "--fresh", env={"TERM": "dumb"})
    assert shown.code == 0
    assert b"\x1b" not in shown.raw
    assert b"demo: complete" in shown.raw


def test_colours_can_be_forced_into_a_pipe_but_no_progress(crawled):
    done = crawl("run", crawled, env={"FORCE_COLOR": "1"})
    assert "\x1b[32mcomplete\x1b[0m" in done.stdout
    assert "\x1b[K" not in done.stdout + done.stderr


def test_a_log_gets_plain_lines_now_and_then(capsys, monkeypatch):
    from crawler.cli import progress
    from crawler.crawl.stats import Stats

    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)
    with progress.progress("demo", lambda: False, quiet=False) as observe:
        observe(Stats(left=3, done=4))
    out, err = capsys.readouterr()
    assert (out, err.split(",")[:2]) == ("", ["demo: 4 pages read", " 3 left"])


# ---- cron


def test_fault_175_an_empty_environment_and_another_folder(job):
    for arguments in (["check", str(job)], ["run", str(job)], ["export", str(job)]):
        done = subprocess.run(
            [sys.executable, "-m", "crawler", *arguments],
            cwd="/",
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done
        assert "\x1b" not in done.stdout + done.stderr
    assert rows(job) == 30
    assert not os.path.exists("/out")


def test_fault_198_no_home_and_an_unknown_user(tmp_path, shop):
    job = write_job(tmp_path, shop)
    env = {key: value for key, value in ENV.items() if key not in ("HOME", "USER", "LOGNAME")}
    done = subprocess.run(
        command("run", job, "--quiet"), cwd=ROOT, env=env, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_fault_173_a_config_from_standard_input(tmp_path, shop):
    job = write_job(tmp_path, shop)
    done = crawl("check", "-", input=job.read_text())
    assert done.returncode == 0
    assert "the config is valid" in done.stdout
