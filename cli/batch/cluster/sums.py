"""What a worker does for a sum over the rows of several files: those of the blocks of its own. Knows no scheduler."""

from __future__ import annotations

import contextlib
import os

from backprop.cli.batch.cluster.task import FilesTask, FileTask, SentQuestion, share_machine
from backprop.cli.batch.evaluation import Part, Run
from backprop.cli.batch.input.files import FileNotes
from backprop.cli.batch.partitions.attempt import Outcome, opened_alone, problem_of
from backprop.cli.batch.partitions.recording import Counting, Recording
from backprop.cli.batch.pipeline import told
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.batch.totals import Sums


def summed(asked: SentQuestion, task: FilesTask) -> list[Outcome]:
    """The sums of the rows of its files, up to one that ends the run: each is read as the first of all files is."""
    share_machine()
    batch = asked.take()
    first = asked.batch.files[0]
    batch.files = [first, *[file for _, file, _ in task.files]]
    batch.noted = FileNotes(batch.files)
    outcomes: list[Outcome] = []
    try:
        with contextlib.ExitStack() as stack:
            run = opened_alone(batch, first, stack)
            for file in task.files:
                outcomes.append(sums_in(run, file))
                if outcomes[-1].is_stopped:
                    break
    except Exception as error:
        place = task.files[0].attempt.place
        return [Outcome(place, problem=problem_of(first, error))]
    asked.give_back(batch)
    return outcomes


def sums_in(run: Run, task: FileTask) -> Outcome:
    """The sums of a file's blocks, as one process would have added them."""
    place, file = task.attempt.place, task.file
    recording = Recording()
    listener = Counting(recording, lambda rows, consumed: None)
    sums: list[Sums] = []
    try:
        with contextlib.ExitStack() as stack:
            nothing = stack.enter_context(open(os.devnull, "wb"))
            run_pool = stack.enter_context(contextlib.closing(RunPool()))
            part = run.follow(file, stack) if place and run.follow else Part(run.input, run.job)
            for _ in told(iter([(file, part)]), listener, run.is_shared, run_pool, nothing, sums.append):
                pass
    except Exception as error:
        return Outcome(place, problem=problem_of(file, error))
    return Outcome(place, is_stopped=listener.is_stopped, told=recording, rows=listener.rows, sums=sums)
