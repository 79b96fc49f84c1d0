"""What of an Arrow schema polars cannot take: made into something that it can, or left out. Reads no batch.

A wide decimal or an interval is read as its bytes and becomes text; columns of one name get different ones.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from backprop.cli.batch.columnar import arrow_format as arrow
from backprop.cli.batch.columnar.flat_buffers import Table, read_root, written

MOST_DIGITS = 38  # of a decimal of polars
MOST_SCALE = 1000  # digits behind the point: those of Arrow have 76 in all
OFFSET = re.compile(rb"[+-]\d\d:?\d\d")
VERSION_5 = 4
UNITS = ("months", "days and milliseconds", "months, days and nanoseconds")


class Column(NamedTuple):
    """A column as it was called, how polars is to call it (None: it is left out), what its bytes are as text, and
    what is to be said of it.
    """

    heading: str
    name: str | None
    as_text: Callable[[bytes], str] | None = None
    note: str | None = None


class Taken(NamedTuple):
    """A schema that polars can take, and the columns of the one that it was made of."""

    schema: Table
    columns: list[Column]

    @property
    def is_whole(self) -> bool:
        return all(column.name is not None for column in self.columns)


def taken(schema: Table) -> Taken:
    """What polars can take of the schema of batches. Raises ValueError where it is none."""
    names = unique([text_of(field) for field in schema.get(arrow.FIELDS, [])])
    fields, columns = [], []
    try:
        for name, field in zip(names, schema.get(arrow.FIELDS, []), strict=True):
            kept, column = taken_field(field, name)
            columns.append(column)
            if kept is not None:
                fields.append({**kept, arrow.NAME: name.encode()})
    except (LookupError, TypeError, RecursionError):
        raise ValueError("no such schema") from None
    return Taken({**schema, arrow.FIELDS: fields}, columns)


def taken_field(field: Table, name: str, *, is_physical: bool = True) -> tuple[Table | None, Column]:
    """The field as polars can take it, None where it cannot, and what becomes of the column.

    `is_physical`: batches hold exactly its type, where parquet has its own.
    """
    heading, kind, details = text_of(field), field.get(arrow.KIND, 0), field.get(arrow.TYPE, {})
    is_plain = arrow.DICTIONARY not in field
    if is_plain and is_wide(field, is_physical):
        scale, size = details.get(1, 0), details.get(2, 128) // 8
        note: str | None = f"it is written as text: {type_name(field)}"
        return as_bytes(field, size), Column(heading, name, lambda data: decimal_text(data[::-1], scale), note)
    if is_plain and kind == arrow.INTERVAL:
        unit = details.get(0, 0)
        note = f"it is written as text: {type_name(field)}"
        return as_bytes(field, (4, 8, 16)[unit]), Column(heading, name, lambda data: interval_text(data, unit), note)
    strange = next((type_name(one) for one in inner(field) if is_strange(one, is_physical)), None)
    if strange is not None:
        return None, Column(heading, None, note=f"it is left out: it holds {strange}")
    zones = [one for one in inner(field) if has_strange_zone(one)]
    note = f"its time zone {zones[0][arrow.TYPE][1].decode(errors='replace')} is written as UTC" if zones else None
    return adapted(field), Column(heading, name, note=note)


def as_bytes(field: Table, size: int) -> Table:
    kept = {key: value for key, value in field.items() if key != arrow.METADATA}
    return {**kept, arrow.KIND: arrow.FIXED_BINARY, arrow.TYPE: {0: size}}


def adapted(field: Table) -> Table:
    """The field with the time zones, decimals and kinds of lists that polars knows, and what it takes to be said of it:
    an extension type may describe itself by any bytes.
    """
    changed = dict(field)
    if has_strange_zone(field):
        changed[arrow.TYPE] = {**field[arrow.TYPE], 1: b"UTC"}
    if field.get(arrow.KIND) == arrow.DECIMAL:
        changed[arrow.TYPE] = {**field.get(arrow.TYPE, {}), 2: min(field.get(arrow.TYPE, {}).get(2, 128), 128)}
    changed[arrow.KIND] = arrow.LISTS.get(field.get(arrow.KIND, 0), field.get(arrow.KIND, 0))
    if not has_text_only(field.get(arrow.METADATA, [])):
        del changed[arrow.METADATA]
    if arrow.CHILDREN in field:
        changed[arrow.CHILDREN] = [adapted(child) for child in field[arrow.CHILDREN]]
    return changed


def has_text_only(pairs: Sequence[Table]) -> bool:
    """Whether the keys and values are UTF-8."""
    try:
        return all(isinstance(part.decode(), str) for pair in pairs for part in pair.values())
    except UnicodeDecodeError:
        return False


def inner(field: Table) -> Iterator[Table]:
    """The field and all fields in it."""
    yield field
    for child in field.get(arrow.CHILDREN, []):
        yield from inner(child)


def is_wide(field: Table, is_physical: bool) -> bool:
    if field.get(arrow.KIND) != arrow.DECIMAL:
        return False
    details = field.get(arrow.TYPE, {})
    is_other = details.get(2, 128) > 128 or details.get(1, 0) < 0
    return bool(details.get(0, 0) > MOST_DIGITS or (is_physical and is_other))


def is_strange(field: Table, is_physical: bool) -> bool:
    kind = field.get(arrow.KIND, 0)
    is_unknown = kind in (arrow.UNION, arrow.RUNS, arrow.INTERVAL) or kind > arrow.LARGE_LIST_VIEW
    names = [one.get(arrow.NAME) for one in field.get(arrow.CHILDREN, [])] if kind == arrow.STRUCT else []
    has_twins = len(set(names)) < len(names)
    return is_unknown or has_twins or is_wide(field, is_physical) or (is_physical and kind in arrow.LISTS)


def has_strange_zone(field: Table) -> bool:
    zone = field.get(arrow.TYPE, {}).get(1) if field.get(arrow.KIND) == arrow.TIMESTAMP else None
    if not zone:
        return False
    import polars

    try:
        polars.Series([0]).cast(polars.Datetime("us", "UTC")).dt.convert_time_zone(zone.decode())
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, ValueError):
        return True
    return OFFSET.fullmatch(zone) is not None


def type_name(field: Table) -> str:
    """What users call the type."""
    kind, details = field.get(arrow.KIND, 0), field.get(arrow.TYPE, {})
    if kind == arrow.DECIMAL:
        zeros = f" and {-details.get(1, 0)} zeros behind" if details.get(1, 0) < 0 else ""
        return f"decimals of {details.get(0, 0)} digits{zeros}"
    if kind == arrow.INTERVAL:
        return f"intervals of {UNITS[details.get(0, 0)]}"
    names = {arrow.UNION: "a union", arrow.RUNS: "runs of equal values", arrow.STRUCT: "two fields of one name"}
    return names.get(kind, "views of lists" if kind in arrow.LISTS else f"type {kind} of Arrow")


def text_of(field: Table) -> str:
    name: bytes = field.get(arrow.NAME, b"")
    return name.decode(errors="replace")


def unique(names: Sequence[str]) -> list[str]:
    """The names, and other ones for those that were there before."""
    found: dict[str, None] = {}
    for name in names:
        other, number = name, 1
        while other in found:
            number += 1
            other = f"{name}\0{number}"
        found[other] = None
    return list(found)


def decimal_text(data: bytes, scale: int) -> str:
    """The digits of a whole number, highest byte first, with so many of them behind the point. Raises ValueError."""
    if abs(scale) > MOST_SCALE:
        raise ValueError("a decimal has too many digits")
    number = int.from_bytes(data, "big", signed=True)
    digits = str(abs(number)).rjust(scale + 1, "0") if scale > 0 else str(abs(number)) + "0" * -scale
    point = len(digits) - max(scale, 0)
    return f"{'-' * (number < 0)}{digits[:point]}{'.' * (scale > 0)}{digits[point:]}"


def interval_text(data: bytes, unit: int) -> str:
    """An interval of Arrow in ISO 8601's form: P1M2DT3.5S."""
    if unit == 0:
        return duration_text(struct.unpack("<i", data)[0], 0, 0)
    if unit == 1:
        days, milliseconds = struct.unpack("<ii", data)
        return duration_text(0, days, milliseconds * 10**6)
    return duration_text(*struct.unpack("<iiq", data))


