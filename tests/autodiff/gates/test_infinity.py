"""Derivatives at infinity and next to the largest double: limits, exactly, where the function levels off or is a line.

The product of what vanishes with what grows is 0 there, not 0*inf.
"""

import math

import numpy as np
import pytest

from backprop.autodiff import compile, hvp, jvp, value_and_grad
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.passes.sides import to_differentiate
from backprop.parser import parse

from ...cases import as_one_test

INF = math.inf
LEVEL = ["atan", "tanh", "sigmoid", "erf", "erfc", "normcdf", "normpdf", "softsign", "hard_tanh", "hard_sigmoid"]
SLOW = ["asinh", "cbrt"]  # they grow, but ever slower
LINES = ["softplus", "relu", "elu", "gelu", "silu", "mish"]  # 0 on the left, x on the right
SLOPES = {
    **{(name, side): 0.0 for name in (*LEVEL, *SLOW) for side in (-1, 1)},
    **{(name, side): float(side > 0) for name in LINES for side in (-1, 1)},
    ("acosh", 1): 0.0,
    ("log", 1): 0.0,
    ("sqrt", 1): 0.0,
}


@as_one_test("name, side", SLOPES)
@as_one_test("far", [INF, 1.7e308])
def test_derivatives_are_the_limits(name, side, far):
    graph = Graph(is_typed=True)
    x = graph.input("x", ())
    output = FUNCTIONS[name][0](x, *FUNCTIONS[name][0].defaults.values())
    orders = []
    for _ in range(4):
        found = adjoints(graph, output, graph.constant(1.0), [x]).of.get(x, graph.constant(0.0))
        (output,) = to_differentiate([found], output)
        orders.append(output)
    found = evaluate(orders, {"x": np.float64(side * far)})
    assert found == pytest.approx([SLOPES[name, side], 0, 0, 0], rel=0, abs=1e-150)


FAR = {INF: 1e200, -INF: -1e200}
ROWS = [(INF, 0.5), (-INF, 0.5), (0.5, INF, 3.0), (-INF, 2.0, -INF, 1.0), (INF, -INF), (-1.0, -2.0, -INF)]


def derivatives_along(text, row):
    """The gradient, the same by rows, the derivatives along each entry and the Hessian's product with one direction."""
    graph = parse(text)
    row = np.array(row)
    _, reverse = value_and_grad(graph, x=row)
    _, rows = compile(graph)(x=np.stack([row, np.ones_like(row)]))
    forward = [jvp(graph, {"x": unit}, x=row)[1] for unit in np.eye(len(row))]
    _, product = hvp(graph, {"x": np.arange(1.0, len(row) + 1)}, x=row)
    return reverse["x"], rows["x"][0], forward, product["x"]


@as_one_test("row", ROWS)
@as_one_test(
    "text", ["norm(x)", "logsumexp(x)", "softmax(x)[0]", "softmax(x)[-1]", "log_softmax(x)[0]", "log_softmax(x)[-1]"]
)
def test_one_infinite_entry_of_several_takes_all(text, row):
    far = [FAR.get(entry, entry) for entry in row]
    several = text == "norm(x)" and sum(map(math.isinf, row)) > 1
    reverse, rows, forward, product = derivatives_along(text, row)
    if several:
        np.testing.assert_array_equal(np.isnan(reverse), np.isinf(row))
        return
    for found in (reverse, rows, forward):
        np.testing.assert_allclose(found, value_and_grad(parse(text), x=np.array(far))[1]["x"], rtol=1e-15, atol=1e-150)
    second = hvp(parse(text), {"x": np.arange(1.0, len(row) + 1)}, x=np.array(far))[1]["x"]
    np.testing.assert_allclose(product, second, rtol=1e-15, atol=1e-150)


@pytest.mark.parametrize("text", ["logsumexp(x)", "log_softmax(x)[2]"])
def test_of_several_that_are_inf_the_shares_are_unknown(text):
    reverse, *_ = derivatives_along(text, (INF, INF, 3.0, -INF))
    assert np.isnan(reverse[:2]).all()
    np.testing.assert_array_equal(reverse[2:], [float("log" not in text[:4] or "[" in text), 0.0])
    assert np.isnan(derivatives_along(text, (-INF, -INF, -INF))[0]).any()


@pytest.mark.parametrize("x, y, slopes", [(INF, 2.0, (1, 0)), (2.0, -INF, (0, -1)), (-INF, 0.0, (-1, 0))])
def test_one_infinite_leg_is_the_hypotenuse(x, y, slopes):
    graph = parse("hypot(x, y)")
    _, found = value_and_grad(graph, x=x, y=y)
    assert (found["x"], found["y"]) == slopes
    assert jvp(graph, {"x": 1.0, "y": 3.0}, x=x, y=y)[1] == slopes[0] + 3 * slopes[1]


@pytest.mark.parametrize("x, y", [(INF, INF), (-INF, INF), (INF, math.nan)])
def test_two_infinite_legs_have_no_direction(x, y):
    _, found = value_and_grad(parse("hypot(x, y)"), x=x, y=y)
    assert math.isnan(found["x"]) and math.isnan(found["y"])
