"""The messages of Arrow's IPC stream: where each begins and ends and what kind it is. Knows no column and no number.

Source: Apache Arrow, Columnar Format, "Encapsulated message format", and Message.fbs. A file of Arrow IPC is no
stream: what polars writes has its schema in the table of contents only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from backprop.cli.batch.input.source import Damaged

CONTINUATION = b"\xff\xff\xff\xff"
END = CONTINUATION + bytes(4)
STRANGE = "it is damaged: what comes here is no message of Arrow IPC"
SCHEMA, DICTIONARY, RECORDS = 1, 2, 3
CHUNK = 1 << 20  # bytes asked for at once: a wrong length takes no more memory than there is data


class Readable(Protocol):
    def read(self, most: int, /) -> bytes:
        """At most so many bytes, at least one unless it has ended."""


class Taker:
    """Gives exactly as many bytes of a source as are asked for, fewer only at its end."""

    def __init__(self, source: Readable) -> None:
        self.source = source
        self._buffer = bytearray()

    def peek(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = self.source.read(min(count - len(self._buffer), CHUNK))
            if not data:
                break
            self._buffer += data
        return bytes(memoryview(self._buffer)[:count])

    def take(self, count: int) -> bytes:
        return b"".join(self.parts(count))

    def parts(self, count: int) -> list[bytes]:
        """What `take` gives, in parts that need no copy."""
        parts = [bytes(memoryview(self._buffer)[:count])]
        del self._buffer[:count]
        missing = count - len(parts[0])
        while missing and (data := self.source.read(min(missing, CHUNK))):
            parts.append(data)
            missing -= len(data)
        return parts

    def drain(self) -> Iterator[bytes]:
        """All that is left."""
        while data := self.take(CHUNK):
            yield data


class Message(NamedTuple):
    """`parts` are all of it: what comes before its head, the head, and its body.

    `dictionary` is the number of the one that it brings or adds to.
    """

    kind: int
    parts: tuple[bytes, ...]
    dictionary: int = 0
    is_addition: bool = False


def messages(taker: Taker) -> Iterator[Message]:
    """The messages up to the end of the stream. Raises Damaged where it ends in the middle of one."""
    while (found := head_of(taker)) is not None:
        yield message(*found, taker)


def head_of(taker: Taker) -> tuple[bytes, bytes] | None:
    """What comes before a message's head, and the head; None at the end of the stream. Raises Damaged."""
    prefix = taker.take(4)
    if prefix == CONTINUATION:
        prefix += taker.take(4)
    if not prefix:
        return None
    if len(prefix) < 4 or prefix == CONTINUATION:
        raise Damaged("it is cut off")
    length = int.from_bytes(prefix[-4:], "little", signed=True)
    if length == 0:
        return None
    if length < 0:
        raise Damaged(STRANGE)
    head = taker.take(length)
    if len(head) < length:
        raise Damaged("it is cut off")
    return prefix, head


def rows_in(taker: Taker) -> int:
    """How many rows the batch has whose message comes next; its body is not read. Raises Damaged."""
    found = head_of(taker)
    if found is None:
        raise Damaged("it is cut off")
    try:
        return Table(found[1], int.from_bytes(found[1][:4], "little")).table(2).number(0, "<q")
    except (struct.error, IndexError):
        raise Damaged(STRANGE) from None


def message(prefix: bytes, head: bytes, taker: Taker) -> Message:
    try:
        table = Table(head, int.from_bytes(head[:4], "little"))
        kind, body = table.number(1, "<B"), table.number(3, "<q")
        content = table.table(2)
        dictionary, is_addition = (content.number(0, "<q"), content.number(2, "<B")) if kind == DICTIONARY else (0, 0)
    except (struct.error, IndexError):
        raise Damaged(STRANGE) from None
    if body < 0:
        raise Damaged(STRANGE)
    data = taker.parts(body)
    if sum(map(len, data)) < body:
        raise Damaged("it is cut off")
    return Message(kind, (prefix, head, *data), dictionary, bool(is_addition))


class Table:
    """A table of a FlatBuffer, whose fields have numbers. Raises struct.error where the buffer is too short."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        self.place = place
        self.offsets = place - self._at("<i", place)

    def number(self, field: int, form: str) -> int:
        """A number, 0 where it is left out."""
        offset = self._offset(field)
        return self._at(form, self.place + offset) if offset else 0

    def table(self, field: int) -> Table:
        place = self.place + self._offset(field)
        return Table(self.data, place + self._at("<I", place))

    def _offset(self, field: int) -> int:
        place = 4 + 2 * field
        return self._at("<H", self.offsets + place) if place < self._at("<H", self.offsets) else 0

    def _at(self, form: str, place: int) -> int:
        if place < 0:
            raise IndexError
        found: int = struct.unpack_from(form, self.data, place)[0]
        return found
