"""`backprop jacobian`, `hessian`, `jvp`, `vjp` and `hvp`: tables, data, verdicts and what they refuse."""

from __future__ import annotations

import json

import numpy as np
import pytest

from backprop.autodiff.derivatives.matrices import MAXIMUM_RESULT

ROSENBROCK = "(1-x)^2 + 100*(y-x^2)^2"
COMMANDS = {
    "jacobian": (),
    "hessian": (),
    "jvp": ("--tangent", "x=1"),
    "vjp": ("--upstream", "1"),
    "hvp": ("--direction", "x=1"),
}
EVERY_COMMAND = pytest.mark.parametrize(("command", "options"), COMMANDS.items(), ids=list(COMMANDS))


def test_jacobian_as_data(backprop):
    answer = backprop("jacobian", "[x*y, x+y]", "x=2", "y=3")
    assert answer.rows == [["output", "x", "y"], ["f[0]", "3", "2"], ["f[1]", "1", "1"]]
    assert (answer.status, answer.err) == (0, "")


def test_jacobian_as_a_table(terminal):
    answer = terminal("jacobian", "q = W@x; q", "--W", "[[1,2],[3,4]]", "--x", "[1,2]", "--wrt", "x", "--wrt", "W")
    assert [line.split() for line in answer.lines] == [
        ["Jacobian", "of", "q", "=", "W@x;", "q"],
        ["output", "x[0]", "x[1]", "W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]"],
        ["q[0]", "1", "2", "1", "2", "0", "0"],
        ["q[1]", "3", "4", "0", "0", "1", "2"],
    ]


def test_jacobian_as_json(backprop):
    assert json.loads(backprop("jacobian", "W@x", "--W", "[[1,2],[3,4]]", "--x", "[1,2]", "--json").out) == {
        "schema": 1,
        "command": "jacobian",
        "expression": "W@x",
        "value": [5, 11],
        "jacobian": {"W": [[[1, 2], [0, 0]], [[0, 0], [1, 2]]], "x": [[1, 2], [3, 4]]},
        "nonfinite": [],
    }
    assert json.loads(backprop("jacobian", "x*y", "x=2", "y=3", "--json").out)["jacobian"] == {"x": 3, "y": 2}


def test_bare_matrices_read_back_as_values(backprop):
    plain = backprop("jacobian", "[x*y, x+y]", "x=2", "y=3", "--format", "plain").out
    assert plain == "[[3, 2], [1, 1]]\n"
    assert backprop("eval", "det(J)", f"J={plain.strip()}", "--format", "plain").out == "1\n"
    assert backprop("hessian", "x^3", "x=2", "--format", "plain").out == "12\n"


def test_an_output_may_be_called_as_a_variable_is(backprop):
    assert backprop("jacobian", "f*output", "f=2", "output=3").rows == [["(output)", "f", "output"], ["out", "3", "2"]]


def test_hessian_on_a_terminal(terminal):
    answer = terminal("hessian", ROSENBROCK, "x=1", "y=1")
    assert answer.lines == [
        "Hessian of (1-x)^2 + 100*(y-x^2)^2",
        " variable     x     y",
        " x          802  -400",
        " y         -400   200",
        "eigenvalues 0.399361, 1001.6",
        "the gradient is zero: minimum",
    ]
    assert answer.err == ""


def test_hessian_on_a_pipe(backprop):
    answer = backprop("hessian", ROSENBROCK, "x=1", "y=1")
    assert answer.rows == [["variable", "x", "y"], ["x", "802", "-400"], ["y", "-400", "200"]]
    assert answer.err == (
        "note: eigenvalues 0.3993607674876216, 1001.6006392325123\nnote: the gradient is zero: minimum\n"
    )
    assert backprop("hessian", ROSENBROCK, "x=1", "y=1", "-q").err == ""


@pytest.mark.parametrize("radius", ["norm([x,y])", "hypot(x,y)"])
def test_hessian_of_a_radius_of_very_unequal_entries(backprop, radius):
    entry = json.loads(backprop("hessian", f"exp(-{radius})", "x=1e-200", "y=1e-20", "--json").out)["hessian"]["y"]["y"]
    assert entry == 1.0
    rows = backprop("hessian", "hypot(x,y)*norm([x,y])", "x=0", "y=0").rows
    assert rows == [["variable", "x", "y"], ["x", "2", "0"], ["y", "0", "2"]]


def test_an_infinite_coordinate_that_nothing_depends_on_leaves_the_point_critical(backprop):
    answer = backprop("hessian", "x^2 + 0*(z > 1)", "x=0", "z=inf")
    assert answer.err == "note: eigenvalues 0, 2\nnote: the gradient is zero: undecided, the Hessian does not tell\n"


