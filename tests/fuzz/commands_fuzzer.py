"""Commands: no traceback, no status 70, no answer after 5 s or with more than 1 GB."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Container, Iterable, Iterator
from importlib import import_module
from random import Random

from backprop.cli.commands import COMMANDS
from backprop.parser import parse

from . import commands
from .runs import Run, answer, fault
from .shrinking import TimeIsUp, shortest_run

CASES_TOGETHER = 1
INSTALLED_EACH = 50  # cases; the others are forks
SECONDS_OF_SHRINKING = 60
LONGEST_ARGUMENT = 1 << 17  # bytes, that Linux passes to a program (execve(2))
MOST_ARGUMENTS = 1 << 20  # bytes in all, of which the environment has some more

for _name in COMMANDS:  # loaded once for all forks, and the grammar's tables with them
    import_module(f"backprop.cli.commands.{_name}")
parse("x[0] + sin(2)")
gc.freeze()  # nothing of it is looked at again, and a fork copies no page for it


def faults(seed: int, numbers: Iterable[int], known: Container[str]) -> Iterator[tuple[int, str, str]]:
    """The number, the kind and the shortest form of each faulty case whose kind is not known."""
    for number in numbers:
        run = commands.run(Random(f"{seed} {number}"))
        is_installed = number % INSTALLED_EACH == 0 and is_passed(run.words)
        kind = fault(run, answer(run, is_installed=is_installed))
        if kind is not None and kind not in known:
            yield number, kind, shortest(run, kind, is_installed).as_command()


def is_passed(words: Iterable[str]) -> bool:
    """Whether the system passes such arguments to a program: a fork gets any."""
    sizes = [len(os.fsencode(word)) + 1 for word in words]
    return max(sizes, default=0) <= LONGEST_ARGUMENT and sum(sizes) <= MOST_ARGUMENTS


def shortest(run: Run, kind: str, is_installed: bool) -> Run:
    """The shortest run with the same fault that can be found in reasonable time."""
    end = time.monotonic() + SECONDS_OF_SHRINKING

    def fails(some: Run) -> bool:
        if time.monotonic() >= end:
            raise TimeIsUp
        return kind == fault(some, answer(some, is_installed=is_installed))

    return shortest_run(run, fails)
