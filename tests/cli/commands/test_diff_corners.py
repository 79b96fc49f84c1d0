"""Where diff's text is not the derivative: it says so once, on stderr, and what it says is true.

The truth is the value of `grad` at the corner; where a note gives the value of a part of the text, putting that in its
place gives the derivative.
"""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES
from backprop.parser import parse

from ...cases import as_one_test

# the expression, its corner, the note, and by each variable the text with what the note says in place of the part
DECLARED = {
    "direction": (
        "5*norm(x) + x[0]",
        {"x": [0, 0]},
        "where norm(x) == 0, x/norm(x) has no value; the derivative takes it as 0",
        {"x": "5*0*x + [1, 0]"},
    ),
    "direction of deviations": (
        "std(x)",
        {"x": [0.1, 0.1, 0.1]},
        "where std(x) == 0, (x - mean(x))/std(x) has no value; the derivative takes it as 0",
        {"x": "0*x/3"},
    ),
    "direction along an axis": (
        "sum(norm(x, axis=0))",
        {"x": [[0, 3], [0, 4]]},
        "where norm(x, axis=0) == 0, x/reshape(norm(x, axis=0), 1, 2) has no value; the derivative takes it as 0",
        {"x": "where(reshape(norm(x, axis=0), 1, 2) == 0, 0, x/reshape(norm(x, axis=0), 1, 2))"},
    ),
    "polygamma_difference": (
        "lbeta(a, 2)",
        {"a": -3},
        "where a denominator is 0, digamma(a + 2) - digamma(a) has no value; the derivative takes it as its limit",
        {"a": "5/6"},
    ),
    "hypot_slope": (
        "hypot(x, y)",
        {"x": 0, "y": 0},
        "where x == 0 and y == 0, x/hypot(x, y) and y/hypot(y, x) have no value; the derivative takes each as 0",
        {"x": "0", "y": "0"},
    ),
    "radial": (
        "exp(norm(x))",
        {"x": [0, 0]},
        "where norm(x) == 0, x*exp(norm(x))/norm(x) has no value; the derivative takes it as 0",
        {"x": "0*x"},
    ),
    "in_form": (
        "cos(norm(x))",
        {"x": [0, 0]},
        "where norm(x) == 0, x*sin(norm(x))/norm(x) has no value; the derivative takes it as 0",
        {"x": "0*x"},
    ),
    "radial_x": (
        "exp(hypot(x, 2*y)) + 3*x",
        {"x": 0, "y": 0},
        "where x == 0 and 2*y == 0, x*exp(hypot(x, 2*y))/hypot(x, 2*y) has no value; the derivative takes it as 0",
        {"x": "0 + 3"},
    ),
    "power_partial by y": (
        "x^y",
        {"x": 0, "y": 2},
        "where x == 0 and y > 0, x^y*log(x) has no value; the derivative takes it as 0",
        {"y": "0"},
    ),
    "power_partial by x": (
        "x^y",
        {"x": 0, "y": 0},
        "where x == 0 and y == 0, y*x^(y-1) has no value; the derivative takes it as 0",
        {"x": "0"},
    ),
    "power_partial of a list": (
        "[0,3,4]^z",
        {"z": 2},
        "where [0, 3, 4] == 0 and z > 0, [0, 3, 4]^z*log([0, 3, 4]) has no value; the derivative takes it as 0",
        {"z": "sum([0, 3^z*log(3), 4^z*log(4)])"},
    ),
    "power_partial of itself": (
        "x^x",
        {"x": 0},
        "where x == 0, x*x^(x-1) has no value; the derivative takes it as 0",
        {"x": "0 + x^x*log(x)"},
    ),
    "largest_share": (
        "3*max(x, y) + x",
        {"x": 2, "y": 2},
        "where x == y, x > y is 0; the derivative takes it as 0.5",
        {"x": "3*0.5 + 1"},
    ),
    "binom_slope": (
        "binom(n, 2)",
        {"n": 1},
        "where a denominator is 0, binom(n, 2)*(digamma(n + 1) - digamma(n - 1)) has no value; "
        "the derivative takes it as its limit",
        {"n": "n - 1/2"},
    ),
    "binom_slope by k": (
        "binom(3, k)",
        {"k": 4},
        "where a denominator is 0, binom(3, k)*(digamma(4 - k) - digamma(k + 1)) has no value; "
        "the derivative takes it as its limit",
        {"k": "-1/4"},
    ),
    "beta_slope": (
        "beta(a, 2)",
        {"a": -3},
        "where a denominator is 0, beta(a, 2)*(digamma(a) - digamma(a + 2)) has no value; "
        "the derivative takes it as its limit",
        {"a": "-1/a^2 + 1/(a+1)^2"},
    ),
    "smallest_share": (
        "min(x^2, y)",
        {"x": 2, "y": 4},
        "where x^2 == y, y > x^2 is 0; the derivative takes it as 0.5",
        {"x": "2*x*0.5"},
    ),
}


def asked(backprop, text, point, *options):
    values = [f"{name}={json.dumps(value)}" for name, value in point.items()]
    answer = backprop("diff", text, *values, *options, "--json")
    assert answer.status == 0
    return json.loads(answer.out), answer.err


def value_of(text, point):
    graph = parse(text)
    return np.asarray(value_and_grad(graph, {name: point[name] for name in graph.variables})[0])


