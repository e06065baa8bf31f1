"""A job for a comparison, whose site is served elsewhere."""

import json

from crawler.compare.task import Combination, RunSource, Task, served_at
from crawler.config import load

BASE = "http://127.0.0.1:1"


def test_starts_with_values_are_those_of_the_site_that_is_served(tmp_path):
    (tmp_path / "a.csv").write_text("n,url\n1,http://a.example/\n")
    (tmp_path / "job.yaml").write_text(
        "name: job\ndemo:\nstart:\n"
        "  - /catalogue/page-1.html\n"
        "  - {file: a.csv, url: '/{x,y}/{n}', carry: [n]}\n"
        "  - {file: a.csv}\n"
        "  - {with: {n: [5]}, kind: q}\n"
        "pages: {p: {fields: {a: h1}}, q: {request: {url: '/q/{n}'}, fields: {a: h1}}}\n"
    )
    job = load(tmp_path / "job.yaml")
    wanted = ["/catalogue/page-1.html", "/x/1", "/y/1", "", "/q/5"]
    found = list(served_at(job, BASE).start_pages())
    assert [page.url for page in found] == [f"{BASE}{one}" if one else "http://a.example/" for one in wanted]
    assert found == list(job.start_pages(BASE))
    assert found[1].carry == {"n": "1"}


def test_a_task_crosses_to_the_measured_process_with_its_trace():
    source = RunSource("job.yaml", ("output=a.csv",), ("/a",))
    task = Task(source, Combination("threads", 4, "worker"), BASE, "folder", ("rec", "127.0.0.1", 1), "run.json")
    assert Task.of(json.loads(json.dumps(task.plain()))) == task
