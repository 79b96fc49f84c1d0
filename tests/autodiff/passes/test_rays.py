"""Second derivatives where several kinks meet, of which one is a radius: the partial derivatives that mpmath finds."""

from __future__ import annotations

import pickle

import mpmath
import numpy as np
import pytest

from backprop.autodiff import compile, hessian, hvp, value_and_grad
from backprop.parser import parse

from ...closeness import close_to

CASES = {
    "(hypot(x,y) + norm([x,2*y]))^2": lambda x, y: (mpmath.hypot(x, y) + mpmath.hypot(x, 2 * y)) ** 2,
    "hypot(x,y)*hypot(x,2*y)": lambda x, y: mpmath.hypot(x, y) * mpmath.hypot(x, 2 * y),
    "norm([x,y])*exp(norm([x+y,2*y]))": lambda x, y: mpmath.hypot(x, y) * mpmath.exp(mpmath.hypot(x + y, 2 * y)),
    "cos(hypot(x,y) + norm([x,2*y]))": lambda x, y: mpmath.cos(mpmath.hypot(x, y) + mpmath.hypot(x, 2 * y)),
    "hypot(x,y)*abs(x)": lambda x, y: mpmath.hypot(x, y) * abs(x),
    "(hypot(x,y) + abs(x-y))^2": lambda x, y: (mpmath.hypot(x, y) + abs(x - y)) ** 2,
    "max(x,-x)*norm([x,3*y])": lambda x, y: abs(x) * mpmath.hypot(x, 3 * y),
    "std([x,y])*norm([x,y])": lambda x, y: abs(x - y) / 2 * mpmath.hypot(x, y),
    "(std([x,y]) + 2*std([x,2*y]))^2": lambda x, y: (abs(x - y) / 2 + abs(x - 2 * y)) ** 2,
    "(2+x)*hypot(x,y)*hypot(x,2*y)": lambda x, y: (2 + x) * mpmath.hypot(x, y) * mpmath.hypot(x, 2 * y),
    "cos(hypot(hypot(x,y),2*y))": lambda x, y: mpmath.cos(mpmath.hypot(x, mpmath.sqrt(5) * y)),
    "exp(-hypot(hypot(x,y),hypot(x,2*y))^2)": lambda x, y: mpmath.exp(-2 * x * x - 5 * y * y),
}


def by_differences(function):
    """The Hessian at 0: the mean of how each partial derivative changes along an axis and along its opposite."""
    far, near = mpmath.mpf("1e-15"), mpmath.mpf("1e-30")

    def partial(variable, x, y):
        dx, dy = (near, 0) if variable == 0 else (0, near)
        return (function(x + dx, y + dy) - function(x - dx, y - dy)) / (2 * near)

    def second(variable, by):
        sides = [(far, 0), (-far, 0)] if by == 0 else [(0, far), (0, -far)]
        changes = [partial(variable, 2 * x, 2 * y) - partial(variable, x, y) for x, y in sides]
        return (changes[0] - changes[1]) / (2 * far)

    with mpmath.workdps(100):
        return [[float(second(variable, by)) for by in (0, 1)] for variable in (0, 1)]


@pytest.mark.parametrize("text", CASES)
def test_the_partial_derivatives_in_both_modes_and_over_rows(text):
    expected = np.round(by_differences(CASES[text]), 12)
    graph, origin = parse(text), {"x": 0.0, "y": 0.0}
    matrix = hessian(graph, origin)
    assert [float(matrix[row][by]) for row in "xy" for by in "xy"] == close_to(list(expected.ravel()), rel=1e-12)
    _, product = hvp(graph, {"x": 1.0, "y": 0.0}, origin)
    assert [float(product[row]) for row in "xy"] == close_to(list(expected[:, 0]), rel=1e-12)
    for row, variable in enumerate("xy"):
        nested = parse(f"grad({text}, {variable})")
        of_rows = pickle.loads(pickle.dumps(compile(nested, wrt=["x", "y"])))
        _, slopes = of_rows({"x": np.array([0.0, 1.0, 0.0]), "y": np.array([0.0, 1.0, 0.0])})
        for column, by in enumerate("xy"):
            assert slopes[by][[0, 2]].tolist() == close_to([expected[row, column]] * 2, rel=1e-12)
        assert slopes["x"][1] == close_to(value_and_grad(nested, {"x": 1.0, "y": 1.0})[1]["x"], rel=1e-12)


@pytest.mark.parametrize("text", ["x", "[x,y][0]"])
def test_a_third_derivative_that_is_not_known_is_nan(text):
    nested = f"grad(grad(y*hypot(x,y)*hypot({text},2*y), x), x)"
    with np.errstate(all="ignore"):
        _, slopes = value_and_grad(parse(nested), {"x": 0.0, "y": 0.0})
    assert np.isnan(slopes["y"])
