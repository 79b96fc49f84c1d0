"""Parquet that polars does not take as it is, because of columns' names or types: a group of rows at a time, each as a
file of its own with another table of contents. Computes nothing.

Source: Apache Parquet, src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator
from typing import Any

from backprop.cli.batch.columnar import arrow_format as arrow
from backprop.cli.batch.columnar.arrow_batches import NO_CONTENTS, Window
from backprop.cli.batch.columnar.arrow_columns import (
    MOST_DIGITS,
    Column,
    decimal_text,
    duration_text,
    schema_message,
    schema_of,
    taken_field,
    unique,
)
from backprop.cli.batch.columnar.arrow_stream import Taker
from backprop.cli.batch.columnar.flat_buffers import Table
from backprop.cli.batch.columnar.metadata import Described, described_by_parquet
from backprop.cli.batch.columnar.thrift_compact import (
    BINARY,
    I32,
    I64,
    LIST,
    STRUCT,
    Field,
    Sequence,
    Struct,
    read_struct,
    written,
)
from backprop.cli.batch.input.source import Damaged

MAGIC = b"PAR1"
ARROW = b"ARROW:schema"
# Fields of the table of contents
SCHEMA, ROWS, GROUPS, PAIRS, ORDERS = 2, 3, 4, 5, 7
NAME, CHILDREN, CONVERTED, SCALE, PRECISION, LOGICAL = 4, 5, 6, 7, 8, 10
CHUNKS, GROUP_ROWS = 1, 3
DETAILS, PATH, SIZE, DATA, DICTIONARY = 3, 3, 7, 9, 11
KEPT_OF_GROUP = (1, 2, 3)
KEPT_OF_CHUNK = (2, 3)  # no indexes, which are elsewhere
KEPT_OF_DETAILS = (1, 2, 3, 4, 5, 6, 7, 9, 11)
DECIMAL, INTERVAL = 5, 21  # converted types; 5 is the logical type's number, too


class RowGroups:
    """The groups of rows of an open file, each a file that polars can read. Raises Damaged where it is no parquet.

    Iterating raises Damaged, too.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._contents = contents_of(descriptor)
        try:
            trees = trees_of(self._contents[SCHEMA].value.values)
            names = unique([text(tree[0]) for tree in trees])
            found = [taken_tree(tree, name) for tree, name in zip(trees, names, strict=True)]
            self.rows: int | None = self._contents[ROWS].value
            self._groups: list[Struct] = self._contents[GROUPS].value.values
            self.columns = [column for _, column in found]
            self.metadata = {one[1].value: one[2].value for one in sequence(self._contents, PAIRS) if 2 in one}
            self.is_changed = False
            described = self._described(self.metadata.get(ARROW))
            self.is_changed |= any(column.note or column.name != column.heading for column in self.columns)
        except (LookupError, AttributeError, TypeError, ValueError, RecursionError):
            raise Damaged(NO_CONTENTS) from None
        kept = [tree for tree, _ in found if tree is not None]
        root = {**self._contents[SCHEMA].value.values[0], CHILDREN: Field(I32, len(kept))}
        self._head = {key: self._contents[key] for key in self._contents if key not in (GROUPS, PAIRS, ORDERS)}
        self._head[SCHEMA] = Field(LIST, Sequence(STRUCT, [root, *(one for tree in kept for one in tree)]))
        if described is not None:
            pair = {1: Field(BINARY, ARROW), 2: Field(BINARY, base64.b64encode(schema_message(described)))}
            self._head[PAIRS] = Field(LIST, Sequence(STRUCT, [pair]))
        self._widths = [sum(CHILDREN not in one for one in tree) for tree in trees]  # chunks of each column

    def _described(self, found: bytes | None) -> Table | None:
        """What the file says of its columns in Arrow's terms, as polars can take it; None where that is nothing."""
        try:
            schema = schema_of(base64.b64decode(found or b"")[8:])
        except ValueError:
            return None
        if len(schema.get(arrow.FIELDS, [])) != len(self.columns):
            return None
        fields: list[Table] = []
        for place, (field, column) in enumerate(zip(schema[arrow.FIELDS], self.columns, strict=True)):
            if column.name is None:
                continue
            kept, own = taken_field(field, column.name, is_physical=False)
            if column.as_text:
                kept = {arrow.NULLABLE: 1, arrow.KIND: arrow.BINARY, arrow.TYPE: {}}
            elif kept is None or own.as_text:
                return None
            elif own.note:
                self.columns[place] = column._replace(note=own.note)
            fields.append({**kept, arrow.NAME: column.name.encode()})
        self.is_changed = fields != schema[arrow.FIELDS]
        return {**schema, arrow.FIELDS: fields}

    @property
    def described(self) -> Described:
        pairs = {key.decode(errors="replace"): value.decode(errors="replace") for key, value in self.metadata.items()}
        return described_by_parquet(pairs, self.columns)

    @property
    def opening(self) -> bytes:
        """The file of no group."""
        return whole(b"", {**self._head, ROWS: Field(I64, 0), GROUPS: Field(LIST, Sequence(STRUCT, []))})

    def __iter__(self) -> Iterator[bytes]:
        for group in self._groups:
            try:
                if group[GROUP_ROWS].value:
                    yield self._alone(group)
            except (LookupError, AttributeError, TypeError, ValueError):
                raise Damaged(NO_CONTENTS) from None

    def _alone(self, group: Struct) -> bytes:
        data = bytearray(MAGIC)
        chunks = []
        coming = iter(group[CHUNKS].value.values)
        for column, width in zip(self.columns, self._widths, strict=True):
            for _ in range(width):
                chunk = next(coming, None)
                if chunk is None:
                    raise KeyError
                if column.name is not None:
                    chunks.append(self._moved(chunk, column.name, data))
        own = {key: group[key] for key in KEPT_OF_GROUP if key in group}
        own[CHUNKS] = Field(LIST, Sequence(STRUCT, chunks))
        head = {**self._head, ROWS: Field(I64, group[GROUP_ROWS].value), GROUPS: Field(LIST, Sequence(STRUCT, [own]))}
        return whole(bytes(data[4:]), head)

    def _moved(self, chunk: Struct, name: str, data: bytearray) -> Struct:
        """The chunk in another place, behind `data`."""
        details = {key: one for key, one in chunk[DETAILS].value.items() if key in KEPT_OF_DETAILS}
        starts = [details[key].value for key in (DATA, DICTIONARY) if key in details and details[key].value > 0]
        size = details[SIZE].value
        if not starts or size < 0:
            raise KeyError
        found = Taker(Window(self._descriptor, min(starts))).take(size)
        if len(found) < size:
            raise Damaged("it is cut off")
        for key in (DATA, DICTIONARY):
            if key in details and details[key].value > 0:
                details[key] = Field(I64, details[key].value - min(starts) + len(data))
            else:
                details.pop(key, None)
        path = details[PATH].value
        details[PATH] = Field(LIST, Sequence(path.kind, [name.encode(), *path.values[1:]]))
        moved = {key: one for key, one in chunk.items() if key in KEPT_OF_CHUNK}
        moved[2] = Field(I64, len(data))
        moved[DETAILS] = Field(STRUCT, details)
        data += found
        return moved


