"""What is wrong with rows: counted, the first ones named on stderr, all of them kept in the rejects file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from io import FileIO
from typing import BinaryIO

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.question.value_files import reason_of
from backprop.cli.status import Failure, Status
from backprop.parser.visible import visible

FIRST = 10  # that stderr names
LONGEST_CELL = 40  # characters of a cell in a reason
SURROGATE = re.compile("[\ud800-\udfff]")

EXPECTED = ",ok"  # behind a policy: bad rows are no reason for another exit status
POLICIES = ("null", "skip", "stop", f"null{EXPECTED}", f"skip{EXPECTED}")
EMPTY, MISSING, WITHOUT = "is empty", "is missing", "has no value"  # what is said of a cell that is none


class Fault(NamedTuple):
    """A bad row: its line counted from the block's first, the reason, and the line or lines as they came.

    `is_expected`: the row says itself that it has no value, which is not wrong.
    """

    line: int
    reason: str
    record: bytes
    is_expected: bool = False

    @property
    def is_absent(self) -> bool:
        """Whether all that is wrong is that there is no value, where others are wrong."""
        return all(part.endswith((EMPTY, MISSING, WITHOUT)) for part in self.reason.split("; "))

    @property
    def expected_if_absent(self) -> Fault:
        return self._replace(is_expected=self.is_expected or self.is_absent)


class RowPlace(NamedTuple):
    """Where a row is: `unit` is what is counted, lines of a text or rows; `file` is empty where there is only one."""

    unit: str
    file: str
    line: int = 1

    def after(self, lines: int) -> RowPlace:
        return self._replace(line=self.line + lines)

    @property
    def shown(self) -> str:
        """`line 12`, `b.csv:12` or `b.parquet, row 12`."""
        if not self.file:
            return f"{self.unit} {self.line}"
        return f"{self.file}:{self.line}" if self.unit == "line" else f"{self.file}, {self.unit} {self.line}"

    @property
    def written(self) -> str:
        """The same for a program to read: `12` or `b.csv:12`."""
        return f"{self.file}:{self.line}" if self.file else str(self.line)


class Faults:
    """All the bad rows of a run. `say` writes a line to stderr; `rejects` is where the rows themselves go."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.count = 0
        self.rejects: BinaryIO | None = None
        self._say = say

    def add(self, fault: Fault, first: RowPlace) -> None:
        """Take one that begins so many lines into the block that starts there."""
        place = first.after(fault.line)
        self.count += 1
        if self.count <= FIRST:
            self._say(f"{place.shown}: {fault.reason}")
        if self.rejects is not None:
            reason = visible(fault.reason).encode("utf-8", "backslashreplace")
            try:
                self.rejects.write(b"%s\t%s\t%s\n" % (os.fsencode(place.written), reason, fault.record))
                if not isinstance(getattr(self.rejects, "raw", None), FileIO):  # somebody may follow it
                    self.rejects.flush()
            except OSError as error:  # inside -o's file, which would take it for its own
                raise Failure(f"--rejects: {reason_of(error)}", status=Status.WRONG_DATA) from None

    def lose(self, loss: str) -> None:
        """Take what ended the rows of a file before their end."""
        self.count += 1
        self._say(loss)

    def sum_up(self) -> None:
        """Say how many were wrong, if not all are named."""
        if self.count > FIRST:
            self._say(f"{self.count} rows were bad in all")


def escape_of(surrogate: re.Match[str]) -> str:
    """A byte that is no UTF-8 as `\\xff`, half of a pair as `\\ud83d`."""
    code = ord(surrogate[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def quoted(cell: str) -> str:
    """A cell as a reason shows it: on one line, cut short, every character visible."""
    shown = visible(SURROGATE.sub(escape_of, cell[: 2 * LONGEST_CELL]))
    shown = " ".join(shown.splitlines()) if "\n" in shown or "\r" in shown else shown
    return f"'{shown if len(shown) <= LONGEST_CELL else shown[:LONGEST_CELL] + '…'}'"
