"""Where bad rows are kept. Knows none of them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import BinaryIO, cast

from backprop.cli.output.descriptor import descriptor_of
from backprop.cli.output.destination import byte_destination

STDOUT = 1
IN_MEMORY = 1 << 20  # bytes


def is_same_file(one: str, other: str | None) -> bool:
    """Whether two paths are one file, None being stdout; `one` is none of its own where it is an open descriptor."""
    if descriptor_of(one) is not None:
        return False
    if other is not None and os.path.realpath(one) == os.path.realpath(other):
        return True
    return os.path.isfile(one) and goes_where(one, other)


def goes_where(one: str, other: str | None) -> bool:
    """Whether what is written to the two arrives at the same place."""
    try:
        return os.path.samestat(os.stat(one), os.stat(STDOUT if other is None else other))
    except OSError:
        return False


@contextlib.contextmanager
def rejects_of(path: str | None, results: str | None) -> Iterator[BinaryIO | None]:
    """What takes the bad rows, if there is a path for them.

    Where they go the way of the results they come behind them: else one might stand in the middle of a row.
    """
    if path is None:
        yield None
        return
    if not goes_where(path, results):
        with byte_destination(path, "--rejects") as stream:
            yield stream
        return
    from tempfile import SpooledTemporaryFile

    with SpooledTemporaryFile(IN_MEMORY) as waiting:
        try:
            yield cast("BinaryIO", waiting)
        finally:
            waiting.seek(0)
            with byte_destination(path, "--rejects") as stream:
                shutil.copyfileobj(waiting, stream)
