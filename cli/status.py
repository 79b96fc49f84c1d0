"""Exit statuses, and the failure that carries one. Prints nothing and ends nothing: main.py does."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What the caller of the program learns from its exit."""

    DONE = 0
    MISMATCH = 1  # a check failed
    WRONG_QUESTION = 2  # usage, syntax, names, shapes: nothing was computed
    WRONG_DATA = 3  # some of the data was wrong or could not be written, the rest was
    NON_FINITE = 4  # under --strict
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h: a fault of ours
    INTERRUPTED = 130
    CLOSED_PIPE = 141


class Failure(Exception):
    """Something outside the expression is wrong: a usage, a file. `cure` says how to fix it."""

    def __init__(self, reason: str, cure: str | None = None, status: Status = Status.WRONG_QUESTION) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cure = cure
        self.status = status
