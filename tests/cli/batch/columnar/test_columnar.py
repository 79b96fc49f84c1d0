"""`backprop batch` with parquet and Arrow IPC: the same rows and results as with text, types kept, faults named."""

from __future__ import annotations

import csv
import datetime
import io
import math
import os
import subprocess
import sys
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")

pytest.importorskip("pyarrow")

from backprop.cli.batch.columnar.input import ParquetBatches, Stream, StreamBatches  # noqa: E402  (pyarrow may be missing)

from .files import LOGISTIC, READERS, random_points, stream_of, written  # noqa: E402

pytestmark = pytest.mark.extras


@pytest.fixture
def points() -> Any:
    return random_points()


def every_type() -> Any:
    """Five rows, x whole in all of them, with a null in each other column that can have one."""
    return polars.DataFrame(
        {
            "x": [1.0, 2.5, -3.0, float("nan"), 1e20],
            "text": ["a", "b,c", None, 'q"', "é\n"],
            "day": [datetime.date(2020, 1, 1 + day) for day in range(4)] + [None],
            "moment": [datetime.datetime(2020, 1, 1, hour) for hour in range(5)],
            "small": [1, 2, None, 4, 5],
            "kind": ["u", "v", "u", None, "w"],
            "list": [[1, 2], [], None, [3], [4, 5]],
            "truth": [True, None, False, True, True],
            "bytes": [b"a", b"", None, b"\xff", b"z"],
            "exact": [1, 2, None, 4, 5],
            "record": [{"a": 1, "b": "q"}] * 5,
        },
        schema_overrides={"small": polars.Int8, "exact": polars.Decimal(10, 2)},
    ).with_columns(polars.col("kind").cast(polars.Categorical))


@pytest.mark.parametrize("source", READERS)
@pytest.mark.parametrize("target", READERS)
def test_every_column_keeps_its_type_and_its_cells(backprop, tmp_path, source, target):
    frame = every_type()
    name = written(frame, tmp_path / f"rows.{source}", source)
    answer = backprop("batch", "x^2", name, "-q", "-o", f"out.{target}")
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    found = READERS[target](tmp_path / f"out.{target}")
    assert found.select(frame.columns).schema == frame.schema
    assert found.select(frame.columns).equals(frame)
    assert found.columns == [*frame.columns, "value", "grad_x"]
    assert found["value"].to_list()[:3] == [1.0, 6.25, 9.0]
    assert math.isnan(found["value"][3]), "nan in a column of floats is a number"
    assert found["grad_x"].to_list()[4] == 2e20


@pytest.mark.parametrize("form", READERS)
def test_numbers_are_those_of_the_text_path(backprop, tmp_path, points, form):
    (tmp_path / "rows.csv").write_text(points.write_csv())
    columnar = written(points, tmp_path / f"rows.{form}", form)
    text = backprop("batch", LOGISTIC, "rows.csv", "--only").out
    assert len(text.splitlines()) == 3001
    assert backprop("batch", LOGISTIC, columnar, "--only").out == text
    assert backprop("batch", LOGISTIC, "rows.csv", "-o", f"out.{form}").status == 0
    back = READERS[form](tmp_path / f"out.{form}")
    assert back["id"].to_list() == [str(number) for number in range(3000)], "a column that is no variable stays text"
    for name in ("w", "x", "b"):
        assert back[name].to_list() == points[name].to_list()
    header, *rows = csv.reader(text.splitlines())
    for place, name in enumerate(header):
        assert back[name].to_list() == [float(row[place]) for row in rows]


def test_a_stream_goes_in_and_out_by_pipes(backprop, points):
    answer = subprocess_bytes(backprop, stream_of(points), "batch", LOGISTIC, "--from", "arrow", "--format", "arrow")
    whole = polars.read_ipc_stream(io.BytesIO(answer))
    assert whole.select(points.columns).equals(points)
    assert whole["grad_b"].null_count() == 0
    parts = stream_of(points[:1000], points[1000:1003], points[1003:])
    assert polars.read_ipc_stream(io.BytesIO(parts)).equals(points)
    again = subprocess_bytes(backprop, parts, "batch", LOGISTIC, "--from", "arrow", "--format", "arrow")
    assert polars.read_ipc_stream(io.BytesIO(again)).equals(whole)


