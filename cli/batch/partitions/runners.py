"""Processes that attempt files, one at a time each. They share the cores, and end with the program."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, NoReturn

from backprop.autodiff.evaluation.threads import share_cores, usable_cores
from backprop.cli.batch.partitions.attempt import Attempt, Outcome, outcome_of, problem_of
from backprop.cli.batch.processes.channel import Channel, connected
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.batch.processes.resources import die_with
from backprop.cli.batch.processes.worker import interrupts_held
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch

TOLD_EVERY = 0.1  # seconds between two words of how far a file is
ENDED = Failure("the process that worked on it has been ended", "is there enough memory?", Status.WRONG_DATA)

Follow = Callable[[int, int, int], None]  # hears of the rows and bytes of the file at a place


class Runner:
    """The program's end of one. Raises OSError where the system gives no more processes."""

    def __init__(self, batch: Batch, others: int) -> None:
        self.channel, theirs = connected()
        self.place: int | None = None  # of the file that it is at
        program = os.getpid()
        with interrupts_held(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer Pythons warn of the threads that an import may have left waiting
            self.process = os.fork()
            if self.process == 0:
                self.channel.close()
                die_with(program)
                serve(batch, theirs, others)
        theirs.close()

    def begin(self, attempt: Attempt) -> None:
        """Raises EOFError where the process is gone."""
        self.place = attempt.place
        self.channel.send(attempt)

    def end(self) -> None:
        """End it, whatever it does; a file that is being given its name gets it first."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGTERM)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        self.channel.close()


def serve(batch: Batch, channel: Channel, others: int) -> NoReturn:
    """All that such a process does: attempt files until there are no more."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.freeze()  # a collection would write to every object, and so copy the memory that they share
        share_cores(others + 1)
        share_threads()
        run_pool = RunPool()
        while True:
            attempt: Attempt = channel.receive()
            channel.send(outcome_of(batch, attempt, run_pool, reporter(channel)))
    except EOFError:
        os._exit(0)
    finally:
        os._exit(1)


def share_threads() -> None:
    """Have the libraries that are there already take this process's share of the cores, too."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    if "pyarrow" in sys.modules:
        import pyarrow

        pyarrow.set_cpu_count(usable_cores())


def reporter(channel: Channel) -> Callable[[int, int], None]:
    """What sends the rows and bytes so far, now and then."""
    last = time.monotonic()

    def follow(rows: int, consumed: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TOLD_EVERY:
            last = now
            channel.send((rows, consumed))

    return follow


def outcomes(batch: Batch, waiting: deque[Attempt], count: int, follow: Follow) -> Generator[Outcome, None, None]:
    """What becomes of all attempts, as it becomes known, by so many processes. Whoever takes it may add others."""
    idle: list[Runner] = []
    working: list[Runner] = []
    try:
        while waiting or working:
            while waiting and len(working) < count:
                runner = idle.pop() if idle else Runner(batch, count - 1)
                working.append(runner)
                runner.begin(waiting.popleft())
            for runner in ready_of(working):
                outcome = heard(batch, runner, follow)
                if outcome is not None:
                    working.remove(runner)
                    if outcome.is_lost:
                        runner.end()
                    else:
                        idle.append(runner)
                    yield outcome
    finally:
        for runner in (*idle, *working):
            runner.end()


def ready_of(runners: list[Runner]) -> list[Runner]:
    ready = select.select([runner.channel for runner in runners], [], [])[0]
    return [runner for runner in runners if runner.channel in ready]


def heard(batch: Batch, runner: Runner, follow: Follow) -> Outcome | None:
    """The outcome that a process has sent, if it is one, or that of its end."""
    assert runner.place is not None
    try:
        message = runner.channel.receive()
    except EOFError:
        return Outcome(runner.place, problem=problem_of(batch.files[runner.place], ENDED), is_lost=True)
    if isinstance(message, Outcome):
        return message
    follow(runner.place, *message)
    return None