def duration_text(months: int, days: int, nanoseconds: int) -> str:
    seconds = decimal_text(nanoseconds.to_bytes(16, "big", signed=True), 9).rstrip("0").rstrip(".")
    dates = "".join(f"{count}{letter}" for count, letter in ((months, "M"), (days, "D")) if count)
    return f"P{dates}{f'T{seconds}S' if nanoseconds or not dates else ''}"


def dictionaries_of(schema: Table) -> set[int]:
    """The numbers of the dictionaries that the schema's columns use."""
    return {
        one[arrow.DICTIONARY].get(0, 0)
        for field in schema.get(arrow.FIELDS, [])
        for one in inner(field)
        if arrow.DICTIONARY in one
    }


def schema_message(schema: Table) -> bytes:
    return encapsulated({0: VERSION_5, arrow.HEADER_KIND: 1, arrow.HEADER: schema, arrow.BODY: 0})


def encapsulated(message: Table) -> bytes:
    head = written(message, arrow.MESSAGE)
    return b"\xff\xff\xff\xff" + len(head).to_bytes(4, "little") + head


def schema_of(head: bytes) -> Table:
    """The schema in a message's head. Raises ValueError."""
    found: Table = read_root(head, arrow.MESSAGE).get(arrow.HEADER, {})
    return found


