"""Parquet and Arrow IPC as batches of rows, from files and pipes, in constant memory. Knows no variable."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow
import pyarrow.ipc
import pyarrow.parquet
from pyarrow import types

from backprop.cli.batch.columnar.arrow_types import (
    are_names_readable,
    inner,
    mapped,
    older,
    stored_bytes,
    with_readable_name,
)
from backprop.cli.batch.columnar.dictionaries import with_shared
from backprop.cli.batch.columnar.parts import BLOCK_ROWS, batches_of_part, parts_of
from backprop.cli.batch.input.files import FilePart
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.status import Failure

CHUNK = 1 << 20  # bytes asked for at once: a wrong length takes no more memory than there is data
BEGINNINGS = {"parquet": b"PAR1", "arrow": b"ARROW1\0\0"}
MAXIMUM_SHOWN = 200  # characters of what pyarrow says
VIEWS = (pyarrow.string_view(), pyarrow.binary_view())
INTERVALS = "intervals of months, days and milliseconds"
# What describes exactly the columns of the input, and would hide the results
OF_ALL_COLUMNS = frozenset(
    (b"org.apache.spark.sql.parquet.row.metadata", b"parquet.avro.schema", b"avro.schema", b"iceberg.schema")
)


class Stream:
    """A source as a file of Python: it gives as many bytes as are asked for, fewer only at its end."""

    closed = False

    def __init__(self, source: Source) -> None:
        self._source = source
        self._buffer = bytearray()
        self.is_cut = False  # it had less than was asked for

    def peek(self, count: int) -> bytes:
        while len(self._buffer) < count and (data := self._source.read(CHUNK)):
            self._buffer += data
        return bytes(self._buffer[:count])

    def read(self, count: int) -> bytes:
        parts = [bytes(memoryview(self._buffer)[:count])]
        del self._buffer[:count]
        missing = count - len(parts[0])
        while missing and (data := self._source.read(min(missing, CHUNK))):
            parts.append(data[:missing])
            self._buffer += data[missing:]
            missing -= len(parts[-1])
        self.is_cut = missing > 0
        return b"".join(parts)

    def close(self) -> None:
        """Whoever opened the source closes it."""


class Batches:
    """Blocks of rows as record batches of one schema, of types that older readers know. Raises Damaged.

    `notes` say what becomes of columns, by their places in the schema; `left_out` are those that are not in it, and
    what they hold. `has_strange_names`: U+FFFD stands in a column's name for what is not UTF-8. `replaced` are the
    places of those columns in whose cells it stands so far, and `dictionaries` are those that all batches share. `size`
    is what `consumed` will come to, where that is known. `whole`: of a part of a file, all of it.
    """

    whole: Batches | None = None

    def __init__(self, schema: Any, size: int | None, rows: int | None = None) -> None:
        self.size, self.rows = size, rows
        self.consumed = 0
        self.notes: dict[int, str] = {}
        self.left_out: dict[str, str] = {}
        self.replaced: set[int] = set()
        self.dictionaries: dict[int, Any] = {}
        self._changes: list[tuple[int, Any]] = []  # of each column that is kept: its place, what is made of it first
        fields = []
        given = [schema.field(index) for index in range(len(schema))]
        known = [with_readable_name(field) for field in given]
        self.has_strange_names = known != given
        self._names = [field.name for field in known]
        for position, readable_field in enumerate(known):
            field, change = self._taken(position, readable_field)
            if field is not None and not are_names_readable(field.type):
                self.left_out[field.name] = "fields whose names are not UTF-8 text"
            elif field is not None:
                self._changes.append((position, change))
                fields.append(field.with_type(mapped(decoded(field.type), older)))
        kept = {key: value for key, value in (schema.metadata or {}).items() if key not in OF_ALL_COLUMNS}
        self.schema = pyarrow.schema(fields, kept or None)

    def _taken(self, position: int, field: Any) -> tuple[Any, Any]:
        """A column's field, None where it cannot be read, and what is made of the column first, if anything."""
        return field, None

    def share_dictionaries(self) -> None:
        """Find out, where that is possible, what batches share that have each their own dictionary otherwise."""

    def _read(self) -> Iterator[Any]:
        """The batches as pyarrow reads them; `consumed` grows."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        batches = self._read()
        while True:
            with said_by_arrow():
                batch = next(batches, None)
                if batch is None:
                    return
                batch = batch.rename_columns(self._names)  # pyarrow gives no column whose name is not UTF-8
                columns = [
                    self._column(number, batch.column(position)) for number, (position, _) in enumerate(self._changes)
                ]
                whole = pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)
            for start in range(0, whole.num_rows, BLOCK_ROWS):
                yield whole.slice(start, BLOCK_ROWS)

    def _column(self, number: int, column: Any) -> Any:
        change = self._changes[number][1]
        if change is not None:
            return change(column)
        whole = checked(column)
        if whole is not column:
            self.replaced.add(number)
        if isinstance(whole, pyarrow.RunEndEncodedArray):
            from pyarrow import compute  # here, not above: it takes as long to import as all the rest of pyarrow

            whole = compute.run_end_decode(whole)
        kind = self.schema.field(number).type
        whole = whole if whole.type == kind else as_type(whole, kind)
        return with_shared(number, whole, self.dictionaries) if number in self.dictionaries else whole


class StreamBatches(Batches):
    """The batches of a stream of Arrow IPC, each as soon as it is there."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        try:
            with said_by_arrow():
                self._reader = pyarrow.ipc.open_stream(pyarrow.PythonFile(stream, mode="r"))
        except Damaged:
            raise Damaged("this is not Arrow IPC, or only the beginning of it") from None
        super().__init__(self._reader.schema, None)

    def _read(self) -> Iterator[Any]:
        try:
            with said_by_arrow():
                yield from self._reader
        except Damaged:
            if self._stream.is_cut:
                raise Damaged("it is cut off") from None
            raise
        while self._stream.read(CHUNK):
            pass  # what comes behind the end: whoever writes it into a pipe is to get rid of it


