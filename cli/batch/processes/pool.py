"""Who answers blocks: this process, or a pool of workers. In order, always."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.columnar.bulk import in_bulk, serves
from backprop.cli.batch.evaluation import Answer, Job
from backprop.cli.batch.processes import prestart
from backprop.cli.batch.processes.resources import keep_freed_memory
from backprop.cli.batch.processes.worker import (
    QUEUED_BLOCKS,
    Worker,
    bulk_workers,
    import_for_bulk,
    plain_workers,
    terminate_all,
)
from backprop.cli.status import Failure, Status

BLOCKS = 3 << 20  # bytes that are worked on at a time: more is no faster, and takes memory
LEAST_BLOCK = (
    1 << 20
)  # bytes, so that a call costs little: NDJSON by polars takes half as long again in a quarter of it


class Pool(Protocol):
    """Takes blocks and gives the answers in the same order."""

    @property
    def block_size(self) -> int:
        """The size of a block that it works on best, in bytes."""

    @property
    def pending(self) -> int:
        """Blocks taken and not answered yet."""

    @property
    def is_full(self) -> bool: ...

    def change(self, job: Job, output: int) -> None:
        """Do another job from here on, and write to that descriptor; no block waits for an answer."""

    def submit(self, data: bytearray) -> None: ...

    def result(self) -> Answer:
        """The answer to the block that was taken first; waits for it."""

    def awaited(self) -> Sequence[Any]:
        """What `select` can wait on for the next answer; empty where it is there."""

    def close(self) -> None: ...


class InProcess:
    """Answers in the thread that asks."""

    block_size = BLOCKS // 2

    def __init__(self, job: Job) -> None:
        self.job = job
        self._blocks: deque[bytes] = deque()

    @property
    def pending(self) -> int:
        return len(self._blocks)

    @property
    def is_full(self) -> bool:
        return bool(self._blocks)

    def change(self, job: Job, output: int) -> None:
        self.job = job

    def submit(self, data: bytearray) -> None:
        self._blocks.append(bytes(data))

    def result(self) -> Answer:
        return self.job.answer(self._blocks.popleft())

    def awaited(self) -> Sequence[Any]:
        return ()

    def close(self) -> None:
        self._blocks.clear()


class WorkerPool:
    """Answers in processes, which write in turn: the program itself only reads and hands out blocks."""

    def __init__(self, job: Job, workers: Sequence[Worker], output: int) -> None:
        self._workers = deque(workers)  # the one that gets the next block is first
        self._working: deque[Worker] = deque()  # in the order of the blocks
        try:
            self.change(job, output)
        except BaseException:
            self.close()
            raise

    def change(self, job: Job, output: int) -> None:
        with lost_workers_named():
            for worker in self._workers:
                worker.start(job, output)

    @property
    def block_size(self) -> int:
        return max(BLOCKS // len(self._workers), LEAST_BLOCK)

    @property
    def pending(self) -> int:
        return len(self._working)

    @property
    def is_full(self) -> bool:
        return self._workers[0].queued == QUEUED_BLOCKS

    def submit(self, data: bytearray) -> None:
        worker = self._workers[0]
        with lost_workers_named():
            worker.submit(data)
        self._working.append(worker)
        self._workers.rotate(-1)

    def result(self) -> Answer:
        with lost_workers_named():
            return self._working.popleft().result()

    def awaited(self) -> Sequence[Any]:
        channel = self._working[0].channel
        return () if channel.is_ready() else (channel,)

    def close(self) -> None:
        terminate_all(self._workers)


@contextlib.contextmanager
def lost_workers_named() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise Failure("a worker process has been ended", "is there enough memory?", Status.WRONG_DATA) from None


def start_pool(job: Job, output: int) -> Pool:
    """Whoever answers large blocks fastest: several processes where there are several cores."""
    keep_freed_memory()
    if usable_cores() == 1 or not hasattr(os, "fork"):
        if serves(job):
            import_for_bulk()
        return InProcess(done_best(job))
    try:
        workers = prestart.taken() or (bulk_workers() if serves(job) else plain_workers())
        return WorkerPool(done_best(job), workers, output)
    except OSError:  # no more processes, or no more memory
        return InProcess(job)


def done_best(job: Job) -> Job:
    """The job as polars does it, where it can."""
    return in_bulk(job) if serves(job) else job


class RunPool:
    """The pool of a whole run, which is started once, where the first is needed, and goes from file to file."""

    def __init__(self) -> None:
        self._pool: Pool | None = None
        self._has_bulk = False

    def pool(self, job: Job, output: BinaryIO) -> Pool:
        """The pool with this job, which writes to the output."""
        if self._pool is None:
            self._has_bulk = serves(job)
            self._pool = start_pool(job, output.fileno())
        else:
            self._pool.change(done_best(job) if self._has_bulk else job, output.fileno())
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None
