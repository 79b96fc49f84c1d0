"""Parquet and Arrow IPC as blocks of rows, from files and pipes, in constant memory. Knows no variable."""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Protocol

from backprop.cli.batch.columnar.arrow_batches import FiledBatches, RecordBatches
from backprop.cli.batch.columnar.arrow_columns import MOST_DIGITS, Column
from backprop.cli.batch.columnar.arrow_stream import Taker
from backprop.cli.batch.columnar.library import has_room, loaded
from backprop.cli.batch.columnar.metadata import Described, described_by_parquet
from backprop.cli.batch.columnar.parquet_groups import RowGroups
from backprop.cli.batch.columnar.undecodable import decoded, with_bytes
from backprop.cli.batch.input.source import Damaged, Source
from backprop.cli.status import Failure, Status

BLOCK_ROWS = 1 << 16
AHEAD = 2  # groups of rows: by itself polars takes a hundred MB more, and is no faster
BEGINNINGS = {"parquet": b"PAR1", "arrow": b"ARROW1\0\0"}
MAXIMUM_SHOWN = 200  # characters of what polars says


def polars_for(what: str) -> Any:
    """The module. Raises Failure that names the extra where it is not installed, or is too old."""
    cure = "install it: pip install 'backprop-cli[fast]'; or use csv, tsv or ndjson"
    os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", str(AHEAD))
    if find_spec("polars") is None:
        raise Failure(f"{what} needs the extra 'fast'", cure)
    if not has_room():
        raise Failure(f"{what} needs more memory than is allowed", "raise the limit (ulimit -v), or use csv or ndjson")
    try:
        polars = loaded()
    except Exception as error:
        said = " ".join(str(error).split())
        raise Failure(
            f"{what} needs polars, which cannot be imported: {said}", "mend it, or use csv or ndjson"
        ) from None
    if not hasattr(polars.LazyFrame, "collect_batches"):
        raise Failure(f"{what} needs a newer polars than {polars.__version__}", cure, Status.WRONG_QUESTION)
    return polars


class Frames(Protocol):
    """Blocks of rows as polars DataFrames of one schema. Iterating raises Damaged after all that could be read.

    `columns` are all of the input, of which some may have another name in the schema, or none. `replaced` are those in
    which U+FFFD stands so far for what is not UTF-8.
    """

    schema: Mapping[str, Any]
    columns: Sequence[Column]
    described: Described
    rows: int | None  # in all, where that is known
    replaced: set[str]

    def __iter__(self) -> Iterator[Any]: ...


def frames_of(source: Source, form: str, stack: contextlib.ExitStack) -> Frames:
    """The rows of a source of parquet or arrow; `stack` keeps what they need. Raises Failure."""
    taker = Taker(source)
    try:
        head = taker.peek(8)
        if not head:
            raise Failure(f"{source.name}: it is empty", f"it has to be a file of {form}")
        if not head.startswith(BEGINNINGS[form]):
            if form == "arrow":
                return Alone(RecordBatches(taker))
            raise Damaged("this is no parquet")
        descriptor = source.descriptor if is_plain(source, head) else spooled(taker, stack)
        if form == "arrow":
            return Alone(FiledBatches(descriptor))
        return parquet_frames(source, descriptor)
    except Damaged as damage:
        raise Failure(f"{source.name}: {damage}", "--from FORMAT says what it is, where its ending does not") from None


def parquet_frames(source: Source, descriptor: int) -> Frames:
    """The rows of an open file of parquet. Raises Damaged."""
    path, damage = path_of(source, descriptor), None
    if path is not None:
        try:
            frames = Scanned(path, descriptor)
            if not any(map(is_wide, frames.schema.values())):
                return frames
        except Damaged as error:
            damage = error
    groups = RowGroups(descriptor)
    if damage and not groups.is_changed:
        raise damage
    return Alone(groups)


def is_plain(source: Source, head: bytes) -> bool:
    """Whether it is a file that is not packed, and is read from its beginning."""
    status = os.fstat(source.descriptor)
    return source.is_file and source.size == status.st_size and os.pread(source.descriptor, len(head), 0) == head


def path_of(source: Source, descriptor: int) -> str | None:
    """A path to the open file that polars can read, however the file is called; None where there is none."""
    for path in (f"/proc/self/fd/{descriptor}", os.path.abspath(source.name)):
        if os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(descriptor)):
            return path
    return None


