"""Record batches as parquet, Arrow IPC, CSV, TSV and NDJSON, each as it comes. Knows no variable and no fault."""

from __future__ import annotations

import functools
import io
import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow
import pyarrow.ipc
import pyarrow.parquet
from pyarrow import types

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.columnar.arrow_types import TEXT, extension_of, has_twins, inner, is_known_zone, name_of
from backprop.cli.batch.columnar.dictionaries import with_shared
from backprop.cli.batch.columnar.encodings import parquet_options
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.results import held_once
from backprop.cli.batch.writing import write_all
from backprop.cli.output.formats import FORMATS

GROUP_ROWS = 1 << 17  # of parquet; many, because each has an entry in the table of contents, but they wait in memory
MOST_WAITING = 256  # batches: rows that come slowly come one by one, and each takes thousands of bytes then


class Limit(NamedTuple):
    """What is lost of a column in a format, and the type of what is written all the same; None: nothing is."""

    reason: str
    kind: Any


def limits_of(form: str, schema: Any) -> dict[int, Limit]:
    """The columns, by place, that a format cannot hold as they are; of several of one name only the first is."""
    limits = {}
    seen: set[str] = set()
    for position, field in enumerate(schema):
        limit = limit_of(form, field)
        if form not in (*DIALECTS, "table") and field.name in seen:
            limit = Limit(held_once(form), None)
        if limit:
            limits[position] = limit
        seen.add(field.name)
    return limits


def limit_of(form: str, field: Any) -> Limit | None:
    """What is lost of a column in a format."""
    kind, extension = field.type, extension_of(field)
    if form == "arrow" or (form == "parquet" and is_held_by_parquet(kind)):
        return None
    if has_twins(kind):
        return Limit("it is left out: it holds two fields of one name", None)
    if form == "parquet":
        strange = [part for part in inner(kind) if not is_held_by_parquet(part)]
        return Limit(f"it is written as text: {name_of(strange[-1])}", TEXT)
    if extension:
        return Limit(f"its type {extension} is not kept: what it stores is written", kind)
    zones = [part.tz for part in inner(kind) if types.is_timestamp(part) and not is_known_zone(part)]
    return Limit(f"its time zone {zones[0]} is written as UTC", kind) if zones else None


@functools.cache
def is_held_by_parquet(kind: Any) -> bool:
    """Whether pyarrow writes columns of the type: it says so of one without rows."""
    try:
        pyarrow.parquet.ParquetWriter(io.BytesIO(), pyarrow.schema([("x", kind)])).close()
    except (pyarrow.ArrowException, OSError):
        return False
    return True


class Sink:
    """An output as a file of Python. Once an exception has passed, what is left is not written.

    pyarrow would end a file of parquet as if it were whole where nobody asks it to.
    """

    closed = False

    def __init__(self, out: BinaryIO) -> None:
        self._out: BinaryIO | None = out

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._out = None

    def write(self, data: Any) -> None:
        if self._out is not None:
            write_all(self._out, memoryview(data))

    def flush(self) -> None:
        """Everything is written at once."""

    close = flush


class Behind:
    """Does one thing after another in a thread, each while the next is prepared. Raises what it raised later on."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._raised: BaseException | None = None

    def start(self, do: Callable[..., object], *arguments: Any) -> None:
        self.finish()
        self._thread = threading.Thread(target=self._run, args=(do, arguments), daemon=True)
        self._thread.start()

    def _run(self, do: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        try:
            do(*arguments)
        except BaseException as error:
            self._raised = error

    def finish(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._raised is not None:
            raise self._raised


def write_batches(
    form: str, schema: Any, batches: Iterator[Any], out: BinaryIO, *, has_header: bool = True, is_part: bool = False
) -> None:
    """Write all batches, which have the schema; text with the names of their columns above, where it `has_header`.

    Arrow goes into a file as a file, into a pipe as a stream, which can be read while it comes; so goes what `is_part`
    of a file of any binary format. Raises what `batches` raises, OSError where the output cannot be written,
    BrokenPipeError.
    """
    out.flush()
    raw = getattr(out, "raw", out)
    try:
        with Sink(raw) as sink:
            if is_part and FORMATS[form].is_binary:
                write_ipc(schema, batches, sink, is_file=False)
            elif form == "parquet":
                write_parquet(schema, batches, sink)
            elif form == "arrow":
                write_ipc(schema, batches, sink, is_file=stat.S_ISREG(os.fstat(out.fileno()).st_mode))
            else:
                from backprop.cli.batch.columnar.text import (
                    text_writer,
                )  # here, not above: half of pyarrow is for texts

                opening, write = text_writer(form, schema.names)
                if has_header:
                    sink.write(opening)
                for batch in batches:
                    write(batch, raw)
    except pyarrow.ArrowException as error:
        raise OSError(" ".join(str(error).split())) from None


def write_parquet(schema: Any, batches: Iterator[Any], sink: Sink) -> None:
    """A file of parquet. How it holds the columns is known by the first rows."""
    file = pyarrow.PythonFile(sink, mode="w")
    behind = Behind()  # of all that is done it takes the longest
    writer: Any = None
    waiting: list[Any] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= GROUP_ROWS:
            writer = writer or parquet_writer(file, schema, waiting)
            behind.start(writer.write_table, pyarrow.Table.from_batches(waiting), GROUP_ROWS)
            waiting, rows = [], 0
        elif len(waiting) == MOST_WAITING:
            waiting = pyarrow.Table.from_batches(waiting).combine_chunks().to_batches()
    behind.finish()
    writer = writer or parquet_writer(file, schema, waiting)
    if waiting:
        writer.write_table(pyarrow.Table.from_batches(waiting), GROUP_ROWS)
    writer.close()


def parquet_writer(file: Any, schema: Any, first: Sequence[Any]) -> Any:
    sample = max(first, key=len, default=pyarrow.RecordBatch.from_pylist([], schema))
    return pyarrow.parquet.ParquetWriter(file, schema, **parquet_options(schema, sample))


def write_ipc(schema: Any, batches: Iterator[Any], sink: Sink, *, is_file: bool) -> None:
    """A file or a stream of Arrow IPC. Of a dictionary that grows, a file holds what is added."""
    options = pyarrow.ipc.IpcWriteOptions(emit_dictionary_deltas=is_file)
    opened = pyarrow.ipc.new_file if is_file else pyarrow.ipc.new_stream
    writer = opened(pyarrow.PythonFile(sink, mode="w"), schema, options=options)
    known: dict[int, Any] = {}
    for batch in batches:
        if is_file:
            columns = [with_shared(position, column, known) for position, column in enumerate(batch.columns)]
            batch = pyarrow.RecordBatch.from_arrays(columns, schema=schema)
        writer.write_batch(batch)
    writer.close()
