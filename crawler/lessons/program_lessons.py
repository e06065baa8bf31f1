"""What the course notes teach beside crawling, each by a small program: locks, queues, sharing, ends of processes."""

from __future__ import annotations

from crawler.lessons import pictures
from crawler.lessons.experiments import NO_FIGURES
from crawler.lessons.model import Claim
from crawler.lessons.program import Check, Column, Program
from crawler.lessons.programs.bounded_queue import MAKING, THINGS, USING
from crawler.lessons.programs.map_and_apply import SECONDS
from crawler.lessons.programs.process_ends import NAP, SHORT

__all__ = ["programs"]


def programs() -> list[Program]:
    """All of them, in their order."""
    return [_tickets(), _lock_twice(), _two_locks(), _queue(), _sharing(), _ends(), _map()]


def _tickets() -> Program:
    return Program(
        number="9",
        title="Four threads sell the same tickets",
        setup="200 tickets, 4 threads; each reads how many are left, pauses for 0.2 ms, writes one less. The last case "
        "has 1,000,000 tickets, `left -= 1` and no pause.",
        why="To change a number is to read it and to write it: whoever reads between the two of another thread works "
        "with an old number, and one of the two sales is forgotten; a lock lets one thread at a time do both.",
        module="tickets",
        cases=("no lock", "lock", "left -= 1, no lock"),
        columns=(
            Column("tickets", "tickets"),
            Column("sold", "sold"),
            Column("lost", "updates lost"),
            Column("seconds", "seconds", "seconds"),
        ),
        claims=(
            Check(
                "Without a lock more tickets are sold than there are",
                "no lock",
                lambda run: bool(run["sold"] > run["tickets"]),
                "{sold:,} sold of {tickets:,}",
            ),
            Check(
                "With a lock each is sold once",
                "lock",
                lambda run: bool(run["sold"] == run["tickets"] and run["lost"] == 0),
                "{sold:,} sold of {tickets:,}",
            ),
        ),
        draw=pictures.sold,
        unlike=f"{NO_FIGURES} The pause is there so that the race is seen each time. Since version 3.10 CPython with "
        "its lock changes threads at calls and at the ends of loops only, so a bare `left -= 1` rarely loses an update "
        "(the last row says how many it lost here). That is a property of this interpreter, no promise of Python. Even "
        "there the question whether any are left and the sale are two steps, so up to three too many may be sold.",
    )


def _lock_twice() -> Program:
    return Program(
        number="10a",
        title="A lock that its thread has already",
        setup="One thread takes a lock and then asks for the same lock again, for half a second at most.",
        why="A Lock does not know who has it, so the thread waits for itself; an RLock knows, and counts how often its "
        "owner took it.",
        module="lock_twice",
        cases=("Lock", "RLock"),
        columns=(Column("got_it", "got it again", "yes"), Column("waited", "waited", "seconds")),
        claims=(
            Check("A Lock is not given twice", "Lock", lambda run: not run["got_it"], "after {waited:.2f} s given up"),
            Check("An RLock is", "RLock", lambda run: bool(run["got_it"]), "after {waited:.2f} s"),
        ),
        draw=pictures.waited,
        unlike=f"{NO_FIGURES} Without the timeout the program would never end; it stands there for the lesson only.",
    )


def _two_locks() -> Program:
    return Program(
        number="10b",
        title="Two locks in opposite order",
        setup="Two threads take two locks each, the second within half a second: in opposite order, or in the same.",
        why="In opposite order each thread has what the other waits for, and neither lets go; where all take locks in "
        "one order, the first of them decides who goes first.",
        module="two_locks",
        cases=("opposite order", "same order"),
        columns=(Column("had_both", "threads that had both"), Column("waited", "seconds", "seconds")),
        claims=(
            Check(
                "In opposite order no thread gets both",
                "opposite order",
                lambda run: bool(run["had_both"] == 0),
                "{had_both} of 2 threads, given up after {waited:.2f} s",
            ),
            Check(
                "In the same order both do",
                "same order",
                lambda run: bool(run["had_both"] == 2),
                "{had_both} of 2 threads within {waited:.2f} s",
            ),
        ),
        draw=pictures.waited,
        unlike=f"{NO_FIGURES} A barrier makes sure that both have their first lock, so that the deadlock is seen each "
        "time; without it, it would come once in a while, which is worse.",
    )


