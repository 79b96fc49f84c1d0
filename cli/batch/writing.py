"""Writes answers, without a buffer: whoever reads has each as soon as it is written."""

from __future__ import annotations

from typing import BinaryIO

from backprop.cli.batch.evaluation import Output


def write_output(stream: BinaryIO, output: Output) -> None:
    """Write text. Raises OSError."""
    write_all(stream, memoryview(output))


def write_all(stream: BinaryIO, rest: memoryview) -> None:
    """Write all of it to a stream that may take less at a time."""
    while rest:
        rest = rest[stream.write(rest) :]