def subprocess_bytes(backprop: Any, stdin: bytes, *tokens: str) -> bytes:
    """What a run that must succeed writes into a pipe."""
    command = [os.path.join(os.path.dirname(sys.executable), "backprop"), *tokens]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=backprop.args[0], timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.parametrize("form", READERS)
def test_stdout_that_is_a_file_holds_a_file(tmp_path, installed, points, form):
    points.write_parquet(tmp_path / "rows.parquet")
    with open(tmp_path / "out", "wb") as out:
        command = [installed, "batch", LOGISTIC, "rows.parquet", "--format", form]
        subprocess.run(command, stdout=out, cwd=tmp_path, check=True, timeout=60)
    assert READERS[form](tmp_path / "out").select(points.columns).equals(points)


@pytest.mark.parametrize("form", READERS)
def test_a_file_may_take_its_own_place(backprop, tmp_path, points, form):
    name = written(points, tmp_path / f"rows.{form}", form)
    assert backprop("batch", LOGISTIC, name, "-o", name).status == 0
    found = READERS[form](tmp_path / name)
    assert found.select(points.columns).equals(points)
    assert found.width == 8


def test_dictionaries_of_a_stream_are_read_batch_by_batch(backprop):
    kinds = [["u", "v", "u"], ["w", "u", None], ["v", "z", "z"]]
    frames = [polars.DataFrame({"kind": one, "x": [1.0, 2.0, 3.0]}) for one in kinds]
    data = stream_of(*(frame.with_columns(polars.col("kind").cast(polars.Categorical)) for frame in frames))
    assert subprocess_bytes(backprop, data, "batch", "x", "--from", "arrow", "--no-grad") == (
        b"kind,x,value\nu,1,1\nv,2,2\nu,3,3\nw,1,1\nu,2,2\n,3,3\nv,1,1\nz,2,2\nz,3,3\n"
    )
    found = subprocess_bytes(backprop, data, "batch", "x", "--from", "arrow", "--format", "arrow")
    again = subprocess_bytes(backprop, found, "batch", "x", "--from", "arrow", "--no-grad", "--name", "y")
    assert [line.split(b",")[0] for line in again.splitlines()[1:]] == b"u v u w u  v z z".split(b" ")


def test_a_dictionary_that_is_replaced_is_forgotten():
    frames = [polars.DataFrame({"kind": [f"{kind}" * 9]}) for kind in range(5)]
    data = stream_of(*(frame.with_columns(polars.col("kind").cast(polars.Categorical)) for frame in frames))
    dictionaries = [batch.column(0).dictionary.to_pylist() for batch in StreamBatches(Stream(io.BytesIO(data)))]
    assert dictionaries == [[f"{kind}" * 9] for kind in range(5)]


@pytest.mark.parametrize("form", READERS)
def test_files_are_read_from_pipes(backprop, tmp_path, points, form):
    name = written(points, tmp_path / f"rows.{form}", form)
    expected = backprop("batch", LOGISTIC, name)
    answer = backprop("batch", LOGISTIC, "--from", form, stdin=(tmp_path / name).read_bytes())
    assert answer == expected
    assert answer.status == 0


def test_a_packed_file_is_unpacked(backprop, tmp_path, points):
    import gzip

    points.write_parquet(tmp_path / "rows.parquet")
    (tmp_path / "rows.parquet.gz").write_bytes(gzip.compress((tmp_path / "rows.parquet").read_bytes()))
    assert backprop("batch", LOGISTIC, "rows.parquet.gz").out == backprop("batch", LOGISTIC, "rows.parquet").out


def test_names_of_files_are_no_patterns(backprop, tmp_path):
    polars.DataFrame({"x": [2.0]}).write_parquet(tmp_path / "a[1]*.parquet")
    assert backprop("batch", "x", "a[1]*.parquet", "--only").out == "value,grad_x\n2,1\n"


def test_text_is_read_as_numbers(backprop, tmp_path):
    frame = polars.DataFrame({"x": ["1", " 2.5", "abc", "", None, "1e999", "inf"]})
    frame = frame.with_columns(polars.col("x").cast(polars.Categorical).alias("c"))
    frame.write_parquet(tmp_path / "rows.parquet")
    for name in ("x", "c"):
        answer = backprop("batch", f"{name}+1", "rows.parquet", "--no-grad", "--only")
        assert answer.status == 3
        assert answer.out == 'value\n2\n3.5\n""\n""\n""\n""\ninf\n'
        assert answer.err == (
            f"row 3: {name} is 'abc', which is not a number\nrow 4: {name} is empty\nrow 5: {name} is missing\n"
            f"row 6: {name} is '1e999', which is out of range\n"
            f"warning: value is inf in 1 row (first in row 7)\n"
            f"warning: {name} is inf\n  1 | {name}+1\n    | ^\n"
        )


