"""Exit codes and what each means: the same for every command."""

from __future__ import annotations

__all__ = ["BUG", "INCOMPLETE", "MEANINGS", "OK", "OUTPUT"]


OK, BUG, INCOMPLETE, OUTPUT = 0, 1, 3, 4

MEANINGS = {
    0: "complete",
    1: "a bug in crawler",
    2: "the config or the command line is wrong; nothing was fetched",
    3: "suspect: the result looks wrong, so the published files were kept; or too many pages failed or are left",
    4: "a file could not be written; the rows are safe in the state file",
    5: "another run of the same job is in progress",
    6: "the state file is damaged, from a newer version, or not a state file of crawler",
    130: "stopped by Ctrl-C; the next run resumes",
    143: "stopped by SIGTERM; the next run resumes",
}
