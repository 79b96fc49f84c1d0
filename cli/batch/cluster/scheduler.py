"""The scheduler of Dask: found or started, asked whether its workers are ours, and given the files as tasks."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.cluster.parts import joined, part_made, parts_in, parts_task_of
from backprop.cli.batch.cluster.task import (
    FilesTask,
    FileTask,
    SentQuestion,
    asked_of_all,
    attempted,
    file_task_of,
    task_of,
)
from backprop.cli.batch.partitions.attempt import Attempt, Outcome, problem_of
from backprop.cli.batch.partitions.manifest import is_like, is_whole
from backprop.cli.output.formats import FORMATS
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import FilePart
    from backprop.cli.batch.settings import Batch

LOCAL = "local"
FREE = "127.0.0.1:0"  # for the dashboard: another cluster may have Dask's usual port
PATIENCE = 10  # seconds that a scheduler, and its first worker, may take to answer
FORKING = "forkserver"  # the way of starting processes, where the system has it
NEEDED = ("distributed", "backprop.cli.batch.cluster.parts", "backprop.autodiff.evaluation.batched_program")
NEEDED_BY_COLUMNS = ("backprop.cli.batch.columnar.reader", "backprop.cli.batch.columnar.joining")
GRACE = 1  # second more than that, so that what Dask has to say is said
PACKAGE = "backprop-cli"
AT_A_TIME = 1000  # tasks that the scheduler has: more would only take memory
# Dask takes 15 ms for a task, so that small files share one
SMALL = 1 << 18  # bytes of all files of a task of several
AT_MOST = 50  # files of a task


def outcomes(
    batch: Batch,
    waiting: deque[Attempt],
    client: Any,
    answer: Callable[[SentQuestion, FilesTask], list[Outcome]] = attempted,
) -> Generator[Outcome, None, None]:
    """What becomes of all attempts, as it becomes known; a worker does `answer`. Whoever takes it may add others."""
    from distributed import as_completed

    asked = client.submit(SentQuestion, asked_of_all(batch), pure=False)
    tasks: dict[Any, list[Attempt]] = {}
    alone: deque[Attempt] = deque()  # whose worker is lost, by one of several files
    coming = as_completed(loop=client.loop)
    while waiting or alone or tasks:
        while (waiting or alone) and len(tasks) < AT_A_TIME:
            attempts = [alone.popleft()] if alone else next_files(batch, waiting)
            parts = parts_in(batch, batch.files[attempts[0].place]) if len(attempts) == 1 else []
            if len(parts) > 1:
                future = submitted(file_task_of(batch, attempts[0]), parts, asked, client)
            else:
                future = client.submit(answer, asked, task_of(batch, attempts), pure=False)
            tasks[future] = attempts
            coming.add(future)
        future = next(coming)
        attempts = tasks.pop(future)
        try:
            found = future.result()
        except Exception as error:
            if len(attempts) == 1:
                yield lost(batch, attempts[0].place, error)
            else:
                alone.extend(attempts)
        else:
            yield from [checked(batch, outcome) for outcome in found]


def submitted(file: FileTask, parts: Sequence[FilePart], asked: Any, client: Any) -> Any:
    """The task that joins the results of a file's parts, which are tasks of their own."""
    task = parts_task_of(file, parts)
    is_there = file.attempt.known and client.submit(is_whole, file.target, file.attempt.known, pure=False)
    found = [client.submit(part_made, asked, part, is_there, pure=False) for part in task.parts]
    return client.submit(joined, asked, task, found, pure=False)


def next_files(batch: Batch, waiting: deque[Attempt]) -> list[Attempt]:
    """The files of the next task: the next one, and those behind it as long as all are small."""
    attempts: list[Attempt] = []
    left = SMALL
    while waiting and len(attempts) < AT_MOST:
        size = batch.files[waiting[0].place].size
        left -= left + 1 if size is None else size  # a file elsewhere may be of any size
        if attempts and left < 0:
            break
        attempts.append(waiting.popleft())
    return attempts


