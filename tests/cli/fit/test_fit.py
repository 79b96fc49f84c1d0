"""`backprop fit`: rows in, parameters with errors out; every format, status and message."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import time

import pytest

from ...autodiff.optimize.nist_sets import FOLDER, SETS, digits

MISRA = "y,x\n10.07,77.6\n14.73,114.9\n17.94,141.1\n23.93,190.8\n29.61,239.9\n35.18,289\n40.02,332.8\n44.82,378.4\n"
MODEL = "y ~ a*(1-exp(-b*x))"
ANSWER = {"a": 209.87, "b": 0.00065}
HEADER = ["parameter", "value", "standard_error", "relative_error", "lower", "upper", "p"]


@pytest.fixture
def rows(tmp_path):
    """The first rows of Misra1a, in the folder that commands run in."""
    (tmp_path / "data.csv").write_text(MISRA)
    return "data.csv"


def fitted(answer) -> dict:
    assert answer.status == 0, answer.err
    return json.loads(answer.out)


@pytest.mark.smoke
def test_parameters_are_rows_and_the_rest_is_said_beside(backprop, rows):
    answer = backprop("fit", MODEL, rows, "b=0.0001")
    assert answer.status == 0
    assert answer.rows[0] == HEADER and [row[0] for row in answer.rows[1:]] == ["a", "b"]
    assert "8 residuals, 6 degrees of freedom" in answer.err and "correlation of b: a -0.99" in answer.err
    assert "errors: scaled by the residual standard deviation" in answer.err
    table = backprop("fit", MODEL, rows, "b=0.0001", "--format", "table")
    assert table.lines[0] == MODEL and "residual sum of squares" in table.out and table.err == ""
    assert backprop("fit", MODEL, rows, "b=0.0001", "--format", "plain").out.split() == [
        row[1] for row in answer.rows[1:]
    ]


def test_json_holds_all_of_it_at_full_precision(backprop, rows):
    found = fitted(backprop("fit", MODEL, rows, "b=0.0001", "--json"))
    assert (found["schema"], found["command"], found["expression"]) == (1, "fit", MODEL)
    assert found["parameters"]["a"].keys() >= {"value", "standard_error", "lower", "upper", "p", "kind"}
    assert found["parameters"]["a"]["kind"] == "linear" and found["parameters"]["b"]["start"] == 0.0001
    assert found["degrees_of_freedom"] == 6 and found["converged"] is True and found["errors"] == "scaled"
    squares, deviation = found["residual_sum_of_squares"], found["residual_standard_deviation"]
    assert deviation == pytest.approx(math.sqrt(squares / 6), rel=1e-14, abs=0)
    assert found["reduced_chi_square"] == pytest.approx(squares / 6, rel=1e-14, abs=0)
    error = found["parameters"]["b"]["standard_error"]
    assert found["covariance"][1][1] == pytest.approx(error**2, rel=1e-12, abs=0)
    assert found["correlation"][0][1] == found["correlation"][1][0] and found["correlation"][0][0] == 1
    assert found.keys() >= {"r_squared", "aic", "bic", "condition", "iterations", "reason", "warnings", "n", "entries"}


@pytest.mark.parametrize("name", ["BoxBOD", "Rat43", "Filip"])
def test_the_command_has_the_certified_digits(backprop, name):
    case = SETS[name]
    start = [f"{parameter}={value!r}" for parameter, value in case["starts"][0].items()]
    found = fitted(backprop("fit", case["model"], str(FOLDER / f"{name}.csv"), *start, "--json"))
    for parameter, truth in case["parameters"].items():
        assert digits(found["parameters"][parameter]["value"], truth) >= 10.0


def test_errors_in_both_coordinates(backprop):
    errors = ["--sigma", "sy", "--sigma-x", "x=sx"]
    found = fitted(backprop("fit", "y ~ a + b*x", str(FOLDER / "Pearson-York.csv"), *errors, "--json"))
    assert found["parameters"]["a"]["value"] == pytest.approx(5.479910224, abs=5e-10)
    assert found["parameters"]["b"]["value"] == pytest.approx(-0.4805334074, abs=5e-11)


FORMS = {
    "data.tsv": MISRA.replace(",", "\t"),
    "semicolons.csv": MISRA.replace(",", ";").replace(".", ","),
    "units.csv": MISRA.replace("y,x\n", "Run 7\n\ny (mm),x\n"),
    "rows.ndjson": "".join(
        json.dumps(dict(zip("yx", map(float, line.split(",")), strict=True))) + "\n" for line in MISRA.split()[1:]
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_rows_are_read_in_every_dialect_as_batch_reads_them(backprop, tmp_path, rows, name):
    (tmp_path / name).write_text(FORMS[name])
    plain = backprop("fit", MODEL, rows, "b=0.0001", "--format", "csv")
    assert backprop("fit", MODEL, name, "b=0.0001", "--format", "csv").out == plain.out
    kind = "ndjson" if name.endswith("ndjson") else "tsv" if name.endswith("tsv") else "csv"
    piped = backprop("fit", MODEL, "b=0.0001", "--from", kind, "--format", "csv", stdin=FORMS[name])
    assert piped.out == plain.out


@pytest.mark.extras
def test_rows_of_parquet(backprop, tmp_path, rows):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    y, x = zip(*[map(float, line.split(",")) for line in MISRA.split()[1:]], strict=True)
    parquet.write_table(pyarrow.table({"y": y, "x": x}), tmp_path / "data.parquet")
    assert backprop("fit", MODEL, "data.parquet", "b=0.0001").out == backprop("fit", MODEL, rows, "b=0.0001").out


def test_columns_may_have_other_names_and_parameters_may_have_those_of_columns(backprop, rows):
    plain = backprop("fit", MODEL, rows, "b=0.0001")
    renamed = backprop("fit", "mass ~ a*(1-exp(-b*x))", rows, "b=0.0001", "--rename", "mass=y")
    assert renamed.out == plain.out
    taken = backprop("fit", "y ~ x*(1-exp(-b*t))", rows, "b=0.0001", "x=200", "--rename", "t=x")
    assert [row[1] for row in taken.rows] == [row[1] for row in plain.rows]
    assert taken.err.startswith("note: x is a parameter: the column x is not read\n")


def test_ranges_guesses_and_starts_lead_to_one_answer(backprop, rows):
    ways = (["b=0.0001"], ["b=0:0.01"], ["--guess"], ["a=500", "b=1e-4"])
    found = [backprop("fit", MODEL, rows, *way, "--format", "plain").out.split() for way in ways]
    for values in found[1:]:
        assert [float(value) for value in values] == pytest.approx(
            [float(value) for value in found[0]], rel=1e-13, abs=0
        )


def test_bounds_and_held_parameters(backprop, rows):
    held = backprop("fit", MODEL, rows, "b=0.001", "--hold", "b")
    assert held.rows[-1] == ["b", "0.001", "", "", "", "", ""]
    bound = backprop("fit", MODEL, rows, "b=0.002", "--bounds", "b=0.001:", "--bounds", "a=:1000")
    assert bound.rows[-1] == held.rows[-1] and float(bound.rows[1][1]) == pytest.approx(
        float(held.rows[1][1]), rel=1e-12, abs=0
    )
    assert "warning: b is at its bound: it has no error" in bound.err


def test_bad_rows_are_named_and_make_the_status_3(backprop, tmp_path):
    (tmp_path / "data.csv").write_text("t,y\n1,2\n2,wide\n3,6\n4,\n5,10\n6,inf\n7,nan\n")
    answer = backprop("fit", "y ~ a*t", "data.csv")
    assert answer.status == 3 and answer.rows[1][:2] == ["a", "2"]
    said = answer.err.splitlines()
    assert said[:2] == ["line 3: y is 'wide', which is not a number", "line 7: y is infinite"]
    assert said[2] == "note: 2 rows have no value in a column that is needed: left out"
    stopped = backprop("fit", "y ~ a*t", "data.csv", "--missing", "stop")
    assert (stopped.status, stopped.out) == (3, "")
    assert "error: line 5: y is empty\n  --missing drop leaves it out" in stopped.err
    (tmp_path / "gaps.csv").write_text("t,y\n1,2\n2,\n3,NA\n4,8\n")
    gaps = backprop("fit", "y ~ a*t", "gaps.csv", "--null", "NA")
    assert gaps.status == 0 and "2 rows have no value" in gaps.err


WRONG = [
    ([], "y ~ a*t", "t,y\n", "error: data.csv: no row can be used\n  give rows with numbers in every column"),
    ([], "y ~ a*t", "", "error: data.csv: it is empty\n"),
    ([], "y ~ a*t + b", "t,y\n1,2\n", "error: 1 row with 1 residual for 2 parameters\n"),
    (
        [],
        "y ~ a*exp(-b*t)",
        None,
        "error: no start for 'b'\n  1 | y ~ a*exp(-b*t)\n    |            ^ give a start: b=1, a range b=0:10",
    ),
    (["b=1"], "y ~ a*exp(-b*T)", None, "did you mean the column t for T? give a start: T=1"),
    ([], "z ~ a*t", None, "error: no column z\n"),
    ([], "y + a*t", None, "error: the model has no '~'\n  write RESPONSE ~ PREDICTION at the end"),
    ([], "y ~ a*t +", None, "error: expected a value after '+'\n  1 | y ~ a*t +\n"),
    ([], "y ~ 2*t", None, "error: the model has no parameter to fit\n"),
    (["--hold", "q"], "y ~ a*t", None, "error: --hold q: q is not a variable of the expression\n"),
    (["--hold", "a"], "y ~ a*t", None, "error: 'a' is held and has no value\n  give it one: a=1"),
    (["--bounds", "a=3:1"], "y ~ a*t", None, "error: --bounds a=3:1: there is no room between them\n"),
    (["--bounds", "a"], "y ~ a*t", None, "error: --bounds a\n  write --bounds a=0:5, a=0: or a=:5"),
    (["b=9", "--bounds", "b=0:1"], "y ~ a*t^b", None, "error: the start of 'b' is outside its bounds 0:1\n"),
    (
        ["--sigma", "s"],
        "y ~ a*t",
        "t,y,s\n1,2,1\n\n2,3,0\n",
        "error: sigma is 0 in line 4\n  every row needs a positive",
    ),
    (
        ["--sigma", "q"],
        "y ~ a*t",
        None,
        "error: no column q, which is to hold errors or weights\n  the columns are t, y",
    ),
    (["--sigma", "y", "--weights", "y"], "y ~ a*t", None, "error: --sigma and --weights contradict each other\n"),
    (["--absolute-sigma"], "y ~ a*t", None, "error: --absolute-sigma goes with --sigma\n"),
    (["--sigma-x", "t=y"], "y ~ a*t", None, "error: --sigma-x goes with errors of the response\n"),
    (["--loss", "hubert"], "y ~ a*t", None, "did you mean huber?"),
    (
        ["b=1"],
        "y ~ a*log(t-b)",
        None,
        "error: this is -inf in line 2 at the start\n  1 | y ~ a*log(t-b)\n    |       ^^^^^^^^",
    ),
]


@pytest.mark.parametrize("tokens, model, text, said", WRONG, ids=[said[:60] for *_, said in WRONG])
def test_a_wrong_question_is_status_2_with_place_reason_and_cure(backprop, tmp_path, tokens, model, text, said):
    (tmp_path / "data.csv").write_text("t,y\n1,2\n2,3.9\n3,6.2\n4,7.9\n" if text is None else text)
    answer = backprop("fit", model, "data.csv", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_what_has_no_minimum_is_status_1(backprop, tmp_path):
    """The best point is a kink, at which the derivative is not zero on either side."""
    (tmp_path / "data.csv").write_text("t,y\n1,-1\n2,-1.5\n3,-1\n")
    answer = backprop("fit", "y ~ abs(b - 1)*t", "data.csv", "b=3")
    assert answer.status == 1 and float(answer.rows[1][1]) == pytest.approx(1.0, abs=1e-6)
    assert answer.err.splitlines()[-1].startswith("warning: not converged: no step makes the sum of squares smaller")
    assert json.loads(backprop("fit", "y ~ abs(b - 1)*t", "data.csv", "b=3", "--json").out)["converged"] is False


def test_what_is_not_finite_on_the_way_names_the_gate_and_the_row(backprop, tmp_path):
    (tmp_path / "data.csv").write_text("t,y\n\n1,-1.2\n2,0.1\n3,0.8\n4,1.2\n5,1.5\n")
    passed = backprop("fit", "y ~ a*log(t-b)", "data.csv", "b=-5")
    assert passed.status == 0 and "note: log(t-b): this is nan in line 3 on the way, at a=0.44" in passed.err
    (tmp_path / "end.csv").write_text("t,y\n1,0\n2,0\n3,0\n")
    ended = backprop("fit", "y ~ sqrt(b-t)", "end.csv", "b=5")
    assert ended.status == 1 and "warning: this is nan in line 2 on the way, at b=" in ended.err
    assert "  1 | y ~ sqrt(b-t)\n    |     ^^^^^^^^^\n" in ended.err


def test_the_data_on_stdin_and_the_model_in_a_file(backprop, tmp_path, rows):
    (tmp_path / "model.txt").write_text(f"# growth\n{MODEL}\n")
    (tmp_path / "start.json").write_text('{"b": 0.0001, "other": 1}')
    piped = backprop("fit", "-f", "model.txt", "--vars", "start.json", stdin=MISRA)
    assert piped.status == 0 and piped.out == backprop("fit", MODEL, rows, "b=0.0001").out


def test_help_shows_the_variables_of_a_model(backprop, rows):
    answer = backprop("fit", MODEL, rows, "--help")
    assert answer.status == 0 and f"Variables of {MODEL}: --y --a --b --x" in answer.out
    assert backprop("fit", "--help").lines[0].startswith("Fit a model, RESPONSE ~ PREDICTION, to rows")


def test_ctrl_c_prints_the_best_so_far(installed, tmp_path):
    """A fit that takes long: many rows, and a start from which the way is long."""
    lines = "".join(f"{t / 1000},{math.sin(t / 900) + t % 7}\n" for t in range(200_000))
    (tmp_path / "data.csv").write_text("t,y\n" + lines)
    model = "y ~ a*exp(-b*t)*sin(c*t^2 + d*cos(k*t)) + m*t^n"
    start = [f"{name}=0.7" for name in "bcdkn"]
    process = subprocess.Popen(
        [installed, "fit", model, "data.csv", *start, "--format", "plain"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)
    os.kill(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert not out or ("interrupted: this is the best so far" in said and len(out.split()) == 7)
