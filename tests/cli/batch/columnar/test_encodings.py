"""How columns lie in a file of Parquet: whatever a sample says, the cells are the same and take little space."""

from __future__ import annotations

import io

import numpy as np
import pytest

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytestmark = pytest.mark.extras

from backprop.cli.batch.columnar.encodings import PACKINGS, parquet_options  # noqa: E402  (pyarrow may be missing)

DIGITS = np.random.default_rng(0).normal(size=1 << 14)
COLUMNS = {
    "digits": DIGITS,
    "with.nulls": pyarrow.array(np.where(DIGITS > 1, np.nan, DIGITS), from_pandas=True),
    "whole": np.floor(1000 * DIGITS),
    "few": np.resize(DIGITS[:50], len(DIGITS))[np.argsort(DIGITS)],
    "all null": pyarrow.nulls(len(DIGITS), pyarrow.float64()),
    "short": DIGITS.astype(np.float32),
    "counts": np.arange(len(DIGITS)),
    "texts": ["a", "b"] * (len(DIGITS) // 2),
    "lists": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(DIGITS).take(np.arange(2 * len(DIGITS)) // 2), 2),
    "records": [{"digits": digit, "list": [digit], "text": "a"} for digit in DIGITS.tolist()],
    "maps": pyarrow.array([[("a", digit)] for digit in DIGITS], pyarrow.map_(pyarrow.string(), pyarrow.float64())),
}
IN_STREAMS = ["digits", "with.nulls", "whole", "records.digits", "records.list.list.element", "maps.key_value.value"]


@pytest.fixture(scope="module")
def rows():
    return pyarrow.RecordBatch.from_pydict(COLUMNS)


def written(rows, **options):
    file = io.BytesIO()
    with parquet.ParquetWriter(file, rows.schema, **options) as writer:
        writer.write_batch(rows)
    return file


def test_columns_of_digits_are_streams_of_bytes_and_stay_what_they_are(rows):
    file = written(rows, **parquet_options(rows.schema, rows))
    assert parquet.read_table(file).equals(pyarrow.table(rows))
    group = parquet.ParquetFile(file).metadata.row_group(0)
    chunks = [group.column(position) for position in range(group.num_columns)]
    assert [chunk.path_in_schema for chunk in chunks if "BYTE_STREAM_SPLIT" in chunk.encodings] == IN_STREAMS
    assert {chunk.path_in_schema: chunk.compression for chunk in chunks}["digits"] == "SNAPPY"


@pytest.mark.parametrize("name", ["digits", "whole", "few", "lists"])
def test_no_column_takes_much_more_space_than_by_the_best_layout(rows, name):
    column = rows.select([name])
    path = "lists.list.element" if name == "lists" else name
    sizes = [
        len(
            written(
                column,
                compression=packing.codec,
                compression_level=packing.level,
                use_byte_stream_split=[path] if packing.has_streams else False,
                use_dictionary=False,
            ).getbuffer()
        )
        for packing in PACKINGS
    ]
    assert len(written(column, **parquet_options(column.schema, column)).getbuffer()) < 1.2 * min(sizes)


def test_rows_to_come_may_be_unknown(rows):
    file = written(rows, **parquet_options(rows.schema, rows.slice(0, 0)))
    assert parquet.read_table(file).equals(pyarrow.table(rows))
