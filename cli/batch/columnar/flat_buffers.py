"""Tables of FlatBuffers as dictionaries by field number, read and written by a description. Knows no format.

Source: FlatBuffers internals, https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

Table: TypeAlias = dict[int, Any]
MOST_TABLES = 1 << 20  # of one buffer: many offsets may lead to one place
MOST_BYTES = 1 << 28  # of all texts and vectors of one buffer


class Text(NamedTuple):
    """A string, as bytes: what a file says need not be UTF-8."""


class Structs(NamedTuple):
    """A vector of numbers or of structs of so many bytes each, as bytes."""

    size: int


class Tables(NamedTuple):
    """A vector of tables."""

    of: Callable[[], Description]


class One(NamedTuple):
    """A table, whose description may depend on the fields with lower numbers."""

    of: Callable[[Table], Description]


Kind: TypeAlias = "str | Text | Structs | Tables | One"  # a str is a number's form for the module struct
Description: TypeAlias = Mapping[int, Kind]


def read(data: bytes, place: int, description: Description) -> Table:
    """The table at a place. Raises ValueError where the buffer is none."""
    try:
        return Reading(data).table(place, description)
    except (struct.error, IndexError, RecursionError):
        raise ValueError("no such FlatBuffer") from None


def read_root(data: bytes, description: Description) -> Table:
    """The table that the buffer begins with. Raises ValueError."""
    if len(data) < 4:
        raise ValueError("no such FlatBuffer")
    return read(data, int.from_bytes(data[:4], "little"), description)


class Reading:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tables = 0
        self.bytes = 0

    def number(self, form: str, place: int) -> Any:
        if place < 0:
            raise IndexError
        return struct.unpack_from(form, self.data, place)[0]

    def table(self, place: int, description: Description) -> Table:
        self.tables += 1
        if self.tables > MOST_TABLES:
            raise IndexError
        offsets = place - self.number("<i", place)
        size = self.number("<H", offsets)
        found: Table = {}
        for field, kind in sorted(description.items()):
            entry = 4 + 2 * field
            offset = self.number("<H", offsets + entry) if entry < size else 0
            if offset:
                found[field] = self.value(kind, place + offset, found)
        return found

    def value(self, kind: Kind, place: int, before: Table) -> Any:
        if isinstance(kind, str):
            return self.number(kind, place)
        target = place + self.number("<I", place)
        if isinstance(kind, One):
            return self.table(target, kind.of(before))
        count = self.number("<I", target)
        if isinstance(kind, Tables):
            places = (target + 4 + 4 * number for number in range(count))
            return [self.table(one + self.number("<I", one), kind.of()) for one in places]
        size = count * (kind.size if isinstance(kind, Structs) else 1)
        self.bytes += size
        if target + 4 + size > len(self.data) or self.bytes > MOST_BYTES:
            raise IndexError
        return bytes(self.data[target + 4 : target + 4 + size])


def written(table: Table, description: Description) -> bytes:
    """A buffer that begins with the table, of a length that is a multiple of 8."""
    writing = Writing()
    struct.pack_into("<I", writing.data, 0, writing.table(table, description))
    return bytes(writing.data.ljust(-(-len(writing.data) // 8) * 8, b"\0"))


class Writing:
    """Whatever refers to something comes before it: offsets have no sign."""

    def __init__(self) -> None:
        self.data = bytearray(8)

    def append(self, data: bytes, before: int = 0) -> int:
        """The place of the data, which `before` bytes of them stand before a multiple of 8."""
        self.data += bytes(-(len(self.data) + before) % 8)
        self.data += data
        return len(self.data) - len(data)

    def table(self, table: Table, description: Description) -> int:
        """The place of the table; every field takes 8 bytes."""
        count = max(table, default=-1) + 1
        fields = sorted(table)
        offsets = [0] * count
        for number, field in enumerate(fields):
            offsets[field] = 8 + 8 * number
        header = struct.pack(f"<HH{count}H", 4 + 2 * count, 8 + 8 * len(fields), *offsets)
        start = self.append(header)
        place = self.append(bytes(8 + 8 * len(fields)))
        struct.pack_into("<i", self.data, place, place - start)
        for field in fields:
            kind, at = description[field], place + offsets[field]
            if isinstance(kind, str):
                struct.pack_into(kind, self.data, at, table[field])
            else:
                struct.pack_into("<I", self.data, at, self.child(kind, table[field], table) - at)
        return place

    def child(self, kind: Kind, value: Any, table: Table) -> int:
        if isinstance(kind, One):
            return self.table(value, kind.of(table))
        if isinstance(kind, Text):
            return self.append(struct.pack("<I", len(value)) + value + b"\0")
        if isinstance(kind, Structs):
            return self.append(struct.pack("<I", len(value) // kind.size) + value, before=4)
        assert isinstance(kind, Tables)
        start = self.append(struct.pack("<I", len(value)) + bytes(4 * len(value)))
        for number, one in enumerate(value):
            at = start + 4 + 4 * number
            struct.pack_into("<I", self.data, at, self.table(one, kind.of()) - at)
        return start
