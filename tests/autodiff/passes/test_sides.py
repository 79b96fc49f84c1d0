"""Derivatives of second and higher order where a kink is hit exactly: the mean of the one-sided ones.

The truth is mpmath's: differences at 50 digits to each side of the point along a line.
"""

import itertools

import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff import compile, hessian, hvp, jvp, value_and_grad
from backprop.autodiff.passes.kink_hits import take_hits
from backprop.autodiff.passes.side_means import hadamard
from backprop.parser import parse

from ...cases import as_one_test
from ...closeness import close_to

MATHEMATICS = {
    "abs": abs,
    "max": max,
    "min": min,
    "exp": mp.exp,
    "cos": mp.cos,
    "sin": mp.sin,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, a: x if x > 0 else a * x,
    "elu": lambda x, a: x if x > 0 else a * mp.expm1(x),
    "softsign": lambda x: x / (1 + abs(x)),
    "clip": lambda x, low, high: min(max(x, low), high),
    "hard_tanh": lambda x: min(max(x, -1), 1),
    "hard_sigmoid": lambda x: min(max(x / 6 + mpf(1) / 2, 0), 1),
    "hypot": mp.hypot,
    "norm": mp.norm,
    "std": lambda entries: mp.sqrt(sum((x - sum(entries) / len(entries)) ** 2 for x in entries) / len(entries)),
}

KINKS = {
    "abs(x)^2": 0.0,
    "abs(x)^3": 0.0,
    "abs(x)*x": 0.0,
    "abs(x)*x^2": 0.0,
    "exp(-abs(x)^2/2)": 0.0,
    "cos(abs(x))": 0.0,
    "exp(abs(x))": 0.0,
    "abs(sin(x))": 0.0,
    "abs(abs(x))^2": 0.0,
    "sqrt(1+abs(x)^2)": 0.0,
    "abs(x^3)": 0.0,
    "abs(x-1)^2*x": 1.0,
    "max(x^2,-x^2)": 0.0,
    "max(x,-x)^2": 0.0,
    "min(x,2)^2": 2.0,
    "max(x^3,x)*x": 1.0,
    "max(min(x,1),-1)^2": 1.0,
    "relu(x)^2+relu(-x)^2": 0.0,
    "relu(x)^2": 0.0,
    "relu(x)^3": 0.0,
    "relu(x)*relu(-x)": 0.0,
    "relu(sin(x))*x": 0.0,
    "leaky_relu(x,0.1)^2": 0.0,
    "leaky_relu(x,0.1)*x": 0.0,
    "elu(x,1)": 0.0,
    "elu(x,2)^2": 0.0,
    "softsign(x)": 0.0,
    "softsign(x)^2": 0.0,
    "clip(x,-1,1)^2": 1.0,
    "clip(x,-1,1)*x": -1.0,
    "hard_tanh(x)^2": -1.0,
    "hard_sigmoid(x)^2": 3.0,
    "log(1+abs(x)^2)": 0.0,
    "norm([x,2*x])": 0.0,
    "exp(-norm([x,2*x]))": 0.0,
    "norm([x,2*x])^3": 0.0,
    "(1+norm([x,x]))^x": 0.0,
    "hypot(sin(x),x+x^2)": 0.0,
    "norm([x^2,-x*sin(x)])": 0.0,
    "1/(1+exp(hypot(x,0)))/(1+exp(-hypot(x,0)))": 0.0,
    "x*std([x,-x,2*x])": 0.0,
    "exp(std([x-1,2-2*x]))": 1.0,
    "hypot(x,2*x)*norm([x,x^2])": 0.0,
}


STEP = 40  # digits behind the point: the differences are off by a few steps where the derivative is 0


def one_sided(text: str, x: float, order: int, direction: int):
    """The derivative of that order to one side of x."""

    def function(t):
        return eval(text.replace("^", "**"), {**MATHEMATICS, "x": mpf(x) + t})

    with mp.workdps(300):
        return mp.diff(function, 0, order, direction=direction, h=mpf(10) ** -STEP) if order else function(mpf(0))


def mean_of_sides(text: str, x: float, order: int):
    return (one_sided(text, x, order, 1) + one_sided(text, x, order, -1)) / 2