def test_integers_and_exact_numbers_are_numbers(backprop, tmp_path):
    frame = polars.DataFrame({"n": [3, 4], "d": [1, 2]}, schema={"n": polars.UInt8, "d": polars.Decimal(5, 2)})
    frame.write_parquet(tmp_path / "rows.parquet")
    assert backprop("batch", "n*d", "rows.parquet", "--only").out == "value,grad_n,grad_d\n3,1,3\n8,2,4\n"


@pytest.mark.parametrize(
    "cells, what",
    [
        ([True], "booleans (bool)"),
        ([datetime.date(2020, 1, 1)], "dates (date32[day])"),
        ([{"a": 1}], "records (struct<a: int64>)"),
        ([["a"]], "lists of something else (large_list<element: large_string>)"),
        ([b"a"], "binary (large_binary)"),
    ],
)
def test_a_column_of_something_else_is_the_wrong_question(backprop, tmp_path, cells, what):
    polars.DataFrame({"x": cells}).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "x+1", "rows.parquet", "-o", "out.parquet")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: the column x holds {what}, not numbers\n")
    assert os.listdir(tmp_path) == ["rows.parquet"]


def test_options_mean_what_they_do_with_text(backprop, tmp_path):
    frame = polars.DataFrame({"width": [2, 3], "value": [0.5, 0.1]})
    frame.write_parquet(tmp_path / "rows.parquet")
    frame.write_csv(tmp_path / "rows.csv")
    for options in (
        ("--rename", "x=width", "--name", "cost,d_"),
        ("--rename", "x=width", "--only", "--nodes"),
        ("--rename", "x=width", "--only", "--wrt", "k"),
        ("--rename", "x=width", "--only", "--no-grad"),
    ):
        text = backprop("batch", "q = k*x; q^2", "rows.csv", "--k", "0.5", *options)
        assert text.status == 0
        assert backprop("batch", "q = k*x; q^2", "rows.parquet", "--k", "0.5", *options) == text
    answer = backprop("batch", "k*x", "rows.parquet", "--k", "1", "--rename", "x=width", "-o", "out.parquet")
    assert answer.status == 2
    assert "error: the input has a column value already" in answer.err


def test_a_missing_column_is_told_before_anything_is_written(backprop, tmp_path):
    polars.DataFrame({"width": [2.0]}).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "widht*2", "rows.parquet", "-o", "out.parquet")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: no column widht\n  did you mean width? then: --rename widht=width\n")
    assert os.listdir(tmp_path) == ["rows.parquet"]


@pytest.mark.parametrize(
    "kind", [polars.List(polars.Float64), polars.Array(polars.Float64, 2), polars.List(polars.Int8)]
)
def test_lists_are_arrays_of_one_shape(backprop, tmp_path, kind):
    frame = polars.DataFrame({"w": [[1, 2], [3, 4], None, [5, 6]]}, schema={"w": kind})
    frame.write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "sum(w^2)", "rows.parquet", "-o", "out.parquet")
    assert (answer.status, answer.err) == (3, "row 3: w is missing\n")
    found = polars.read_parquet(tmp_path / "out.parquet")
    assert found["w"].to_list() == frame["w"].to_list()
    assert found["w"].dtype == kind
    assert found["value"].to_list() == [5.0, 25.0, None, 61.0]
    assert found["grad_w"].to_list() == [[2.0, 4.0], [6.0, 8.0], None, [10.0, 12.0]]
    assert backprop("batch", "sum(w^2)", "rows.parquet", "--only").out == (
        "value,grad_w[0],grad_w[1]\n5,2,4\n25,6,8\n,,\n61,10,12\n"
    )


