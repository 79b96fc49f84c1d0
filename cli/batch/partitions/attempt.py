"""One file of rows and its results, whole or not at all. Says nothing: a listener hears what there is to say."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.account import Account, Stopped, write_whole
from backprop.cli.batch.evaluation import Part, Run
from backprop.cli.batch.following import said_of, with_name
from backprop.cli.batch.partitions.manifest import Made, hash_of, is_whole, origin_of
from backprop.cli.batch.partitions.recording import Counting, Recording
from backprop.cli.batch.partitions.targets import make_folder_of
from backprop.cli.batch.pipeline import write_rows
from backprop.cli.batch.processes.pool import RunPool
from backprop.cli.batch.setup import opened
from backprop.cli.output.errors import failure_of
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.settings import Batch
    from backprop.cli.batch.totals import Sums

Problem = Failure | ExpressionError


class Attempt(NamedTuple):
    """One to be made: a file's place among those of the run, and what is known of its results if they are there."""

    place: int
    known: Made | None = None


class Outcome(NamedTuple):
    """What became of an attempt.

    `made` is None where the results are not whole; `problem` says why there are none, `loss` that the rows ended before
    their end. `told` is what was to be said, if nobody heard it. `is_lost`: the process that made it is gone.
    `sums` are those of its blocks, in their order, where these are wanted and no file.
    """

    place: int
    made: Made | None = None
    is_skipped: bool = False
    problem: Problem | None = None
    loss: str | None = None
    is_stopped: bool = False
    told: Recording | None = None
    rows: int = 0
    is_lost: bool = False
    sums: Sequence[Sums] = ()


def opened_alone(batch: Batch, file: GivenFile, stack: contextlib.ExitStack) -> Run:
    """The run over one file of several, each of which is a table of its own. Raises ExpressionError or Failure."""
    with said_of(file.name):
        return opened(batch, file, stack)


def outcome_of(
    batch: Batch,
    attempt: Attempt,
    run_pool: RunPool,
    follow: Callable[[int, int], None],
    account: Account | None = None,
) -> Outcome:
    """Make the results of a file, where they are not there; `follow` hears of the rows and bytes so far.

    What is to be said the account says at once; without one the outcome keeps it. Raises what ends the whole run.
    """
    place, known = attempt
    target = batch.targets[place]
    if known is not None and is_whole(target, known):
        return Outcome(place, known, is_skipped=True)
    recording = Recording(account)
    listener = Counting(recording, follow)
    told = recording if account is None else None
    try:
        made = made_from(batch, place, run_pool, listener)
    except Stopped:
        return Outcome(place, is_stopped=True, told=told, rows=listener.rows)
    except BrokenPipeError:
        raise
    except Exception as error:
        return Outcome(place, problem=problem_of(batch.files[place], error))
    return Outcome(place, made, loss=listener.loss, told=told, rows=listener.rows)


def made_from(batch: Batch, place: int, run_pool: RunPool, listener: Counting) -> Made | None:
    """Make the results; what there is to know of them, if they are those of all rows. Raises Failure, Stopped."""
    file, target = batch.files[place], batch.targets[place]
    origin = origin_of(file)
    make_folder_of(target)
    assert batch.noted is not None
    batch.noted.file = file.name
    with contextlib.ExitStack() as stack:
        run = opened_alone(batch, file, stack)
        parts = iter([(file, Part(run.input, run.job))])
        write_whole(target, partial(write_rows, batch, run, parts, listener, run_pool), listener)
    if listener.loss is not None:
        return None
    size = os.path.getsize(target)
    return Made(origin, size, hash_of(target), listener.rows, listener.bad, listener.nonfinite)


def problem_of(file: GivenFile, error: Exception) -> Problem:
    """What is wrong with a file that has no results; it is named in it, and another process can be told."""
    if isinstance(error, ExpressionError):
        return ExpressionError(with_name(error.reason, file.name), error.span, error.cure, error.source)
    failure = failure_of(error)
    return Failure(with_name(failure.reason, file.name), failure.cure, failure.status)
