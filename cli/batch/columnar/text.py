"""Record batches as CSV, TSV and NDJSON: numbers with the shortest digits that read back, lists and records as JSON."""

from __future__ import annotations

import json
import math
import struct
import warnings
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import numpy as np
import pyarrow
from pyarrow import compute, types

from backprop.cli.batch.columnar.arrow_types import (
    TEXT,
    as_in_python,
    interval_unit,
    is_known_zone,
    is_numeric,
    mapped,
    name_of,
)
from backprop.cli.batch.columnar.bulk_delimited import as_texts, frame_text
from backprop.cli.batch.columnar.library import is_usable
from backprop.cli.batch.columnar.values import stored
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import dialect_of
from backprop.cli.batch.formats.numbers import texts
from backprop.cli.batch.writing import write_all
from backprop.cli.status import Failure

QUOTED = '",\r\n'
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
MANY = 1 << 15  # numbers: they are worth the time that polars takes to be imported
PLAIN_SCALE = 6  # decimals with more digits behind the point are written by pyarrow with an exponent
MOST_DIGITS = 38
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
UNITS_OF_TIME = ((24 * 3600, "D"), (3600, "H"), (60, "M"))


def text_writer(form: str, header: Sequence[str]) -> tuple[bytes, Callable[[Any, BinaryIO], None]]:
    """The header of a text, and what writes a batch below it."""
    if form == "ndjson":
        names = [json.dumps(name, ensure_ascii=False) for name in header]
        return b"", lambda batch, out: write_all(out, objects(batch, names))
    dialect = dialect_of(form)
    opening = f"{Delimited(dialect).joined(header)}\n".encode()
    return opening, lambda batch, out: write_delimited(batch, dialect.separator, out)


def write_delimited(batch: Any, separator: str, out: BinaryIO) -> None:
    """Write rows of CSV or TSV, many of them by polars: an empty string is quoted in CSV, a null is nothing."""
    if batch.num_rows < MANY or batch.num_columns == 1 or not is_usable():
        cells = [held(column, separator, is_alone=batch.num_columns == 1) for column in batch.columns]
        cells[-1] = joined([cells[-1], "", "\n"])
        write_all(out, contents_of(joined([*cells, separator])))
        return
    import polars

    series: list[Any] = [
        many_as_text(column) if types.is_floating(column.type) else polars.from_arrow(held(column, separator))
        for column in batch.columns
    ]
    frame = polars.DataFrame([column.alias(str(position)) for position, column in enumerate(series)])
    write_all(out, memoryview(frame_text(frame, separator=separator, ending="\n")))


def held(column: Any, separator: str, *, is_alone: bool = False) -> Any:
    """A column's text as CSV or TSV holds it."""
    text = as_text(column)
    if separator == "\t":
        return escaped(text) if is_free(column.type) else text
    if is_alone:
        return quoted(text.fill_null(""))  # a blank line would be no row
    return quoted(text) if is_free(column.type) else text


def is_free(kind: Any) -> bool:
    """Whether the text of such values may hold any character."""
    return not (is_numeric(kind) or types.is_boolean(kind) or types.is_temporal(kind))


def quoted(cells: Any) -> Any:
    """Cells as CSV holds them."""
    is_special = compute.equal(cells, text_of(""))
    if holds(cells, QUOTED):
        is_special = compute.or_(is_special, compute.match_substring_regex(cells, f"[{QUOTED}]"))
    if not compute.any(is_special).as_py():
        return cells
    doubled = compute.replace_substring(cells, '"', '""')
    return compute.if_else(is_special, joined(['"', doubled, '"', ""], nulls="emit_null"), cells)


def escaped(cells: Any) -> Any:
    """Cells as TSV holds them."""
    for character, code in ESCAPES.items():
        if holds(cells, character):
            cells = compute.replace_substring(cells, character, code)
    return cells


def holds(cells: Any, characters: str) -> bool:
    """Whether one of the characters is anywhere in the cells: `bytes` know that much sooner than pyarrow."""
    data = bytes(contents_of(cells))
    return any(character.encode() in data for character in characters)


def text_of(text: str) -> Any:
    return pyarrow.scalar(text, TEXT)


def joined(parts: Iterable[Any], nulls: str = "replace") -> Any:
    """The parts side by side, with the last of them between; a null is nothing."""
    cells = [text_of(part) if isinstance(part, str) else part for part in parts]
    return compute.binary_join_element_wise(*cells, null_handling=nulls)


def contents_of(lines: Any) -> memoryview:
    """All texts one behind the other."""
    if not len(lines):
        return memoryview(b"")
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int64)
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]]


def objects(batch: Any, names: Sequence[str]) -> memoryview:
    """Rows of NDJSON."""
    parts: list[Any] = []
    for name, column in zip(names, batch.columns, strict=True):
        parts += [f"{', ' if parts else '{'}{name}: ", members_of(column)]
    return contents_of(joined([*parts, "}\n", ""]))


def members_of(column: Any) -> Any:
    """A column as JSON: what is not finite or not there is null, and digits that few readers hold are a string."""
    column = stored(column)
    kind = column.type
    text = as_text(column)
    if types.is_floating(kind):
        text = compute.if_else(compute.is_finite(column), text, text_of("null"))
    elif not (is_numeric(kind) or types.is_boolean(kind) or types.is_nested(kind)) or has_many_digits(kind):
        text = pyarrow.array([json.dumps(cell, ensure_ascii=False) for cell in text.to_pylist()], TEXT)
    return text.fill_null("null")


def has_many_digits(kind: Any) -> bool:
    return bool(types.is_decimal(kind) and kind.precision > MOST_DIGITS)