def _queue() -> Program:
    return Program(
        number="11",
        title="A queue between producer and consumer",
        setup=f"A thread makes {THINGS} things, one every {1000 * MAKING:.0f} ms; another needs {1000 * USING:.0f} ms "
        "for each. The queue between them has 8 places, or no limit.",
        why="The slower side decides how long it takes; a queue with a limit makes the faster one wait "
        "(back-pressure), one without a limit takes memory instead, and more of it the longer it goes on.",
        module="bounded_queue",
        cases=("8 places", "no limit"),
        columns=(
            Column("most", "most in the queue"),
            Column("waited", "producer waited", "seconds"),
            Column("made_all_at", "all made after", "seconds"),
            Column("seconds", "all used after", "seconds"),
        ),
        claims=(
            Check("Its places are never exceeded", "8 places", lambda run: bool(run["most"] <= 8), "{most} at most"),
            Claim("Without a limit it grows", "no limit", "8 places", "most", 2.0),
            Check(
                "With a limit the producer waits", "8 places", lambda run: bool(run["waited"] > 0.1), "{waited:.2f} s"
            ),
            Check("Without one it does not", "no limit", lambda run: bool(run["waited"] < 0.1), "{waited:.2f} s"),
            Claim("Both are done at the same time", "8 places", "no limit", "seconds", 0.8, 1.25),
        ),
        draw=pictures.fill,
        unlike=NO_FIGURES,
    )


def _sharing() -> Program:
    return Program(
        number="12",
        title="A counter that processes share",
        setup="4 processes add 1 to the same counter 250 times each: they read it, pause for 0.1 ms and write it. "
        "With a pipe each sends its sum.",
        why="Processes have no memory in common, so a global variable is a copy in each; a Value is shared memory and "
        "needs its lock as among threads; a Manager is a process that is asked for each reading and writing; a pipe "
        "needs no lock, because each process counts alone and sends what it has.",
        module="shared_counter",
        cases=("global variable", "Value, no lock", "Value, its lock", "Manager, a lock", "Pipe"),
        columns=(Column("added", "added"), Column("found", "found"), Column("seconds", "seconds", "seconds")),
        claims=(
            Check("A global variable is not shared", "global variable", lambda run: run["found"] == 0, "{found} found"),
            Check(
                "A Value without its lock loses additions",
                "Value, no lock",
                lambda run: bool(run["found"] < run["added"]),
                "{found:,} of {added:,} found",
            ),
            _all_found("With its lock it loses none", "Value, its lock"),
            _all_found("A Manager with a lock loses none", "Manager, a lock"),
            _all_found("A pipe brings all, and EOFError when its other ends are closed", "Pipe"),
            Claim("The Manager takes longer than the Value", "Manager, a lock", "Value, its lock", "seconds", 1.2),
        ),
        draw=pictures.counted,
        unlike=f"{NO_FIGURES} The pause is there so that the race is seen on any machine, also with one core. The "
        "seconds have the start of the processes in them, and of the Manager.",
    )


def _all_found(says: str, case: str) -> Check:
    return Check(says, case, lambda run: bool(run["found"] == run["added"]), "{found:,} of {added:,} found")


