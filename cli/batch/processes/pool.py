"""Who does the work on blocks: the program itself, or several processes. In order, always."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.columnar.delimited import in_bulk, serves
from backprop.cli.batch.evaluation import Answer, Job
from backprop.cli.batch.processes import prestart
from backprop.cli.batch.processes.resources import keep_freed_memory
from backprop.cli.batch.processes.worker import AHEAD, Worker, bulk_workers, plain_workers
from backprop.cli.status import Failure, Status

BLOCKS = 3 << 20  # bytes that are worked on at a time: more is no faster, and takes memory
LEAST_BLOCK = 1 << 18  # bytes, so that a call costs nothing


class Crew(Protocol):
    """Takes blocks and gives the answers in the same order."""

    @property
    def block(self) -> int:
        """The size of a block that it works on best, in bytes."""

    @property
    def busy(self) -> int:
        """Blocks taken and not answered yet."""

    @property
    def is_full(self) -> bool: ...

    def submit(self, data: bytearray) -> None: ...

    def next(self) -> Answer:
        """The answer to the block that was taken first; waits for it."""

    def waits_on(self) -> Sequence[Any]:
        """What `select` can wait on for the next answer; empty where it is there."""

    def close(self) -> None: ...


class Alone:
    """Answers in the thread that asks."""

    block = BLOCKS // 2

    def __init__(self, job: Job) -> None:
        self.job = job
        self._blocks: deque[bytes] = deque()

    @property
    def busy(self) -> int:
        return len(self._blocks)

    @property
    def is_full(self) -> bool:
        return bool(self._blocks)

    def submit(self, data: bytearray) -> None:
        self._blocks.append(bytes(data))

    def next(self) -> Answer:
        return self.job.answer(self._blocks.popleft())

    def waits_on(self) -> Sequence[Any]:
        return ()

    def close(self) -> None:
        self._blocks.clear()


class Workers:
    """Answers in processes, which write in turn: the program itself only reads and hands out blocks."""

    def __init__(self, job: Job, workers: Sequence[Worker], output: int) -> None:
        self._workers = deque(workers)  # the one that gets the next block is first
        self._working: deque[Worker] = deque()  # in the order of the blocks
        with lost_workers_named():
            for worker in workers:
                worker.begin(job, output)

    @property
    def block(self) -> int:
        return max(BLOCKS // len(self._workers), LEAST_BLOCK)

    @property
    def busy(self) -> int:
        return len(self._working)

    @property
    def is_full(self) -> bool:
        return self._workers[0].taken == AHEAD

    def submit(self, data: bytearray) -> None:
        worker = self._workers[0]
        with lost_workers_named():
            worker.take(data)
        self._working.append(worker)
        self._workers.rotate(-1)

    def next(self) -> Answer:
        with lost_workers_named():
            return self._working.popleft().answer()

    def waits_on(self) -> Sequence[Any]:
        channel = self._working[0].channel
        return () if channel.is_ready() else (channel,)

    def close(self) -> None:
        for worker in self._workers:
            worker.end()
        for worker in self._workers:
            worker.wait()


@contextlib.contextmanager
def lost_workers_named() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise Failure("a worker process has been ended", "is there enough memory?", Status.WRONG_DATA) from None


def hire(job: Job, output: BinaryIO) -> Crew:
    """Whoever can work on blocks at the same time."""
    if not hasattr(os, "fork") or (usable_cores() == 1 and not serves(job)):
        return Alone(job)
    keep_freed_memory()
    try:
        if serves(job):
            return Workers(in_bulk(job), prestart.workers or bulk_workers(), output.fileno())
        return Workers(job, prestart.workers or plain_workers(), output.fileno())
    except OSError:  # no more processes, or no more memory
        return Alone(job)
