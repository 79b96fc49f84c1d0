"""Keeps off stderr what Rust writes there by itself where polars panics: the exception says it, in one line."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

STDERR = 2


class Silence:
    """From now on only what Python writes gets to stderr, by a descriptor of its own."""

    def __init__(self) -> None:
        self._nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            self._kept = os.dup(STDERR) if sys.stderr is not None else self._nothing
        except OSError:
            self._kept = self._nothing  # it is closed
        if sys.stderr is not None and self._kept != self._nothing:
            sys.stderr.flush()
            stream = io.FileIO(self._kept, "wb", closefd=False)
            writer = io.BufferedWriter(stream)
            sys.stderr = io.TextIOWrapper(writer, sys.stderr.encoding, sys.stderr.errors, line_buffering=True)
        self._is_free = self._kept != self._nothing or not is_open(STDERR)
        self._cover()

    def _cover(self) -> None:
        if self._is_free:
            os.dup2(self._nothing, STDERR)

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        """Let paths such as /dev/stderr mean what they do elsewhere."""
        if self._kept == self._nothing:
            yield
            return
        os.dup2(self._kept, STDERR)
        try:
            yield
        finally:
            self._cover()


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
