"""The loop: reads ahead, keeps the crew busy, and writes each answer as soon as it is its turn."""

from __future__ import annotations

import select
from collections.abc import Callable

from backprop.cli.batch.evaluation import Answer, Job
from backprop.cli.batch.input.blocks import BlockReader
from backprop.cli.batch.processes.pool import Alone, Crew

FIRST_BLOCK = 1 << 14  # bytes: answered at once, by the program itself


def stream(
    reader: BlockReader,
    job: Job,
    hire: Callable[[Job], Crew],
    deliver: Callable[[Answer], None],
) -> None:
    """Answer every block in order; `deliver` writes an answer.

    What a slow pipe gives is answered at once. As soon as more is there than a first small block, a crew is hired
    and blocks grow: while it is busy, rows gather.
    """
    crew: Crew = Alone(job)
    most = FIRST_BLOCK
    try:
        while not reader.is_done:
            if reader.size < most and reader.is_ready():
                reader.fill(most)
            data = reader.take() if reader.size >= most or reader.has_ended or not crew.busy else None
            if data:
                while crew.is_full:
                    deliver(crew.next())
                crew.submit(data)
                if most == FIRST_BLOCK and reader.is_ready():
                    deliver(crew.next())
                    crew = hire(job)
                    most = crew.block
            elif crew.busy:
                wait(reader, crew, deliver)
            elif not reader.has_ended:
                reader.fill(reader.size + most)
        while crew.busy:
            deliver(crew.next())
    finally:
        crew.close()


def wait(reader: BlockReader, crew: Crew, deliver: Callable[[Answer], None]) -> None:
    """Wait for more rows or for the next answer, whichever is first, and deliver the answer if it is there."""
    awaited = crew.waits_on()
    if awaited and not reader.has_ended:
        source = reader.source.descriptor
        if source in select.select([source, *awaited], [], [])[0]:
            return
    deliver(crew.next())