def without_columns(head: bytes, schema: Table, columns: Sequence[Column]) -> bytes:
    """The message of a batch of the schema without the columns that are left out; its body stays. Raises ValueError."""
    message = read_root(head, arrow.MESSAGE)
    batch = message[arrow.HEADER]
    parts: dict[int, list[bytes]] = {arrow.NODES: [], arrow.BUFFERS: [], arrow.VARIADIC: []}
    views = [
        batch.get(arrow.VARIADIC, b"")[place : place + 8] for place in range(0, len(batch.get(arrow.VARIADIC, b"")), 8)
    ]
    view = node = buffer = 0
    for field, column in zip(schema.get(arrow.FIELDS, []), columns, strict=True):
        nodes, buffers, used = 0, 0, []
        for one in stored(field):
            nodes += 1
            buffers += buffers_of(one, message.get(0, 0))
            if arrow.DICTIONARY not in one and one.get(arrow.KIND) in (arrow.BINARY_VIEW, arrow.TEXT_VIEW):
                used.append(views[view])
                view += 1
                buffers += int.from_bytes(used[-1], "little")
        if column.name is not None:
            parts[arrow.NODES].append(batch[arrow.NODES][16 * node : 16 * (node + nodes)])
            parts[arrow.BUFFERS].append(batch[arrow.BUFFERS][16 * buffer : 16 * (buffer + buffers)])
            parts[arrow.VARIADIC] += used
        node, buffer = node + nodes, buffer + buffers
    return encapsulated({**message, arrow.HEADER: {**batch, **{key: b"".join(part) for key, part in parts.items()}}})


def stored(field: Table) -> Iterator[Table]:
    """The fields whose arrays a batch holds: of a column with a dictionary, its places in that only."""
    yield field
    if arrow.DICTIONARY not in field:
        for child in field.get(arrow.CHILDREN, []):
            yield from stored(child)


def buffers_of(field: Table, version: int) -> int:
    """How many buffers an array has, those of its children and those of views apart."""
    kind = field.get(arrow.KIND, 0)
    if arrow.DICTIONARY in field:
        return 2
    if kind == arrow.UNION:
        is_dense = field.get(arrow.TYPE, {}).get(0, 0) == 1
        return 1 + int(is_dense) + int(version < VERSION_5)
    if kind in (arrow.NULL, arrow.RUNS):
        return 0
    if kind in (arrow.STRUCT, arrow.FIXED_LIST):
        return 1
    return 3 if kind in arrow.THREE_BUFFERS else 2