def nested(text: str, order: int) -> str:
    for _ in range(order):
        text = f"grad({text}, x)"
    return text


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("text", KINKS)
def test_a_derivative_at_a_kink_is_the_mean_of_its_sides(text, order):
    x = KINKS[text]
    truth = float(mean_of_sides(text, x, order))
    expected = pytest.approx(truth, rel=1e-13, abs=10.0 ** (2 - STEP))
    assert value_and_grad(parse(nested(text, order)), x=x)[0] == expected
    one_less, two_less = parse(nested(text, order - 1)), parse(nested(text, order - 2))
    assert value_and_grad(one_less, x=x)[1]["x"] == expected
    assert jvp(one_less, {"x": 1.0}, x=x)[1] == expected
    assert hessian(two_less, x=x)["x"]["x"] == expected
    assert hvp(two_less, {"x": 1.0}, x=x)[1]["x"] == expected


@as_one_test("text", KINKS)
def test_rows_on_a_kink_have_the_mean_and_their_neighbours_do_not_change(text):
    x = KINKS[text]
    rows = np.array([x + 0.25, x, x - 0.25, x])
    second = compile(parse(nested(text, 2)), gradients=False)(x=rows)[0]
    graph = parse(nested(text, 2))
    alone = [value_and_grad(graph, x=float(row))[0] for row in rows]
    np.testing.assert_allclose(second, alone, rtol=1e-13, atol=0)
    off = [float(mean_of_sides(text, float(row), 2)) for row in (rows[0], rows[2])]
    np.testing.assert_allclose(second[[0, 2]], off, rtol=1e-13, atol=10.0 ** (2 - STEP))


CONVENTIONS = {
    "abs(x)": (0.0, 0.0),
    "relu(x)": (0.0, 0.0),
    "max(x, 0)": (0.0, 0.5),
    "leaky_relu(x)": (0.0, 0.01),
    "hard_tanh(x)": (1.0, 0.0),
    "hard_sigmoid(x)": (3.0, 0.0),
    "elu(x, 2)": (0.0, 2.0),
    "clip(x, -1, 1)": (1.0, 0.5),
    "max([x, 0])": (0.0, 0.5),
    "abs(x) + grad(abs(x)^2, x)": (0.0, 2.0),
}


@pytest.mark.parametrize("text", CONVENTIONS)
def test_first_derivatives_keep_their_conventions(text):
    x, slope = CONVENTIONS[text]
    assert value_and_grad(parse(text), x=x)[1]["x"] == slope
    assert jvp(parse(text), {"x": 1.0}, x=x)[1] == slope


def test_several_variables_at_once():
    assert hessian(parse("exp(-abs(x-y)^2/2)"), x=1, y=1) == {"x": {"x": -1, "y": 1}, "y": {"x": 1, "y": -1}}
    assert hessian(parse("abs(x)*abs(y)"), x=0, y=0) == {"x": {"x": 0, "y": 0}, "y": {"x": 0, "y": 0}}
    np.testing.assert_array_equal(hessian(parse("sum(abs(x))^2"), x=[0.0] * 5)["x"]["x"], 2 * np.eye(5))
    np.testing.assert_array_equal(hessian(parse("sum(abs(W@x)^2)"), W=np.eye(2), x=[0.0, 0.0])["x"]["x"], 2 * np.eye(2))
    found = hessian(parse("sum(relu(W@x)^2)"), W=[[1, 2], [3, 4]], x=[0.0, 0.0])["x"]["x"]
    np.testing.assert_allclose(found, np.array([[1, 3], [2, 4]]) @ [[1, 2], [3, 4]], rtol=1e-15)


@pytest.mark.parametrize("text", ["max(x, y, z)^2", "max([x, y, z])^2", "min(x, y, z)^2", "min([x, y, z])^2"])
def test_three_tied_share_equally_in_every_way_of_asking(text):
    point = {"x": 1.0, "y": 1.0, "z": 1.0}
    matrix = hessian(parse(text), point)
    for one, other in itertools.product(point, repeat=2):
        truth = 2 / 3 if one == other else 0.0
        assert matrix[one][other] == close_to(truth, rel=1e-14)
        assert value_and_grad(parse(f"grad(grad({text}, {one}), {other})"), point)[0] == close_to(truth, rel=1e-14)


TIED = {
    "min(square(v))": [0.0, 0.0],
    "max(v^2)": [1.0, -1.0, 0.5],
    "max(abs(v))^2": [2.0, 2.0, -2.0],
    "max(v[0], v[1], v[2])^2": [1.0, 1.0, 1.0],
    "norm(v[0]*[1, 2])*abs(v[1])": [0.0, 0.0],
}


