"""A concurrency model of your own: any executor of `concurrent.futures` that is built with a number of workers.

python examples/own_strategy.py
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crawler

DEMO = Path(__file__).parent.parent / "configs" / "demo.yaml"


class HalfAsMany(ThreadPoolExecutor):
    """Half of the threads that the config asks for."""

    def __init__(self, workers: int) -> None:
        super().__init__(max(1, workers // 2))


def main() -> None:
    for strategy in ("threads", "own_strategy:HalfAsMany"):
        job = crawler.load(DEMO, overrides=["demo.port=0", "demo.latency=50ms", f"fetch.strategy={strategy}"])
        report = crawler.run(job, fresh=True)
        print(f"{strategy:24} {sum(report.records.values())} rows in {report.timing.crawl:.1f} s")


if __name__ == "__main__":
    main()
