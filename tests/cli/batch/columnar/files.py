"""Parquet and Arrow IPC for the tests: written from frames, as files and as streams, and read again."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

import pyarrow.ipc  # noqa: E402  (pyarrow may be missing)
import pyarrow.parquet  # noqa: E402

LOGISTIC = "1/(1+exp(-(w*x+b)))"
READERS: dict[str, Callable[[Any], Any]] = {"parquet": polars.read_parquet, "arrow": polars.read_ipc}
WRITERS = {"parquet": "write_parquet", "arrow": "write_ipc"}


def written(frame: Any, path: Path, form: str) -> str:
    getattr(frame, WRITERS[form])(path)
    return path.name


def stream_of(*frames: Any) -> bytes:
    """A stream of one record batch a frame."""
    streams = []
    for frame in frames:
        stream = io.BytesIO()
        frame.write_ipc_stream(stream)
        streams.append(pyarrow.ipc.open_stream(stream.getvalue()))
    whole = io.BytesIO()
    with pyarrow.ipc.new_stream(whole, streams[0].schema) as writer:
        for one in streams:
            for batch in one:
                writer.write_batch(batch)
    return whole.getvalue()


def random_points() -> Any:
    """Three thousand rows of an id and the three variables of LOGISTIC."""
    source = random.Random(7)
    return polars.DataFrame(
        {"id": range(3000), **{name: [source.gauss(0, 3) for _ in range(3000)] for name in ("w", "x", "b")}}
    )


def arrow_schema(path: Path) -> Any:
    """The schema of a file of parquet or Arrow IPC, or of a stream."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_schema(path)
    data = path.read_bytes()
    return (pyarrow.ipc.open_file if data.startswith(b"ARROW1") else pyarrow.ipc.open_stream)(data).schema


def table_of(path: Path) -> Any:
    """The rows of a file of parquet or Arrow IPC, of all types that there are."""
    return pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.ipc.open_file(path).read_all()


def key_values(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What a file says of itself, and of each of its columns."""
    schema = arrow_schema(path)
    return in_text(schema.metadata), {field.name: in_text(field.metadata) for field in schema}


def in_text(pairs: Any) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (pairs or {}).items()}
