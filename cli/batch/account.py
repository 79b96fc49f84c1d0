"""What is told of a run over rows, whatever reads and writes them: bad rows, notes, progress, the exit status."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, Protocol

from backprop.cli.batch.evaluation import Answer
from backprop.cli.batch.input.files import GivenFile
from backprop.cli.batch.notes import Remarks
from backprop.cli.batch.progress import Progress
from backprop.cli.batch.rejects import rejects_of
from backprop.cli.batch.row_errors import Faults, RowPlace
from backprop.cli.output.destination import byte_destination
from backprop.cli.output.formats import FORMATS, read_format
from backprop.cli.output.packing import packed
from backprop.cli.status import Status

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


class Stopped(Exception):
    """A bad row under --on-error stop."""


class Listener(Protocol):
    """Who hears of the answers to rows, each as soon as it is written."""

    is_stopped: bool  # a bad row ended the run

    def note(self, text: str) -> None: ...

    def begin(self, file: GivenFile, unit: str, size: int | None) -> None:
        """From here on the answers are to the rows of this file, of which `unit` is counted; so large is it."""

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        """Take the answer to a block that begins with the line or row `first`; so much of the file is read."""

    def end(self, loss: str | None, consumed: int) -> None:
        """Take what ended a file before its end, if anything did; so much of it is read."""


class Account:
    """The listener who tells the user."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._has_names = len(batch.files) > 1
        size = total_of(batch.files) if self._has_names else None
        self.progress = Progress(
            size, len(batch.files), is_quiet=batch.is_quiet, is_among_results=batch.writes_to_a_screen
        )
        self._place = RowPlace("line", "")
        self._consumed = 0  # of the files before this one
        self._remarks = Remarks(None if batch.is_quiet else self.note)
        self._faults = Faults(self.note)
        self.is_stopped = self._is_cut = False
        self._without = 0  # rows that say that they have no value

    def note(self, text: str) -> None:
        """Say something on stderr, where the bar is."""
        self.progress.pause()
        self.batch.tell(text)

    def begin(self, file: GivenFile, unit: str, size: int | None) -> None:
        if not self._has_names:
            self.progress.size = size
        self._place = RowPlace(unit, file.name if self._has_names else "")

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        self.tell(answer, first)
        self.progress.advance(answer.rows, self._consumed + consumed)
        self.is_stopped = answer.is_last

    def tell(self, answer: Answer, first: int) -> None:
        """Say and count what there is to say of an answer, and no more."""
        for fault in answer.faults:
            self._faults.add(fault, self._place._replace(line=first))
        self._faults.count += answer.untold
        self._without += answer.without
        self._remarks.take(answer, self._place._replace(line=first))

    def end(self, loss: str | None, consumed: int) -> None:
        self._consumed += consumed
        self.progress.files += 1
        if loss:
            self._is_cut = True
            self._faults.lose(loss)

    def run(self, write_all: Callable[[], None]) -> Status:
        """Have all rows written. Raises Failure.

        The status of rows that were wrong comes before that of results that are not finite.
        """
        batch = self.batch
        with rejects_of(batch.rejects, batch.path) as self._faults.rejects:
            try:
                write_all()
            except Stopped:
                pass  # a file that is not whole is not made
            finally:
                self.progress.pause()
            self._faults.sum_up()
            if self._without and not (batch.is_quiet or batch.expects_absent):
                rows = f"{self._without} row{'s have' if self._without > 1 else ' has'}"
                self.note(f"note: {rows} no value (--null), and no results")
            self._remarks.sum_up(batch.question.graph, batch.question.fixed, batch.wanted)
        if self._faults.count and not (batch.expects_bad_rows and not self._is_cut):
            return Status.WRONG_DATA
        return Status.NON_FINITE if batch.is_strict and self._remarks.rows else Status.DONE


def write_whole(path: str | None, write: Callable[[BinaryIO], None], listener: Listener) -> None:
    """Have an output written, whole or not at all. Raises Stopped, and Failure."""
    with byte_destination(path) as file, packed(file, path) as out:
        write(out)
        if listener.is_stopped:
            raise Stopped


def total_of(files: Sequence[GivenFile]) -> int | None:
    """How many bytes they have together, None where that is not known, or not what their reading counts."""
    if any(not os.path.isfile(file.name) or FORMATS[read_format(file.path) or "csv"].is_binary for file in files):
        return None
    return sum([file.size or 0 for file in files])
