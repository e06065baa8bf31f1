"""The command as it is installed: by cron beside its own clone, from a wheel, from any folder."""

import re
import shlex
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from crawler.config.cross_checks import _importable
from crawler.extras import DISTRIBUTION, install
from tests.support.jobs import ROOT, write_job

SCRIPT = Path(sys.prefix) / "bin" / "crawler"
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "cron.md")
CRON_LINE = re.compile(r"^(?:30 6 \* \* \*  )?(/home/you/crawler/\S+ .+)$", re.M)
CRON_LINES = sorted({line for path in DOCUMENTS for line in CRON_LINE.findall(path.read_text(encoding="utf-8"))})

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the command is not installed: there is no bin/crawler")


def run(command, folder, **env):
    """A line of the shell, as cron runs it: in a folder, with nearly no environment, and nobody watching."""
    usual = {"HOME": str(folder), "LOGNAME": "you", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**usual, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# ---- the documented cron line


@pytest.fixture
def home(tmp_path, shop):
    """A home folder with a job, and with the clone in it as `crawler`: links to this one and to its environment."""
    home = tmp_path / "you"
    clone = home / "crawler"
    clone.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name != ".venv":
            (clone / path.name).symlink_to(path)
    (clone / ".venv").symlink_to(sys.prefix)
    job = write_job(home / "jobs", shop)
    job.rename(job.with_name("books.yaml"))
    return home


def test_the_documents_show_the_cron_line_in_one_form():
    assert [line.partition(" ")[0] for line in CRON_LINES] == ["/home/you/crawler/.venv/bin/crawler"] * len(CRON_LINES)
    assert len(CRON_LINES) == 2  # the line, and the one that takes an overlap for no failure


WAYS = [*((line, ".venv/bin/crawler") for line in CRON_LINES), (CRON_LINES[0], ".venv/bin/python -m crawler")]


@pytest.mark.parametrize(("line", "way"), WAYS)
def test_the_cron_line_is_silent_where_the_clone_lies_in_the_home_folder(home, line, way):
    """cron starts in the home folder, where `crawler` is also a folder without __init__.py."""
    line = line.replace(".venv/bin/crawler", way).replace("/home/you", str(home))
    done = run(line, home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (home / "jobs" / "out" / "demo.xlsx").exists()


# ---- the installed command in a folder that is not the clone


MODULES = {
    "mine.py": "from concurrent.futures import ThreadPoolExecutor\nclass Mine(ThreadPoolExecutor): pass\n",
    "own.py": "def look(page, url):\n    return [{'title': page.title.string}]\n",
}
HOOKED = """\
name: hooked
start: {start}
pages:
  page: {{python: "{hook}", fields: {{title: title}}}}
fetch: {{strategy: {strategy}}}
polite: {{robots: false, delay: 0, contact: a@b.example}}
output: out.jsonl
"""


@pytest.fixture
def hooked(tmp_path, shop):
    """Writes a job with a hook and a strategy, and modules beside it that have both."""

    def write(hook, strategy):
        job = tmp_path / "jobs" / "job.yaml"
        job.parent.mkdir()
        job.write_text(HOOKED.format(start=f"{shop}/catalogue/page-1.html", hook=hook, strategy=strategy))
        for name, text in MODULES.items():
            (job.parent / name).write_text(text)
        return job

    return write


@pytest.mark.parametrize("strategy", ["mine:Mine", "processes"])
def test_modules_of_the_user_are_found_beside_the_config(tmp_path, hooked, strategy):
    """`crawler` does not put the current folder on the path, as `python -m crawler` does."""
    job = hooked("own:look", strategy)
    done = run(f"{SCRIPT} run {job} --quiet", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (job.parent / "out.jsonl").read_text(encoding="utf-8").count("title") == 1


def test_hooks_of_our_own_are_found_where_we_are_installed(tmp_path, hooked):
    """Those of `crawler lessons`."""
    done = run(f"{SCRIPT} check {hooked('crawler.compare.hooks:burn', 'serial')}", tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_module_that_only_a_finder_knows_can_be_a_hook(tmp_path, monkeypatch):
    """As some editable installs bring one."""

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            return metadata if name == "known_to_a_finder" else None

    assert not _importable("known_to_a_finder", tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert _importable("known_to_a_finder", tmp_path)
    assert not _importable("known_to_nobody", tmp_path)


# ---- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel):
    """An environment with the wheel in it. What it needs is lent by this environment, so that no index is asked."""
    folder = wheel.parent / "environment"
    venv.create(folder, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(packages, "lent.pth").write_text("".join(f"{path}\n" for path in lent))
    put = ["install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*pip, *put], check=True, capture_output=True, timeout=300)
    return folder


def test_all_that_lies_in_the_package_is_in_the_wheel(wheel):
    found = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("crawler/")}
    files = {path for path in (ROOT / "crawler").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert found == {path.relative_to(ROOT).as_posix() for path in files}
    assert {"crawler/py.typed", "crawler/cli/init_template.yaml", "crawler/demo/words.json"} <= found


def test_the_wheel_runs_the_demo_from_another_folder(environment, tmp_path):
    settings = f"--set demo.port=0 --set output={tmp_path}/demo.xlsx"
    line = f"{environment}/bin/crawler run {shlex.quote(str(ROOT / 'configs' / 'demo.yaml'))} {settings}"
    done = run(f"{line} && {environment}/bin/crawler init first.yaml", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "60 books, 24 authors" in done.stdout
    assert (tmp_path / "demo.xlsx").exists()
    assert (tmp_path / "first.yaml").exists()


ONE_ROUND = """
import sys
from dataclasses import replace
from crawler.cli.main import main
from crawler.lessons import run
lessons = run.the_lessons()
run.the_lessons = lambda: [replace(one, repeat=1) for one in lessons]
sys.exit(main(sys.argv[1:]))
"""


def test_the_wheel_gives_lessons_in_any_folder(environment, tmp_path):
    """Also in one with files of the user that are called as modules of Python, or as this program."""
    for name in ("crawler.py", "queue.py", "threading.py"):
        (tmp_path / name).write_text("raise SystemExit('a file of the user was imported')\n")
    crawler = f"{environment}/bin/python -P -c {shlex.quote(ONE_ROUND)}"
    done = run(f"{crawler} lessons --only 6b,10a --quiet", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "6b. 24 tasks" in done.stdout
    assert "10a. A lock" in done.stdout
    page = (tmp_path / "output" / "lessons" / "lessons.html").read_text(encoding="utf-8")
    assert "lock.acquire(timeout=TIMEOUT)" in page  # the source is in the wheel


# ---- how to install an extra


def test_an_extra_of_a_wheel_is_installed_by_the_name_of_the_distribution(environment, tmp_path):
    """The command is run; pip finds all that it needs in place."""
    python = environment / "bin" / "python"
    said = run(f"{python} -c 'from crawler.extras import install; print(install(\"locale\"))'", tmp_path)
    assert said.stdout.strip() == f"{python} -m pip install '{DISTRIBUTION}[locale]'"
    done = run(said.stdout, tmp_path, PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    assert done.returncode == 0, done.stderr
    assert "already satisfied" in done.stdout


class Installed:
    """A distribution with this direct_url.json (PEP 610)."""

    def __init__(self, text):
        self._text = text

    def read_text(self, name):
        return self._text if name == "direct_url.json" else None


@pytest.mark.parametrize(
    ("origin", "what"),
    [
        ('{"dir_info": {"editable": true}, "url": "file:///home/you/crawler"}', "-e '/home/you/crawler[curl]'"),
        (
            '{"dir_info": {"editable": true}, "url": "file:///home/you/it%27s%20mine"}',
            shlex.join(["-e", "/home/you/it's mine[curl]"]),
        ),
        ('{"dir_info": {}, "url": "file:///home/you/crawler"}', f"'{DISTRIBUTION}[curl]'"),
        ('{"archive_info": {}, "url": "file:///tmp/x.whl"}', f"'{DISTRIBUTION}[curl]'"),
        (None, f"'{DISTRIBUTION}[curl]'"),
    ],
)
def test_an_extra_is_installed_where_this_came_from(monkeypatch, origin, what):
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(origin))
    monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python")
    assert install("curl") == f"'/opt/my python/bin/python' -m pip install {what}"
    monkeypatch.setattr("crawler.extras.find_spec", lambda name: None)
    assert install("curl") == f"uv pip install --python '/opt/my python/bin/python' {what}"


def test_a_clone_that_is_not_installed_is_named_by_its_folder(monkeypatch):
    def none(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", none)
    assert shlex.split(install("curl"))[-2:] == ["-e", f"{ROOT}[curl]"]


def test_no_advice_leads_to_the_other_project_of_the_name_crawler():
    files = [path for folder in ("crawler", "docs", "configs", ".ci") for path in (ROOT / folder).rglob("*.*")]
    files += [*ROOT.glob("*.md"), ROOT / "pyproject.toml"]
    advice = re.compile(rb"pip install( -\S+)* ['\"]?crawler\b|['\"]crawler\[")
    assert [path for path in files if path.suffix != ".pyc" and advice.search(path.read_bytes())] == []
