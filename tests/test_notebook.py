"""In a notebook: run, compare, and rows in pandas, while the kernel's event loop runs."""

import pytest

from tests.support.usable import USABLE

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("pandas")

CELLS = (
    """
import asyncio
import pandas
import crawler

assert asyncio.get_running_loop().is_running()
shelf = {
    "name": "shelf",
    "demo": {"books": 12, "port": 0},
    "start": "/catalogue/page-1.html",
    "pages": {
        "list": {"follow": [{"css": "h3 a", "to": "book"}, {"css": ".next a", "to": "list"}]},
        "book": {"table": "books", "fields": {"title": "h1", "price": {"css": ".price", "type": "money"}}},
    },
    "fetch": {"strategy": "asyncio", "workers": 4},
    "polite": {"delay": 0},
    "output": [],
}
job = crawler.load(shelf)
report = crawler.run(job)
report.ending, dict(report.records), sorted(problem.code for problem in report.problems())
""",
    """
books = pandas.DataFrame(report.rows("books", flat=True))
pounds = [row["price"].amount for row in report.rows("books") if row["price"] and row["price"].currency == "£"]
mean = books.groupby("price_currency").price.mean()["£"]
assert abs(mean - float(sum(pounds) / len(pounds))) < 1e-9
print(len(books), books.dtypes.price, len(pounds) > 1)
""",
    """
found = crawler.compare(job, strategies=["asyncio"], baseline="asyncio", repeat=1, budget="1s", latency="150ms")
found.verdict()[0], [one.verdict for one in found.entrants], found.reference.records
""",
)


EVERY_STRATEGY = """
found = {}
for strategy in STRATEGIES:
    one = crawler.load(shelf, overrides=["fetch.strategy=" + strategy])
    found[strategy] = crawler.run(one, fresh=True).records["books"]
set(found.values())
"""


def shown_by(cells, folder):
    """What each cell of a notebook shows."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return ["".join(_text(output) for output in cell.outputs) for cell in notebook.cells]


@pytest.mark.long
def test_every_strategy_in_a_notebook(tmp_path):
    cell = EVERY_STRATEGY.replace("STRATEGIES", repr(list(USABLE)))
    assert shown_by([CELLS[0], cell], tmp_path)[1] == "{12}"


def test_run_rows_and_compare_in_a_notebook(tmp_path):
    assert shown_by(CELLS, tmp_path) == [
        "('finished', {'books': 12}, ['http-404', 'robots'])",
        "12 float64 True\n",
        "('Only asyncio/4/worker can be ranked.', ['ranked'], 12)",
    ]


def _text(output):
    return output["text"] if output.output_type == "stream" else output["data"]["text/plain"]
