"""Structs of Thrift's compact protocol as dictionaries by field number, read and written. Knows no format.

Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


class Field(NamedTuple):
    """A field's type and value: an int, bytes, a Struct, a Sequence, or for a map its bytes."""

    kind: int
    value: Any


Struct: TypeAlias = dict[int, Field]


class Sequence(NamedTuple):
    """A list or set and the type of its entries."""

    kind: int
    values: list[Any]


def read_struct(data: bytes) -> Struct:
    """The struct that the data begin with. Raises ValueError where they are none."""
    try:
        return Reading(data).struct()
    except (IndexError, RecursionError):
        raise ValueError("no such Thrift") from None


class Reading:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def take(self, count: int) -> bytes:
        found = self.data[self.place : self.place + count]
        if len(found) < count:
            raise IndexError
        self.place += count
        return found

    def unsigned(self) -> int:
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return found
            if shift > 63:
                raise IndexError

    def signed(self) -> int:
        found = self.unsigned()
        return found >> 1 ^ -(found & 1)

    def struct(self) -> Struct:
        found: Struct = {}
        number = 0
        while header := self.byte():
            kind = header & 15
            number = number + (header >> 4) if header >> 4 else self.signed()
            found[number] = Field(kind, kind if kind in (TRUE, FALSE) else self.value(kind))
        return found

    def value(self, kind: int) -> Any:
        if kind == STRUCT:
            return self.struct()
        if kind in (I16, I32, I64):
            return self.signed()
        if kind in (TRUE, FALSE, BYTE):
            return self.byte()
        if kind == DOUBLE:
            return self.take(8)
        if kind == BINARY:
            return self.take(self.unsigned())
        if kind in (LIST, SET):
            header = self.byte()
            count = header >> 4 if header >> 4 < 15 else self.unsigned()
            return Sequence(header & 15, [self.value(header & 15) for _ in range(count)])
        if kind != MAP:
            raise IndexError
        start = self.place
        count = self.unsigned()
        kinds = self.byte() if count else 0
        for _ in range(count):
            self.value(kinds >> 4)
            self.value(kinds & 15)
        return self.data[start : self.place]


def written(struct: Struct) -> bytes:
    """The struct's bytes."""
    parts = bytearray()
    before = 0
    for number in sorted(struct):
        kind, value = struct[number]
        step = number - before
        parts += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + signed(number)
        parts += b"" if kind in (TRUE, FALSE) else entry(kind, value)
        before = number
    return bytes(parts) + b"\0"


def entry(kind: int, value: Any) -> bytes:
    if kind == STRUCT:
        return written(value)
    if kind in (I16, I32, I64):
        return signed(value)
    if kind in (TRUE, FALSE, BYTE):
        return bytes([value])
    if kind == BINARY:
        return unsigned(len(value)) + bytes(value)
    if kind in (LIST, SET):
        count = len(value.values)
        header = bytes([min(count, 15) << 4 | value.kind]) + (unsigned(count) if count > 14 else b"")
        return header + b"".join([entry(value.kind, one) for one in value.values])
    return bytes(value)


def unsigned(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def signed(value: int) -> bytes:
    return unsigned(value << 1 if value >= 0 else (-value << 1) - 1)
