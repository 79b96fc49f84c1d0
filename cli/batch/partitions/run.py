"""All files, each into a file of results of its own: retries, the manifest, and what is told of the whole."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

from backprop.cli.batch.account import Account, Stopped
from backprop.cli.batch.following import first_difference
from backprop.cli.batch.input.files import FileNotes
from backprop.cli.batch.partitions.attempt import Attempt, Outcome, opened_alone, outcome_of
from backprop.cli.batch.partitions.manifest import Manifest, asked_in, is_like, origin_of
from backprop.cli.batch.partitions.summary import FAILED, THERE, Ending, ending_of, sum_up
from backprop.cli.batch.partitions.targets import make_folder_of, others_in
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.batch.setup import look_at
from backprop.cli.output.errors import message
from backprop.cli.status import Status
from backprop.parser.visible import Lines, as_note

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.settings import Batch

SHOWN = 3  # files in one note


def run(batch: Batch) -> Status:
    """Answer all rows, those of each file into a file of its own. Raises ExpressionError and Failure."""
    return Partitions(batch).run()


class Partitions:
    """One run. A file that cannot be answered does not end it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.account = Account(batch)
        self.manifest = Manifest(str(batch.path), asked_in(batch))
        self.endings: dict[int, Ending] = {}
        self._left = dict.fromkeys(range(len(batch.files)), batch.partitions.retries or 0)  # attempts behind the first
        self._heard: dict[int, tuple[int, int]] = {}  # rows and bytes of each file
        self._consumed = 0
        self._client: Any = None  # of a scheduler
        self._columns: tuple[str, Sequence[str]] | None = None  # of the first file, with its name

    def run(self) -> Status:
        """Raises ExpressionError and Failure, before a row is read."""
        batch = self.batch
        batch.noted = FileNotes(batch.files)
        if batch.partitions.resume:
            self.manifest.resume()
        attempts = [self._attempt(place) for place in range(len(batch.files))]
        look_at(
            batch,
            [batch.files[attempt.place] for attempt in attempts if attempt.known is None],
            self._look_at,
        )
        with ExitStack() as stack:
            if batch.partitions.scheduler is not None:
                from backprop.cli.batch.cluster import scheduler  # here, not above: it imports Dask

                self._client = stack.enter_context(scheduler.connected(batch, batch.partitions.scheduler))
            return self._with_what_is_known(self._run_all(attempts))

    def _run_all(self, attempts: Sequence[Attempt]) -> Status:
        """Make all that is to be made, and say what became of it. Raises Failure."""
        batch = self.batch
        make_folder_of(self.manifest.path)
        self.manifest.save()
        others = others_in(str(batch.path), batch.targets, self.manifest.files)
        if others and not batch.is_quiet:
            more = f" and {len(others) - SHOWN} more" * (len(others) > SHOWN)
            batch.tell(as_note(f"-o {batch.path}: other tables are in it, and stay: {', '.join(others[:SHOWN])}{more}"))
        try:
            return self.account.run(lambda: self._run(deque(attempts)))
        finally:
            self.account.progress.pause()
            self.manifest.save()
            if not self.account.is_stopped:
                sum_up(batch, self.endings)

    def _attempt(self, place: int) -> Attempt:
        """What is to be done for a file: the results that seem to be there are looked at when it is its turn."""
        batch = self.batch
        known = self.manifest.made(batch.targets[place])
        is_there = (
            known is not None and known.origin == origin_of(batch.files[place]) and is_like(batch.targets[place], known)
        )
        return Attempt(place, known if is_there else None)

    def _look_at(self, file: GivenFile, stack: ExitStack) -> None:
        """Raises ExpressionError and Failure for a file with which something is wrong."""
        columns = opened_alone(self.batch, file, stack).columns
        first, known = self._columns = self._columns or (file.name, columns)
        if columns != known and not self.batch.is_only:
            self.batch.note(f"the columns are not those of {first}: {first_difference(columns, known)}")

    def _run(self, waiting: deque[Attempt]) -> None:
        """Raises Stopped where a bad row ends the run."""
        with closing(self._outcomes(waiting)) as coming:
            for outcome in coming:
                self._take(outcome, waiting)

    def _outcomes(self, waiting: deque[Attempt]) -> Generator[Outcome, None, None]:
        """What becomes of the attempts and, in one process, what is to be said of each at once."""
        batch = self.batch
        if self._client is not None:
            from backprop.cli.batch.cluster import scheduler  # here, not above: it imports Dask

            yield from scheduler.outcomes(batch, waiting, self._client)
            return
        processes = min(batch.partitions.jobs or 1, len(waiting)) if hasattr(os, "fork") else 1
        if processes > 1:
            from backprop.cli.batch.partitions.runners import outcomes  # here, not above: one process needs none

            yield from outcomes(batch, waiting, processes, self._follow)
            return
        # Nobody is to hear what an attempt tells that fails
        account = None if batch.partitions.retries else self.account
        with closing(RunPool()) as run_pool:
            while waiting:
                attempt = waiting.popleft()
                yield outcome_of(batch, attempt, run_pool, partial(self._follow, attempt.place), account)

    def _follow(self, place: int, rows: int, consumed: int) -> None:
        """So many rows and bytes of a file are answered by now."""
        rows_before, consumed_before = self._heard.get(place, (0, 0))
        self._heard[place] = rows, consumed
        self._consumed += consumed - consumed_before
        self.account.progress.advance(rows - rows_before, self._consumed)

    def _take(self, outcome: Outcome, waiting: deque[Attempt]) -> None:
        """Raises Stopped."""
        batch, place = self.batch, outcome.place
        file, target = batch.files[place], batch.targets[place]
        if (outcome.problem or outcome.loss) and self._left[place]:
            self._left[place] -= 1
            reason = outcome.loss if outcome.problem is None else outcome.problem.reason
            self.account.note(as_note(f"{reason}; it is tried again, behind the others"))
            self._follow(place, 0, 0)
            waiting.append(Attempt(place))
            return
        if outcome.told is not None:
            outcome.told.tell(self.account)
        if outcome.is_stopped:
            self.account.is_stopped = True
            raise Stopped
        self.endings[place] = ending_of(outcome)
        self._follow(place, outcome.rows, file.size or 0)
        if outcome.made is not None:
            self.manifest.add(target, outcome.made)
        else:
            self.manifest.remove(target)
        if outcome.problem is not None:
            old = f"\n  {target} is of an earlier run" if os.path.lexists(target) else ""
            self.account.note(Lines(f"{message(outcome.problem)[0]}{old}"))
        if outcome.problem is not None or outcome.is_skipped:
            self.account.progress.files += 1

    def _with_what_is_known(self, status: Status) -> Status:
        """The status, to which what is wrong with the results belongs that were there already, and what failed."""
        batch = self.batch
        endings = self.endings.values()
        if any(ending.result == FAILED for ending in endings):
            return Status.WRONG_DATA
        there = [ending for ending in endings if ending.result == THERE]
        if any(ending.bad for ending in there) and not batch.expects_bad_rows:
            return Status.WRONG_DATA
        if status is Status.DONE and batch.is_strict and any(ending.nonfinite for ending in there):
            return Status.NON_FINITE
        return status
