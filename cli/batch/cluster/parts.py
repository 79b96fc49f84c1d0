"""A large file as several tasks: its parts, whose results are files of their own, and what joins these."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backprop.cli.batch.cluster.task import FilesTask, FileTask, SentQuestion, attempted
from backprop.cli.batch.following import opened_source
from backprop.cli.batch.input.files import FilePart, GivenFile
from backprop.cli.batch.partitions.attempt import Outcome, problem_of
from backprop.cli.batch.partitions.manifest import Made, hash_of
from backprop.cli.batch.partitions.recording import Recording
from backprop.cli.output.destination import byte_destination
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch

CHANGED = Failure("it has changed while it was read", "run the same command again", Status.WRONG_DATA)


class PartsTask:
    """One file, and a task for each of its parts."""

    def __init__(self, file: FileTask, parts: Sequence[FilesTask]) -> None:
        self.file = file
        self.parts = parts

    @property
    def paths(self) -> list[str]:
        """The files that take the results of the parts."""
        return [part.files[0].target for part in self.parts]


def parts_in(batch: Batch, file: GivenFile) -> list[FilePart]:
    """The parts of a file, none where it is not to be cut or cannot be: what is wrong with it says whoever reads it."""
    if batch.partitions.rows_per_task is not None:
        from backprop.cli.batch.columnar.input import ParquetBatches, batches_of  # here, not above: it imports pyarrow

        with contextlib.ExitStack() as stack, contextlib.suppress(Failure):
            source = opened_source(file, stack)
            if source.file is not None:  # else each part would have to be found by reading all before it
                batches = batches_of(source, batch.input_format, stack)
                assert isinstance(batches, ParquetBatches)
                return batches.parts(batch.partitions.rows_per_task)
    return []


def parts_task_of(file: FileTask, parts: Sequence[FilePart]) -> PartsTask:
    """What is to be done for a file. The parts' results are in its folder, hidden from whoever reads that."""
    folder = os.path.join(os.path.dirname(file.target), f".{os.path.basename(file.target)}.parts")
    run = os.urandom(8).hex()  # what another run has left there is not taken for ours
    tasks = [
        FilesTask([FileTask(file.attempt._replace(known=None), file.file._replace(part=part), place)])
        for part, place in ((part, os.path.join(folder, f"{run}-{number}")) for number, part in enumerate(parts))
    ]
    return PartsTask(file, tasks)


def part_made(asked: SentQuestion, part: FilesTask, is_there: bool | None) -> Outcome | None:
    """What a worker does for a part; nothing where the results of the whole file are there."""
    return None if is_there else attempted(asked, part)[0]


def joined(asked: SentQuestion, task: PartsTask, found: Sequence[Outcome | None]) -> list[Outcome]:
    """What a worker does that has not the rows but the results of all parts."""
    place, known = task.file.attempt
    outcomes = [outcome for outcome in found if outcome is not None]
    if not outcomes:
        return [Outcome(place, known, is_skipped=True)]
    try:
        return [outcome_of_parts(asked, task, outcomes)]
    except Exception as error:
        return [Outcome(place, problem=problem_of(task.file.file, error))]
    finally:
        shutil.rmtree(os.path.dirname(task.paths[0]), ignore_errors=True)


def outcome_of_parts(asked: SentQuestion, task: PartsTask, found: Sequence[Outcome]) -> Outcome:
    """Join the results, up to where one process would have ended. Raises Failure.

    What is read of a damaged file depends on where its reading begins: then its results are made as those of one task.
    """
    batch, target = asked.batch, task.file.target
    if any(outcome.loss is not None for outcome in found):
        return attempted(asked, FilesTask([task.file]))[0]
    told = Recording()
    outcomes = []
    for outcome in found:
        if outcome.problem is not None:
            return outcome
        outcomes.append(outcome)
        if outcome.told is not None:
            told.go_on_with(outcome.told)
        if outcome.is_stopped:
            break
    whole = outcomes[-1]._replace(told=told, rows=sum([outcome.rows for outcome in outcomes]))
    if whole.is_stopped:
        return whole
    from backprop.cli.batch.columnar.joining import join  # here, not above: it imports pyarrow

    with byte_destination(target) as out:
        join(batch.output_format, task.paths, out)
    known = [outcome.made for outcome in outcomes if outcome.made is not None]
    if len({made.origin for made in known}) > 1:
        raise CHANGED
    bad, nonfinite = sum([made.bad for made in known]), sum([made.nonfinite for made in known])
    size = os.path.getsize(target)
    return whole._replace(made=Made(known[0].origin, size, hash_of(target), whole.rows, bad, nonfinite))
