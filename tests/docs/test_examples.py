"""Every example of the documents works as it stands there."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

import crawler
from tests.docs.guide import AROUND, written_out
from tests.support.markdown import DOCUMENTS, ROOT, all_blocks, apply, blocks, copy_crawler

BASE = "name: base\nstart: https://example.com/\npages: {page: {fields: {title: h1}}}\n"


def environment(text):
    return dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "secret")


def with_isbn(text):
    """The example of a field type of its own loads only where its patch is applied; see test_extending below."""
    return text.replace("type: isbn", "type: text")


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=str)
def test_every_yaml_block_loads(block, tmp_path):
    text = with_isbn(block.text)
    for other in blocks(block.path):
        if other.file and "/" not in other.file and other.language in ("python", "csv", "text"):  # a config may name it
            (tmp_path / other.file).write_text(other.text)
    if AROUND.keys() & set(block.marks):
        (tmp_path / "job.yaml").write_text(f"name: job\nstart: https://example.com/\n{written_out(block)}")
    elif "fragment" in block.marks:
        yaml = YAML(typ="safe", pure=True)
        merged = {**yaml.load(BASE), **yaml.load(text)}
        with (tmp_path / "job.yaml").open("w") as file:
            yaml.dump(merged, file)
    else:
        (tmp_path / "job.yaml").write_text(text)
    if "broken" in block.marks:
        with pytest.raises(crawler.ConfigError):
            crawler.load(tmp_path / "job.yaml")
        return
    assert crawler.load(tmp_path / "job.yaml", env=environment(text)).name


def test_no_yaml_block_is_hidden_from_the_test():
    for path in DOCUMENTS:
        found = [block for block in blocks(path) if block.language == "yaml"]
        assert path.read_text(encoding="utf-8").count("```yaml") == len(found)


@pytest.fixture
def folder(tmp_path):
    """A folder with the demo config, whose shop takes any free port."""
    (tmp_path / "configs").mkdir()
    demo = (ROOT / "configs" / "demo.yaml").read_text()
    (tmp_path / "configs" / "demo.yaml").write_text(demo.replace("demo:\n", "demo:\n  port: 0\n", 1))
    return tmp_path


def run(script, folder):
    """Run a Python file as a user does, with the packages of the folder before those of the repository."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def documents_with_examples():
    return sorted({block.path for block in all_blocks("python") if "example" in block.marks})


@pytest.mark.parametrize("path", documents_with_examples(), ids=lambda path: path.name)
def test_every_python_example_runs(path, folder):
    for block in blocks(path):
        if block.file:
            (folder / block.file).write_text(block.text)
        elif block.language == "diff" and "apply" in block.marks:
            copy_crawler(folder)
            apply(block.text, folder)
        elif block.language == "python" and "example" in block.marks:
            (folder / "example.py").write_text(block.text)
            done = run("example.py", folder)
            assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


def test_every_python_block_is_a_file_or_an_example():
    """Those of lessons.md are sources of the package: tests/lessons compares them."""
    others = [block for block in all_blocks("python") if block.path.name != "lessons.md"]
    assert [str(block) for block in others if not (block.file or "example" in block.marks)] == []


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """The state of a crawl of the demo site."""
    folder = tmp_path_factory.mktemp("state")
    job = crawler.load(
        ROOT / "configs" / "demo.yaml",
        overrides=["demo.port=0", f"output={folder / 'demo.xlsx'}", f"state={folder / 'demo.state.sqlite'}"],
    )
    crawler.run(job)
    with sqlite3.connect(job.state_path) as db:
        yield db
    db.close()


@pytest.mark.parametrize("block", all_blocks("sql"), ids=str)
def test_every_query_answers(block, state):
    assert "example" in block.marks
    rows = state.execute(block.text).fetchall()
    assert rows
    assert all(any(row[column] is not None for row in rows) for column in range(len(rows[0])))