class FileBatches(Batches):
    """The batches of an open file of Arrow IPC. It is read, not mapped: cut meanwhile, that would end in SIGBUS."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        with said_by_arrow():
            self._reader = pyarrow.ipc.open_file(pyarrow.PythonFile(file, mode="r"))
        super().__init__(self._reader.schema, size_of(file))

    def _read(self) -> Iterator[Any]:
        for number in range(self._reader.num_record_batches):
            batch = self._reader.get_batch(number)
            self.consumed = self._file.tell()
            yield batch


class ParquetBatches(Batches):
    """The rows of an open file of parquet, or a part of them; intervals, which pyarrow has as bytes only, are text."""

    def __init__(self, file: BinaryIO, part: FilePart | None = None) -> None:
        with said_by_arrow():
            source = pyarrow.PythonFile(file, mode="r")
            self._file = pyarrow.parquet.ParquetFile(source, pre_buffer=False, buffer_size=CHUNK)
            schema = self._file.schema_arrow
            leaves = [self._file.schema.column(position) for position in range(len(self._file.schema))]
        self._are_intervals = iter([leaf.converted_type == "INTERVAL" for leaf in leaves])
        self._part = part or FilePart(0, self._file.metadata.num_rows)
        if part is not None:
            self.whole = ParquetBatches(file)
        rows = self._part.end - self._part.first
        super().__init__(schema, rows, rows)

    def _taken(self, position: int, field: Any) -> tuple[Any, Any]:
        leaves = sum(not kind.num_fields for kind in inner(field.type))
        if not any([next(self._are_intervals, False) for _ in range(leaves)]):
            return field, None
        if field.type.num_fields:
            self.left_out[field.name] = INTERVALS
            return None, None
        from backprop.cli.batch.columnar.text import interval_text  # here, not above: half of pyarrow is for texts

        self.notes[len(self._changes)] = f"it is written as text: {INTERVALS}"
        return pyarrow.field(field.name, pyarrow.large_string()), interval_text

    def parts(self, rows: int) -> list[FilePart]:
        """Parts of the file, of at least so many rows each."""
        return parts_of(self._file, rows)

    def share_dictionaries(self) -> None:
        known: dict[int, Any] = {}
        places = {field.name: index for index, field in enumerate(self.schema) if types.is_dictionary(field.type)}
        with said_by_arrow():
            for batch in self._file.iter_batches(BLOCK_ROWS, columns=list(places)) if places else ():
                for name, position in places.items():
                    column = as_type(checked(batch.column(name)), self.schema.field(position).type)
                    with_shared(position, column, known)
        self.dictionaries = known

    def _read(self) -> Iterator[Any]:
        for batch in batches_of_part(self._file, self._part):
            self.consumed += batch.num_rows
            yield batch
        if self.consumed != self.rows:
            raise Damaged(f"it is damaged: by its table of contents it has {self.rows} rows")


def batches_of(source: Source, form: str, stack: contextlib.ExitStack, part: FilePart | None = None) -> Batches:
    """The rows of a source of parquet or arrow, or a part of parquet; `stack` keeps what they need. Raises Failure."""
    stream = Stream(source)
    try:
        head = stream.peek(8)
        if not head:
            raise Failure(f"{source.name}: it is empty", f"it has to be a file of {form}")
        if not head.startswith(BEGINNINGS[form]):
            if form == "arrow":
                return StreamBatches(stream)
            raise Damaged("this is not Parquet")
        file = source.file
        if file is None or size_of(file) != source.size:  # stdin may be a file of which somebody has read a part
            file = spooled(stream, stack)
        return FileBatches(file) if form == "arrow" else ParquetBatches(file, part)
    except Damaged as damage:
        raise Failure(f"{source.name}: {damage}", "--from FORMAT says what it is, where its ending does not") from None


def size_of(file: BinaryIO) -> int:
    place = file.tell()
    try:
        return file.seek(0, os.SEEK_END)
    finally:
        file.seek(place)


def spooled(stream: Stream, stack: contextlib.ExitStack) -> BinaryIO:
    """An open file of what a pipe holds: these files have their table of contents at the end."""
    temporary: Any = tempfile.TemporaryFile  # it has no name: a kill leaves none
    kept = stack.enter_context(temporary())
    try:
        while data := stream.read(CHUNK):
            kept.write(data)
        kept.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failure(f"the rows could not be kept in {tempfile.gettempdir()}: {reason}", "set TMPDIR") from None
    return cast(BinaryIO, io.FileIO(kept.fileno(), closefd=False))


def decoded(kind: Any) -> Any:
    """The type of a column's values where runs of equal ones are written one by one."""
    return kind.value_type if types.is_run_end_encoded(kind) else kind


