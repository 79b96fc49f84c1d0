"""What is told of a run over rows, whatever reads and writes them: bad rows, notes, progress, the exit status."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from backprop.cli.batch.evaluation import Answer, Input
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


class Account:
    """Takes what is to be told of the answers of a run, each as soon as it is written."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._has_names = len(batch.files) > 1
        size = total_of(batch.files) if self._has_names else None
        self._progress = Progress(size, is_quiet=batch.is_quiet, is_among_results=batch.writes_to_a_screen)
        self._place = RowPlace("line", "")
        self._consumed = 0  # of the files before this one
        self._remarks = Remarks(None if batch.is_quiet else self.note)
        self._faults = Faults(self.note)
        self.is_stopped = self._is_cut = False
        self._without = 0  # rows that say that they have no value

    def note(self, text: str) -> None:
        """Say something on stderr, where the bar is."""
        self._progress.pause()
        self.batch.tell(text)

    def begin(self, file: GivenFile, given: Input) -> None:
        """From here on the answers are to the rows of this file."""
        if not self._has_names:
            self._progress.size = given.source.size
        self._place = RowPlace(given.unit, file.name if self._has_names else "")

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        """Take the answer to a block that begins with the line or row `first`."""
        for fault in answer.faults:
            self._faults.add(fault, self._place._replace(line=first))
        self._faults.count += answer.untold
        self._without += answer.without
        self._remarks.take(answer, self._place._replace(line=first))
        self._progress.advance(answer.rows, self._consumed + consumed)
        self.is_stopped = answer.is_last

    def end(self, loss: str | None, consumed: int) -> None:
        """Take what ended a file before its end, if anything did; so much of it is read."""
        self._consumed += consumed
        if loss:
            self._is_cut = True
            self._faults.lose(loss)

    def run(self, outputs: Iterable[tuple[str | None, Callable[[BinaryIO], None]]]) -> Status:
        """Write all rows: of each output, by its path, what writes them. Raises Failure.

        The status of rows that were wrong comes before that of results that are not finite.
        """
        batch = self.batch
        with rejects_of(batch.rejects, batch.path) as self._faults.rejects:
            try:
                for path, write in outputs:
                    with byte_destination(path) as file, packed(file, path) as out:
                        write(out)
                        if self.is_stopped:
                            raise Stopped
            except Stopped:
                pass  # a file that is not whole is not made
            finally:
                self._progress.pause()
            self._faults.sum_up()
            if self._without and not (batch.is_quiet or batch.expects_absent):
                rows = f"{self._without} row{'s have' if self._without > 1 else ' has'}"
                self.note(f"note: {rows} no value (--null), and no results")
            self._remarks.sum_up(batch.question.graph, batch.question.fixed, batch.wanted)
        if self._faults.count and not (batch.expects_bad_rows and not self._is_cut):
            return Status.WRONG_DATA
        return Status.NON_FINITE if batch.is_strict and self._remarks.rows else Status.DONE


def total_of(files: Sequence[GivenFile]) -> int | None:
    """How many bytes they have together, None where that is not known, or not what their reading counts."""
    if any(not os.path.isfile(file.name) or FORMATS[read_format(file.path) or "csv"].is_binary for file in files):
        return None
    return sum([os.path.getsize(file.name) for file in files])