def cells_of(batch: Any) -> list[list[str | None]]:
    """Every row's cells as text."""
    return [list(row) for row in zip(*(as_text(column).to_pylist() for column in batch.columns), strict=True)]


def as_text(column: Any) -> Any:
    """A column as text."""
    column = stored(column)
    kind = column.type
    if types.is_floating(kind):
        return float_text(column)
    if types.is_timestamp(kind):
        return moment_text(column)
    if types.is_time(kind):
        return compute.replace_substring_regex(column.cast(TEXT), r"\.0+$|(\.\d*[1-9])0+$", r"\1")
    if interval_unit(kind):
        return interval_text(column)
    if types.is_nested(kind):
        return as_cells(column.cast(mapped(kind, as_in_python), safe=False), as_json)
    if types.is_duration(kind):
        return as_cells(column.cast(pyarrow.int64()), lambda count: duration_text(count * NANOSECONDS[kind.unit]))
    if types.is_decimal(kind) and not 0 <= kind.scale <= PLAIN_SCALE:
        return as_cells(column, lambda cell: format(cell, "f"))
    if name_of(kind) == "binary":
        return as_cells(column, bytes.hex)
    return column.cast(TEXT)


def as_cells(column: Any, text: Callable[[Any], str]) -> Any:
    """A column cell by cell. Raises Failure for what Python has no value for, as a day of the year 10000 in a list."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a key that a map has twice
            cells = column.to_pylist(maps_as_pydicts="lossy")
        return pyarrow.array([None if cell is None else text(cell) for cell in cells], TEXT)
    except (ValueError, ArithmeticError, TypeError) as error:
        reason = f"a column of {column.type} cannot be written as text: {error}"
        raise Failure(reason, "write parquet or arrow; or leave the columns of the input out: --only") from None


def float_text(column: Any) -> Any:
    if len(column) >= MANY and is_usable():
        from polars import CompatLevel

        return many_as_text(column).to_arrow(compat_level=CompatLevel.oldest())
    cells = pyarrow.array(texts(numbers_of(column)), TEXT)
    return compute.if_else(column.is_valid(), cells, None) if column.null_count else cells


def many_as_text(column: Any) -> Any:
    """Floats as a series of polars."""
    text = as_texts(numbers_of(column))
    return text.scatter(np.flatnonzero(column.is_null()), None) if column.null_count else text


def numbers_of(column: Any) -> Any:
    column = column.cast(pyarrow.float32()) if types.is_float16(column.type) else column
    return column.to_numpy(zero_copy_only=False)


def moment_text(column: Any) -> Any:
    """Moments as `2020-01-01 12:00:00.000`, with the difference to UTC behind where they have a zone."""
    kind = column.type
    if kind.unit == "s":
        column = column.cast(pyarrow.timestamp("ms", kind.tz))
    if kind.tz is None:
        return column.cast(TEXT)
    if not is_known_zone(kind):
        column = column.view(pyarrow.timestamp(column.type.unit))
        return joined([column.cast(TEXT), "+00:00", ""], nulls="emit_null")
    text = compute.replace_substring_regex(column.cast(TEXT), "Z$", "+0000")
    return compute.replace_substring_regex(text, r"(\d\d)$", r":\1")


def interval_text(column: Any) -> Any:
    """Intervals in ISO 8601's form, P1M2DT3.5S; those of parquet are bytes here."""
    unit = interval_unit(column.type)
    size = {"month": 4, "day_time": 8, "month_day_nano": 16}.get(unit or "", 12)
    return as_cells(column.view(pyarrow.binary(size)), lambda data: interval_in_words(data, unit))


def interval_in_words(data: bytes, unit: str | None) -> str:
    if unit == "month":
        return period(int.from_bytes(data, "little", signed=True), 0, 0)
    if unit == "month_day_nano":
        return period(*struct.unpack("<iiq", data))
    *months, days, milliseconds = struct.unpack("<ii" if unit == "day_time" else "<III", data)
    return period(sum(months), days, milliseconds * 10**6)


def period(months: int, days: int, nanoseconds: int) -> str:
    dates = "".join(f"{count}{letter}" for count, letter in ((months, "M"), (days, "D")) if count)
    sign = "-" * (nanoseconds < 0)
    return f"P{dates}{f'T{sign}{seconds_text(abs(nanoseconds))}S' if nanoseconds or not dates else ''}"


def seconds_text(nanoseconds: int) -> str:
    """Seconds with as many digits behind the point as it takes."""
    return format(Decimal(nanoseconds).scaleb(-9), "f").rstrip("0").rstrip(".") if nanoseconds else "0"


def duration_text(nanoseconds: int) -> str:
    """A duration in ISO 8601's form: -P1DT2H3M4.5S."""
    rest, texts_of_units = abs(nanoseconds), []
    for seconds, letter in UNITS_OF_TIME:
        count, rest = divmod(rest, seconds * 10**9)
        texts_of_units.append(f"{count}{letter}" if count else "")
    days, *hours = texts_of_units
    time = "".join(hours) + (f"{seconds_text(rest)}S" if rest or not any(texts_of_units) else "")
    return f"{'-' * (nanoseconds < 0)}P{days}{'T' * bool(time)}{time}"


def as_json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def plain(value: Any) -> Any:
    """What JSON can hold of it: numbers as they are, nested; dates and what else there is as text."""
    if isinstance(value, pyarrow.MonthDayNano):
        return period(*value)
    if isinstance(value, dict):
        return {str(plain(name)): plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 and str(value) != "-0.0" else value
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
