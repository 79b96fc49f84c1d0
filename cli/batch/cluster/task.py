"""One file as a task: what a worker gets, what it does, and what it sends back. Knows no scheduler."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

from backprop.autodiff.evaluation.threads import share_cores
from backprop.cli.batch.input.files import FileNotes
from backprop.cli.batch.partitions.attempt import Attempt, Outcome, outcome_of
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.output.formats import FORMATS
from backprop.cli.question.urls import is_url

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch

ALL_OTHERS = 1 << 20  # processes that share the cores with this one: a worker of Dask forks none, since it has threads


def task_of(batch: Batch, place: int) -> Batch:
    """What is asked of one file: the graph and the options, but no rows. Its paths hold wherever the worker is."""
    task = copy.copy(batch)
    file, target = batch.files[place], batch.targets[place]
    path = str(file.path)
    # Of a text each file's constants are its own; of columns the types are those that hold what all files have.
    task.known_constants = batch.known_constants if FORMATS[batch.input_format].is_binary else [file.constants]
    task.files = [file._replace(path=path if is_url(path) else os.path.abspath(path))]
    task.targets = [os.path.abspath(target)]
    task.is_quiet = True
    task.noted = None
    return task


def attempted(task: Batch, attempt: Attempt) -> Outcome:
    """What a worker does: the results of its file."""
    share_cores(ALL_OTHERS)
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    task.noted = FileNotes(task.files)
    outcome = outcome_of(task, attempt._replace(place=0), RunPool(), lambda rows, consumed: None)
    return outcome._replace(place=attempt.place)


def as_named(outcome: Outcome, batch: Batch) -> Outcome:
    """What a worker has sent, with the name of the file as the user gave it."""
    name = batch.files[outcome.place].name
    path = os.path.abspath(name)
    made = outcome.made and outcome.made._replace(origin=outcome.made.origin._replace(name=name))
    if outcome.told is not None:
        outcome.told.rename(batch.files[outcome.place])
    return outcome._replace(
        made=made,
        problem=outcome.problem and outcome.problem.replace(path, name),
        loss=outcome.loss and outcome.loss.replace(path, name),
    )