def test_hessian_as_json(backprop):
    answer = backprop("hessian", "x^2*y", "x=3", "y=2", "--json")
    found = json.loads(answer.out)
    assert found["hessian"] == {"x": {"x": 4, "y": 6}, "y": {"x": 6, "y": 0}}
    assert found["gradient"] == {"x": 12, "y": 9}
    np.testing.assert_allclose(found["eigenvalues"], [2 - 40**0.5, 2 + 40**0.5], rtol=1e-14)
    assert found["critical_point"] is None
    assert answer.err == ""
    blocks = json.loads(backprop("hessian", "sum(x^2)*y", "--x", "[1,2]", "y=3", "--json").out)["hessian"]
    assert blocks == {"x": {"x": [[6, 0], [0, 6]], "y": [2, 4]}, "y": {"x": [2, 4], "y": 0}}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("x^2 + y^2", "minimum"),
        ("-x^2 - y^2", "maximum"),
        ("x*y", "saddle"),
        ("x^4 + y^4", "undecided"),
        ("x^2 + y", "the gradient is not zero"),
    ],
)
def test_verdicts(backprop, expression, said):
    assert said in backprop("hessian", expression, "x=0", "y=0").err


def test_no_verdict_is_given_that_the_sides_of_a_kink_contradict(backprop):
    answer = backprop("hessian", "x^2 - abs(x)", "x=0")
    assert answer.err.splitlines() == [
        "note: eigenvalues 2",
        "note: the gradient is zero: undecided, the Hessian does not tell",
    ]


def test_a_saddle_in_one_variable_alone_is_none(backprop):
    found = json.loads(backprop("hessian", "x^2 - y^2", "x=0", "y=0", "--wrt", "x", "--json").out)
    assert (found["hessian"], found["critical_point"]) == ({"x": {"x": 2}}, "minimum")


def test_eigenvalues_are_for_20_entries_at_most(backprop):
    assert "minimum" in backprop("hessian", "sum(x^2)", "--x", "zeros(20)").err
    answer = backprop("hessian", "sum(x^2)", "--x", "zeros(21)")
    assert (len(answer.rows), answer.err) == (22, "")
    assert json.loads(backprop("hessian", "sum(x^2)", "--x", "zeros(21)", "--json").out)["eigenvalues"] is None


def test_a_million_entries_are_refused_unless_allowed(backprop):
    answer = backprop("hessian", "sum(x^2)", "--x", "zeros(1000)")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "error: the Hessian has 1000 x 1000 = 1000000 entries\n  allow it: --max-size 1000000\n"
    assert backprop("jacobian", "x", "--x", "zeros(3)", "--max-size", "8").status == 2
    assert backprop("jacobian", "x", "--x", "zeros(3)", "--max-size", "9").status == 0
    assert len(backprop("hessian", "sum(x^2)", "--x", "zeros(1000)", "--max-size", "1000000").rows) == 1001


def test_jvp(backprop):
    point = ("(x+y)*z", "x=-2", "y=5", "z=-4")
    assert backprop("jvp", *point, "--tangent", "x=1").rows == [["output", "value", "tangent"], ["f", "-12", "-4"]]
    assert backprop("jvp", *point, "--tangent", "x=1", "--tangent", "z=2", "--format", "plain").out == "2\n"
    assert backprop("jvp", "q = x*y; q^2 + x", "x=1", "y=2", "--tangent", "q=1", "--format", "plain").out == "4\n"
    answer = backprop("jvp", "q = x*y; q^2 + x", "x=1", "y=2", "--tangent", "q=1", "--tangent", "x=1")
    assert (answer.status, answer.err) == (2, "error: q is computed from x\n  ask for one of them at a time\n")
    answer = backprop("jvp", "x*2", "--x", "[1,2]", "--tangent", "x=[pi/2,1]", "--json")
    assert json.loads(answer.out)["tangent"] == [np.pi, 2]


def test_vjp(backprop):
    point = ("[x*y, x+y]", "x=2", "y=3")
    assert backprop("vjp", *point, "--upstream", "[1, 10]").rows == [["variable", "gradient"], ["x", "13"], ["y", "12"]]
    assert backprop("vjp", *point, "--upstream", "[1, 10]", "--wrt", "y", "--format", "plain").out == "12\n"
    answer = backprop("vjp", "W@x", "--W", "[[1,2],[3,4]]", "--x", "[1,2]", "--upstream=[1,-1]", "--json")
    assert json.loads(answer.out)["gradient"] == {"W": [[1, 2], [-1, -2]], "x": [-2, -2]}


def test_hvp(backprop):
    assert backprop("hvp", "q = x*y; q^2 + x", "x=1", "y=2", "--direction", "q=1").rows[1:] == [["q", "2"]]
    assert backprop("hvp", "x^2*y", "x=3", "y=2", "--direction", "x=1").rows == [
        ["variable", "product"],
        ["x", "4"],
        ["y", "6"],
    ]
    answer = backprop("hvp", "sum(x^3)*y", "--x", "[1,2]", "y=2", "--direction", "x=[1,0]", "--wrt", "x", "--json")
    assert json.loads(answer.out)["product"] == {"x": [12, 0]}


