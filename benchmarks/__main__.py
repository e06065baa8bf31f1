"""`python -m benchmarks`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import __doc__ as about
from benchmarks import real, show
from benchmarks.competitors import DEFAULT_OURS, PEERS, Competitor, ours, peers
from benchmarks.serve import server_core

SITES = "CRAWLER_TEST_SITES"


def main() -> None:
    """Measure what the command line asks for, and show it."""
    options = _parser().parse_args()
    complaints: list[str] = []
    if options.command == "parts":
        from benchmarks.parts import command

        found, complaints = command.run(options)
    elif options.command == "advice":
        from benchmarks import advice

        with tempfile.TemporaryDirectory(prefix="crawler-benchmarks-") as folder:
            found = advice.check(options, Path(folder))
        complaints = advice.complaints(found)
    else:
        found = _peers(options)
    print(show.as_text(found))
    if options.json:
        options.json.write_text(show.as_json(found), "utf-8")
    if options.markdown:
        show.replace_section(options.markdown, found)
    if options.command == "parts" and options.check:
        print("\n".join(complaints or ["No part is more than 25 % worse than the baseline."]), file=sys.stderr)
    sys.exit(1 if complaints else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=about, formatter_class=_Help)
    commands = parser.add_subparsers(dest="command", required=True)
    race = commands.add_parser("peers", formatter_class=_Help, description="Whole runs of crawler and of its peers.")
    site_help = f"copy of books.toscrape.com; else that in ${SITES}, else the demo site"
    race.add_argument("--site", type=Path, metavar="FOLDER", help=site_help)
    race.add_argument("--repeat", type=_positive, default=5, metavar="N", help="counted runs of each (5)")
    race.add_argument("--cores", type=int, choices=(1, 2), default=1, help="cores that each may use (1)")
    race.add_argument("--ours", help=f"STRATEGY[+CLIENT][.FORMAT],... ({DEFAULT_OURS}; --pages: {real.OURS})")
    peers_help = f"NAME[.FORMAT],... of {','.join(PEERS)}; all, or none. Without a mode all"
    race.add_argument("--peers", help=f"{peers_help}; --pages: {real.PEERS}; other modes: none")
    race.add_argument(
        "--workers", type=_numbers, default=[16], metavar="N", help="requests at once (16); N,M with --latency"
    )
    modes = race.add_argument_group("modes, instead of the race").add_mutually_exclusive_group()
    modes.add_argument("--pages", type=Path, nargs="+", metavar="FOLDER", help="a race over the real pages in folders")
    modes.add_argument("--prefixes", type=_positive, metavar="N", help="N copies of the site in one run, to one copy")
    modes.add_argument("--latency", type=float, metavar="SECONDS", help="a slow server: how near to the ideal")
    modes.add_argument(
        "--known", type=_positive, nargs="?", const=1_000_000, metavar="N", help="a state of N URLs (1000000)"
    )
    modes.add_argument(
        "--exported", type=_positive, nargs="?", const=1_000_000, metavar="N", help="files of N rows (1000000)"
    )
    race.add_argument("--copies", type=_positive, metavar="N", help="of --pages (as many as make 2,000 pages)")
    parts = commands.add_parser("parts", formatter_class=_Help, description="Parts of crawler, as ratios.")
    parts.add_argument("--only", default="", metavar="A,B", help="names of parts, or their beginnings")
    parts.add_argument("--rounds", type=_positive, default=7, metavar="N", help="interleaved rounds (7)")
    parts.add_argument("--rows", type=_positive, default=3000, metavar="N", help="rows of the workbook (3000)")
    what = parts.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="exit 1 where a ratio is over 25 %% worse than the baseline")
    what.add_argument("--save", action="store_true", help="make these ratios the baseline")
    advice = commands.add_parser("advice", formatter_class=_Help, description="Advice and auto on five servers.")
    advice.add_argument("--books", type=_positive, default=600, metavar="N", help="books of each shop (600)")
    advice.add_argument("--repeat", type=_positive, default=3, metavar="N", help="rounds of the sweep (3)")
    advice.add_argument("--only", nargs="+", metavar="NAME", help="servers, by the beginning of their names")
    advice.add_argument("--more", action="store_true", help="other servers of the same kinds, with other numbers")
    for command in (race, parts, advice):
        command.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
        command.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table into FILE")
    return parser


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _numbers(text: str) -> list[int]:
    return [_positive(part) for part in text.split(",")]


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)


def _peers(options: argparse.Namespace) -> show.Result:
    if server_core() is None:
        print("warning: server and client share a core here: do not trust pages/s", file=sys.stderr)
    if len(options.workers) > 1 and not options.latency:
        raise SystemExit("--workers: several numbers are for --latency only")
    if options.copies and not options.pages:
        raise SystemExit("--copies: is for --pages only; copies of the books site are --prefixes")
    is_mode = bool(options.prefixes or options.latency or options.known or options.exported)
    usual = (real.OURS, real.PEERS) if options.pages else (DEFAULT_OURS, "none" if is_mode else "all")
    field = ours(options.ours or usual[0]) + peers(options.peers or usual[1])
    with tempfile.TemporaryDirectory(prefix="crawler-benchmarks-") as folder:
        if options.pages:
            return real.race_real(options, field, Path(folder))
        return _mode(options, field, _mirror(options.site), Path(folder))


def _mirror(given: Path | None) -> Path | None:
    """The copy of the books site; None for the demo site."""
    if given is None and SITES in os.environ:
        given = Path(os.environ[SITES], "books_toscrape")
    if given is not None and not (given / "catalogue").is_dir():
        raise SystemExit(f"{given}: there is no folder `catalogue`; name a copy of books.toscrape.com")
    return given


def _mode(options: argparse.Namespace, field: tuple[Competitor, ...], mirror: Path | None, work: Path) -> show.Result:
    if options.known:
        from benchmarks.known import fill_and_ask

        return fill_and_ask(options.known, work)
    if options.exported:
        from benchmarks.exported import write_rows

        return write_rows(options.exported, work)
    if options.prefixes:
        from benchmarks.growth import grow

        return grow(options, field, mirror, work)
    if options.latency:
        from benchmarks.latency import wait

        return wait(options, field, mirror, work)
    from benchmarks.race import race

    return race(options, field, mirror, work)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