def whole(data: bytes, contents: Struct) -> bytes:
    footer = written(contents)
    return b"".join((MAGIC, data, footer, len(footer).to_bytes(4, "little"), MAGIC))


def contents_of(descriptor: int) -> Struct:
    """The table of contents at the end of a file. Raises Damaged."""
    size = os.fstat(descriptor).st_size
    ending = Taker(Window(descriptor, max(size - 8, 0))).take(8)
    length = int.from_bytes(ending[:4], "little")
    if ending[4:] != MAGIC or length > size - 12:
        raise Damaged("it is damaged: it has no table of contents at its end")
    try:
        return read_struct(Taker(Window(descriptor, size - 8 - length)).take(length))
    except ValueError:
        raise Damaged(NO_CONTENTS) from None


def sequence(struct: Struct, number: int) -> list[Any]:
    return list(struct[number].value.values) if number in struct else []


def text(element: Struct) -> str:
    name: bytes = element[NAME].value
    return name.decode(errors="replace")


def trees_of(elements: list[Struct]) -> list[list[Struct]]:
    """The columns, each as its element and all elements in it."""
    trees: list[list[Struct]] = []
    place = 1
    while place < len(elements):
        start, open_ones = place, 1
        while open_ones:
            open_ones += (elements[place][CHILDREN].value if CHILDREN in elements[place] else 0) - 1
            place += 1
        trees.append(elements[start:place])
    return trees


def taken_tree(tree: list[Struct], name: str) -> tuple[list[Struct] | None, Column]:
    """A column's elements as polars can take them, None where it cannot, and what becomes of the column."""
    heading = text(tree[0])
    strange = next((found for found in map(strangeness, tree) if found), None)
    if strange and len(tree) > 1:
        return None, Column(heading, None, note=f"it is left out: it holds {strange}")
    renamed = {**tree[0], NAME: Field(BINARY, name.encode())}
    if not strange:
        return [renamed, *tree[1:]], Column(heading, name)
    plain = {key: one for key, one in renamed.items() if key not in (CONVERTED, SCALE, PRECISION, LOGICAL)}
    return [plain], Column(heading, name, reader_of(tree[0]), f"it is written as text: {strange}")


def strangeness(element: Struct) -> str | None:
    """What an element holds that polars does not read, in words."""
    if CONVERTED in element and element[CONVERTED].value == INTERVAL:
        return "intervals of months, days and milliseconds"
    digits, _ = digits_of(element)
    return f"decimals of {digits} digits" if digits > MOST_DIGITS else None


def digits_of(element: Struct) -> tuple[int, int]:
    """How many digits a decimal has, in all and behind the point; 0 where it is none."""
    logical = element[LOGICAL].value.get(DECIMAL) if LOGICAL in element else None
    if logical is not None:
        return logical.value[2].value, logical.value[1].value
    if CONVERTED in element and element[CONVERTED].value == DECIMAL:
        return element[PRECISION].value, element[SCALE].value if SCALE in element else 0
    return 0, 0


def reader_of(element: Struct) -> Any:
    """What makes text of a value's bytes."""
    digits, scale = digits_of(element)
    if digits:
        return lambda data: decimal_text(data, scale)

    def interval(data: bytes) -> str:
        months, days, milliseconds = struct.unpack("<III", data)
        return duration_text(months, days, milliseconds * 10**6)

    return interval