def as_type(column: Any, kind: Any) -> Any:
    """The column, which is whole, as one of a type that holds the same.

    pyarrow's own cast of views looks at those of nulls, too, and ends behind the buffer of lists' offsets.
    """
    if isinstance(column, pyarrow.DictionaryArray):
        dictionary = as_type(column.dictionary, kind.value_type)
        return pyarrow.DictionaryArray.from_arrays(column.indices, dictionary, ordered=kind.ordered)
    if column.type in VIEWS and column.null_count:
        validity, views, *data = column.buffers()
        known = np.frombuffer(views, np.int64).reshape(-1, 2).copy()
        known[column.offset : column.offset + len(column)][column.is_null()] = 0
        buffers = [validity, pyarrow.py_buffer(known), *data]
        column = pyarrow.Array.from_buffers(column.type, len(column), buffers, offset=column.offset)
    elif column.type not in VIEWS and any("view" in str(part) for part in inner(column.type)):
        return pyarrow.array(column.to_pylist(), kind)
    return column.cast(kind)


def checked(column: Any) -> Any:
    """The column, if it is whole: what is read from elsewhere may lead out of its buffers. Raises ArrowInvalid.

    Where all that is wrong are texts that are not UTF-8, it is another one, with U+FFFD in them.
    """
    kind = column.type
    if isinstance(column, pyarrow.ExtensionArray):
        storage = column.storage
        whole = checked(storage)
        return column if whole is storage else pyarrow.ExtensionArray.from_storage(kind, whole)
    column.validate()
    if types.is_primitive(kind) or types.is_decimal(kind):
        return column  # a number out of its type's range leads nowhere
    try:
        column.validate(full=True)
        return column
    except pyarrow.ArrowInvalid:
        cells = column.cast(mapped(kind, stored_bytes))
        cells.validate(full=True)
    return pyarrow.array([readable(cell) for cell in cells.to_pylist()], kind)


def readable(cell: Any) -> Any:
    """A cell with its bytes as text."""
    if isinstance(cell, bytes):
        return cell.decode(errors="replace")
    if isinstance(cell, dict):
        return {name: readable(value) for name, value in cell.items()}
    return [readable(entry) for entry in cell] if isinstance(cell, Sequence) and not isinstance(cell, str) else cell


@contextlib.contextmanager
def said_by_arrow() -> Iterator[None]:
    """Raises Damaged for whatever pyarrow makes of a file that it cannot read."""
    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, LookupError, MemoryError, OverflowError) as error:
        text = " ".join(str(error).split()).removeprefix("Could not open Parquet input source '<Buffer>': ")
        if isinstance(error, UnicodeDecodeError):
            text = "the name of a column is not UTF-8 text"
        is_known = isinstance(error, pyarrow.ArrowNotImplementedError)
        reason = "it cannot be read" if is_known else "it is damaged"
        raise Damaged(f"{reason}: {text[:1].lower()}{text[1:MAXIMUM_SHOWN]}") from None
