"""--fuse in every command: what underflows on the way to an ordinary number is computed without that way."""

import contextlib
import json
import math

import pytest

from ..closeness import close_to

LEFT, SLOPE, CURVATURE = -804.60844201375376, 40.024968847207265, -0.99937733162140874  # log(normcdf(x)) at -40
TEXT = "log(normcdf(x))"


def numbers(text):
    """The numbers in the last line of a text."""
    found = []
    for word in text.strip().splitlines()[-1].replace(",", "\t").replace("=", "\t").split("\t"):
        with contextlib.suppress(ValueError):
            found.append(float(word))
    return found


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["eval", TEXT, "x=-40"], [LEFT, 1.0]),
        (["eval", TEXT, "x=-40", "--mode", "forward"], [LEFT, SLOPE]),
        (["grad", TEXT, "x=-40"], [SLOPE]),
        (["diff", "x*log(sigmoid(x))", "x=-800"], [-1600.0]),
        (["jacobian", TEXT, "x=-40"], [SLOPE]),
        (["hessian", TEXT, "x=-40", "--format", "plain"], [CURVATURE]),
        (["jvp", TEXT, "x=-40", "--tangent", "x=2"], [LEFT, 2 * SLOPE]),
        (["vjp", TEXT, "x=-40", "--upstream", "2"], [2 * SLOPE]),
        (["hvp", TEXT, "x=-40", "--direction", "x=2"], [2 * CURVATURE]),
    ],
    ids=lambda value: value[0] if value and isinstance(value[0], str) else "",
)
def test_every_command_computes_with_the_fused_gate(backprop, arguments, expected):
    result = backprop(*arguments, "--fuse")
    assert (result.status, [line for line in result.err.splitlines() if "warning" in line]) == (0, [])
    found = numbers(result.out)
    for number in expected:
        assert any(one == close_to(number, rel=1e-14) for one in found), result.out


def test_plot(backprop):
    points = backprop("plot", TEXT, "--x", "-41:-40", "--samples", "2", "--format", "csv", "--fuse").out
    assert numbers(points) == close_to([-40.0, LEFT, SLOPE], rel=1e-14)


def test_check_has_something_to_compare(backprop):
    result = backprop("check", "log(sigmoid(x)) + log(erfc(y))", "x=-800", "y=27", "--fuse", "--json")
    assert result.status == 0
    assert [entry["verdict"] for entry in json.loads(result.out)["checks"]] == ["ok", "ok"]


def test_eval_shows_the_gate_as_what_it_is(backprop):
    found = json.loads(backprop("eval", "log(softmax(x)[0])", "x=[-800,0]", "--fuse", "--json").out)
    assert [node["gate"] for node in found["nodes"]] == ["input", "log_softmax", "index"]
    assert found["value"] == -800.0


@pytest.mark.parametrize("command", [["explain", "--format", "text"], ["graph", "--tree"]])
def test_explain_and_graph_show_it(backprop, command):
    result = backprop(command[0], "log(erfc(x))", "x=27", *command[1:], "--fuse")
    assert "logerfc(x)" in result.out and "-732.869" in result.out


ROWS = {
    "csv": ("x\n-40\n0.5\n", [TEXT, "--fuse"]),
    "ndjson": ('{"x": -40}\n{"x": 0.5}\n', [TEXT, "--fuse", "--from", "ndjson", "--format", "csv"]),
    "own in ndjson": (f'{{"x": -40, "f": "{TEXT}"}}\n', ["--expr-field", "f", "--from", "ndjson", "--fuse"]),
    "own in csv": (f"x,f\n-40,{TEXT}\n", ["--expr-field", "f", "--fuse"]),
    "own in lines": (f"{TEXT}\tx=-40\n", ["--from", "lines", "--fuse"]),
}


@pytest.mark.parametrize("rows, arguments", ROWS.values(), ids=ROWS)
def test_batch(backprop, rows, arguments):
    result = backprop("batch", *arguments, stdin=rows)
    assert (result.status, result.err) == (0, "")
    assert str(LEFT)[:17] in result.out and "40.0249688472072" in result.out


@pytest.mark.extras
def test_batch_of_parquet(backprop, tmp_path):
    polars = pytest.importorskip("polars")
    polars.DataFrame({"x": [-40.0, 0.5]}).write_parquet(tmp_path / "rows.parquet")
    result = backprop("batch", TEXT, str(tmp_path / "rows.parquet"), "--fuse", "-o", str(tmp_path / "out.parquet"))
    assert result.status == 0, result.err
    found = polars.read_parquet(tmp_path / "out.parquet")
    assert found["value"][0] == close_to(LEFT, rel=1e-14)
    assert found["grad_x"][0] == close_to(SLOPE, rel=1e-14)


def test_a_column_called_e_is_a_variable(backprop):
    result = backprop("batch", "1/(1 + e^(-x))", "--fuse", "--no-grad", stdin="x,e\n1,4\n")
    assert result.out == "x,e,value\n1,4,0.8\n"


def test_repl(backprop):
    result = backprop("repl", "--fuse", "--format", "plain", stdin=f"x = -40\n{TEXT}\n:diff\n")
    assert result.out.splitlines()[1:] == ["-804.6084420137538\t40.02496884720726", "lognormcdf_derivative(x, 1)"]


@pytest.mark.parametrize("language", ["python", "numpy", "c", "javascript", "latex"])
@pytest.mark.parametrize("text", ["log(sigmoid(x))", "log(normcdf(x))", "log(erfc(x))", "log(exp(x) + exp(y))"])
def test_code_has_the_gate(backprop, text, language):
    result = backprop("diff", text, "--fuse", "--to", language)
    assert result.status == 0, result.err
    if language == "python":
        space = {}
        exec(result.out, space)
        value, gradient = space["f"](*([-40.0] if "y" not in text else [-40.0, -900.0]))
        assert math.isfinite(value) and all(map(math.isfinite, gradient.values()))


def test_without_it_the_gates_are_those_that_were_written(backprop):
    found = json.loads(backprop("eval", "log(sigmoid(x))", "x=1", "--json").out)
    assert [node["gate"] for node in found["nodes"]] == ["input", "sigmoid", "log"]