def test_hvp_of_100000_variables(backprop, tmp_path):
    np.save(tmp_path / "x.npy", np.linspace(-1, 1, 100_000))
    answer = backprop("hvp", "sum((x[1:]-x[:-1]^2)^2)", "--x", "@x.npy", "--direction", "x=@x.npy")
    assert (answer.status, len(answer.rows)) == (0, 100_001)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (("jvp", "x*y", "x=1", "y=1"), "error: --tangent is missing\n  for example: --tangent x=1\n"),
        (("jvp", "x", "x=1", "--tangent", "1"), "error: --tangent 1\n  write NAME=VALUE: --tangent x=1\n"),
        (
            ("jvp", "rate*y", "rate=1", "y=1", "--tangent", "rat=1"),
            "error: --tangent rat: rat is not a variable of the expression\n  did you mean rate?\n",
        ),
        (
            ("jvp", "x", "x=1", "--tangent", "x=1", "--tangent", "x=2"),
            "error: --tangent x is given twice\n  omit one of the two\n",
        ),
        (
            ("jvp", "2*x", "x=1", "--tangent", "x=[1,2]"),
            "error: the tangent of 'x' has shape (2), the variable scalar\n"
            "  1 | 2*x\n    |   ^ give it the variable's shape\n",
        ),
        (
            ("jvp", "x", "x=1", "--tangent", "x=1+"),
            "error: the value of --tangent x: the expression ends too soon\n",
        ),
        (("vjp", "x", "x=1"), "error: --upstream is missing\n  the output is a scalar: --upstream 1\n"),
        (
            ("vjp", "[x, x]", "x=1", "--upstream", "1"),
            "error: the upstream gradient has shape scalar, the output (2)\n  give it the output's shape\n",
        ),
        (("hvp", "x", "x=1"), "error: --direction is missing\n  for example: --direction x=1\n"),
        (
            ("hessian", "[x, x]", "x=1"),
            "error: only a scalar has a Hessian, the output has shape (2)\n"
            "  1 | [x, x]\n    | ^^^^^^ make it one number, for example by sum(...)\n",
        ),
        (
            ("jacobian", "xs*y", "xs=1", "y=1", "--wrt", "x"),
            "error: --wrt x: x is not a variable of the expression\n  did you mean xs?\n",
        ),
    ],
)
def test_wrong_questions(backprop, tokens, said):
    answer = backprop(*tokens)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(said.rstrip("\n").split("the expression ends")[0])


@EVERY_COMMAND
def test_a_result_that_is_not_finite_is_named_and_strict(backprop, command, options):
    answer = backprop(command, "log(x)", "x=0", *options)
    assert (answer.status, answer.err) == (0, "warning: f = log(x) is -inf\n  1 | log(x)\n    | ^^^^^^\n")
    strict = backprop(command, "log(x)", "x=0", *options, "--strict", "--json")
    assert strict.status == 4
    assert {"where": "value", "value": "-inf"} in json.loads(strict.out)["nonfinite"]
    assert backprop(command, "log(x)", "x=1", *options, "--strict").status == 0


def test_a_second_derivative_that_alone_is_infinite_is_named(backprop):
    answer = backprop("hessian", "x^1.5 + y^2", "x=0", "y=1", "--strict")
    assert answer.rows[1:] == [["x", "inf", "0"], ["y", "0", "2"]]
    assert (answer.status, answer.err) == (4, "warning: hessian.x.x is inf\n")


@EVERY_COMMAND
def test_every_format_works(backprop, command, options):
    for form in ("table", "tsv", "csv", "json", "ndjson", "markdown", "plain"):
        answer = backprop(command, "x^2", "x=3", *options, "--format", form)
        assert answer.status == 0, answer.err
        assert answer.out


@EVERY_COMMAND
def test_help_has_the_variables_and_the_default_size(backprop, command, options):
    answer = backprop(command, "x^2", "--help")
    assert answer.status == 0
    assert "Variables of x^2: --x" in answer.out
    assert ("--max-size" in answer.out) == (command in ("jacobian", "hessian"))
    assert "--max-size" not in answer.out or str(MAXIMUM_RESULT) in answer.out


@pytest.mark.parametrize("expression", ["2*3", "relu(7)", "max(2, abs(0))"])
@pytest.mark.parametrize("command", ["jacobian", "hessian"])
def test_an_expression_without_variables(backprop, command, expression):
    answer = backprop(command, expression)
    assert answer.status == 0
    assert answer.err == "note: the expression has no variables, so that there is nothing to differentiate by\n"
