"""`backprop batch` with columns of rare types: they pass through, or are named once.

Who wrote the files: columnar_files/make.py.
"""

from __future__ import annotations

import csv
import io
import json
import struct
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")
pyarrow: Any = pytest.importorskip("pyarrow")

from backprop.cli.batch.columnar.arrow_types import inner  # noqa: E402
from backprop.cli.batch.columnar.text import as_text, interval_in_words  # noqa: E402  (pyarrow may be missing)

from .files import READERS, arrow_schema, key_values, table_of, written  # noqa: E402

pytestmark = pytest.mark.extras

FILES = Path(__file__).parent / "columnar_files"
ODD = ["odd.parquet", "odd.arrow", "odd.stream.arrow"]
TWICE = ["twice.parquet", "twice.arrow", "twice.stream.arrow"]
TARGETS = ["csv", "tsv", "ndjson", "parquet", "arrow"]
AS_TEXT = {"dense", "sparse", "span", "spans", "nothing"}  # in parquet
EXTENDED = {"period", "interval", "flag", "tensor", "json", "uuid"}


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of an output of any format, as text has them where it is text."""
    if path.suffix in (".csv", ".tsv"):
        return list(csv.DictReader(io.StringIO(path.read_text()), delimiter="," if path.suffix == ".csv" else "\t"))
    if path.suffix == ".ndjson":
        return [json.loads(line) for line in path.read_text().splitlines()]
    found: list[dict[str, Any]] = table_of(path).to_pylist()
    return found


def polars_schema(path: Path) -> Any:
    """The types by which polars knows two of the columns."""
    table = table_of(path).select(["period", "flag"])
    pyarrow.parquet.write_table(table, path.with_name("two.parquet"))
    return polars.read_parquet(path.with_name("two.parquet")).schema


def named(err: str) -> list[str]:
    """The columns that stderr names, which says nothing else."""
    lines = err.splitlines()
    assert all(line.startswith("note: the column ") for line in lines), err
    return [line.split()[3].rstrip(":") for line in lines]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ODD)
def test_columns_that_are_not_used_pass_or_are_named_once(backprop, tmp_path, source, target):
    answer = backprop("batch", "x^2", str(FILES / source), "--no-grad", "-o", f"out.{target}")
    assert answer.status == 0
    rows = rows_of(tmp_path / f"out.{target}")
    assert [float(row["value"]) for row in rows] == [1, 4, 9, 16]
    assert [row["last"] for row in rows] == ["p", "q", "r", "s"], "what comes behind them is whole"
    assert [row["text"] or None for row in rows] == ["a", None, "é longer than twelve bytes", None]
    columns = named(answer.err)
    assert len(columns) == len(set(columns))
    given = arrow_schema(FILES / source)
    assert [*rows[0]] == [*given.names, "value"], "no column is left out"
    assert [(row["wide"] and str(row["wide"])) or None for row in rows] == ["1.10", None, "-0.05", "2.00"]
    assert str(rows[0]["wider"]) == "1" * 50
    assert [str(row["large"]) for row in rows][::2] == ["1.50", "-1.00"] or target == "ndjson"
    if target in ("parquet", "arrow"):
        assert set(columns) == (AS_TEXT & set(given.names) if target == "parquet" else set())
        assert [row["view"] for row in rows] == [[1, 2], None, [], [3]]
        found = arrow_schema(tmp_path / f"out.{target}")
        for name in {*given.names} - set(columns) - {"view", "text", "runs", "day"}:
            assert found.field(name).type == given.field(name).type
        kinds = {name: str(dtype) for name, dtype in polars_schema(tmp_path / f"out.{target}").items()}
        assert kinds["period"].startswith("Extension('pandas.period', Int64")
        assert kinds["flag"].startswith("Extension('arrow.bool8', Int8")
        assert [row["period"] for row in rows] == [600, 601, 602, 603]
        if AS_TEXT & set(given.names):
            assert [row["dense"] for row in rows] == (
                [1, "x", 2, "y"] if target == "arrow" else ["1", '"x"', "2", '"y"']
            )
            assert [row["runs"] for row in rows] == [1, 2, 2, 2]
    else:
        assert set(columns) == EXTENDED
        assert [int(row["period"]) for row in rows] == [600, 601, 602, 603]
        assert rows[0]["moment"] == "2020-01-01 17:30:00.000000+05:30"


@pytest.mark.parametrize("source", ODD)
def test_pipes_of_odd_columns_give_the_same(backprop, source):
    form = "parquet" if source.endswith("parquet") else "arrow"
    answer = backprop("batch", "x^2", "--from", form, stdin=(FILES / source).read_bytes())
    assert answer == backprop("batch", "x^2", str(FILES / source))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["empty.parquet", "empty.arrow", "empty.stream.arrow"])
def test_odd_columns_of_no_rows(backprop, tmp_path, source, target):
    answer = backprop("batch", "x^2", str(FILES / source), "-q", "-o", f"out.{target}")
    assert (answer.status, answer.err) == (0, "")
    assert rows_of(tmp_path / f"out.{target}") == []


@pytest.mark.parametrize("option", [("-q",), ("--only",)])
def test_nothing_is_said_of_columns_where_nobody_asks(backprop, option):
    assert backprop("batch", "x^2", str(FILES / "odd.arrow"), *option).err == ""


@pytest.mark.parametrize("target", TARGETS)
def test_intervals_of_duckdb_are_text(backprop, tmp_path, target):
    answer = backprop("batch", "x^2", str(FILES / "duckdb.parquet"), "--no-grad", "-o", f"out.{target}")
    assert answer.status == 0
    rows = rows_of(tmp_path / f"out.{target}")
    assert [row["span"] for row in rows] == [f"P{months}M3DT1.5S" for months in (1, 2, 3)]
    assert named(answer.err) == (["span", "spans"] if target in ("parquet", "arrow") else ["spans"])


@pytest.mark.parametrize("source", TWICE)
def test_two_columns_of_one_name_stay_in_text(backprop, source):
    answer = backprop("batch", "x^2", str(FILES / source), "--no-grad")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "x,a,a,value\n1,a,4,1\n2,b,5,4\n3,c,6,9\n4,d,7,16\n"


@pytest.mark.parametrize("target", ["ndjson", "parquet", "arrow"])
@pytest.mark.parametrize("source", [*TWICE, "rows.csv"])
def test_of_two_columns_of_one_name_the_first_is_kept(backprop, tmp_path, source, target):
    (tmp_path / "rows.csv").write_text("x,a,a\n1,a,4\n2,b,5\n3,c,6\n4,d,7\n")
    path = source if source == "rows.csv" else str(FILES / source)
    answer = backprop("batch", "x^2", path, "--no-grad", "-o", f"out.{target}")
    assert (answer.status, named(answer.err)) == (0, ["a"])
    rows = rows_of(tmp_path / f"out.{target}")
    assert [row["a"] for row in rows] == ["a", "b", "c", "d"]
    assert list(rows[0]) == ["x", "a", "value"]


@pytest.mark.parametrize("source", TWICE)
def test_two_columns_of_a_variables_name_are_refused(backprop, source):
    answer = backprop("batch", "a^2", str(FILES / source))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: the column a occurs 2 times\n")


def test_wide_decimals_are_numbers_where_they_are_used(backprop):
    answer = backprop("batch", "2*wide", str(FILES / "odd.parquet"), "--no-grad", "--only")
    assert (answer.status, answer.err) == (3, "row 2: wide is missing\n")
    assert answer.out == 'value\n2.2\n""\n-0.1\n4\n'


def test_lists_of_wide_decimals_and_runs_are_numbers(backprop):
    answer = backprop("batch", "2*wides", str(FILES / "odd.parquet"), "--no-grad", "--only")
    assert (answer.status, answer.lines[:2]) == (3, ["value[0]", "2.2"])
    answer = backprop("batch", "2*runs", str(FILES / "odd.arrow"), "--no-grad", "--only")
    assert (answer.status, answer.lines) == (0, ["value", "2", "4", "4", "4"])


def test_decimals_are_the_nearest_doubles(backprop, tmp_path):
    cells = [Decimal(digits) / 100 for digits in range(1, 100_000, 37)]
    table = pyarrow.table({"x": pyarrow.array(cells, pyarrow.decimal128(15, 2))})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    answer = backprop("batch", "x", "rows.parquet", "--no-grad", "--only")
    assert list(map(float, answer.lines[1:])) == list(map(float, cells))


@pytest.mark.parametrize(
    "source, name, what",
    [
        ("odd.arrow", "dense", "unions (dense_union<0: int64=0, 1: string=1>)"),
        ("odd.stream.arrow", "spans", "lists of something else (list<item: month_day_nano_interval>)"),
        ("odd.parquet", "period", "values of pandas.period (int64)"),
        ("duckdb.parquet", "spans", "intervals of months, days and milliseconds"),
    ],
)
def test_what_cannot_be_read_is_no_variable(backprop, source, name, what):
    answer = backprop("batch", f"2*{name}", str(FILES / source))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: the column {name} holds {what}, not numbers\n")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["strays.parquet", "strays.arrow", "strays.stream.arrow"])
def test_bytes_that_are_not_utf_8_cost_no_row_its_result(backprop, tmp_path, source, target):
    answer = backprop("batch", "x^2", str(FILES / source), "--no-grad", "-o", f"out.{target}")
    assert (answer.status, named(answer.err)) == (0, ["s", "l"])
    rows = rows_of(tmp_path / f"out.{target}")
    assert [float(row["value"]) for row in rows] == [1, 4, 9, 16]
    for name in ("s", "l"):
        assert [row[name] or None for row in rows] == ["ok", "a\ufffd\ufffd", None, "\ufffd"]
    assert [row["whole"] for row in rows] == ["é"] * 4
    if target in ("parquet", "arrow"):
        assert str(READERS[target](tmp_path / f"out.{target}")["span"].dtype) == "Duration(time_unit='us')"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["strange.parquet", "strange.arrow", "strange.stream.arrow"])
def test_a_type_described_by_bytes_and_a_decimal_of_hundreds_pass(backprop, tmp_path, source, target):
    answer = backprop("batch", "x^2", str(FILES / source), "--no-grad", "-o", f"out.{target}")
    has_hundreds, is_text = source != "strange.parquet", target not in ("parquet", "arrow")
    said = ["point"] if is_text else ["hundreds"] if has_hundreds and target == "parquet" else []
    assert (answer.status, sorted(named(answer.err))) == (0, said)
    rows = rows_of(tmp_path / f"out.{target}")
    assert [float(row["value"]) for row in rows] == [1, 4, 9]
    points = [json.loads(row["point"] or "null") if target in ("csv", "tsv") else row["point"] for row in rows]
    assert [list(point) if point is not None else None for point in points] == [[1, 2], None, [3, 4]]
    if has_hundreds:
        hundreds = [None if row["hundreds"] in (None, "") else float(row["hundreds"]) for row in rows]
        assert hundreds == [1200, None, -300]


@pytest.mark.parametrize("target", ["parquet", "arrow"])
@pytest.mark.parametrize("source", ODD)
def test_what_a_file_says_of_its_columns_is_kept(backprop, tmp_path, source, target):
    backprop("batch", "x^2", str(FILES / source), "-o", f"out.{target}")
    pairs, fields = key_values(tmp_path / f"out.{target}")
    assert (pairs["geo"], pairs["note"]) == ('{"version": "1.0.0"}', "é")
    assert fields["x"] == {"unit": "m"}
    assert fields["period"]["ARROW:extension:name"] == "pandas.period"
    assert str(arrow_schema(tmp_path / f"out.{target}").field("uuid").type) == "extension<arrow.uuid>"


@pytest.mark.parametrize("target", ["parquet", "arrow"])
def test_the_index_of_pandas_is_kept_but_not_without_its_column(backprop, tmp_path, target):
    given = json.loads(key_values(FILES / "pandas.parquet")[0]["pandas"])
    assert given["index_columns"] == ["idx"]
    backprop("batch", "x^2", str(FILES / "pandas.parquet"), "-o", f"out.{target}")
    assert json.loads(key_values(tmp_path / f"out.{target}")[0]["pandas"]) == given
    backprop("batch", "x^2", str(FILES / "pandas.parquet"), "--only", "-o", f"only.{target}")
    assert "pandas" not in key_values(tmp_path / f"only.{target}")[0]


@pytest.mark.parametrize("target", ["file", "stream"])
def test_text_in_arrow_is_of_a_type_that_older_readers_know(backprop, tmp_path, target):
    frame = polars.DataFrame({"x": [1.0], "s": ["a"], "b": [b"a"], "l": [["a"]], "r": [{"t": "a"}]})
    written(frame, tmp_path / "rows.parquet", "parquet")
    command = ("batch", "x", "rows.parquet", "--format", "arrow")
    if target == "file":
        backprop(*command, "-o", "out.arrow")
    else:
        (tmp_path / "out.arrow").write_bytes(piped(backprop, tmp_path, command))
    kinds = [str(kind) for field in arrow_schema(tmp_path / "out.arrow") for kind in inner(field.type)]
    assert len(kinds) > 6 and not any("view" in kind for kind in kinds), "Arrow before 15 does not know them"


def piped(backprop: Any, folder: Path, command: tuple[str, ...]) -> bytes:
    import os
    import subprocess
    import sys

    path = os.path.join(os.path.dirname(sys.executable), "backprop")
    return subprocess.run([path, *command], cwd=folder, capture_output=True, timeout=60, check=True).stdout


@pytest.mark.parametrize(
    "number, scale, shown",
    [(110, 2, "1.10"), (-5, 2, "-0.05"), (0, 0, "0"), (-7, 0, "-7"), (12, -3, "12000"), (10**75, 76, f"0.1{'0' * 75}")],
)
def test_digits_of_wide_decimals(number, scale, shown):
    cell = Decimal(number).scaleb(-scale, Context(prec=100))
    assert as_text(pyarrow.array([cell], pyarrow.decimal256(76, scale))).to_pylist() == [shown]


@pytest.mark.parametrize(
    "data, unit, shown",
    [
        (struct.pack("<i", 14), "month", "P14M"),
        (struct.pack("<i", 0), "month", "PT0S"),
        (struct.pack("<ii", 2, 1500), "day_time", "P2DT1.5S"),
        (struct.pack("<iiq", 1, -2, 3), "month_day_nano", "P1M-2DT0.000000003S"),
        (struct.pack("<iiq", 0, 0, -60 * 10**9), "month_day_nano", "PT-60S"),
    ],
)
def test_intervals_in_iso_8601(data, unit, shown):
    assert interval_in_words(data, unit) == shown


def with_names_that_are_no_text(form: str, *names: bytes) -> bytes:
    """Rows of Arrow with x, a text, a dictionary and records; `names` stand for those of the others and a field."""
    given = [b"text" + b"?" * 4, b"dict" + b"?" * 4, b"records?", b"field" + b"?" * 3]
    table = pyarrow.table(
        {
            "x": [1.0, 2.0],
            given[0].decode(): ["a", "b"],
            given[1].decode(): pyarrow.array(["u", "v"]).dictionary_encode(),
            given[2].decode(): [{given[3].decode(): 1}, {given[3].decode(): 2}],
        }
    )
    stream = io.BytesIO()
    opened = pyarrow.ipc.new_stream if form == "stream" else pyarrow.ipc.new_file
    with opened(stream, table.schema) as writer:
        writer.write_table(table)
    data = stream.getvalue()
    for name, strange in zip(given, names, strict=True):
        assert len(name) == len(strange)
        data = data.replace(name, strange)
    return data


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("form", ["file", "stream"])
def test_names_that_are_not_utf8(backprop, tmp_path, form, target):
    """That of a column is written with U+FFFD; a column that holds one inside is left out. Both are said once."""
    data = with_names_that_are_no_text(form, b"text\xe9\xff??", b"\xffict????", b"records?", b"field\xc3??")
    (tmp_path / "rows.arrow").write_bytes(data)
    answer = backprop("batch", "x^2", "rows.arrow", "--no-grad", "-o", f"out.{target}")
    assert (answer.status, answer.err) == (
        0,
        "note: the name of a column holds text that is not UTF-8: it is written as U+FFFD\n"
        "note: the column records?: it is left out: it holds fields whose names are not UTF-8 text\n",
    )
    rows = rows_of(tmp_path / f"out.{target}")
    assert [list(map(str, row.values())) for row in rows] == [
        [shown(1, target), "a", "u", shown(1, target)],
        [shown(2, target), "b", "v", shown(4, target)],
    ]
    assert list(rows[0]) == ["x", "text\ufffd\ufffd??", "\ufffdict????", "value"]
    answer = backprop("batch", "records + x", "rows.arrow", "--rename", "records=records?")
    assert answer.status == 2
    assert "fields whose names are not UTF-8 text" in answer.err


def shown(number: int, target: str) -> str:
    return str(float(number)) if target in ("parquet", "arrow") else str(number)
