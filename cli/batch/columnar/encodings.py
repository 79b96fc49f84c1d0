"""How parquet is to hold each column, by a sample of the rows. Writes no file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from pyarrow import types

from backprop.autodiff.named_tuple import NamedTuple

SAMPLE_ROWS = 1 << 13
WORTH = 7 / 8  # of the size: less than that it has to be to be worth more time
# By the size of a page alone: pages of so few rows as later versions have by themselves take a tenth longer.
PAGES = {"max_rows_per_page": 1 << 20} if int(pyarrow.__version__.split(".")[0]) >= 23 else {}


class Packing(NamedTuple):
    """How the cells of a column are packed. `has_streams`: all their first bytes come first, then all second ones, …

    https://parquet.apache.org/docs/file-format/data-pages/encodings/#byte-stream-split-byte_stream_split--9
    """

    codec: str
    level: int | None
    has_streams: bool

    def size(self, doubles: Any) -> int:
        """The bytes that they take."""
        if self.has_streams:
            doubles = doubles.view(np.uint8).reshape(-1, doubles.itemsize).T
        return len(pyarrow.Codec(self.codec, self.level).compress(np.ascontiguousarray(doubles)))


AS_GIVEN = Packing("zstd", 3, has_streams=False)
# Of most results no compression finds the digits again, while signs and exponents are much alike. The quickest first.
PACKINGS = (Packing("snappy", None, has_streams=True), Packing("zstd", 1, has_streams=True), AS_GIVEN)


def parquet_options(schema: Any, batch: Any) -> dict[str, Any]:
    """The options of pyarrow's writer for rows like those of the batch. Numbers have no dictionary: few are equal."""
    middle = max(0, batch.num_rows - SAMPLE_ROWS) // 2
    sample = batch.slice(middle, SAMPLE_ROWS)
    parts = [part for column in sample.columns for part in leaves(column)]
    chosen = {path: packing_of(part) for path, part in zip(leaf_paths(schema), parts, strict=True)}
    return {
        "compression": {path: packing.codec for path, packing in chosen.items()},
        "compression_level": {path: packing.level for path, packing in chosen.items() if packing.level},
        "use_byte_stream_split": [path for path, packing in chosen.items() if packing.has_streams],
        "use_dictionary": [field.name for field in schema if not types.is_primitive(field.type)],
        **PAGES,
    }


def packing_of(column: Any) -> Packing:
    """The quickest of those that need hardly more space than the smallest."""
    cells = column.drop_null() if column.null_count else column
    if not types.is_float64(cells.type) or not len(cells):
        return AS_GIVEN
    doubles = np.asarray(cells)
    sizes = [packing.size(doubles) for packing in PACKINGS]
    return next(packing for packing, size in zip(PACKINGS, sizes, strict=True) if size * WORTH <= min(sizes))


def leaf_paths(schema: Any) -> list[str]:
    """The names by which parquet has the columns, and what is in lists and records."""
    empty = io.BytesIO()
    pyarrow.parquet.ParquetWriter(empty, schema).close()
    known = pyarrow.parquet.ParquetFile(empty).schema
    return [known.column(position).path for position in range(len(known))]


def leaves(column: Any) -> Iterator[Any]:
    """The column, or what is in its lists and records, in parquet's order."""
    if isinstance(column, pyarrow.ExtensionArray):
        column = column.storage
    if types.is_map(column.type):
        parts = [column.keys, column.items]
    elif types.is_nested(column.type):
        parts = column.flatten() if types.is_struct(column.type) else [column.flatten()]
    else:
        yield column
        return
    for part in parts:
        yield from leaves(part)
