"""Who does the work on blocks: the program's own thread, several threads, or several processes. In order, always."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from backprop.cli.rows.job import Answer, Job
from backprop.cli.status import Failure, Status


def cores() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class Crew(Protocol):
    """Takes blocks and gives the answers in the same order."""

    @property
    def busy(self) -> int:
        """Blocks taken and not answered yet."""

    @property
    def is_full(self) -> bool: ...

    def submit(self, data: bytes) -> None: ...

    def next(self) -> Answer:
        """The answer to the block that was taken first; waits for it."""

    def waits_on(self) -> Sequence[Any]:
        """What `select` can wait on for the next answer; empty where it is there."""

    def close(self) -> None: ...


class Alone:
    """Answers in the thread that asks."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._blocks: deque[bytes] = deque()

    @property
    def busy(self) -> int:
        return len(self._blocks)

    @property
    def is_full(self) -> bool:
        return bool(self._blocks)

    def submit(self, data: bytes) -> None:
        self._blocks.append(data)

    def next(self) -> Answer:
        return self.job.answer(self._blocks.popleft())

    def waits_on(self) -> Sequence[Any]:
        return ()

    def close(self) -> None:
        self._blocks.clear()


class Threads:
    """For work that lets go of Python's lock."""

    def __init__(self, job: Job, count: int) -> None:
        from concurrent.futures import Future, ThreadPoolExecutor

        self.job = job
        self._most = count + 1  # one waits, so that nobody idles while an answer is written
        self._pool = ThreadPoolExecutor(count)
        self._futures: deque[Future[Answer]] = deque()
        self._reads, self._writes = os.pipe()

    @property
    def busy(self) -> int:
        return len(self._futures)

    @property
    def is_full(self) -> bool:
        return len(self._futures) >= self._most

    def submit(self, data: bytes) -> None:
        future = self._pool.submit(self.job.answer, data)
        future.add_done_callback(lambda _future: os.write(self._writes, b"."))
        self._futures.append(future)

    def next(self) -> Answer:
        answer = self._futures.popleft().result()
        os.read(self._reads, 1)
        return answer

    def waits_on(self) -> Sequence[Any]:
        return () if self._futures and self._futures[0].done() else (self._reads,)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class Processes:
    """For work that holds Python's lock. Each has one block at a time, and ends when its pipe does.

    So no process outlives the program, however that ends, and no two wait for each other.
    """

    def __init__(self, job: Job, count: int) -> None:
        import multiprocessing

        method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
        context: Any = multiprocessing.get_context(method)
        self._idle: deque[Any] = deque()
        self._working: deque[Any] = deque()
        with interrupts_held():
            for _ in range(count):
                mine, theirs = context.Pipe()
                others = [mine, *self._idle] if method == "fork" else []
                context.Process(target=work, args=(job, theirs, others), daemon=True).start()
                theirs.close()
                self._idle.append(mine)

    @property
    def busy(self) -> int:
        return len(self._working)

    @property
    def is_full(self) -> bool:
        return not self._idle

    def submit(self, data: bytes) -> None:
        connection = self._idle.popleft()
        try:
            connection.send_bytes(data)
        except OSError:
            raise lost() from None
        self._working.append(connection)

    def next(self) -> Answer:
        connection = self._working.popleft()
        try:
            answer = connection.recv()
        except (EOFError, OSError):
            raise lost() from None
        self._idle.append(connection)
        if isinstance(answer, BaseException):
            raise answer
        found: Answer = answer
        return found

    def waits_on(self) -> Sequence[Any]:
        return () if self._working and self._working[0].poll() else tuple(self._working)[:1]

    def close(self) -> None:
        for connection in (*self._idle, *self._working):
            connection.close()


def lost() -> Failure:
    return Failure("a worker process has been ended", "is there enough memory?", Status.WRONG_DATA)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile never hears it: the program does, and closes the pipes."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(job: Job, connection: Any, others: Sequence[Any]) -> None:
    """A worker process: answers blocks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        other.close()  # a copy of the other end would keep this pipe open after the program has ended
    try:
        while True:
            data = connection.recv_bytes()
            try:
                answer: Answer | BaseException = job.answer(data)
            except Exception as error:
                answer = error
            connection.send(answer)
    except (EOFError, OSError):
        os._exit(0)