@pytest.mark.parametrize("text, point, note, said", DECLARED.values(), ids=DECLARED)
def test_a_note_says_what_the_text_does_not(backprop, text, point, note, said):
    names = [word for name in said for word in ("--wrt", name)]
    answer, err = asked(backprop, text, point, *names)
    assert [line for line in err.splitlines() if line.startswith("note: where")] == [f"note: {note}"]
    for name, derivative in said.items():
        _, gradient = value_and_grad(parse(text), point)
        written = value_of(answer["derivative"][name], point)
        right = value_of(derivative, point)
        assert np.array_equal(right, gradient[name]) or np.allclose(right, gradient[name], rtol=1e-15, atol=0)
        assert not np.all(np.isfinite(written)) if "no value" in note else not np.array_equal(written, right)


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.gap], ids=lambda gate: gate.name)
def test_every_gate_that_declares_a_corner_is_tried(gate):
    alone = {
        "beta_density",
        "beta_density_slope",
        "gamma_density",
        "gamma_density_slope",
        "hypot_across",
        "hypot_along",
        "hypot_share",
        "odd_quotient",
        "radial_y",
        "ratio",
    }  # of higher orders, and as those beside them
    assert any(name.split()[0] == gate.name for name in DECLARED) or gate.name in alone


@pytest.mark.parametrize("format", [(), ("--to", "latex"), ("--json",), ("--format", "table"), ("--cse",)])
def test_the_note_is_on_stderr_once_in_every_format(backprop, format):
    answer = backprop("diff", "hypot(x, y)", "--wrt", "x", *format)
    assert answer.err == "note: where x == 0 and y == 0, x/hypot(x, y) has no value; the derivative takes it as 0\n"
    assert "where" not in answer.out
    assert backprop("diff", "hypot(x, y)", "-q").err == ""


@pytest.mark.parametrize(
    "text", ["hypot(x, y)^2", "norm([x, y])^2", "hypot(x, 3)", "2^x", "x^3", "abs(x)", "relu(x)", "max(2, 3)*x", "e^x"]
)
def test_there_is_no_note_where_the_text_is_the_derivative(backprop, text):
    assert backprop("diff", text, "--wrt", "x").err == ""


@pytest.mark.parametrize("language", ["python", "numpy", "c", "javascript"])
def test_code_is_right_at_the_corner_without_a_note(backprop, language):
    assert backprop("diff", "hypot(x, y)", "--to", language).err == ""
    assert "kink" in backprop("diff", "relu(x)^2", "--order", "2", "--to", language).err
    answer = backprop("diff", "abs(x)^2", "--order", "2", "--to", language)
    assert answer.err == "" and not re.search(r"\b_?sign\(|abs_slope", answer.out)


def test_the_session_tells_of_it_too(backprop):
    answer = backprop("repl", "--format", "tsv", stdin="hypot(x, y)\n:diff x\n")
    assert "where x == 0 and y == 0, x/hypot(x, y) has no value; the derivative takes it as 0" in answer.err


EXACT = [
    ("abs(x)^2", "2*x", "2"),
    ("abs(x)^3", "3*x*abs(x)", "6*abs(x)"),
    ("x*abs(x)", "2*abs(x)", "2*sign(x)"),
    ("relu(x)^2 - x", "2*relu(x) - 1", None),
    ("max(x, 0)^3", "3*maximum(x, 0)^2", "6*maximum(x, 0)"),
    ("cos(abs(x))", "-sin(abs(x))*sign(x)", "-cos(abs(x))"),
    ("exp(-abs(x)^2/2)", "-x*exp(-x^2/2)", "exp(-x^2/2)*(x^2 - 1)"),
    ("x^2 if x > 0 else x^3", "where(x > 0, 2*x, 3*x^2)", "where(x > 0, 2, 6*x)"),
    ("where(abs(x) < 1, x^2/2, abs(x) - 0.5)", "where(abs(x) < 1, x, sign(x))", "abs(x) < 1"),
]


@pytest.mark.parametrize("text, first, second", EXACT)
def test_pieces_are_written_exactly(backprop, text, first, second):
    for order, expected in ((1, first), (2, second)):
        if expected is not None:
            answer, err = asked(backprop, text, {"x": 0}, "--order", str(order))
            assert answer["derivative"]["x"] == expected and "this formula" not in err
            (plain,) = derivatives(parse(text), order=order).plain.values()
            for x in (0.0, -0.0, 1.0, -1.0, 1e-200, -2.5):
                assert value_of(expected, {"x": x}) == evaluate([plain], {"x": np.float64(x)})[0]


@pytest.mark.parametrize("text, value", [("relu(x)^2", 1.0), ("relu(x)^2 + relu(-x)^2", 2.0), ("max(x^2, -x^2)", 2.0)])
def test_a_kink_of_higher_order_is_told_of(backprop, text, value):
    answer, err = asked(backprop, text, {"x": 0}, "--order", "2")
    assert answer["value"]["x"] == value != value_of(answer["derivative"]["x"], {"x": 0.0})
    assert "the derivative is the mean of those from both sides of a kink, which this formula may not give" in err
    beside = [value_of(answer["derivative"]["x"], {"x": x}) for x in (-1e-9, 1e-9)]
    assert math.isclose(sum(beside) / 2, value, rel_tol=1e-6)


@as_one_test("x", [0.0, -0.0, 1.5, -1.5, math.inf, -math.inf, math.nan])
@as_one_test(
    "product, factor", [("abs(x)*sign(x)", "x"), ("x*sign(x)", "abs(x)"), ("abs(x)^2", "x^2"), ("abs(x)^-4", "x^-4"),
                        ("relu(x)*(x > 0)", "relu(x)"), ("max(0, x)*(x > 0)", "max(0, x)")]
)  # fmt: skip
def test_what_partners_are_is_what_they_multiply_to(product, factor, x):
    assert np.array_equal(value_of(product, {"x": x}), value_of(factor, {"x": x}), equal_nan=True)
