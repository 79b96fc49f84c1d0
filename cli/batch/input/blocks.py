"""Cuts what a source gives into blocks of whole records. Knows no format: it is told where records end."""

from __future__ import annotations

import re
from collections.abc import Callable

from backprop.cli.batch.input.cutting import Cut, Place
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.input.unpacking import Damaged

FIRST_BLOCK = 1 << 14  # bytes: answered at once, by the program itself
TEXT_BLOCK = 1 << 21  # bytes that become columns
LONGEST = 1 << 26  # bytes of one record: a quote that is never closed must not take all memory
LONG = 1 << 20  # bytes of one record that somebody is told of
HEAD = 1 << 16  # bytes that are looked at to find out what the rows are
NOT_BLANK = re.compile(rb"[^\r\n]")


class BlockReader:
    """Gives blocks that end where a record ends, which `cut` finds.

    `problem` is what ended the source before its end, if anything did: the records before it are all given. `say`
    tells the user what takes long.
    """

    unit = "line"

    def __init__(self, source: Source, cut: Cut, say: Callable[[str], None] | None = None) -> None:
        self.source = source
        self.cut = cut
        self.say = say
        self.line = 1  # of the next block's first record
        self.has_ended = False
        self.problem: str | None = None
        self._has_returns = False
        self._buffer = bytearray()
        self._place = Place()

    @property
    def loss(self) -> str | None:
        """What ended the input before its end, and where."""
        return (
            None if self.problem is None else f"{self.source.name}, after {self.unit} {self.line - 1}: {self.problem}"
        )

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
            self._buffer += data.replace(b"\r", b"\n") if self._has_returns else data
            if not self.source.is_ready():
                return

    def is_ready(self) -> bool:
        """Whether `fill` would not wait."""
        return not self.has_ended and self.source.is_ready()

    def take(self) -> bytearray:
        """All whole records that were read, and at the end whatever is left."""
        end = self._end_of_records()
        if end == 0 and self.has_ended:
            self._buffer.clear()  # a record that the damage cuts off
        elif end == 0 and len(self._buffer) > LONGEST:
            self.problem, self.has_ended = f"a row is longer than {LONGEST >> 20} MiB{self._hint}", True
            self._buffer.clear()
        return self._give(end)

    def whole(self, start: int) -> bytes:
        """The whole records from `start` on, which are still to be taken."""
        return bytes(memoryview(self._buffer)[start : self._end_of_records()])

    def take_first(self, most: int) -> bytes:
        """The first record that is not blank; empty where there is none. Its lines and those before it are counted."""
        place = Place()
        while True:
            start = self._end_of_blanks(place.end)
            place = self._end_of_first(Place(start, max(start, place.seen), place.is_quoted))
            if place.end > start:
                return self._give_first(place.end)[start:]
            length = len(self._buffer) - start
            is_strange = place.is_quoted or self._buffer.find(b"\0", start, start + LONG) >= 0
            if self.has_ended or length > LONGEST or (length > LONG and is_strange):
                return self._give_first(len(self._buffer))[start:]
            self.fill(len(self._buffer) + most)

    def head(self) -> bytes:
        """The first bytes, which are still to be taken: so many, or all that there are."""
        while len(self._buffer) < HEAD and not self.has_ended:
            self.fill(HEAD)
        return bytes(self._buffer[:HEAD])

    def take_returns(self) -> None:
        """Take carriage returns for line ends from here on."""
        self._has_returns = True
        self._buffer = self._buffer.replace(b"\r", b"\n")

    def first_line(self, most: int) -> bytes:
        """The first line that is not blank, which is still to be taken, as far as it is looked at."""
        while True:
            start = self._end_of_blanks(0)
            end = self._buffer.find(b"\n", start) + 1
            if end or self.has_ended or len(self._buffer) - start > LONG:
                return bytes(self._buffer[start : end or len(self._buffer)])
            self.fill(len(self._buffer) + most)

    def drop_lines(self, count: int) -> None:
        """Take so many lines and leave them out."""
        for _ in range(count):
            end = self._buffer.find(b"\n") + 1
            while not end and not self.has_ended and len(self._buffer) <= LONGEST:
                seen = len(self._buffer)
                self.fill(seen + FIRST_BLOCK)
                end = self._buffer.find(b"\n", seen) + 1
            self._give_first(end or len(self._buffer))

    def _end_of_records(self) -> int:
        """Where the whole records end that were read; at the end of the source, all of it."""
        end = len(self._buffer)
        self._place = self.cut(self._buffer, end, self._place)
        if self._place.end == 0 and end > LONG and self.say and not self.has_ended:
            self.say(f"line {self.line}: a row goes on for more than {LONG >> 20} MiB{self._hint}")
            self.say = None
        return end if self.has_ended and self.problem is None else self._place.end

    @property
    def _hint(self) -> str:
        """Why the row that was read last may be long: only where there are quotes that may hold line ends."""
        return ": is a quote not closed?" if self._place.is_quoted else ""

    def _end_of_blanks(self, start: int) -> int:
        """Where the blank lines end that begin at `start`, where a record begins."""
        found = NOT_BLANK.search(self._buffer, start)
        return max(self._buffer.rfind(b"\n", start, found.start() if found else len(self._buffer)) + 1, start)

    def _end_of_first(self, place: Place) -> Place:
        """Look on for the end of the record that begins at `place.end`."""
        start = place.end
        while place.end == start and place.seen < len(self._buffer):
            behind = self._buffer.find(b'"', place.seen) if place.is_quoted else place.seen
            line = self._buffer.find(b"\n", behind) + 1 if behind >= 0 else 0
            place = self.cut(self._buffer, line or len(self._buffer), place)
            if line == 0:
                break
        return place

    def _give_first(self, end: int) -> bytes:
        data = bytes(self._give(end))
        self.line += data.count(b"\n")
        self._place = Place()
        return data

    def _give(self, end: int) -> bytearray:
        if end == 0:
            return bytearray()
        given, self._buffer = self._buffer, self._buffer[end:]  # the shorter part is copied, as a rule
        del given[end:]
        self._place = self._place.behind(end)
        return given
