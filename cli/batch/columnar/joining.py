"""The results of a file's parts as those of the whole file. Knows no rows of the input."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow
import pyarrow.ipc

from backprop.cli.batch.columnar.output import write_batches
from backprop.cli.output.formats import FORMATS

PIECE = 1 << 20  # bytes copied at a time


def join(form: str, paths: Sequence[str], out: BinaryIO) -> None:
    """Write text as it is, and streams of Arrow as one file of the format. Raises OSError."""
    if FORMATS[form].is_binary:
        with pyarrow.OSFile(paths[0]) as first:
            schema = pyarrow.ipc.open_stream(first).schema
        write_batches(form, schema, batches_in(paths), out)
        return
    for path in paths:
        with open(path, "rb") as part:
            shutil.copyfileobj(part, out, PIECE)


def batches_in(paths: Sequence[str]) -> Iterator[Any]:
    for path in paths:
        with pyarrow.OSFile(path) as part:
            yield from pyarrow.ipc.open_stream(part)
