"""Results that are inf or nan: counted on stderr at the end, the gate named, 4 by --strict; in every format."""

from __future__ import annotations

import pytest

from ..conftest import end_of

pytestmark = pytest.mark.extras

ROWS = [(1, 2), (0, 1), (3, 4), (-1, 2), (0, 5)]
MANY = 40_000  # times
EXPRESSION = "log(x)*y"


def counted(times=1, unit="line", first=3):
    """What stderr says of ROWS, so many times."""

    def rows(count):
        return f"{count * times} row{'s' * (count * times > 1)}"

    return [
        f"warning: value is -inf in {rows(2)} and nan in {rows(1)}, grad_x is inf in {rows(2)}, "
        f"grad_y is -inf in {rows(2)} and nan in {rows(1)} (first in {unit} {first})",
        "warning: n1 = log(x) is -inf",
        "  1 | log(x)*y",
        "    | ^^^^^^",
    ]


def text_of(form, times=1, bad=""):
    if form == "ndjson":
        lines = [f'{{"x": {x}, "y": {y}}}' for x, y in ROWS]
        return "\n".join([*lines * times, *(['{"x": "a"}'] if bad else [])]) + "\n"
    separator = {"csv": ",", "tsv": "\t"}[form]
    lines = [f"{x}{separator}{y}" for x, y in ROWS]
    return "\n".join([f"x{separator}y", *lines * times, *([f"a{separator}1"] if bad else [])]) + "\n"


@pytest.mark.parametrize("target", ["csv", "tsv", "ndjson", "parquet", "arrow"])
@pytest.mark.parametrize("source", ["csv", "tsv", "ndjson", "parquet", "arrow"])
def test_every_format(backprop, tmp_path, source, target):
    if {source, target} & {"parquet", "arrow"}:
        pytest.importorskip("polars")
    unit, first = ("row", 2) if source in ("parquet", "arrow") else ("line", 2 + (source != "ndjson"))
    if source in ("parquet", "arrow"):
        import polars

        frame = polars.DataFrame(ROWS, schema={"x": polars.Float64, "y": polars.Float64}, orient="row")
        getattr(frame, "write_parquet" if source == "parquet" else "write_ipc")(tmp_path / f"rows.{source}")
    else:
        (tmp_path / f"rows.{source}").write_text(text_of(source))
    for options, status in ([], 0), (["--strict"], 4):
        answer = backprop("batch", EXPRESSION, f"rows.{source}", "-o", f"out.{target}", *options)
        assert (answer.status, answer.out) == (status, "")
        assert answer.err.splitlines() == counted(unit=unit, first=first)
        assert (tmp_path / f"out.{target}").exists()
    quiet = backprop("batch", EXPRESSION, f"rows.{source}", "-o", f"out.{target}", "-q", "--strict")
    assert (quiet.status, quiet.out, quiet.err) == (4, "", "")


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
@pytest.mark.parametrize("is_piped", [False, True])
def test_many_rows_by_workers(backprop, tmp_path, form, is_piped):
    text = text_of(form, MANY)
    (tmp_path / f"rows.{form}").write_text(text)
    file = ["--from", form] if is_piped else [f"rows.{form}"]
    answer = backprop("batch", EXPRESSION, *file, "--strict", stdin=text if is_piped else "")
    assert answer.status == 4
    assert answer.err.splitlines() == counted(MANY, first=2 + (form != "ndjson"))


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
@pytest.mark.parametrize("times", [1, MANY])
def test_a_bad_row_is_none_of_them_and_comes_first(backprop, form, times):
    text = text_of(form, times, bad="a")
    answer = backprop("batch", EXPRESSION, "--from", form, "--strict", stdin=text)
    assert answer.status == 3
    assert answer.err.splitlines()[1:] == counted(times, first=2 + (form != "ndjson"))
    only = backprop("batch", "x", "--from", form, "--strict", stdin=text_of(form, 1, bad="a"))
    assert len(only.err.splitlines()) == 1


def test_rows_behind_the_end_do_not_count(backprop):
    answer = backprop("batch", "1/x", "--on-error", "stop", stdin="x\n0\na\n0\n0\n")
    assert (answer.status, answer.lines) == (3, ["x,value,grad_x", "0,inf,-inf"])
    assert "value is inf in 1 row," in answer.err


