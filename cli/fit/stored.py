"""Numbers that arrive in pieces: few are kept in memory, many in a file without a name, which ends with the process."""

from __future__ import annotations

import tempfile
from typing import IO, Any

import numpy as np

from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.status import Failure, Status

MOST_KEPT = 2**21  # bytes of one column that stay in memory


class StoredRows:
    """Pieces of shape (*shape, rows), and at last all of their rows as one array. Raises Failure for a full disk."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray[Any, Any]] = []
        self._rows = self._bytes = 0
        self._file: IO[bytes] | None = None

    def add(self, piece: Rows) -> None:
        part = np.array(np.moveaxis(piece, -1, 0), order="C")
        self._parts.append(part)
        self._rows += len(part)
        self._bytes += part.nbytes
        if self._bytes > MOST_KEPT:
            self._write()

    def _write(self) -> None:
        """Move what there is to the file."""
        try:
            self._file = self._file or tempfile.TemporaryFile(prefix="backprop-")  # noqa: SIM115 open until the end
            for part in self._parts:
                self._file.write(part.data)
            self._file.flush()
        except OSError as error:
            reason = f"{tempfile.gettempdir()}: {error.strerror}: it holds the rows of a fit"
            raise Failure(
                reason, "name a folder with room: TMPDIR=/var/tmp backprop fit …", Status.WRONG_DATA
            ) from None
        self._parts = [self._parts[-1][:0]]

    def whole(self) -> Any:
        """All rows, along the last axis."""
        last = self._parts[-1]
        if self._file is None:
            return np.moveaxis(np.concatenate(self._parts), 0, -1)
        rows = np.memmap(self._file, last.dtype, "r", shape=(self._rows, *last.shape[1:]))
        self._file.close()  # the map has a hold of its own on it
        return np.moveaxis(rows, 0, -1)