@pytest.mark.parametrize("text", TIED)
def test_hvp_at_a_kink_is_the_mean_of_all_sides_and_not_of_the_two_along_the_direction(text):
    """So it is linear in the direction: along (1, 2) both sides of min(square(v)) at 0 have the second derivative 2."""
    point = np.array(TIED[text])
    matrix = hessian(parse(text), v=point)["v"]["v"]
    for direction in ([1.0, 2.0, -3.0], [0.0, -1.0, 0.5]):
        step = np.array(direction[: len(point)])
        product = hvp(parse(text), {"v": step}, v=point)[1]["v"]
        np.testing.assert_allclose(product, matrix @ step, rtol=1e-14, atol=0)
    assert text != "min(square(v))" or matrix.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_long_array_of_kinks():
    zeros = np.zeros(300)
    np.testing.assert_array_equal(hvp(parse("sum(abs(x)^2)"), {"x": np.ones(300)}, x=zeros)[1]["x"], np.full(300, 2.0))


def test_the_sides_that_differ_are_told_and_those_that_agree_are_not():
    take_hits()
    hessian(parse("abs(x)^2"), x=0)
    assert take_hits() == []
    hessian(parse("relu(x)^2 + abs(y)^2"), x=0, y=0)
    assert [slope.graph.source[slope.span.start : slope.span.end] for slope in take_hits()] == ["relu(x)"]
    hessian(parse("softsign(x)"), x=0)
    assert [slope.graph.source[slope.span.start : slope.span.end] for slope in take_hits()] == ["softsign(x)"]
    value_and_grad(parse("abs(x)"), x=0)
    assert take_hits() == []


@pytest.mark.parametrize("order", [1, 2, 3, 8, 100])
def test_the_signs_are_orthogonal(order):
    signs = hadamard(order)
    assert len(signs) >= order
    np.testing.assert_array_equal(signs @ signs.T, len(signs) * np.eye(len(signs)))


NOT_SELECTED = {
    "sqrt(relu(x))": -1.0,
    "acos(clip(x,-1,1))": 1.5,
    "asin(clip(x,-1,1))": -1.5,
    "min(exp(x),1)": 800.0,
    "max(-exp(x),0)": 800.0,
    "max(x,0)^0.5": -1.0,
    "sqrt(max([x,0]))": -1.0,
    "sqrt(min([-x,0,1]))": -2.0,
    "sqrt(leaky_relu(x,0))": -1.0,
    "sqrt(hard_tanh(x)+1)": -3.0,
    "log(hard_sigmoid(x))": -4.0,
    "relu(-exp(x))": 800.0,
    "min([exp(x),1])": 800.0,
    "sum(sqrt(relu([[1,2],[3,4]]@[x,x])))": -1.0,
    "sqrt(sum(relu([x,2*x])))": -1.0,
    "sum(sqrt(max([[x,0],[2*x,0]],axis=1)))": -1.0,
    "norm(sqrt(relu([x,x])))": -1.0,
}


@pytest.mark.parametrize("text", NOT_SELECTED)
def test_what_is_not_selected_contributes_exactly_zero(text):
    x = NOT_SELECTED[text]
    assert value_and_grad(parse(text), x=x)[1] == {"x": 0.0}
    assert jvp(parse(text), {"x": 1.0}, x=x)[1] == 0.0
    assert hessian(parse(text), x=x) == {"x": {"x": 0.0}}
    assert compile(parse(text))(x=np.array([x, x]))[1]["x"].tolist() == [0.0, 0.0]


def test_only_the_entries_that_are_selected_get_a_gradient():
    value, gradient = value_and_grad(parse("sum(sqrt(relu(x)))"), x=[4.0, -1.0, 1.0])
    assert value == 3
    assert gradient["x"].tolist() == [0.25, 0.0, 0.5]
    _, gradient = value_and_grad(parse("sum(relu(W@x))"), W=[[1, 1], [-1, -1]], x=[1.0, np.inf])
    assert gradient["W"].tolist() == [[1.0, np.inf], [0.0, 0.0]]


@pytest.mark.parametrize("text", ["max(x)^2", "min(x)^2*max(x)", "sum(x)*max(x)", "exp(max(abs(x)))*min(x)"])
def test_rows_on_kinks_of_a_whole_vector_are_as_single_points(text):
    graph = parse(f"sum(grad(sum(grad({text}, x)*w), x)*w)")
    vectors = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 0.0], [0.0, 1.0, 5.0], [2.0, 2.0, 2.0]])
    along = np.array([1.0, -2.0, 0.5])
    rows = compile(graph, gradients=False)(x=vectors, w=np.tile(along, (len(vectors), 1)))[0]
    assert rows == close_to([value_and_grad(graph, x=x, w=along)[0] for x in vectors], rel=1e-14)
