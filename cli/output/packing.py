"""Packs what is written as the ending of its file says: gzip and Zstandard. Knows nothing of what is written."""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from backprop.cli.output.descriptor import buffered
from backprop.cli.output.formats import WRITTEN_PACKED, ending_of

PIECE = 1 << 18  # bytes packed at once
LEVEL = 1  # of gzip's nine: of rows of numbers 6 makes 7 % less, in six times the time
GZIP = zlib.MAX_WBITS | 16


class Packer:
    """Packs in a thread what is written into a pipe: other processes may write into it, too.

    After an error it goes on to read: whoever writes waits for nobody, and hears of it at the end.
    """

    def __init__(self, out: BinaryIO, compressor: Any) -> None:
        self._out = out
        self._compressor = compressor
        self._error: OSError | None = None
        self._source, self.sink = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while data := os.read(self._source, PIECE):
            if self._error is None:
                self._write(self._compressor.compress(data))
        os.close(self._source)

    def _write(self, data: bytes) -> None:
        try:
            self._out.write(data)
        except OSError as error:
            self._error = error

    def finish(self) -> None:
        """Write what is left. The pipe is closed by now. Raises OSError."""
        self._thread.join()
        if self._error is None:
            self._write(self._compressor.flush())
        if self._error is not None:
            raise self._error


@contextlib.contextmanager
def packed(out: BinaryIO, path: str | None) -> Iterator[BinaryIO]:
    """What is to be written to for the path: `out` itself, or what packs and writes to it. Raises OSError."""
    if ending_of(path or "") not in WRITTEN_PACKED:
        yield out
        return
    packer = Packer(out, compressor_for(str(path)))
    try:
        with buffered(packer.sink) as stream:
            yield stream
    except BaseException:
        with contextlib.suppress(OSError):
            packer.finish()
        raise
    packer.finish()


def compressor_for(path: str) -> Any:
    """What packs as the ending of the path says. Raises Failure where that is missing here."""
    if ending_of(path) == ".gz":
        return zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    from backprop.cli.batch.input.unpacking import zstandard  # here, not above: gzip needs none

    return zstandard(f"-o {path}").ZstdCompressor()
