"""Polars frames as parquet, Arrow IPC, CSV, TSV and NDJSON, each as it comes. Knows no variable and no fault."""

from __future__ import annotations

import io
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from backprop.cli.rows.arrow_messages import END, SCHEMA, Taker, messages
from backprop.cli.rows.bulk import as_texts
from backprop.cli.rows.delimited import Delimited

GROUP_ROWS = 1 << 17  # of parquet; many, because each has an entry in the table of contents, but they wait in memory
SEPARATORS = {"csv": ",", "tsv": "\t"}
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def write_frames(form: str, schema: Mapping[str, Any], frames: Iterator[Any], out: BinaryIO) -> None:
    """Write all frames. Raises what `frames` raises, OSError where the output cannot be written, BrokenPipeError.

    Arrow goes into a file as a file, into a pipe as a stream, which can be read while it comes.
    """
    if form == "parquet" or (form == "arrow" and stat.S_ISREG(os.fstat(out.fileno()).st_mode)):
        sink(form, schema, frames, out)
        return
    opening, write = text_writer(form, schema) if form != "arrow" else stream_writer(schema)
    out.write(opening)
    out.flush()
    for frame in frames:
        out.write(write(frame))
        out.flush()
    out.write(END if form == "arrow" else b"")


def sink(form: str, schema: Mapping[str, Any], frames: Iterator[Any], out: BinaryIO) -> None:
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

    rows = register_io_source(fetched, schema=dict(schema))
    out.flush()
    raw = getattr(out, "raw", out)
    target = out if isinstance(raw, io.FileIO) else raw  # by itself polars would not wait for a slow reader
    try:
        if form == "parquet":
            rows.sink_parquet(target, row_group_size=GROUP_ROWS, engine="streaming")
        else:
            rows.sink_ipc(target, engine="streaming")
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


def stream_writer(schema: Mapping[str, Any]) -> tuple[bytes, Callable[[Any], bytes]]:
    """The opening of a stream of Arrow IPC, and what writes a frame behind it."""
    import polars

    def parts(frame: Any) -> Iterator[tuple[int, bytes]]:
        stream = io.BytesIO()
        frame.write_ipc_stream(stream)
        stream.seek(0)
        return ((one.kind, b"".join(one.parts)) for one in messages(Taker(stream)))

    opening = b"".join(data for kind, data in parts(polars.DataFrame(schema=schema)) if kind == SCHEMA)
    return opening, lambda frame: b"".join(data for kind, data in parts(frame.rechunk()) if kind != SCHEMA)


def text_writer(form: str, schema: Mapping[str, Any]) -> tuple[bytes, Callable[[Any], bytes]]:
    """The header of a text, and what writes a frame below it."""
    if form == "ndjson":
        pattern = ", ".join(f"{json.dumps(name, ensure_ascii=False).replace('%', '%%')}: %s" for name in schema)
        return b"", lambda frame: objects(frame, f"{{{pattern}}}\n")
    separator = SEPARATORS[form]
    return (Delimited(separator).joined(list(schema)) + "\n").encode(), lambda frame: delimited(frame, separator)


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

    kind = series.dtype.base_type()
    if kind is polars.Float64:
        text = as_texts(series.to_numpy())
        return (text.scatter(series.is_null().arg_true(), None) if series.null_count() else text).alias(series.name)
    if kind is polars.Float32:
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


def objects(frame: Any, pattern: str) -> bytes:
    """Rows of NDJSON."""
    members = [members_of(series) for series in frame]
    return "".join(map(pattern.__mod__, zip(*members, strict=True))).encode()


def members_of(series: Any) -> list[str]:
    """A column as JSON: what is not finite or not there is null."""
    import polars

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
