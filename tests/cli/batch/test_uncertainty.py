"""Columns of uncertainties in `batch`: found by name or by --u, in every format, and what cannot be."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from ...closeness import close_to

ROWS = "m,u_m,V,u_V\n2.5,0.02,3.1,0.05\n3,0.1,4,0\n"
EXPECTED = [
    ["0.8064516129032258", "0.014519392141789865", "19.74420874210283", "80.25579125789717"],
    ["0.75", "0.025", "100", "0"],
]


def test_columns_by_name(backprop):
    answer = backprop("batch", "m/V", "--only", "--no-grad", stdin=ROWS)
    assert answer.status == 0
    assert [line.split(",") for line in answer.lines] == [["value", "u_value", "share_m", "share_V"], *EXPECTED]
    assert "uncertainties are read from u_m, u_V" in answer.err
    assert backprop("batch", "m/V", "-q", stdin=ROWS).lines[0].endswith(",value,grad_m,grad_V,u_value,share_m,share_V")


def test_columns_by_option(backprop):
    rows = ROWS.replace("u_m", "dm").replace("u_V", "s")
    answer = backprop("batch", "m/V", "--u", "m=dm,V=s", "--name", "q", "--only", "--no-grad", stdin=rows)
    assert [line.split(",") for line in answer.lines] == [["q", "u_q", "share_m", "share_V"], *EXPECTED]
    assert "u_value" not in backprop("batch", "m/V", stdin=rows).out


def test_ndjson_and_arrays(backprop):
    rows = '{"x": [1, 2], "u_x": [0.3, 0.2], "y": 1}\n{"x": [1, 2], "u_x": [0, 0], "y": 1}\n'
    answer = backprop("batch", "sum(x)*y", "--from", "ndjson", "--only", "--no-grad", stdin=rows)
    assert json.loads(answer.lines[0]) == {"value": 3, "u_value": 0.36055512754639896, "share_x": 100}
    assert json.loads(answer.lines[1]) == {"value": 3, "u_value": 0, "share_x": 0}
    flat = backprop("batch", "sum(x)", "--only", "--no-grad", stdin="x[0],x[1],u_x[0],u_x[1]\n1,2,3,4\n")
    assert flat.lines[1] == "3,5,100"


@pytest.mark.extras
def test_parquet(backprop, tmp_path):
    if find_spec("pyarrow") is None:
        pytest.skip("pyarrow is not installed")
    (tmp_path / "rows.csv").write_text(ROWS)
    assert backprop("batch", "m", "rows.csv", "--no-grad", "-q", "-o", "rows.parquet", "--name", "same").status == 0
    answer = backprop("batch", "m/V", "rows.parquet", "--format", "csv", "--only", "--no-grad", "--u", "m=u_m")
    assert [line.split(",") for line in answer.lines[1:]] == EXPECTED


def test_a_variable_of_that_name_is_a_variable(backprop):
    answer = backprop("batch", "m*u_m", "--only", "--no-grad", stdin=ROWS)
    assert answer.lines[0] == "value"
    assert answer.err == ""


def test_a_value_for_all_rows_may_be_uncertain(backprop):
    answer = backprop("batch", "m/V", "--V", "2", "--only", "--no-grad", stdin="m,u_m,u_V\n1,0.2,0.4\n")
    assert [float(cell) for cell in answer.lines[1].split(",")] == close_to([0.5, 0.02**0.5, 50, 50], rel=1e-14)


def test_a_negative_one_makes_no_number(backprop):
    answer = backprop("batch", "x^2", "--only", "--no-grad", stdin="x,u_x\n1,-1\n")
    assert answer.lines[1] == "1,nan,nan"
    assert "u_value is nan in 1 row" in answer.err


def test_an_empty_cell_makes_a_bad_row(backprop):
    answer = backprop("batch", "x^2", "--only", "--no-grad", stdin="x,u_x\n1,\n2,1\n")
    assert (answer.status, answer.lines[2]) == (3, "4,4,100")
    assert "line 2: u_x is empty" in answer.err


@pytest.mark.parametrize(
    "options, reason",
    [
        (("--u", "3"), "--u 3\n  write VARIABLE=COLUMN: --u x=width; a variable u has its value as u=3"),
        (("--u", "q=m"), "--u q: q is not a variable of the expression"),
        (("--u", "m=z"), "--u m=z: no column z\n  the columns are m, u_m, V, u_V"),
        (("--u", "m=V", "--u", "m=V"), "--u m is given twice"),
    ],
)
def test_what_is_refused(backprop, options, reason):
    answer = backprop("batch", "m/V", *options, stdin=ROWS)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err


def test_only_a_number_has_an_uncertainty(backprop):
    answer = backprop("batch", "[m, V]", stdin=ROWS)
    assert answer.status == 2
    assert "only a number has an uncertainty, the output has shape (2)" in answer.err
