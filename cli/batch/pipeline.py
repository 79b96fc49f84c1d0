"""The loop: reads, has each block answered, writes the answers in order, and counts what there is to tell of them."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from backprop.cli.batch.account import Account, Listener, write_whole
from backprop.cli.batch.evaluation import Answer, Job, Output, Part, RowsJob, Run
from backprop.cli.batch.following import said_of
from backprop.cli.batch.input.blocks import FIRST_BLOCK, TEXT_BLOCK, BlockReader
from backprop.cli.batch.input.files import FileNotes, GivenFile
from backprop.cli.batch.processes.pool import InProcess, Pool, RunPool
from backprop.cli.batch.results import entry_names
from backprop.cli.batch.setup import look_at, opened
from backprop.cli.batch.totals import Sums, Totals
from backprop.cli.batch.writing import write_output
from backprop.cli.status import Status
from backprop.parser.visible import as_note

if TYPE_CHECKING:
    from backprop.cli.batch.preview import FirstRows
    from backprop.cli.batch.settings import Batch


def run(batch: Batch) -> Status:
    """Answer all rows as one table. Raises ExpressionError, or Failure where the question or the output is wrong."""
    if batch.files[0].path in (None, "-"):
        batch.note_of_typing()
    account = Account(batch)
    with contextlib.closing(RunPool()) as run_pool, contextlib.ExitStack() as stack:
        run = begun_run(batch, stack)  # what is wrong with a header is known before anything is opened to be written to

        def write(out: BinaryIO) -> None:
            with contextlib.closing(run_pool):  # what packs the rows waits for all who have its pipe open
                write_rows(batch, run, parts_of(batch, run), account, run_pool, out)

        return account.run(partial(write_whole, batch.path, write, account))


def begun_run(batch: Batch, stack: contextlib.ExitStack) -> Run:
    """The run over all files as one table, which have been looked at. Raises ExpressionError or Failure."""
    files = batch.files
    if len(files) == 1:
        return opened(batch, files[0], stack)
    batch.noted = FileNotes(files)
    with said_of(files[0].name):
        run = opened(batch, files[0], stack)
    look_at(batch, files[1:], run.follow)
    return run


def write_rows(
    batch: Batch,
    run: Run,
    parts: Iterator[tuple[GivenFile, Part]],
    account: Listener,
    run_pool: RunPool,
    out: BinaryIO,
) -> None:
    """Write all rows of the parts, or their sum, or the first ones as a table."""
    out.flush()
    raw = getattr(out, "raw", out)
    totals = totals_of(batch, run)
    is_shared = run.is_shared and batch.has_workers and batch.output_format != "table"
    add = None if totals is None else totals.add
    write_outputs(batch, run, told(parts, account, is_shared, run_pool, raw, add), totals, account, raw)


def write_outputs(
    batch: Batch,
    run: Run,
    coming: Generator[Output, None, None],
    totals: Totals | None,
    account: Listener,
    raw: BinaryIO,
) -> None:
    """Write what comes of the rows, or what that adds up to, or the first ones as a table."""
    table = table_of(batch, run)
    rows: Any = table or raw
    with contextlib.closing(coming) as outputs:
        if totals is None:
            run.write(outputs, rows)
        elif not any(outputs) and not account.is_stopped:
            write_output(rows, totals.text(batch.output_format, has_header=batch.writes_header))
            if totals.is_of_nothing:
                account.note("warning: there is no row with a value, so that the mean is nan")
        if table is not None:
            table.show(batch, raw)


def table_of(batch: Batch, run: Run) -> FirstRows | None:
    """What keeps the first rows for a table, where that is wanted."""
    if batch.output_format != "table":
        return None
    from backprop.cli.batch.preview import FirstRows  # here, not above: most rows are for another program

    assert isinstance(run.job, RowsJob)
    kernel = run.job.kernel
    shapes = zip(kernel.names, kernel.result_shapes, strict=True)
    return FirstRows([entry for name, shape in shapes for entry in entry_names(name, shape)])


def totals_of(batch: Batch, run: Run) -> Totals | None:
    """What adds up the answers, where their sum is wanted and not the rows."""
    if batch.summary is None:
        return None
    assert isinstance(run.job, RowsJob)
    kernel = run.job.kernel
    return Totals(kernel.names, kernel.result_shapes, is_mean=batch.summary == "mean")


def parts_of(batch: Batch, run: Run) -> Iterator[tuple[GivenFile, Part]]:
    """The parts of a run, one a file; what a further one opens is closed before the next is."""
    yield batch.files[0], Part(run.input, run.job)
    for file in batch.files[1:]:
        assert run.follow is not None and batch.noted is not None
        batch.noted.file = file.name
        with contextlib.ExitStack() as stack:
            yield file, run.follow(file, stack)


def told(
    parts: Iterator[tuple[GivenFile, Part]],
    account: Listener,
    is_shared: bool,
    run_pool: RunPool,
    output: BinaryIO,
    add: Callable[[Sums], None] | None,
) -> Generator[Output, None, None]:
    """What is to be written of each answer; as soon as it is written, the rest is told, and `add` gets its sums."""
    for file, (given, job) in parts:
        account.begin(file, given.unit, given.source.size)
        if isinstance(given, BlockReader) and given.say:
            given.say = lambda text: account.note(as_note(text))
        with contextlib.closing(answers(given, job, is_shared, run_pool, output)) as coming:
            for answer in coming:
                if answer.rows:
                    yield answer.output
                first, given.line = given.line, given.line + answer.lines
                account.take(answer, first, given.source.consumed)
                if add is not None and answer.sums is not None:
                    add(answer.sums)
                if answer.is_last:
                    return
        account.end(given.loss, given.source.consumed)


def answers(
    given: Any, job: Any, is_shared: bool, run_pool: RunPool, output: BinaryIO
) -> Generator[Answer, None, None]:
    """The answers to all pieces of the input, in order; other processes write theirs to `output` themselves."""
    if isinstance(given, BlockReader):
        yield from stream(given, job, partial(run_pool.pool, output=output) if is_shared else None)
    else:
        yield from map(job.answer, given)


def stream(reader: BlockReader, job: Job, pool_for: Callable[[Job], Pool] | None) -> Iterator[Answer]:
    """The answers to all blocks of text, in order.

    What a slow pipe gives is answered at once. As soon as more is there than a first small block, a pool is started
    and blocks grow: while it works, rows gather.
    """
    pool: Pool = InProcess(job)
    most = FIRST_BLOCK if pool_for else TEXT_BLOCK
    while not reader.is_done:
        if reader.size < most and reader.is_ready():
            reader.fill(most)
        data = reader.take() if reader.size >= most or reader.has_ended or not pool.pending else None
        if data:
            while pool.is_full:
                yield pool.result()
            pool.submit(data)
            if pool_for and most == FIRST_BLOCK and reader.is_ready():
                yield pool.result()
                pool = pool_for(job)
                most = pool.block_size
        elif pool.pending:
            if not is_read_first(reader, pool):
                yield pool.result()
        elif not reader.has_ended:
            reader.fill(reader.size + most)
    while pool.pending:
        yield pool.result()


def is_read_first(reader: BlockReader, pool: Pool) -> bool:
    """Wait for more rows or for the next answer, and say whether the rows are there first."""
    awaited = pool.awaited()
    if not awaited or reader.has_ended:
        return False
    source = reader.source.descriptor
    if source is None:
        return False
    return source in select.select([source, *awaited], [], [])[0]