def test_lists_of_lists_and_ragged_ones(backprop, tmp_path):
    cells = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    polars.DataFrame({"W": cells}).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "W@[1, 10]", "rows.parquet", "--format", "ndjson", "--only")
    assert answer.out == (
        '{"value": [21, 43], "grad_W": [[1, 10], [1, 10]]}\n{"value": [65, 87], "grad_W": [[1, 10], [1, 10]]}\n'
    )
    polars.DataFrame({"W": [*cells, [[1.0, 2.0], [3.0]], [[1.0]]]}).write_parquet(tmp_path / "ragged.parquet")
    ragged = backprop("batch", "sum(W)", "ragged.parquet", "--only", "--no-grad")
    assert (ragged.status, ragged.out) == (3, 'value\n10\n26\n""\n""\n')
    assert "row 3: W is wrong: its lists have different lengths" in ragged.err
    assert "row 4: W has shape (1, 1), the first one (2, 2)" in ragged.err


def test_the_first_block_may_hold_no_list(backprop, tmp_path):
    cells = [None] * 100_000 + [[1.0, 2.0], [3.0, 4.0]]
    polars.DataFrame({"w": cells}).write_parquet(tmp_path / "rows.parquet", row_group_size=10_000)
    answer = backprop("batch", "sum(w)", "rows.parquet", "--only", "--on-error", "skip")
    assert answer.out == "value,grad_w[0],grad_w[1]\n3,1,1\n7,1,1\n"
    assert answer.err.splitlines()[-1] == "100000 rows were bad in all"


def test_columns_of_entries_are_an_array(backprop, tmp_path):
    frame = polars.DataFrame({"x[0]": [1.0, 3.0], "x[1]": [2, None]})
    frame.write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "sum(x^2)", "rows.parquet", "-o", "out.arrow")
    assert (answer.status, answer.err) == (3, "row 2: x[1] is missing\n")
    found = polars.read_ipc(tmp_path / "out.arrow")
    assert found.columns == ["x[0]", "x[1]", "value", "grad_x[0]", "grad_x[1]"]
    assert found.rows() == [(1.0, 2, 5.0, 2.0, 4.0), (3.0, None, None, None, None)]


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("target", ["csv", "parquet", "arrow", "ndjson"])
def test_no_rows(backprop, tmp_path, form, target):
    frame = polars.DataFrame(schema={"x": polars.Float64, "s": polars.String})
    name = written(frame, tmp_path / f"rows.{form}", form)
    answer = backprop("batch", "x^2", name, "-o", f"out.{target}")
    assert (answer.status, answer.err) == (0, "")
    if target in READERS:
        found = READERS[target](tmp_path / f"out.{target}")
        assert found.columns == ["x", "s", "value", "grad_x"]
        assert found.height == 0
    else:
        assert (tmp_path / f"out.{target}").read_text() == ("x,s,value,grad_x\n" if target == "csv" else "")


def test_text_formats_show_every_type(backprop, tmp_path):
    every_type().write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "x^2", "rows.parquet")
    header, first, second, *_ = csv.reader(io.StringIO(answer.out))
    assert dict(zip(header, first, strict=True)) == {
        "x": "1",
        "text": "a",
        "day": "2020-01-01",
        "moment": "2020-01-01 00:00:00.000000",
        "small": "1",
        "kind": "u",
        "list": "[1, 2]",
        "truth": "true",
        "bytes": "61",
        "exact": "1.00",
        "record": '{"a": 1, "b": "q"}',
        "value": "1",
        "grad_x": "2",
    }
    assert second[1] == "b,c"
    tabs = backprop("batch", "x^2", "rows.parquet", "--format", "tsv")
    assert [len(line.split("\t")) for line in tabs.lines] == [13] * 6
    import json

    objects = [json.loads(line) for line in backprop("batch", "x^2", "rows.parquet", "--format", "ndjson").lines]
    assert objects[0]["list"] == [1, 2]
    assert objects[1]["text"] == "b,c"
    assert objects[3]["value"] is None
    assert objects[4] == {**objects[4], "x": 1e20, "text": "é\n", "day": None, "value": 1e40}


