"""The loop: reads, has each block answered, writes the answers in order, and counts what there is to tell of them."""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from backprop.cli.batch.account import Account
from backprop.cli.batch.evaluation import Answer, Input, Job, Output, Run
from backprop.cli.batch.input.blocks import FIRST_BLOCK, TEXT_BLOCK, BlockReader
from backprop.cli.batch.processes.pool import InProcess, Pool, start_pool
from backprop.cli.batch.setup import opened
from backprop.cli.status import Status
from backprop.parser.visible import as_note

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


def run(batch: Batch) -> Status:
    """Answer all rows. Raises ExpressionError, or Failure where the question or the output is wrong."""
    if batch.question.file in (None, "-"):
        batch.note_of_typing()
    with contextlib.ExitStack() as stack:
        run = opened(batch, stack)
        account = Account(batch, run.input.source.size, run.input.unit)
        if isinstance(run.input, BlockReader) and run.input.say:
            run.input.say = lambda text: account.note(as_note(text))

        def write(out: BinaryIO) -> None:
            out.flush()
            raw = getattr(out, "raw", out)
            with contextlib.closing(answers(run, raw)) as coming:
                run.write(told(coming, run.input, account), raw)

        return account.run(write, lambda: run.input.loss)


def told(answers: Iterator[Answer], given: Input, account: Account) -> Iterator[Output]:
    """What is to be written of each answer; as soon as it is written, the rest is told."""
    for answer in answers:
        if answer.rows:
            yield answer.output
        first, given.line = given.line, given.line + answer.lines
        account.take(answer, first, given.source.consumed)
        if answer.is_last:
            return


def answers(run: Run, output: BinaryIO) -> Generator[Answer, None, None]:
    """The answers to all pieces of the input, in order; other processes write theirs to `output` themselves."""
    given: Any = run.input
    if isinstance(given, BlockReader):
        yield from stream(given, run.job, partial(start_pool, output=output) if run.is_shared else None)
    else:
        yield from map(run.job.answer, given)


def stream(reader: BlockReader, job: Job, pool_for: Callable[[Job], Pool] | None) -> Iterator[Answer]:
    """The answers to all blocks of text, in order.

    What a slow pipe gives is answered at once. As soon as more is there than a first small block, a pool is started
    and blocks grow: while it works, rows gather.
    """
    pool: Pool = InProcess(job)
    most = FIRST_BLOCK if pool_for else TEXT_BLOCK
    try:
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
    finally:
        pool.close()


def is_read_first(reader: BlockReader, pool: Pool) -> bool:
    """Wait for more rows or for the next answer, and say whether the rows are there first."""
    awaited = pool.awaited()
    if not awaited or reader.has_ended:
        return False
    source = reader.source.descriptor
    return source in select.select([source, *awaited], [], [])[0]
