"""The second order against truths, and its third derivatives against SymPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

from backprop.autodiff.uncertainty.budget import budget
from backprop.autodiff.uncertainty.inputs import Inputs, Uncertain
from backprop.autodiff.uncertainty.second_order import GUM, QUADRATIC, second_order, third_order
from backprop.parser import parse

from ...closeness import close_to
from .gum_cases import BY_NAME
from .test_budget import EVERY_CASE, answer


@EVERY_CASE
def test_it_has_twelve_digits(name):
    found, case = answer(name).second_order, BY_NAME[name]
    truth = case["truth"]
    assert found.quadratic == close_to(float(truth["u_second_order_normal"]), rel=1e-12)
    bias = float(truth["bias_second_order"])
    assert found.bias == close_to(bias, rel=2e-8 if name == "GUM5-13-thermometer" else 1e-12)  # A^2 - 4*B*… cancels
    by_gum = truth.get("u_gum_5_1_2")
    if by_gum is None or by_gum == "negative variance":
        assert (found.formula, found.uncertainty) == (QUADRATIC, found.quadratic)
    else:
        assert found.formula == GUM
        assert found.uncertainty == close_to(float(by_gum), rel=1e-12)
    assert found.is_negative == (by_gum == "negative variance")


VANISHING = {
    "GUM-H1": ("theta", "as"),
    "S1-9.3": ("a", "rW", "rR"),
    "S1-9.4-1": ("x1", "x2"),
    "S1-9.4-2": ("x2",),
    "S2-polar-1-mag": ("im",),
    "GUM5-1-pH": (),
    "S1-9.2-U": (),
}


@pytest.mark.parametrize("name, vanishing", VANISHING.items())
def test_first_derivatives_that_vanish_are_noticed(name, vanishing):
    assert answer(name).second_order.vanishing == vanishing


@pytest.mark.parametrize(
    "text", ["x^3*y + exp(x*z)", "sin(x*y)/z", "atan2(x, y)*z^2", "sqrt(x^2 + y^2 + z^2)", "x*y*z"]
)
def test_third_derivatives_are_those_of_sympy(text):
    point, sizes = {"x": 0.7, "y": 1.3, "z": 0.4}, {"x": 0.1, "y": 0.03, "z": 0.2}
    symbols = {name: sympy.Symbol(name) for name in point}
    formula = sympy.sympify(text, locals=symbols)
    values = {symbols[name]: sympy.Float(value, 40) for name, value in point.items()}
    expected = [
        sum(
            (formula.diff(i) * formula.diff(i, j, j)).evalf(30, subs=values) * sizes[str(i)] ** 2 * sizes[str(j)] ** 2
            for i in symbols.values()
        )
        for j in symbols.values()
    ]
    inputs = Inputs({name: Uncertain(point[name], sizes[name]) for name in point}, {})
    slopes = np.array([float(formula.diff(symbol).evalf(30, subs=values)) for symbol in symbols.values()])
    for mine, truth in zip(third_order(parse(text), inputs, slopes, 1.0), expected, strict=True):
        assert mine == pytest.approx(float(truth), rel=1e-12, abs=1e-18)


def test_correlated_inputs_are_as_the_independent_ones_that_they_are_made_of():
    """x = p + q and y = p - q are uncorrelated where p and q are alike; else they have the covariance of both."""
    p, q = 0.3, 0.1
    free = {"p": Uncertain(1.0, p), "q": Uncertain(0.5, q)}
    made = {name: Uncertain(value, math.hypot(p, q)) for name, value in (("x", 1.5), ("y", 0.5))}
    by_parts = budget(parse("(p + q)^2*(p - q)"), free, trials=20).second_order
    whole = budget(
        parse("x^2*y"), made, correlations={("x", "y"): (p * p - q * q) / (p * p + q * q)}, trials=20
    ).second_order
    assert whole.quadratic == close_to(by_parts.quadratic, rel=1e-13)
    assert whole.bias == close_to(by_parts.bias, rel=1e-13)


def test_arrays_count_by_their_entries():
    array = budget(parse("prod(x)"), {"x": Uncertain([2.0, 3.0], [0.1, 0.2])}, trials=20).second_order
    alone = budget(parse("a*b"), {"a": Uncertain(2.0, 0.1), "b": Uncertain(3.0, 0.2)}, trials=20).second_order
    assert array.uncertainty == close_to(alone.uncertainty, rel=1e-14)
    assert array.formula == alone.formula == GUM


def test_too_many_entries_have_none():
    inputs = Inputs({"x": Uncertain(np.ones(1000), 0.1)}, {})
    assert second_order(parse("sum(x^2)"), inputs, np.full(1000, 2.0)) is None


@pytest.mark.parametrize("scale", [1e-290, 1e-200, 1.0, 1e200, 1e290])
def test_squares_neither_overflow_nor_vanish(scale):
    """The variance of a*b is exactly its second order, at any scale."""
    known = {"a": Uncertain(1.0, 0.01), "b": Uncertain(3.0, 0.3)}
    result = budget(parse(f"{scale}*a*b"), known, trials=20_000, target_uncertainty=0.1 * scale)
    assert result.uncertainty == close_to(scale * math.hypot(0.03, 0.3), rel=1e-13)
    assert result.second_order.uncertainty == close_to(scale * math.hypot(0.03, 0.3, 0.003), rel=1e-13)
    assert result.monte_carlo.uncertainty == close_to(result.second_order.uncertainty, rel=0.03)
    assert result.target.improvements["b"].alone == close_to(math.sqrt(0.01 - 0.0009), rel=1e-12)
    assert result.degrees_of_freedom == math.inf
