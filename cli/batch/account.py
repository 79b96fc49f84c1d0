"""What is told of a run over rows, whatever reads and writes them: bad rows, notes, progress, the exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from backprop.cli.batch.evaluation import Answer
from backprop.cli.batch.notes import Remarks
from backprop.cli.batch.progress import Progress
from backprop.cli.batch.rejects import rejects_of
from backprop.cli.batch.row_errors import Faults
from backprop.cli.output.destination import byte_destination
from backprop.cli.output.output import say
from backprop.cli.output.packing import packed
from backprop.cli.status import Status

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


class Stopped(Exception):
    """A bad row under --on-error stop."""


class Account:
    """Takes what is to be told of the answers of a run, each as soon as it is written.

    `size` is what `consumed` will come to, `unit` what places count: lines of a text, or rows.
    """

    def __init__(self, batch: Batch, size: int | None, unit: str = "line") -> None:
        self.batch = batch
        self._progress = Progress(size, is_quiet=batch.is_quiet, is_among_results=batch.writes_to_a_screen)
        self._remarks = Remarks(None if batch.is_quiet else self.note, unit)
        self._faults = Faults(self.note, unit)
        self._is_stopped = False
        self._without = 0  # rows that say that they have no value

    def note(self, text: str) -> None:
        """Say something on stderr, where the bar is."""
        self._progress.pause()
        say(text)

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        """Take the answer to a block that begins with the line or row `first`."""
        for fault in answer.faults:
            self._faults.add(fault, first)
        self._faults.count += answer.untold
        self._without += answer.without
        self._remarks.take(answer, first)
        self._progress.advance(answer.rows, consumed)
        self._is_stopped = answer.is_last

    def run(self, write: Callable[[BinaryIO], None], loss: Callable[[], str | None]) -> Status:
        """Let `write` write all rows; `loss` says what ended them before their end. Raises Failure.

        The status of rows that were wrong comes before that of results that are not finite.
        """
        batch = self.batch
        with rejects_of(batch.rejects, batch.path) as self._faults.rejects:
            try:
                with byte_destination(batch.path) as file, packed(file, batch.path) as out:
                    write(out)
                    if self._is_stopped:
                        raise Stopped
            except Stopped:
                pass  # a file that is not whole is not made
            finally:
                self._progress.pause()
            lost = loss()
            self._faults.sum_up(lost)
            if self._without and not batch.is_quiet:
                rows = f"{self._without} row{'s have' if self._without > 1 else ' has'}"
                self.note(f"note: {rows} no value (--null), and no results")
            self._remarks.sum_up(batch.question.graph, batch.question.fixed, batch.wanted)
        if self._faults.count and not (batch.expects_bad_rows and lost is None):
            return Status.WRONG_DATA
        return Status.NON_FINITE if batch.is_strict and self._remarks.rows else Status.DONE