def test_what_is_not_finite_in_the_input_is_counted(backprop):
    answer = backprop("batch", "2*x", "--strict", stdin="x\ninf\nnan\n1e308\n")
    assert answer.status == 4
    assert answer.err.splitlines()[:2] == [
        "warning: value is inf in 2 rows and nan in 1 row (first in line 2)",
        "warning: x is inf",
    ]


def test_finite_results_with_a_sum_that_is_not(backprop):
    answer = backprop("batch", "x", "--strict", stdin="x\n" + "1.7e308\n" * 10)
    assert (answer.status, answer.err) == (0, "")


def test_without_gradients_none_is_named(backprop):
    answer = backprop("batch", "sqrt(x)", "--no-grad", "--strict", stdin="x\n0\n")
    assert (answer.status, answer.err) == (0, "")
    assert backprop("batch", "sqrt(x)", "--strict", stdin="x\n0\n").status == 4


@pytest.mark.parametrize("text", ["[1,2,3][y]*x", "A[0,y]*x", "A[:,y]@[1,0]*x", "one_hot(y, 3)[0]*x"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_index_that_a_row_gets_wrong_makes_that_row_nan_and_is_named(backprop, text, form):
    rows = "y,x\n0,2\n7,2\n1,2\n" if form == "csv" else '{"y":0,"x":2}\n{"y":7,"x":2}\n{"y":1,"x":2}\n'
    fixed = ["A=[[1,2,3],[4,5,6]]"] if "A" in text else []
    answer = backprop("batch", text, *fixed, "--from", form, "--format", "csv", "--only", "--strict", stdin=rows)
    assert answer.status == 4
    assert ["nan" in line or ",," in line for line in answer.lines[1:]] == [False, True, False]
    axis = {"[": "axis 0", "A[0": "axis 1", "A[:": "axis 1", "o": "an axis"}
    named = next(axis[start] for start in sorted(axis, key=len, reverse=True) if text.startswith(start))
    assert answer.err.splitlines()[-1] == f"warning: index 7 is out of range for {named} of length 3"


def test_arrays(backprop):
    answer = backprop("batch", "1/x", "--from", "ndjson", "--no-grad", stdin='{"x": [1, 0]}\n{"x": [0, 0]}\n')
    assert answer.err.splitlines()[0] == "warning: value is inf in 2 rows (first in line 1)"


def test_many_results_are_named_in_a_line(backprop):
    names = [f"x{k}" for k in range(20)]
    answer = backprop("batch", " + ".join(f"1/{n}" for n in names), stdin=",".join(names) + "\n" + ",".join("0" * 20))
    assert answer.err.splitlines()[0].endswith("and 16 more results are not finite (first in line 2)")
    assert len(answer.err.splitlines()) == 1 + 5 * 3


OWN = {
    "ndjson": '{"e": "x", "x": 1}\n{"e": "1/x", "x": 0}\n{"e": "log(x)", "x": 0}\n',
    "csv": "e,x\nx,1\n1/x,0\nlog(x),0\n",
    "tsv": "e\tx\nx\t1\n1/x\t0\nlog(x)\t0\n",
    "lines": "x\tx=1\n1/x\tx=0\nlog(x)\tx=0\n",
}


@pytest.mark.parametrize("form", OWN)
def test_expressions_of_rows(backprop, form):
    field = ["--expr-field", "e"] if form != "lines" else []
    answer = backprop("batch", "--from", form, *field, "--strict", stdin=OWN[form])
    assert answer.status == 4
    first = 3 if form in ("csv", "tsv") else 2
    gradients = "-inf in 1 row and inf in 1 row"
    assert answer.err.splitlines() == [
        f"warning: value is inf in 1 row and -inf in 1 row, grad_x is {gradients} (first in line {first})",
        "warning: f = 1 / x is inf",
        "  1 | 1/x",
        "    | ^^^",
    ]


def test_the_program_without_polars_says_the_same(tmp_path):
    done = end_of(["batch", EXPRESSION, "--strict"], text_of("csv", MANY).encode(), tmp_path, without_polars=True)
    assert done.status == 4
    assert done.err.decode().splitlines() == counted(MANY)