def _ends() -> Program:
    return Program(
        number="13",
        title="Daemon, orphan, zombie, terminate",
        setup=f"A child that sleeps for {NAP:g} s is a daemon or not, loses its parent after {SHORT:g} s, is ended "
        f"from outside after {SHORT:g} s, or ends after {SHORT:g} s without being waited for. What the system says of "
        "it is looked at every 10 ms.",
        why="multiprocessing terminates daemons and waits for other children when their parent ends; a child whose "
        "parent is suddenly gone gets another one; a process that has ended stays as a zombie until its parent asks "
        "for its exit code; and who is terminated or killed has no time to clean up.",
        module="process_ends",
        cases=("daemon", "not a daemon", "orphan", "zombie", "terminate()", "kill()"),
        columns=(
            Column("lasted", "child lived", "seconds"),
            Column("finally_ran", "its finally ran", "yes"),
            Column("was_orphan", "got another parent", "yes"),
            Column("was_zombie", "was a zombie", "yes"),
            Column("code", "exit code", "code"),
        ),
        claims=(
            Check(
                "A daemon ends with its parent, without its finally",
                "daemon",
                lambda run: run["lasted"] < 0.8 * NAP and not run["finally_ran"],
                "after {lasted:.2f} s",
            ),
            Check(
                "Another child is waited for",
                "not a daemon",
                lambda run: run["lasted"] > 0.8 * NAP and run["finally_ran"],
                "{lasted:.2f} s",
            ),
            Check("An orphan lives on under another parent", "orphan", lambda run: run["was_orphan"], "{lasted:.2f} s"),
            Check(
                "Who is not waited for is a zombie, then gone",
                "zombie",
                lambda run: run["was_zombie"] and not run["seen"]["child"][-1][1],
                "exit code {code} when asked",
            ),
            _ended("terminate() ends a process by SIGTERM, without its finally", "terminate()", -15),
            _ended("kill() does by SIGKILL", "kill()", -9),
        ),
        draw=pictures.lives,
        unlike=f"{NO_FIGURES} The processes are forked, so that each is a child of the one that starts it. Whether an "
        "orphan stays a zombie for a while depends on who takes it in. On a system without /proc this lesson is left "
        "out.",
        repeat=1,
    )


def _ended(says: str, case: str, code: int) -> Check:
    told = "exit code {code} after {lasted:.2f} s"
    return Check(says, case, lambda run: bool(run["code"] == code and not run["finally_ran"]), told)


def _map() -> Program:
    return Program(
        number="14",
        title="map beside apply_async",
        setup=f"{len(SECONDS)} tasks of {min(SECONDS):g} to {max(SECONDS):g} s in a multiprocessing.Pool of 4 "
        "processes; in two of the cases one task raises an exception.",
        why="map gives all results at once, in the order of the tasks, or one exception and none of them; apply_async "
        "gives each result to its callback as soon as it is there, and each exception to the error callback.",
        module="map_and_apply",
        cases=("map", "apply_async", "map, 1 fails", "apply_async, 1 fails"),
        columns=(
            Column("results", "results"),
            Column("errors", "errors"),
            Column("first", "first result after", "seconds"),
            Column("seconds", "all done after", "seconds"),
            Column("order", "results, in this order", "order"),
        ),
        claims=(
            Claim("The first result of map comes later", "map", "apply_async", "first", 2.0),
            Claim("Both take as long", "map", "apply_async", "seconds", 0.75, 1.3),
            Check(
                "map keeps the order of the tasks",
                "map",
                lambda run: bool(run["order"] == sorted(run["order"])),
                "all {results} in order",
            ),
            Check(
                "Under map one exception loses all results",
                "map, 1 fails",
                lambda run: bool(run["results"] == 0 and run["errors"] == 1),
                "{results} of 8 results",
            ),
            Check(
                "Under apply_async it loses its own only",
                "apply_async, 1 fails",
                lambda run: bool(run["results"] == 7 and run["errors"] == 1),
                "{results} of 8 results, {errors} error",
            ),
        ),
        draw=pictures.arrivals,
        unlike=NO_FIGURES,
    )
