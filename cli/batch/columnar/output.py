"""Polars frames as parquet, Arrow IPC, CSV, TSV and NDJSON, each as it comes. Knows no variable and no fault."""

from __future__ import annotations

import io
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from backprop.cli.batch.columnar import arrow_format
from backprop.cli.batch.columnar.arrow_batches import MAGIC, contents_of
from backprop.cli.batch.columnar.arrow_columns import schema_message, schema_of
from backprop.cli.batch.columnar.arrow_stream import END, SCHEMA, Message, Taker, messages
from backprop.cli.batch.columnar.delimited import as_texts
from backprop.cli.batch.columnar.flat_buffers import written
from backprop.cli.batch.columnar.metadata import Described, pairs_for_parquet, with_metadata
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.results import held_once
from backprop.cli.batch.writing import write_all

GROUP_ROWS = 1 << 17  # of parquet; many, because each has an entry in the table of contents, but they wait in memory
TYPED = ("parquet", "arrow")
SEPARATORS = {"csv": ",", "tsv": "\t"}
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


class Limit(NamedTuple):
    """What is lost of a column in a format, and whether the rest of it is there."""

    reason: str
    is_held: bool


def limits_of(form: str, schema: Mapping[str, Any], headings: Mapping[str, str], found: Described) -> dict[str, Limit]:
    """The columns that a format cannot hold as they are; of several that `headings` calls alike only the first is."""
    limits = {}
    seen: set[str] = set()
    for name, dtype in schema.items():
        extension = found.extension_of(name)
        if form not in SEPARATORS and headings[name] in seen:
            limits[name] = Limit(held_once(form), False)
        elif form == "parquet" and has_empty_records(dtype):
            limits[name] = Limit("it is left out: parquet holds no records without fields", False)
        elif extension and (form not in TYPED or not is_extension(dtype)):
            limits[name] = Limit(f"its type {extension} is not kept: what it stores is written", True)
        seen.add(headings[name])
    return limits


def is_extension(dtype: Any) -> bool:
    import polars

    return isinstance(dtype, polars.BaseExtension)


def has_empty_records(dtype: Any) -> bool:
    """Whether the type, or one in it, is a record without a field."""
    import polars

    if is_extension(dtype):
        return has_empty_records(dtype.ext_storage())
    if isinstance(dtype, polars.Struct):
        return not dtype.fields or any(has_empty_records(field.dtype) for field in dtype.fields)
    return isinstance(dtype, (polars.List, polars.Array)) and has_empty_records(dtype.inner)


def write_frames(
    form: str, schema: Mapping[str, Any], header: Sequence[str], found: Described, frames: Iterator[Any], out: BinaryIO
) -> None:
    """Write all frames; `header` is what a text calls the columns, `found` what else is to be said of them.

    Arrow goes into a file as a file, into a pipe as a stream, which can be read while it comes. Raises what `frames`
    raises, OSError where the output cannot be written, BrokenPipeError.
    """
    if form == "parquet" or (form == "arrow" and stat.S_ISREG(os.fstat(out.fileno()).st_mode)):
        sink(form, schema, found, frames, out)
        if form == "arrow" and not found.is_empty:
            describe_file(out.fileno(), found)
        return
    opening, write = text_writer(form, header) if form != "arrow" else stream_writer(schema, found)
    out.write(opening)
    out.flush()
    for frame in frames:
        out.write(write(frame))
        out.flush()
    out.write(END if form == "arrow" else b"")


def sink(form: str, schema: Mapping[str, Any], found: Described, frames: Iterator[Any], out: BinaryIO) -> None:
    """Let polars fetch the frames, from a thread of its own, and write them in constant memory."""
    import polars
    from polars.io.plugins import register_io_source

    raised: list[BaseException] = []

    def fetched(*_restrictions: object) -> Iterator[Any]:
        try:
            yield from frames
        except BaseException as error:
            raised.append(error)
            raise

    pairs: Any = pairs_for_parquet(schema, found) if form == "parquet" else None
    rows = register_io_source(fetched, schema=dict(schema))
    out.flush()
    raw = getattr(out, "raw", out)
    target = out if isinstance(raw, io.FileIO) else raw  # by itself polars would not wait for a slow reader
    try:
        if form == "parquet":
            rows.sink_parquet(target, row_group_size=GROUP_ROWS, metadata=pairs, engine="streaming")
        else:
            rows.sink_ipc(target, compat_level=polars.CompatLevel.oldest(), engine="streaming")
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        if raised:
            raise raised[0] from None
        raise written_badly(error) from None


def written_badly(error: BaseException) -> OSError:
    """What the system said, out of what polars made of it: 32 becomes a BrokenPipeError."""
    number = re.search(r"(?:os error |\[Errno )(\d+)", str(error))
    if number is None:
        return error if isinstance(error, OSError) else OSError(" ".join(str(error).split()))
    return OSError(int(number[1]), os.strerror(int(number[1])))


