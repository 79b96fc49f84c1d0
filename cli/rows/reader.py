"""Cuts what a source gives into blocks of whole records. Knows no format: it is told where records end."""

from __future__ import annotations

from collections.abc import Callable

from backprop.cli.rows.source import Damaged, Source

LONGEST = 1 << 26  # bytes of one record: a quote that is never closed must not take all memory

Cut = Callable[[bytearray, int], int]


class Reader:
    """Gives blocks that end where a record ends.

    `cut(data, end)` is the end of the last whole record in `data[:end]`, 0 where there is none. `problem` is what
    ended the source before its end, if anything did: the records before it are all given.
    """

    def __init__(self, source: Source, cut: Cut) -> None:
        self.source = source
        self.cut = cut
        self.line = 1  # of the next block's first record
        self.has_ended = False
        self.problem: str | None = None
        self._buffer = bytearray()
        self._is_looked_at = False  # whether `cut` has seen all that the buffer holds

    @property
    def size(self) -> int:
        """How many bytes wait to be taken."""
        return len(self._buffer)

    @property
    def is_done(self) -> bool:
        """Whether every record was given."""
        return self.has_ended and not self._buffer

    def fill(self, most: int) -> None:
        """Read what is there, up to `most` bytes; wait only where nothing is there at all."""
        while len(self._buffer) < most and not self.has_ended:
            try:
                data = self.source.read(most - len(self._buffer))
            except Damaged as damage:
                self.problem, data = str(damage), b""
            self.has_ended = not data
            self._buffer += data
            self._is_looked_at = False
            if not self.source.is_ready():
                return

    def is_ready(self) -> bool:
        """Whether `fill` would not wait."""
        return not self.has_ended and self.source.is_ready()

    def take(self) -> bytearray:
        """All whole records that were read, and at the end whatever is left."""
        if self._is_looked_at and not self.has_ended:
            return bytearray()
        end = len(self._buffer)
        place = self.cut(self._buffer, end)
        if self.has_ended and self.problem is None:
            place = end
        elif self.has_ended and place == 0:
            self._buffer.clear()  # a record that the damage cuts off
        elif place == 0 and end > LONGEST:
            self.problem, self.has_ended = f"a row is longer than {LONGEST >> 20} MiB: is a quote not closed?", True
            self._buffer.clear()
        self._is_looked_at = True
        return self._give(place)

    def peek(self, most: int) -> bytes:
        """The whole records that come first, at least one unless there is none; they are still to be taken."""
        while True:
            place = self.cut(self._buffer, len(self._buffer))
            if place or self.has_ended or len(self._buffer) > LONGEST:
                return bytes(self._buffer[: place or len(self._buffer)])
            self.fill(len(self._buffer) + most)

    def take_first(self, most: int) -> bytes:
        """The first record that is not blank; empty where there is none. Its lines and those before it are counted."""
        while True:
            start = 0
            while True:
                end = self._end_of_record(start)
                if end == 0:
                    break
                if self._buffer[start:end].strip(b"\r\n"):
                    return self._give_first(end)[start:]
                start = end
            if self.has_ended or len(self._buffer) > LONGEST:
                return self._give_first(len(self._buffer))[start:]
            self.fill(len(self._buffer) + most)

    def _end_of_record(self, start: int) -> int:
        """The end of the record that begins at `start`, 0 where it is not whole yet."""
        place = start
        while True:
            place = self._buffer.find(b"\n", place) + 1
            if place == 0:
                return 0
            if self.cut(self._buffer[start:place], place - start) == place - start:
                return place

    def _give_first(self, place: int) -> bytes:
        data = bytes(self._give(place))
        self.line += data.count(b"\n")
        return data

    def _give(self, place: int) -> bytearray:
        if place == 0:
            return bytearray()
        given, self._buffer = self._buffer, self._buffer[place:]  # the shorter part is copied, as a rule
        del given[place:]
        return given
