"""Writes the files beside it: columns that polars cannot write, which others can.

Run once by hand, with pyarrow 26, pandas 3 and duckdb 2 installed: python make.py
"""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas
import pyarrow
import pyarrow.ipc
import pyarrow.parquet

FOLDER = os.path.dirname(os.path.abspath(__file__))


def extended(kind: Any, cells: list[Any]) -> Any:
    return pyarrow.ExtensionArray.from_storage(kind, pyarrow.array(cells, kind.storage_type))


def of_all_forms() -> dict[str, Any]:
    """Four rows, with a null in each column that can have one."""
    periods = pyarrow.array(pandas.Series(pandas.period_range("2020-01", periods=4, freq="M")))
    moments = [datetime(2020, 1, 1, 12), None, datetime(1960, 1, 1), datetime(2020, 1, 1)]
    return {
        "x": pyarrow.array([1.0, 2.0, 3.0, 4.0]),
        "wide": pyarrow.array([Decimal("1.10"), None, Decimal("-0.05"), Decimal("2")], pyarrow.decimal256(39, 2)),
        "wider": pyarrow.array([Decimal("1" * 50), None, Decimal("-1"), Decimal("0")], pyarrow.decimal256(76, 0)),
        "large": pyarrow.array([Decimal("1.5"), None, Decimal("-1"), Decimal("0")], pyarrow.decimal256(20, 2)),
        "wides": pyarrow.array([[Decimal("1.10")], None, [], []], pyarrow.list_(pyarrow.decimal256(39, 2))),
        "period": periods,
        "interval": pyarrow.array(pandas.arrays.IntervalArray.from_breaks([0, 1, 2, 3, 4])),
        "flag": extended(pyarrow.bool8(), [1, 0, None, 1]),
        "tensor": extended(pyarrow.fixed_shape_tensor(pyarrow.int32(), [2, 2]), [[1, 2, 3, 4]] * 4),
        "json": extended(pyarrow.json_(), ['{"a": 1}', None, "[]", "1"]),
        "uuid": extended(pyarrow.uuid(), [b"a" * 16, None, b"c" * 16, b"d" * 16]),
        "periods": pyarrow.ListArray.from_arrays([0, 1, 2, 3, 4], periods),
        "moment": pyarrow.array(moments, pyarrow.timestamp("us", "+05:30")),
        "view": pyarrow.array([[1, 2], None, [], [3]], pyarrow.list_view(pyarrow.int64())),
        "half": pyarrow.array([1, 2.5, None, 0.5], pyarrow.float16()),
        "day": pyarrow.array([date(2020, 1, 1), None, date(1960, 1, 1), date(2020, 1, 2)], pyarrow.date64()),
        "map": pyarrow.array([[("a", 1)], None, [], [("b", 2)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "text": pyarrow.array(["a", None, "é longer than twelve bytes", ""], pyarrow.string_view()),
        "kind": pyarrow.array(["u", None, "v", "u"]).dictionary_encode(),
        "last": pyarrow.array(["p", "q", "r", "s"]),
    }


def of_arrow_only() -> dict[str, Any]:
    kinds, places = pyarrow.array([0, 1, 0, 1], pyarrow.int8()), pyarrow.array([0, 0, 1, 1], pyarrow.int32())
    parts = [pyarrow.array([1, 2]), pyarrow.array(["x", "y"])]
    months = [pyarrow.MonthDayNano([14, 3, 1_500_000_000]), None, pyarrow.MonthDayNano([0, 0, 0])]
    return {
        "dense": pyarrow.UnionArray.from_dense(kinds, places, parts),
        "sparse": pyarrow.UnionArray.from_sparse(kinds, [pyarrow.array([1, 2, 3, 4]), pyarrow.array(list("wxyz"))]),
        "runs": pyarrow.RunEndEncodedArray.from_arrays(pyarrow.array([1, 4], pyarrow.int32()), pyarrow.array([1, 2])),
        "span": pyarrow.array([*months, pyarrow.MonthDayNano([-1, 0, -1])]),
        "spans": pyarrow.array([[months[0]], None, [], []]),
        "nothing": pyarrow.array([{}] * 4, pyarrow.struct([])),
    }


def not_utf_8(cells: list[bytes | None], kind: Any, stored: Any) -> Any:
    return pyarrow.Array.from_buffers(kind, len(cells), pyarrow.array(cells, stored).buffers())


def with_strays() -> dict[str, Any]:
    cells = [b"ok", b"a\xff\xfe", None, b"\xc3"]
    return {
        "x": pyarrow.array([1.0, 2.0, 3.0, 4.0]),
        "s": not_utf_8(cells, pyarrow.string(), pyarrow.binary()),
        "l": not_utf_8(cells, pyarrow.large_string(), pyarrow.large_binary()),
        "whole": pyarrow.array(["é"] * 4),
        "span": pyarrow.array([1, None, 3, 4], pyarrow.duration("us")),
    }


class Point(pyarrow.ExtensionType):
    """A type that describes itself by bytes that are no text, as those of Python's pickle are."""

    def __init__(self) -> None:
        super().__init__(pyarrow.list_(pyarrow.float64(), 2), "test.point")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"\x80\xff"

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Point:
        return cls()


def with_strange_types() -> dict[str, Any]:
    pairs = pyarrow.array([[1, 2], None, [3, 4]], Point().storage_type)
    return {
        "x": pyarrow.array([1.0, 2.0, 3.0]),
        "point": pyarrow.ExtensionArray.from_storage(Point(), pairs),
    }


def described(table: Any) -> Any:
    schema = table.schema.set(0, table.schema.field(0).with_metadata({"unit": "m"}))
    return table.cast(schema.with_metadata({"geo": '{"version": "1.0.0"}', "note": "é"}))


def write(name: str, table: Any) -> None:
    path = os.path.join(FOLDER, name)
    if name.endswith(".parquet"):
        pyarrow.parquet.write_table(table, path, row_group_size=3)
        return
    opened = pyarrow.ipc.new_stream if name.endswith(".stream.arrow") else pyarrow.ipc.new_file
    with opened(path, table.schema) as out:
        out.write_table(table, max_chunksize=3)


def main() -> None:
    columns = of_all_forms()
    write("odd.parquet", described(pyarrow.table(columns)))
    last = {"last": columns.pop("last")}
    arrow = described(pyarrow.table({**columns, **of_arrow_only(), **last}))
    write("odd.arrow", arrow)
    write("odd.stream.arrow", arrow)
    write("empty.parquet", pyarrow.parquet.read_table(os.path.join(FOLDER, "odd.parquet")).slice(0, 0))
    write("empty.arrow", arrow.slice(0, 0))
    write("empty.stream.arrow", arrow.slice(0, 0))
    arrays = [columns["x"], pyarrow.array(list("abcd")), pyarrow.array([4, 5, 6, 7])]
    twice = pyarrow.Table.from_arrays(arrays, names=["x", "a", "a"])
    for name in ("twice.parquet", "twice.arrow", "twice.stream.arrow"):
        write(name, twice)
    for name in ("strays.parquet", "strays.arrow", "strays.stream.arrow"):
        write(name, pyarrow.table(with_strays()))
    strange = with_strange_types()
    write("strange.parquet", pyarrow.table(strange))
    hundreds = pyarrow.array([Decimal("12E2"), None, Decimal("-3E2")], pyarrow.decimal128(5, -2))
    for name in ("strange.arrow", "strange.stream.arrow"):
        write(name, pyarrow.table({**strange, "hundreds": hundreds}))
    frame = pandas.DataFrame({"x": [1.0, 2.0], "s": ["q", "r"]}, index=pandas.Index([10, 20], name="idx"))
    write("pandas.parquet", pyarrow.Table.from_pandas(frame))
    rows = "SELECT i::DOUBLE AS x, INTERVAL (i) MONTH + INTERVAL 3 DAY + INTERVAL 1500 MILLISECOND AS span"
    path = os.path.join(FOLDER, "duckdb.parquet")
    duckdb.sql(f"COPY ({rows}, [INTERVAL 1 DAY] AS spans FROM range(1, 4) AS r(i)) TO '{path}' (FORMAT parquet)")


if __name__ == "__main__":
    main()