def describe_file(descriptor: int, found: Described) -> None:
    """Say in the table of contents of a whole file of Arrow what else is to be said of it."""
    try:
        reading = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)  # it is open for writing only
    except OSError:  # the system has no such paths, or whoever opened it may not read it
        return
    try:
        contents = contents_of(reading)
        size = os.fstat(reading).st_size
        place = size - len(MAGIC) - 4 - int.from_bytes(os.pread(reading, 4, size - len(MAGIC) - 4), "little")
    finally:
        os.close(reading)
    contents[1] = with_metadata(contents[1], found)
    footer = written(contents, arrow_format.CONTENTS)
    os.ftruncate(descriptor, place)
    os.lseek(descriptor, place, os.SEEK_SET)
    with open(descriptor, "wb", buffering=0, closefd=False) as out:
        write_all(out, memoryview(footer + len(footer).to_bytes(4, "little") + MAGIC))


def stream_writer(schema: Mapping[str, Any], found: Described) -> tuple[bytes, Callable[[Any], bytes]]:
    """The opening of a stream of Arrow IPC, and what writes a frame behind it."""
    import polars

    def parts(frame: Any) -> Iterator[Message]:
        stream = io.BytesIO()
        frame.write_ipc_stream(stream, compat_level=polars.CompatLevel.oldest())
        stream.seek(0)
        return messages(Taker(stream))

    first = next(parts(polars.DataFrame(schema=schema)))
    opening = b"".join(first.parts)
    if not found.is_empty:
        opening = schema_message(with_metadata(schema_of(first.parts[1]), found))
    return opening, lambda frame: b"".join(
        part for one in parts(frame.rechunk()) if one.kind != SCHEMA for part in one.parts
    )


def text_writer(form: str, header: Sequence[str]) -> tuple[bytes, Callable[[Any], bytes]]:
    """The header of a text, and what writes a frame below it."""
    if form == "ndjson":
        pattern = ", ".join(f"{json.dumps(name, ensure_ascii=False).replace('%', '%%')}: %s" for name in header)
        return b"", lambda frame: objects(frame, f"{{{pattern}}}\n")
    separator = SEPARATORS[form]
    return (Delimited(separator).joined(header) + "\n").encode(), lambda frame: delimited(frame, separator)


def delimited(frame: Any, separator: str) -> bytes:
    """Rows of CSV or TSV: an empty string is quoted in CSV, a null is nothing."""
    import polars

    cells = cells_of(frame)
    if separator == "\t":
        return bytes(escaped(cells).write_csv(include_header=False, separator="\t", quote_style="never").encode())
    if cells.width == 1:
        cells = cells.select(polars.all().fill_null(""))  # a blank line would be no row
    return bytes(cells.write_csv(include_header=False).encode())


def escaped(cells: Any) -> Any:
    """Cells as TSV holds them."""
    import polars

    return cells.select(polars.all().str.replace_many(list(ESCAPES), list(ESCAPES.values())))


def cells_of(frame: Any) -> Any:
    """The frame with every cell as text."""
    import polars

    return polars.DataFrame([as_text(series) for series in frame])


def as_text(series: Any) -> Any:
    """A column as text: numbers with the shortest digits that read back, lists and records as JSON."""
    import polars

    series = stored(series)
    kind = series.dtype.base_type()
    if kind is polars.Float64:
        text = as_texts(series.to_numpy())
        return (text.scatter(series.is_null().arg_true(), None) if series.null_count() else text).alias(series.name)
    if kind in (polars.Float32, polars.Float16):
        text = series.cast(polars.String)
        return text.replace({"NaN": "nan"}).str.replace(r"^(-?[1-9]\d*|0)\.0$", "$1")
    if kind is polars.Binary:
        return series.bin.encode("hex")
    if series.dtype.is_nested():
        cells = [None if cell is None else as_json(cell) for cell in series.to_list()]
        return polars.Series(series.name, cells, dtype=polars.String)
    if kind is polars.Duration:
        return series.dt.to_string("iso")
    return series.cast(polars.String)


def stored(series: Any) -> Any:
    """A column without the type that extends the one of what it stores."""
    return series.ext.storage() if is_extension(series.dtype) else series


def objects(frame: Any, pattern: str) -> bytes:
    """Rows of NDJSON."""
    members = [members_of(series) for series in frame]
    return "".join(map(pattern.__mod__, zip(*members, strict=True))).encode()


def members_of(series: Any) -> list[str]:
    """A column as JSON: what is not finite or not there is null."""
    import polars

    series = stored(series)
    if series.dtype.is_float():
        text = as_text(series).scatter((~series.is_finite()).fill_null(True).arg_true(), "null")
    elif series.dtype.is_numeric() or series.dtype == polars.Boolean:
        text = series.cast(polars.String).fill_null("null")
    elif series.dtype.is_nested():
        text = as_text(series).fill_null("null")
    else:
        return [json.dumps(cell, ensure_ascii=False) for cell in as_text(series).to_list()]
    found: list[str] = text.to_list()
    return found


def as_json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def plain(value: Any) -> Any:
    """What JSON can hold of it: numbers as they are, nested; dates and what else there is as text."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 and str(value) != "-0.0" else value
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
