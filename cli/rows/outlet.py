"""Where answers go, one after the other: at once, or by a thread of its own while the next ones are made."""

from __future__ import annotations

import queue
import threading
from typing import BinaryIO

from backprop.cli.rows.job import Output

WAITING = 1  # answer that may wait to be written: more would only take memory


class Outlet:
    """Writes to the stream, without a buffer: whoever reads has each answer as soon as it is written.

    With a thread an error comes at the next `put`, or at `finish`, which waits for the last answer.
    """

    def __init__(self, stream: BinaryIO) -> None:
        stream.flush()
        self._stream: BinaryIO = getattr(stream, "raw", stream)
        self._waiting: queue.Queue[Output | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def put(self, output: Output) -> None:
        """Write the output, or have it written. Raises OSError."""
        if self._thread is None:
            self._write(output)
        else:
            self._check()
            self._waiting.put(output)

    def overlap(self) -> None:
        """Write by a thread from now on."""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until all is written. Raises OSError."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._check()

    def _work(self) -> None:
        while True:
            output = self._waiting.get()
            if output is None:
                return
            if self._error is None:  # else what comes is thrown away: the stream takes no more
                try:
                    self._write(output)
                except BaseException as error:
                    self._error = error

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _write(self, output: Output) -> None:
        if not isinstance(output, bytes):
            output(self._stream)
            return
        write_all(self._stream, memoryview(output))


def write_all(stream: BinaryIO, rest: memoryview) -> None:
    """Write all of it to a stream that may take less at a time."""
    while rest:
        rest = rest[stream.write(rest) :]
