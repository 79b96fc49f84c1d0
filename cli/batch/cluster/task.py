"""A few files as a task: what a worker gets, what it does, and what it sends back. Knows no scheduler."""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backprop.autodiff.evaluation.threads import share_cores
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.input.files import FileNotes, GivenFile
from backprop.cli.batch.partitions.attempt import Attempt, Outcome, outcome_of
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.output.formats import FORMATS
from backprop.cli.question.urls import is_url

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch

ALL_OTHERS = 1 << 20  # processes that share the cores with this one: a worker of Dask forks none, since it has threads


class SentQuestion:
    """What is asked of every file, which a worker gets once for all of them, with what has been compiled.

    Tasks may run in several threads, each of which needs one of its own: numbers are computed in it.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._idle: deque[Batch] = deque()

    def __reduce__(self) -> tuple[type[SentQuestion], tuple[Batch]]:
        return SentQuestion, (self.batch,)

    def take(self) -> Batch:
        try:
            return self._idle.pop()
        except IndexError:
            return copy.deepcopy(self.batch)

    def give_back(self, batch: Batch) -> None:
        self._idle.append(batch)


class FileTask(NamedTuple):
    """One file. Its paths hold wherever the worker is; `target` is empty where it has no file of results of its own."""

    attempt: Attempt
    file: GivenFile
    target: str


class FilesTask:
    """Files to be answered one after the other. Not a tuple, into which Dask would look for tasks of its own."""

    def __init__(self, files: Sequence[FileTask]) -> None:
        self.files = files


def asked_of_all(batch: Batch) -> Batch:
    """What is asked: the graph and the options, but no rows, and no files but the first of those that are one table."""
    asked = copy.copy(batch)
    if FORMATS[batch.input_format].is_binary:
        asked.constant_kinds = batch.constant_kinds
    asked.files, asked.targets = [] if batch.targets else [with_path(batch.files[0])], []
    asked.is_quiet = True
    asked.noted = None
    return asked


def task_of(batch: Batch, attempts: Sequence[Attempt]) -> FilesTask:
    return FilesTask([file_task_of(batch, attempt) for attempt in attempts])


def file_task_of(batch: Batch, attempt: Attempt) -> FileTask:
    target = os.path.abspath(batch.targets[attempt.place]) if batch.targets else ""
    return FileTask(attempt, with_path(batch.files[attempt.place]), target)


def with_path(file: GivenFile) -> GivenFile:
    """The file with a path that holds in any folder."""
    return file if is_url(file.name) else file._replace(absolute=os.path.abspath(file.name))


def share_machine() -> None:
    """Take one core: a worker of Dask has neighbours."""
    share_cores(ALL_OTHERS)
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def attempted(asked: SentQuestion, task: FilesTask) -> list[Outcome]:
    """What a worker does: the results of its files, up to one that ends the run."""
    share_machine()
    batch = asked.take()
    outcomes: list[Outcome] = []
    for attempt, file, target in task.files:
        batch.files, batch.targets = [file], [target]
        batch.noted = FileNotes(batch.files)
        outcome = outcome_of(batch, attempt._replace(place=0), RunPool(), lambda rows, consumed: None)
        outcomes.append(outcome._replace(place=attempt.place))
        if outcome.is_stopped:
            break
    asked.give_back(batch)
    return outcomes