def spooled(taker: Taker, stack: contextlib.ExitStack) -> int:
    """An open file of what a pipe holds: these files have their table of contents at the end."""
    temporary: Any = tempfile.TemporaryFile  # it has no name: a kill leaves none
    kept = stack.enter_context(temporary())
    try:
        for data in taker.drain():
            kept.write(data)
        kept.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failure(f"the rows could not be kept in {tempfile.gettempdir()}: {reason}", "set TMPDIR") from None
    descriptor: int = kept.fileno()
    return descriptor


class Scanned:
    """A file of parquet, read a part at a time."""

    def __init__(self, path: str, descriptor: int) -> None:
        import polars

        with said_by_polars():
            self._scan = polars.scan_parquet(path, glob=False, hive_partitioning=False)
            self.schema: Mapping[str, Any] = dict(self._scan.collect_schema())
            self.rows: int | None = self._scan.select(polars.len()).collect().item()
            pairs = polars.read_parquet_metadata(path)
        self.columns: Sequence[Column] = [Column(name, name) for name in self.schema]
        self.described = described_by_parquet(pairs, self.columns)
        self.replaced: set[str] = set()
        self._descriptor = descriptor

    def __iter__(self) -> Iterator[Any]:
        rows = 0
        try:
            with said_by_polars():
                for frame in self._scan.collect_batches(chunk_size=BLOCK_ROWS):
                    yield frame
                    rows += frame.height
        except Damaged as damage:
            if not is_of_text(damage):
                raise
            yield from self._by_groups(rows)

    def _by_groups(self, known: int) -> Iterator[Any]:
        """The rows behind the known ones, where texts are not UTF-8."""
        groups = Alone(RowGroups(self._descriptor))
        groups.replaced = self.replaced
        for frame in groups:
            if frame.height > known:
                yield frame.slice(known)
            known = max(known - frame.height, 0)


def is_of_text(damage: Damaged) -> bool:
    """Whether polars takes it amiss that a text is not UTF-8."""
    return "utf" in str(damage).lower()


class Batches(Protocol):
    """Parts of a file or stream, each as one that polars can read by itself; `opening` is that of no row."""

    rows: int | None

    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def described(self) -> Described: ...
    @property
    def opening(self) -> bytes: ...
    def __iter__(self) -> Iterator[bytes]: ...


class Alone:
    """Batches that are read one by one, each as soon as it is there."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self.columns: Sequence[Column] = batches.columns
        self.described = batches.described
        self.rows = batches.rows
        self.replaced: set[str] = set()
        self.schema: Mapping[str, Any] = dict(self._frame(batches.opening).schema)

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            yield from self._frame(batch).iter_slices(BLOCK_ROWS)

    def _frame(self, batch: bytes) -> Any:
        try:
            return self._read(batch)
        except Damaged as damage:
            if not is_of_text(damage):
                raise
        return decoded(self._read(with_bytes(batch)), self.schema, self.replaced)

    def _read(self, batch: bytes) -> Any:
        import polars

        with said_by_polars():
            read = polars.read_parquet if batch.startswith(b"PAR1") else polars.read_ipc_stream
            frame = read(io.BytesIO(batch))
            for column in self.columns:
                if column.name is not None and column.as_text:
                    cells = [None if cell is None else column.as_text(cell) for cell in frame[column.name]]
                    frame = frame.with_columns(polars.Series(column.name, cells, dtype=polars.String))
            return frame


def is_wide(dtype: Any) -> bool:
    """Whether the type holds decimals of more digits than polars can have."""
    return any(int(digits) > MOST_DIGITS for digits in re.findall(r"precision=(\d+)", str(dtype)))


@contextlib.contextmanager
def said_by_polars() -> Iterator[None]:
    """Raises Damaged for whatever polars makes of a file that it cannot read."""
    import polars

    try:
        yield
    except (
        polars.exceptions.PolarsError,
        polars.exceptions.PanicException,
        OSError,
        ValueError,
        struct.error,
    ) as error:
        text = " ".join(str(error).split()).split(" (set POLARS")[0].split(" Resolved plan")[0]
        text = text.removeprefix("parquet: ").removeprefix("File out of specification: ")
        raise Damaged(f"it is damaged: {text[:1].lower()}{text[1:MAXIMUM_SHOWN]}") from None
