"""Parquet and Arrow IPC for the tests: written from frames, as files and as streams, and read again."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")

from backprop.cli.rows.arrow_messages import END, Taker, messages  # noqa: E402  (polars may be missing)

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
        streams.append(stream.getvalue()[:-8])  # without its end
    schema = next(messages(Taker(io.BytesIO(streams[0] + END))))
    opening = len(b"".join(schema.parts))
    return b"".join([streams[0], *(stream[opening:] for stream in streams[1:]), END])


def random_points() -> Any:
    """Three thousand rows of an id and the three variables of LOGISTIC."""
    source = random.Random(7)
    return polars.DataFrame(
        {"id": range(3000), **{name: [source.gauss(0, 3) for _ in range(3000)] for name in ("w", "x", "b")}}
    )