def lost(batch: Batch, place: int, error: Exception) -> Outcome:
    """What becomes of a file whose workers are gone, as often as Dask has tried."""
    reason = " ".join(str(error).split()) or type(error).__name__
    failure = Failure(f"its worker is lost: {reason}", "is there enough memory?", Status.WRONG_DATA)
    return Outcome(place, problem=problem_of(batch.files[place], failure), is_lost=True)


def checked(batch: Batch, outcome: Outcome) -> Outcome:
    """The outcome, or that of a file whose results a worker has made where they are not ours."""
    if outcome.made is None or is_like(batch.targets[outcome.place], outcome.made):
        return outcome
    target = batch.targets[outcome.place]
    elsewhere = Failure(f"{target}: a worker has made it, and it is not here", "give -o a folder that all share")
    return Outcome(outcome.place, problem=problem_of(batch.files[outcome.place], elsewhere))


@contextlib.contextmanager
def connected(batch: Batch, scheduler: str) -> Iterator[Any]:
    """A client of the scheduler, whose workers are ours; it ends with what it has started. Raises Failure."""
    try:
        import distributed
    except ImportError:
        raise Failure("--scheduler needs Dask, which is not installed", "pip install 'dask[distributed]'") from None
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet())
        try:
            address: Any = scheduler
            if scheduler == LOCAL:
                stack.enter_context(forking(batch))
                address = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=batch.partitions.jobs or usable_cores(),
                        threads_per_worker=1,
                        silence_logs=50,
                        dashboard_address=FREE,
                    )
                )
            begin = partial(distributed.Client, address, timeout=PATIENCE, set_as_default=False)
            client = stack.enter_context(answered(begin))
        except (OSError, ValueError, TypeError, concurrent.futures.TimeoutError) as error:
            reason = " ".join(str(error).split()) or f"no answer within {PATIENCE} seconds"
            raise Failure(
                f"--scheduler {scheduler}: {reason}", "as in tcp://host:8786, where dask scheduler runs; or local"
            ) from None
        check_workers(client, scheduler)
        if not batch.is_quiet:
            batch.tell(f"note: the workers can be watched at {client.dashboard_link}")
        yield client


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Dask from writing to stderr, here and in the workers that are started: what is to be said of one, we say."""
    import dask

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), dask.config.set({"distributed.nanny.pre-spawn-environ.PYTHONWARNINGS": "ignore"}):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def forking(batch: Batch) -> Iterator[None]:
    """Have the workers that are started be forks of one process that has imported what all need, where there are forks.

    Otherwise each imports it: a second of processor time.
    """
    import multiprocessing

    import dask
    from distributed.utils import get_mp_context

    if FORKING not in multiprocessing.get_all_start_methods():
        yield
        return
    are_columns = any(FORMATS[form].is_binary for form in (batch.input_format, batch.output_format))
    with dask.config.set({"distributed.worker.multiprocessing-method": FORKING}):
        get_mp_context().set_forkserver_preload([*NEEDED, *(NEEDED_BY_COLUMNS if are_columns else ())])
        yield


def answered(begin: Callable[[], Any]) -> Any:
    """What is begun, if it answers: Dask waits without end for one that takes a connection and says nothing.

    Raises TimeoutError, and what it raises.
    """
    found: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run() -> None:
        try:
            found.set_result(begin())
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return found.result(timeout=PATIENCE + GRACE)


def check_workers(client: Any, scheduler: str) -> None:
    """Raise Failure unless there are workers that have the backprop that is here."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise Failure(
            f"--scheduler {scheduler}: it has no workers", "start some: dask worker tcp://host:8786"
        ) from None
    mine = version(PACKAGE)
    for address, theirs in client.run(version, PACKAGE, on_error="return").items():
        if theirs != mine:
            found = theirs if isinstance(theirs, str) else "none"
            raise Failure(
                f"--scheduler {scheduler}: the worker {address} has {found} of {PACKAGE}, and here is {mine}",
                f"install the same version on all: pip install {PACKAGE}=={mine}",
            )
