"""`backprop batch` from text to parquet and Arrow IPC: blocks without rows, rows that come slowly, types of members."""

from __future__ import annotations

import os
import select
import subprocess
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

from backprop.cli.batch.columnar import text_columns  # noqa: E402  (pyarrow may be missing)
from backprop.cli.batch.formats.numbers import rows_of  # noqa: E402
from backprop.cli.program import run  # noqa: E402

from .files import READERS  # noqa: E402  (polars may be missing)

pytestmark = pytest.mark.extras

BLANKS = "\n" * (3 << 20)  # more than a block


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("kind", ["csv", "tsv", "ndjson"])
@pytest.mark.parametrize("blanks", ["\n\n", BLANKS], ids=["few", "blocks"])
def test_blank_lines_between_rows_are_no_rows(backprop, tmp_path, form, kind, blanks):
    first, second = {
        "csv": ("x,s\n1,a\n", "3,b\n"),
        "tsv": ("x\ts\n1\ta\n", "3\tb\n"),
        "ndjson": ('{"x": 1, "s": "a"}\n', '{"x": 3, "s": "b"}\n'),
    }[kind]
    for number, text in enumerate((first + blanks + second, "\n" + first + second + blanks)):
        answer = backprop("batch", "x^2", "--from", kind, "-o", f"{number}.{form}", stdin=text)
        assert (answer.status, answer.err) == (0, "")
        found = READERS[form](tmp_path / f"{number}.{form}")
        assert found.rows() == [(1.0, "a", 1.0, 2.0), (3.0, "b", 9.0, 6.0)]


@pytest.mark.parametrize("form", READERS)
def test_a_header_above_blank_lines_only_is_a_file_of_no_rows(backprop, tmp_path, form):
    assert backprop("batch", "x^2", "-o", f"out.{form}", stdin=f"x,s\n{BLANKS}").status == 0
    found = READERS[form](tmp_path / f"out.{form}")
    assert (found.columns, found.height) == (["x", "s", "value", "grad_x"], 0)


@pytest.mark.parametrize(
    "kind, opening, rows",
    [("csv", b"x\n", [b"1\n", b"2\n", b"3\n"]), ("ndjson", b"", [b'{"x": 1}\n', b'{"x": 2}\n', b'{"x": 3}\n'])],
)
def test_a_row_to_a_stream_of_arrow_is_answered_at_once(tmp_path, installed, kind, opening, rows):
    command = [installed, "batch", "x^2", "--from", kind, "--format", "arrow"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None and process.stdout is not None
        data = b""
        for number, row in enumerate(rows, 1):
            process.stdin.write(opening * (number == 1) + row)
            process.stdin.flush()
            while heights(data) < number:
                assert select.select([process.stdout], [], [], 30)[0], "the row is not answered"
                data += os.read(process.stdout.fileno(), 1 << 16)
        process.stdin.close()
        assert process.wait(30) == 0


def heights(data: bytes) -> int:
    """How many rows the whole messages of a stream hold."""
    import io

    from backprop.cli.batch.columnar.input import Stream, StreamBatches
    from backprop.cli.batch.input.source import Damaged

    rows = 0
    try:
        for batch in StreamBatches(Stream(io.BytesIO(data))):
            rows += batch.num_rows
    except Damaged:
        pass
    return rows


def of_members(backprop: Any, folder: Any, *rows: str) -> tuple[Any, Any]:
    text = "".join(f"{row}\n" for row in rows)
    answer = backprop("batch", "x", "--from", "ndjson", "--no-grad", "-o", "out.parquet", stdin=text)
    return answer, polars.read_parquet(folder / "out.parquet")


@pytest.mark.parametrize(
    "cells, dtype, held",
    [
        (("0.12345678901234567890", "1.10", "7"), "Float64", [0.12345678901234568, 1.1, 7.0]),
        (("9007199254740993", "1", "null"), "Int64", [2**53 + 1, 1, None]),
        (("18446744073709551615", "1", "2"), "UInt64", [2**64 - 1, 1, 2]),
        (("true", "null", "false"), "Boolean", [True, None, False]),
        (('"1.10"', '"007"', "null"), "String", ["1.10", "007", None]),
        (("1", '"a"', "true"), "String", ["1", "a", "true"]),
        (("null", "null", "null"), "String", [None, None, None]),
    ],
)
def test_members_that_are_not_read_keep_their_type(backprop, tmp_path, cells, dtype, held):
    answer, found = of_members(backprop, tmp_path, *(f'{{"x": 1, "k": {cell}}}' for cell in cells))
    assert (answer.status, answer.err) == (0, "")
    assert (str(found["k"].dtype), found["k"].to_list()) == (dtype, held)


def test_a_number_beyond_the_doubles_is_not_infinite(backprop, tmp_path):
    answer, found = of_members(backprop, tmp_path, '{"x": 1, "k": 1e400}', '{"x": 2, "k": 1.5}')
    assert answer.status == 0
    assert found["k"].dtype == polars.String
    assert found["value"].to_list() == [1.0, 2.0]


def test_what_a_later_row_has_instead_of_a_number_is_named(backprop, tmp_path):
    rows = [*['{"x": 1, "k": 2}'] * 200_000, '{"x": 3, "k": "abc"}', '{"x": 4, "k": 1e400}', '{"x": "bad", "k": 5}']
    answer, found = of_members(backprop, tmp_path, *rows)
    assert answer.status == 3
    assert "line 200001: k is 'abc', which the column of numbers cannot hold\n" in answer.err
    assert "line 200002: k is " in answer.err
    assert found["k"].dtype == polars.Float64
    assert found["k"].to_list()[-3:] == [None, None, 5.0]
    assert found["value"].to_list()[-3:] == [3.0, 4.0, None], "the row has its results all the same"


def test_half_a_pair_of_surrogates_is_replaced(backprop, tmp_path):
    answer, found = of_members(backprop, tmp_path, r'{"x": 1, "s": "a\ud83d"}', r'{"x": 2, "s": "\udcff"}')
    assert answer.status in (0, 3)
    assert found["s"].to_list() == ["a\ufffd", "\ufffd"]
    assert found["x"].to_list() == [1.0, 2.0]


def test_the_entries_of_an_array_are_taken_apart_once(monkeypatch, tmp_path):
    """And not once for each of them: 20,000 columns took minutes."""
    made = []

    def counted(columns):
        vectors = rows_of(columns)
        made.append(len(vectors))
        return vectors

    monkeypatch.setattr(text_columns, "rows_of", counted)
    many = 300
    header = ",".join(f"x[{place}]" for place in range(many))
    (tmp_path / "rows.csv").write_text(f"{header}\n{','.join('1' * many)}\n")
    assert run(["batch", "sum(x)", str(tmp_path / "rows.csv"), "-o", str(tmp_path / "out.parquet"), "--no-grad"]) == 0
    assert sum(made) == many