def test_text_formats_show_the_rarer_types(backprop, tmp_path):
    frame = polars.DataFrame(
        {
            "span": [datetime.timedelta(hours=1), None],
            "hour": [datetime.time(1, 2), None],
            "grade": polars.Series(["a", None], dtype=polars.Enum(["a", "b"])),
            "nothing": [None, None],
            "pair": polars.Series([[1, 2], None], dtype=polars.Array(polars.Int8, 2)),
            "large": polars.Series([2**64 - 1, None], dtype=polars.UInt64),
            "single": polars.Series([0.1, 2.0], dtype=polars.Float32),
            "days": [[datetime.date(2020, 1, 1)], None],
        }
    )
    frame.write_parquet(tmp_path / "rows.parquet")
    text = backprop("batch", "2*k", "rows.parquet", "--k", "3", "--no-grad")
    assert (text.status, text.out) == (
        0,
        "span,hour,grade,nothing,pair,large,single,days,value\n"
        'PT1H,01:02:00,a,,"[1, 2]",18446744073709551615,0.1,"[""2020-01-01""]",6\n,,,,,,2,,6\n',
    )
    objects = backprop("batch", "2*k", "rows.parquet", "--k", "3", "--no-grad", "--format", "ndjson")
    assert objects.lines[1] == (
        '{"span": null, "hour": null, "grade": null, "nothing": null, "pair": null, "large": null, "single": 2, '
        '"days": null, "value": 6}'
    )


def test_lists_of_ndjson_become_lists(backprop, tmp_path):
    rows = '{"x": 2, "w": [1, 2], "n": null}\n{"x": "a", "w": [1, 2], "n": {"q": 1}}\n{"x": 3, "w": [1], "n": "t"}\n'
    answer = backprop("batch", "x*sum(w)", "--from", "ndjson", "-o", "out.parquet", stdin=rows)
    assert answer.status == 3
    assert answer.err == "line 2: x is 'a', which is not a number\nline 3: w has shape (1), the first one (2)\n"
    assert polars.read_parquet(tmp_path / "out.parquet").to_dicts() == [
        {"x": 2.0, "w": [1.0, 2.0], "n": None, "value": 6.0, "grad_x": 3.0, "grad_w": [2.0, 2.0]},
        {"x": None, "w": [1.0, 2.0], "n": '{"q": 1}', "value": None, "grad_x": None, "grad_w": None},
        {"x": 3.0, "w": None, "n": "t", "value": None, "grad_x": None, "grad_w": None},
    ]


def test_bad_rows_of_csv_stay(backprop, tmp_path):
    rows = b"id,x,note\na,1,z\nb,abc,\nc\nd,2,\xff\n"
    (tmp_path / "rows.csv").write_bytes(rows)
    answer = backprop("batch", "x+1", "rows.csv", "-o", "out.parquet", "--rejects", "bad.tsv")
    assert answer.status == 3
    assert answer.err == (
        "line 3: x is 'abc', which is not a number\nline 4: it has 1 cell, the header 3\n"
        "note: line 5: note holds a byte that is not UTF-8 text: it is written as U+FFFD\n"
    )
    assert polars.read_parquet(tmp_path / "out.parquet").rows() == [
        ("a", 1.0, "z", 2.0, 1.0),
        ("b", None, None, None, None),
        ("c", None, None, None, None),
        ("d", 2.0, "\ufffd", 3.0, 1.0),
    ]
    assert b"\nd," not in (tmp_path / "bad.tsv").read_bytes()


def test_a_dictionary_that_grows_is_whole_in_a_file_of_arrow(backprop, tmp_path):
    frame = polars.DataFrame({"x": range(300), "kind": [f"k{row // 50}" for row in range(300)]})
    frame = frame.with_columns(polars.col("kind").cast(polars.Categorical))
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=50)
    assert backprop("batch", "x^2", "rows.parquet", "-o", "out.arrow").status == 0
    assert polars.read_ipc(tmp_path / "out.arrow").select(frame.columns).equals(frame)


def test_a_group_of_rows_is_read_piece_by_piece(tmp_path):
    """However many rows a file has in one group: memory depends on none of them."""
    frame = polars.DataFrame({"x": range(1_000_000)}, schema={"x": polars.Float64})
    frame.write_parquet(tmp_path / "rows.parquet", compression="uncompressed", row_group_size=len(frame))
    taken = 0

    class Counting(io.FileIO):
        def read(self, size: int = -1, /) -> bytes:
            nonlocal taken
            data = super().read(size)
            taken += len(data)
            return data

    with Counting(tmp_path / "rows.parquet") as file:
        first = next(iter(ParquetBatches(file)))
        assert first.column(0).to_pylist()[:3] == [0.0, 1.0, 2.0]
        assert taken < os.path.getsize(tmp_path / "rows.parquet") / 3
