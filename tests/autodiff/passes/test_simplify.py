"""The derivative as a reader gets it: the textbook's form, and the plain derivative's value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.autodiff import ExpressionError, Graph, value_and_grad
from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.passes.writing import simplified
from backprop.parser import parse
from backprop.parser.printers.expression import TEXTBOOK, show

from ...cases import as_one_test

TEXTBOOK_PAIRS = [
    ("x^2*sin(x)", "2*x*sin(x) + x^2*cos(x)"),
    ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"),
    ("(x+y)*z", "z"),
    ("log(x)", "1/x"),
    ("x^n", "n*x^(n-1)"),
    ("sqrt(x)", "1/(2*sqrt(x))"),
    ("tanh(x)", "1 - tanh(x)^2"),
    ("1/x", "-1/x^2"),
    ("exp(-x^2)", "-2*x*exp(-x^2)"),
    ("sin(x)*cos(x)", "2*cos(x)^2 - 1"),
    ("a*x^2 + b*x + c", "2*a*x + b"),
    ("atan(x)", "1/(1 + x^2)"),
    ("asin(x)", "1/sqrt(1 - x^2)"),
    ("acos(x)", "-1/sqrt(1 - x^2)"),
    ("asinh(x)", "1/sqrt(1 + x^2)"),
    ("atanh(x)", "1/(1 - x^2)"),
    ("where(x > 0, sqrt(x), 0)", "where(x > 0, 1/(2*sqrt(x)), 0)"),
    ("log(1 + exp(x))", "exp(x)/(1 + exp(x))"),
    ("softplus(x)", "sigmoid(x)"),
    ("sin(x)^2", "2*sin(x)*cos(x)"),
    ("x*x*x", "3*x^2"),
    ("sqrt(x^2 + y^2)", "x/sqrt(x^2 + y^2)"),
    ("hypot(x, y)", "x/hypot(x, y)"),
    ("2^x", "2^x*log(2)"),
    ("(2*x + 1)^5", "10*(2*x + 1)^4"),
    ("log(x)/x", "(1 - log(x))/x^2"),
    ("cbrt(x)", "1/(3*cbrt(x)^2)"),
    ("atan2(y, x)", "-y/(x^2 + y^2)"),
    ("tan(x)", "1 + tan(x)^2"),
    ("log10(x)", "1/(x*log(10))"),
    ("erf(x)", "2*exp(-x^2)/sqrt(pi)"),
    ("pi*x^2", "2*pi*x"),
    ("x - x + 3*x - x", "2"),
    ("x^3*y", "3*x^2*y"),
    ("abs(x)", "sign(x)"),
    ("relu(x)", "x > 0"),
    ("floor(x)", "0"),
    ("y", "0"),
    ("grad(x^3, x)", "6*x"),
]
SECOND = [
    ("x^3", "6*x"),
    ("sin(x)", "-sin(x)"),
    ("x^n", "n*x^(n-2)*(n - 1)"),
    ("exp(2*x)", "4*exp(2*x)"),
    ("log(x)", "-1/x^2"),
]


def written(text: str, order: int = 1, **shapes: tuple[int, ...]) -> str:
    graph = parse(text)
    found = derivatives(graph, ["x"] if "x" in graph.inputs else None, order=order, given=shapes).written
    return show(found["x"], {}, spacing=TEXTBOOK) if "x" in found else "0"


@as_one_test("text, expected", TEXTBOOK_PAIRS)
def test_a_derivative_reads_as_in_the_textbook(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize("text, expected", SECOND)
def test_a_second_derivative_reads_as_in_the_textbook(text: str, expected: str) -> None:
    assert written(text, order=2) == expected


def test_the_fourth_derivative_of_a_sine_is_the_sine() -> None:
    assert written("sin(x)", order=4) == "sin(x)"


@pytest.mark.parametrize(
    "text, shapes, expected",
    [
        ("sum((W@x)^2)", {"W": (2, 3), "x": (3,)}, "W.T @ (2*(W @ x))"),
        ("sum(x)", {"x": (3,)}, "ones(3)"),
        ("sum(x^2)", {"x": (3,)}, "2*x"),
        ("logsumexp(x)", {"x": (3,)}, "softmax(x)"),
        ("-log_softmax(x)[1]", {"x": (3,)}, "softmax(x) - eye(3)[1]"),
        ("-log_softmax(x)[-1]", {"x": (30,)}, "softmax(x) - eye(30)[-1]"),
        ("logsumexp(x) - x[0] - x[1]", {"x": (3,)}, "softmax(x) - [1, 1, 0]"),
        ("x[0]*x[1] + x[2]", {"x": (3,)}, "[x[1], x[0], 1]"),
        ("2*x[1] - 3*x[2]", {"x": (3,)}, "[0, 2, -3]"),
        ("-x[1]", {"x": (3,)}, "[0, -1, 0]"),
        ("x[1]", {"x": (200,)}, "concat(zeros(1), [1], zeros(198))"),
        ("sin(x[1])", {"x": (3,)}, "[0, cos(x[1]), 0]"),
        ("x[0,0]*x[1,1] - x[0,1]*x[1,0]", {"x": (2, 2)}, "[[x[1, 1], -x[1, 0]], [-x[0, 1], x[0, 0]]]"),
        ('einsum("i,i->", [x, y], [y, x])', {}, "2*y"),
        ("f(t) = t^2 - x; iterate(f, 0, 3)", {}, "4*x^3 - 6*x^2 + 2*x - 1"),
        ("sum([0, 1, 0]*log_softmax(x))", {"x": (3,)}, "[0, 1, 0] - softmax(x)"),
    ],
)
def test_arrays_are_differentiated_too(text: str, shapes: dict[str, tuple[int, ...]], expected: str) -> None:
    assert written(text, **shapes) == expected


LEAVES = ["x", "y", "2", "3", "0.5", "1"]
FUNCTIONS = ["sin", "cos", "exp", "tanh", "sigmoid", "sqrt", "log", "atan", "square", "abs", "softplus"]
EXPRESSIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, st.sampled_from(["2", "3", "-1", "y"])).map(lambda parts: f"({parts[0]})^({parts[1]})"),
        inner.map(lambda part: f"(-{part})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"where({parts[0]} > 0.5, {parts[1]}, {parts[2]})"),
    ),
    max_leaves=8,
)
POINTS = [(0.7, 1.3), (2.5, 0.25), (-0.6, 2.0), (0.0, 1.5), (1.0, 1.0)]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(EXPRESSIONS)
def test_tidying_keeps_the_value_to_rounding(text: str) -> None:
    graph = parse(f"{text} + 0*x")
    found = derivatives(graph, ["x"])
    plain, tidy = found.plain["x"], found.written["x"]
    again = parse(show(tidy, {}, spacing=TEXTBOOK))
    for x, y in POINTS:
        point = {"x": np.float64(x), "y": np.float64(y)}
        expected, value = map(float, evaluate([plain, tidy], point))
        if not math.isfinite(expected):
            continue
        scale = largest_intermediate(found.graph, plain, tidy, point)
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-13 * scale)
        given_names = {name: point[name] for name in again.inputs}
        assert value_and_grad(again, given_names)[0] == pytest.approx(value, rel=1e-13, abs=1e-14 * scale)


def test_a_condition_decides_as_it_was_written() -> None:
    found = derivatives(parse("where(x/x > 0.5, x, y)"), ["x"])
    assert evaluate([found.written["x"]], {"x": np.float64(0), "y": np.float64(1)}) == [0.0]


def largest_intermediate(graph: Graph, plain: object, tidy: object, point: dict[str, np.float64]) -> float:
    """The size of the numbers that are added and multiplied on the way, whose rounding any form has."""
    every = evaluate(graph.nodes, {**{name: np.float64(0) for name in graph.inputs}, **point})
    finite = [abs(float(one)) for one in every if np.isfinite(one)]
    return max([1.0, *finite])


@pytest.mark.parametrize("terms", [1_000, 10_000])
def test_tidying_is_linear(terms: int) -> None:
    graph = parse(" + ".join(f"{k}*x*sin({k}*x)" for k in range(1, terms + 1)))
    found = derivatives(graph, ["x"])
    assert len(found.graph.nodes) <= 45 * terms


def test_a_deep_expression_is_tidied_without_recursion() -> None:
    graph = parse("sin(" * 5_000 + "x" + ")" * 5_000)
    found = derivatives(graph, ["x"])
    assert found.written["x"] is simplified(found.plain["x"])


def test_an_order_is_one_or_more() -> None:
    with pytest.raises(ExpressionError, match="the order is 0"):
        derivatives(parse("x^2"), order=0)


def test_a_higher_order_is_for_scalars() -> None:
    with pytest.raises(ExpressionError, match="x is an array"):
        derivatives(parse("sum(x^2)"), order=2, given={"x": (3,)})


def test_flat_gates_on_the_way_are_named() -> None:
    assert derivatives(parse("floor(x)*x + ceil(2)")).flat == ("floor",)
    assert derivatives(parse("x*2 + floor(3)")).flat == ()
