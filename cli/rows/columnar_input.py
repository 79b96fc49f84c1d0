"""Parquet and Arrow IPC as blocks of rows, from files and pipes, in constant memory. Knows no variable."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from backprop.cli.rows.arrow_messages import RecordBatches, Taker
from backprop.cli.rows.source import Damaged, Source
from backprop.cli.status import Failure, Status

BLOCK_ROWS = 1 << 16
AHEAD = 2  # groups of rows: by itself polars takes a hundred MB more, and is no faster
BEGINNINGS = {"parquet": b"PAR1", "arrow": b"ARROW1\0\0"}
MAXIMUM_SHOWN = 200  # characters of what polars says


def polars_for(what: str) -> Any:
    """The module. Raises Failure that names the extra where it is not installed, or is too old."""
    cure = "install it: pip install 'backprop-cli[fast]'; or use csv, tsv or ndjson"
    os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", str(AHEAD))
    try:
        import polars
    except ImportError:
        raise Failure(f"{what} needs the extra 'fast'", cure, Status.WRONG_QUESTION) from None
    if not hasattr(polars.LazyFrame, "collect_batches"):
        raise Failure(f"{what} needs a newer polars than {polars.__version__}", cure, Status.WRONG_QUESTION)
    return polars


class Frames(Protocol):
    """Blocks of rows as polars DataFrames of one schema. Iterating raises Damaged after all that could be read."""

    schema: Mapping[str, Any]
    rows: int | None  # in all, where that is known

    def __iter__(self) -> Iterator[Any]: ...


def frames_of(source: Source, form: str, stack: contextlib.ExitStack) -> Frames:
    """The rows of a source of parquet or arrow; `stack` keeps what they need. Raises Failure."""
    taker = Taker(source)
    try:
        head = taker.peek(8)
        if not head:
            raise Failure(f"{source.name}: it is empty", f"it has to be a file of {form}")
        if head.startswith(BEGINNINGS[form]):
            return Scanned(plain_path(source, head) or spooled(taker, stack), form)
        if form == "arrow":
            return Streamed(taker)
        raise Damaged("this is no parquet")
    except Damaged as damage:
        raise Failure(f"{source.name}: {damage}", "--from FORMAT says what it is, where its ending does not") from None


def is_plain(source: Source, head: bytes) -> bool:
    """Whether it is a file that is not packed, and is read from its beginning."""
    status = os.fstat(source.descriptor)
    return source.is_file and source.size == status.st_size and os.pread(source.descriptor, len(head), 0) == head


def plain_path(source: Source, head: bytes) -> str | None:
    """A path to the open file that polars can read, however the file is called; None where there is none."""
    path = f"/proc/self/fd/{source.descriptor}"
    if not is_plain(source, head):
        return None
    if os.path.exists(path):
        return path
    return os.path.abspath(source.name) if os.path.exists(source.name) else None


def spooled(taker: Taker, stack: contextlib.ExitStack) -> str:
    """A path to what a pipe holds: these files have their table of contents at the end."""
    has_paths = os.path.isdir("/proc/self/fd")
    temporary: Any = tempfile.TemporaryFile if has_paths else tempfile.NamedTemporaryFile  # no name: a kill leaves none
    kept = stack.enter_context(temporary())
    try:
        for data in taker.drain():
            kept.write(data)
        kept.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Failure(f"the rows could not be kept in {tempfile.gettempdir()}: {reason}", "set TMPDIR") from None
    return f"/proc/self/fd/{kept.fileno()}" if has_paths else str(kept.name)


class Scanned:
    """A file of parquet or Arrow IPC, read a part at a time."""

    def __init__(self, path: str, form: str) -> None:
        import polars

        scan = polars.scan_parquet if form == "parquet" else polars.scan_ipc
        with said_by_polars():
            self._scan = scan(path, glob=False, hive_partitioning=False)
            self.schema: Mapping[str, Any] = dict(self._scan.collect_schema())
            self.rows: int | None = self._scan.select(polars.len()).collect().item()

    def __iter__(self) -> Iterator[Any]:
        with said_by_polars():
            yield from self._scan.collect_batches(chunk_size=BLOCK_ROWS)


class Streamed:
    """A stream of Arrow IPC: each batch is there as soon as it is read."""

    rows: int | None = None

    def __init__(self, taker: Taker) -> None:
        self._batches = RecordBatches(taker)
        self.schema: Mapping[str, Any] = dict(frame_of(self._batches.schema).schema)

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            yield from frame_of(batch).iter_slices(BLOCK_ROWS)


def frame_of(stream: bytes) -> Any:
    import polars

    with said_by_polars():
        return polars.read_ipc_stream(io.BytesIO(stream))


@contextlib.contextmanager
def said_by_polars() -> Iterator[None]:
    """Raises Damaged for whatever polars makes of a file that it cannot read."""
    import polars

    try:
        yield
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        text = " ".join(str(error).split()).split(" (set POLARS")[0].split(" Resolved plan")[0]
        text = text.removeprefix("parquet: ").removeprefix("File out of specification: ")
        raise Damaged(f"it is damaged: {text[:1].lower()}{text[1:MAXIMUM_SHOWN]}") from None
