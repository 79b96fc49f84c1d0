"""What a benchmark compares, and how one run of it is measured.

A subject is a module beside this one with a function `comparisons(tiny)`; `python -m tests.benchmarks` runs it. Every
participant is run by an interpreter of its own, in a folder that all share, so that no library slows down another.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, NamedTuple

SHORTEST_SECONDS = 0.02  # what takes less is repeated
ADOPT_ORPHANS = 36  # prctl's PR_SET_CHILD_SUBREAPER: workers that outlive their command are counted, too
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode
BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"


class Cost(NamedTuple):
    """What one run, or a unit of it, costs."""

    clock: float  # seconds
    processor: float  # seconds of all cores, children included
    memory: float = 0.0  # the most bytes that one process had; 0 where it was not measured

    def per(self, units: float) -> Cost:
        return Cost(self.clock / units, self.processor / units, self.memory / units)


Runner = Callable[[], Cost]
Maker = Callable[[], Runner]


class Missing(Exception):
    """A peer that is not installed."""


@dataclass(frozen=True)
class Comparison:
    """Ours against peers that do the same. A maker prepares the data and what it compiles, a runner is measured."""

    name: str
    ours: Maker
    peers: Mapping[str, Maker] = field(default_factory=dict)
    aim: float | None = None  # the most that ours is to take of the fastest peer's time by the clock


def needs(*names: str) -> None:
    """Raises Missing unless there are modules or programs of these names."""
    if absent := [name for name in names if not shutil.which(name) and not find_spec(name)]:
        raise Missing(", ".join(absent))


def call(function: Callable[[], Any]) -> Runner:
    """One call in this process. What a long call returns is freed after the clock has stopped."""
    count = 1

    def run() -> Cost:
        nonlocal count
        while True:
            start, before = time.perf_counter(), time.process_time()
            for _ in range(count):
                result = function()
            cost = Cost(time.perf_counter() - start, time.process_time() - before)
            del result
            if cost.clock >= SHORTEST_SECONDS:
                return cost.per(count)
            count *= 2 if cost.clock > SHORTEST_SECONDS / 10 else 10

    return run


def command(
    words: Sequence[str], *, pipe: str | None = None, makes: str | None = None, stdout: str | None = None
) -> Runner:
    """One run of a program and its workers, which reads the file `pipe` from a pipe, and makes the file `makes` anew.

    What was written before is on the disk by then.
    """

    def run() -> Cost:
        if makes and os.path.exists(makes):
            os.unlink(makes)
            os.sync()
        source = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) if pipe else None
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with open(stdout or os.devnull, "wb") as out, tempfile.TemporaryFile() as notes:
            stdin = source.stdout if source else subprocess.DEVNULL
            process = subprocess.Popen(words, stdin=stdin, stdout=out, stderr=notes, env=ENVIRONMENT)
            if source and source.stdout:
                source.stdout.close()
            _, status, used = os.wait4(process.pid, 0)
            clock = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                notes.seek(0)
                raise RuntimeError(f"{words[:2]} ended with status {process.returncode}: {notes.read().decode()}")
        if source:
            source.wait()
        reap_orphans()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(clock, seconds, used.ru_maxrss * 1024)

    return run


def adopt_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)


def reap_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return
