"""Rows in which a derivative of second or higher order hits a kink: counted on stderr at the end, in every format."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.extras

X = [0.0, 1.0, 0.0, -2.0]
MANY = 40_000  # times
EXPRESSION = "grad(abs(x)*x, x)"  # 2*abs(x): its own gradient jumps at 0, it does not
FIRST = {"csv": 2, "tsv": 2, "ndjson": 1}
WITHOUT_POLARS = "import sys; sys.modules['polars'] = None; from backprop.cli.main import main; main()"


def counted(rows, place, names="abs(x)"):
    return (
        f"note: a kink was hit exactly in {rows} row{'s' * (rows > 1)} (first in {place}: {names}); "
        "the derivatives from its sides differ, and their mean is given\n"
    )


def text_of(form, times=1):
    lines = [f'{{"x": {x}}}' if form == "ndjson" else f"{x}" for x in X]
    return "\n".join([*["x"] * (form != "ndjson"), *lines * times]) + "\n"


@pytest.mark.parametrize("target", ["csv", "ndjson", "parquet", "arrow"])
@pytest.mark.parametrize("source", ["csv", "tsv", "ndjson", "parquet", "arrow"])
def test_every_format(backprop, tmp_path, source, target):
    if {source, target} & {"parquet", "arrow"}:
        pytest.importorskip("polars")
    place = f"line {FIRST[source]}" if source in FIRST else "row 1"
    if source in FIRST:
        (tmp_path / f"rows.{source}").write_text(text_of(source))
    else:
        import polars

        frame = polars.DataFrame({"x": X})
        getattr(frame, "write_parquet" if source == "parquet" else "write_ipc")(tmp_path / f"rows.{source}")
    answer = backprop("batch", EXPRESSION, f"rows.{source}", "-o", f"out.{target}")
    assert (answer.status, answer.err) == (0, counted(2, place))
    assert backprop("batch", EXPRESSION, f"rows.{source}", "-o", f"out.{target}", "-q").err == ""
    assert backprop("batch", EXPRESSION, f"rows.{source}", "-o", f"out.{target}", "--no-grad").err == ""


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_many_rows_by_workers(backprop, tmp_path, form):
    (tmp_path / f"rows.{form}").write_text(text_of(form, MANY))
    answer = backprop("batch", EXPRESSION, f"rows.{form}", "--only")
    assert (answer.status, answer.err) == (0, counted(2 * MANY, f"line {FIRST[form]}"))
    assert answer.out.count("\n") == 4 * MANY + (form != "ndjson")


def test_without_polars(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POLARS, "batch", EXPRESSION],
        input=text_of("csv", MANY),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, counted(2 * MANY, "line 2"))


def test_only_rows_that_are_good_count(backprop):
    answer = backprop("batch", EXPRESSION, stdin="x\n1\na\n0\n\n0\n")
    assert answer.status == 3
    assert answer.err.endswith(counted(2, "line 4"))
    assert backprop("batch", EXPRESSION, "--on-error", "stop", stdin="x\n1\na\n0\n").err.count("\n") == 1


def test_sides_that_agree_are_no_matter(backprop):
    answer = backprop("batch", "grad(abs(x)^2 + relu(x), x)", "--no-grad", stdin="x\n0\n")
    assert (answer.status, answer.err) == (0, "")
    assert backprop("batch", "abs(x) + max(x, 0)", stdin="x\n0\n").err == ""


def test_the_kinks_of_the_first_row_are_named(backprop):
    expression = "grad(abs(x)*x, x) + grad(relu(y)*y, y)"
    rows = "x,y\n1,1\n1,0\n0,0\n"
    assert backprop("batch", expression, stdin=rows).err == counted(2, "line 3", "relu(y)")
    assert backprop("batch", expression, "--x", "0", "--rename", "y=x", stdin="x\n1\n").err == counted(1, "line 2")


@pytest.mark.parametrize("form", ["csv", "ndjson", "lines"])
def test_rows_with_expressions_of_their_own(backprop, form):
    cases = [("x", 0), ("grad(relu(x)*x, x)", 0), (EXPRESSION, 0), (EXPRESSION, 1)]
    write = {
        "csv": lambda text, x: f'"{text}",{x}\n',
        "ndjson": lambda text, x: f'{{"e": "{text}", "x": {x}}}\n',
        "lines": lambda text, x: f"{text}\tx={x}\n",
    }[form]
    text = "e,x\n" * (form == "csv") + "".join(write(*case) for case in cases)
    field = [] if form == "lines" else ["--expr-field", "e"]
    answer = backprop("batch", *field, "--from", form, stdin=text)
    assert (answer.status, answer.err) == (0, counted(2, f"line {3 if form == 'csv' else 2}", "relu(x)"))
