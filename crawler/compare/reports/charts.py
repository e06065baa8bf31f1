"""Charts of report.xlsx, on as many sheets as it takes for each to be whole on a page.

Only what Excel and LibreOffice both draw: custom error bars from cells, markers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from crawler.compare.reports.palette import LIGHT, MARKERS, look
from crawler.compare.reports.svg import ticks
from crawler.export import package

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.worksheet import Worksheet

__all__ = ["Charts"]

_GREY = "#D9D9D9"
_WIDTH, _GAP = 640, 20
_LOW, _MIDDLE, _TALL = 440, 500, 860  # pixels: two rows of low charts fill a page, or one of tall ones
_ROW, _CELL = 20, 64  # pixels: of a row, of a column that nobody widened
_MANY, _LONG = 12, 20  # combinations, and letters of a label: above these a chart must be taller
_SHAPES = dict(zip(MARKERS, ("circle", "square", "triangle", "diamond", "star"), strict=True))
_VALUES: dict[str, Any] = {
    "min": 0,
    "num_format": "#,##0",
    "major_gridlines": {"visible": True, "line": {"color": _GREY}},
    "line": {"none": True},
}


class Charts:
    """Made one after another, then placed.

    Args:
        sheet: makes a new one with that name.
        labels: of the combinations.
    """

    def __init__(self, book: Workbook, sheet: Callable[[str], Worksheet], labels: Sequence[str]) -> None:
        self._book, self._sheet = book, sheet
        self._made: list[Chart] = []
        self._height = _TALL if len(labels) > _MANY else _MIDDLE if max(map(len, labels)) > _LONG else _LOW

    def speed(self, counts: tuple[int, int, int, int]) -> None:
        """A dot for each run, + for an outlier, x where it was set aside; and the typical round with its interval."""
        rows, runs, outliers, aside = counts
        more = "; +: outlier" * bool(outliers) + "; x: set aside" * bool(aside)
        chart = self._chart("line", f"Pages/s: runs, typical round, interval{more}")
        for number in range(runs + outliers + aside):
            dot = {
                "type": "circle",
                "size": 5,
                "fill": {"color": LIGHT[5], "transparency": 30},
                "border": {"none": True},
            }
            # LibreOffice fills hollow dots
            cross = {"type": "x" if number >= runs + outliers else "plus", "size": 6, "border": {"color": LIGHT[5]}}
            series = _series("Speeds", rows, 4 + number)
            chart.add_series(series | {"line": {"none": True}, "marker": cross if number >= runs else dot})
        bounds = {"plus_values": _cells("Speeds", rows, 3), "minus_values": _cells("Speeds", rows, 2)}
        ink = {"color": f"#{package.HEADER_INK}"}
        chart.add_series(
            _series("Speeds", rows, 1)
            | {
                "line": {"none": True},
                "marker": {"type": "long_dash", "size": 12, "fill": ink, "border": ink},
                "y_error_bars": {"type": "custom", **bounds, "line": {**ink, "width": 1.5}},
            }
        )
        chart.set_legend({"none": True})
        chart.set_x_axis(
            {"num_font": {"rotation": -90 if rows > _MANY else -45}, "interval_unit": 1, "line": {"color": _GREY}}
        )
        chart.set_y_axis(_VALUES)

    def by_workers(self, rows: int, points: Sequence[int]) -> None:
        """A line for each series; `points` of each."""
        chart = self._chart(
            "line", "Speed by workers, pages/s"
        )  # LibreOffice writes 1, 10, 100 below a logarithmic axis
        for column, count in enumerate(points, 1):
            seen = look(column - 1)
            colour = {"color": LIGHT[seen.colour]}
            chart.add_series(
                _series("By workers", rows, column)
                | {
                    "line": {**colour, "width": 1.75} if count > 1 else {"none": True},
                    "marker": {"type": _SHAPES[seen.marker], "size": 7, "fill": colour, "border": colour},
                }
            )
        chart.show_blanks_as("span")
        chart.set_legend({"position": "right" if self._height == _TALL else "bottom"})
        name = {"name": "requests in flight at most", "name_font": {"bold": False}}
        chart.set_x_axis({**name, "line": {"color": _GREY}})
        chart.set_y_axis(_VALUES)

    def ratios(self, rows: int, heads: Sequence[str], most: float) -> None:
        """How many times the best each takes: a bar for each quantity, with its interval; `most` is its highest end."""
        chart = self._chart("bar", "Times the best: crawl, whole run, CPU; with intervals")
        for number, head in enumerate(heads):
            reach = 1 + 4 * len(heads) + 2 * number
            ends = {"minus_values": _cells("Times the best", rows, reach)}
            ends["plus_values"] = _cells("Times the best", rows, reach + 1)
            line = {"color": "#7F8790", "width": 1.5}  # seen on a dark bar and on the paper
            looks = {"name": head, "fill": {"color": LIGHT[number]}, "gap": 60}
            looks["x_error_bars"] = {"type": "custom", **ends, "end_style": 0, "line": line}
            chart.add_series(_series("Times the best", rows, 1 + 4 * number) | looks)
        self._sideways(chart, "#,##0.0", most)
        chart.set_legend({"position": "bottom"})

    def parts(self, heads: Sequence[str], rows: int) -> None:
        """Crawl, start-up and close behind one another."""
        chart = self._chart("bar", "Where the time goes, seconds", "stacked")
        for head, colour in zip(("crawl s", "start-up s", "close s"), ("#2659D6", "#8C96A1", "#B86A00"), strict=True):
            chart.add_series(_series("Figures", rows, heads.index(head)) | {"fill": {"color": colour}, "gap": 40})
        self._sideways(chart, "#,##0.0")
        chart.set_legend({"position": "bottom"})

    def bars(self, head: str, column: int, rows: int) -> None:
        """A column of the figures."""
        chart = self._chart("bar", {"CPU ms/page": "CPU, ms a page", "memory MB": "Memory, MB"}[head])
        labels = {"value": True, "num_format": "#,##0.0" if head == "CPU ms/page" else "#,##0"}
        chart.add_series(
            _series("Figures", rows, column) | {"fill": {"color": LIGHT[5]}, "gap": 40, "data_labels": labels}
        )
        chart.set_legend({"none": True})
        self._sideways(chart, "#,##0")

    def place(self) -> None:
        """Two beside each other; on a sheet as many as a page can show."""
        each = 2 if self._height == _TALL else 4
        for start in range(0, len(self._made), each):
            number = start // each + 1
            sheet = self._sheet("Charts" if number == 1 else f"Charts {number}")
            sheet.hide_gridlines(2)
            sheet.fit_to_pages(1, 1)
            charts = self._made[start : start + each]
            lines = (len(charts) + 1) // 2
            bottom = (lines * (self._height + _GAP) + _GAP) // _ROW
            sheet.print_area(0, 0, bottom, (2 * _WIDTH + 3 * _GAP) // _CELL)
            for place, chart in enumerate(charts):
                row, column = divmod(place, 2)
                offset = {"x_offset": _GAP + column * (_WIDTH + _GAP), "y_offset": _GAP + row * (self._height + _GAP)}
                sheet.insert_chart(0, 0, chart, offset)

    def _chart(self, kind: str, title: str, subtype: str = "") -> Chart:
        chart = self._book.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})
        assert chart is not None  # only for a kind that there is not
        font = {"name": package.FONT, "size": 13, "bold": True, "color": f"#{package.HEADER_INK}"}
        chart.set_title({"name": title, "name_font": font})
        chart.set_size({"width": _WIDTH, "height": self._height})
        self._made.append(chart)
        return chart

    def _sideways(self, chart: Chart, digits: str, most: float = 0.0) -> None:
        """The best stands on top, the numbers below; `most` is to be seen, although it is no bar."""
        chart.set_y_axis({"reverse": True, "major_gridlines": {"visible": False}, "line": {"color": _GREY}})
        ends = {"max": ticks(most)[-1]} if most else {}  # LibreOffice would cut intervals off
        chart.set_x_axis({**_VALUES, **ends, "num_format": digits, "label_position": "high"})


def _series(sheet: str, rows: int, column: int) -> dict[str, Any]:
    return {
        "name": [sheet, 0, column],
        "categories": [sheet, 1, 0, rows, 0],
        "values": [sheet, 1, column, rows, column],
    }


def _cells(sheet: str, rows: int, column: int) -> str:
    letter = ascii_uppercase[column]
    return f"='{sheet}'!${letter}$2:${letter}${rows + 1}"
