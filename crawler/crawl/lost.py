"""What becomes of a page whose worker died or froze.

Whatever it was that killed or froze the worker, all pages that it had are lost, or all that were in flight. So each is
asked for again when all else is done, alone: then the one that is at fault is found out, and no other fails with it.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError, Future

from crawler.model import Failure, Outcome
from crawler.store.queued import ALONE, Queued

__all__ = ["died", "froze", "outcome_of"]

MOST_DEATHS = 3


def outcome_of(future: Future[Outcome]) -> Outcome | BaseException:
    """What came of a request. What a future raises is the end of a worker, whatever it is: they return failures."""
    try:
        return future.result()
    except Exception as error:
        return error
    except BaseException as error:  # of the worker, as by `sys.exit()` in a hook; or of this thread
        if future.cancelled() or future.exception() is not error:
            raise
        return error


def died(page: Queued, error: BaseException) -> Failure | None:
    """Return the failure of a page whose worker ended with an error; None where it may be asked for again."""
    if page.crashes + 1 < MOST_DEATHS:
        return None
    if isinstance(error, (BrokenExecutor, CancelledError)):
        return Failure("crash", f"{MOST_DEATHS} workers died while they had this page")
    return Failure("internal", f"{type(error).__name__}: {error}")


def froze(page: Queued, seconds: float) -> Failure | None:
    """Return the failure of a page whose worker did not come back; None where another page may have held it up."""
    return Failure("hang", f"no result after {seconds:.0f} s") if page.lane == ALONE else None
