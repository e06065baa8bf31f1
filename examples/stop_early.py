"""Stop a crawl when it has found enough.

The next run of a job resumes its crawl. Here it cannot: the demo site has another address (port) in each run.

python examples/stop_early.py
"""

from pathlib import Path

import crawler

DEMO = Path(__file__).parent.parent / "configs" / "demo.yaml"
ENOUGH = 20


def main() -> None:
    stopper = crawler.Stopper()

    def observe(stats: crawler.Stats) -> None:
        if stats.records >= ENOUGH:
            stopper.stop("seen enough")  # requests in flight are finished, and the files are written

    job = crawler.load(DEMO, overrides=["demo.port=0", "demo.latency=20ms"])
    report = crawler.run(job, fresh=True, observe=observe, stopper=stopper)
    print(report.ending, f"with {sum(report.records.values())} rows;", report.pages["left"], "pages are left")


if __name__ == "__main__":
    main()
