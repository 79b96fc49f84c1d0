"""Parquet and Arrow IPC for the tests: written from frames, as files and as streams, and read again."""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")

from backprop.cli.batch.columnar.arrow_columns import schema_of  # noqa: E402  (polars may be missing)
from backprop.cli.batch.columnar.arrow_format import CONTENTS, metadata_of  # noqa: E402
from backprop.cli.batch.columnar.arrow_stream import END, Taker, messages  # noqa: E402
from backprop.cli.batch.columnar.flat_buffers import read_root  # noqa: E402

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


def arrow_schema(data: bytes) -> Any:
    """The schema of a file of Arrow IPC or of a stream, by field numbers."""
    if data.startswith(b"ARROW1"):
        length = int.from_bytes(data[-10:-6], "little")
        return read_root(data[-10 - length : -10], CONTENTS)[1]
    return schema_of(next(messages(Taker(io.BytesIO(data)))).parts[1])


def key_values(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What a file says of itself, and of each of its columns."""
    if path.suffix == ".parquet":
        pairs = polars.read_parquet_metadata(path)
        schema = arrow_schema(base64.b64decode(pairs["ARROW:schema"]))
    else:
        schema = arrow_schema(path.read_bytes())
        pairs = in_text(schema.get(2, []))
    return pairs, {field[0].decode(): in_text(field.get(6, [])) for field in schema[1]}


def in_text(pairs: Any) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in metadata_of(pairs).items()}
