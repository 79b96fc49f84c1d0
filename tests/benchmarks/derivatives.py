"""Derivatives as text, the first call of a graph and the calls after it: what --before compares two versions in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backprop import autodiff
from backprop.autodiff.derivatives import symbolic
from backprop.cli.reports.derivative import as_text
from backprop.parser import parse

from .measuring import Comparison, Runner, call

NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NETWORK = "sum((W @ relu(V @ x))^2)"
RANDOM = np.random.default_rng(7)
POINTS: dict[str, dict[str, Any]] = {
    NEURON: {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0},
    "max(x, y)^2 + abs(x)": {"x": 1.5, "y": 2.0},
    NETWORK: {name: RANDOM.normal(0.5, size=shape) for name, shape in {"V": (4, 3), "W": (2, 4), "x": 3}.items()},
}
FORMULAS = (
    *("x^2*sin(x)", "(x+y)*z", NEURON, "log(1+exp(x))", "x^3*y + y^3*x", "exp(-x^2/2)/sqrt(2*pi)", "sin(x)/x"),
    *("tanh(w*x + b)^2", "sqrt(x^2 + y^2)", "atan2(y, x)", "x^y", "a*exp(-b*t)*cos(w*t)", "relu(x)*y", "1/x + 1/x^2"),
    *("abs(x)^2", "max(x, y)", "where(x > 0, sqrt(x), 0)", "(a*x + b)/(c*x + d)", "log(x)/log(b)", "gelu(x)"),
    *("hypot(x, y)", "softplus(x)*sigmoid(x)", "sin(cos(tan(x)))", "(x - m)^2/s^2 + 2*log(s)", "asin(x)*acos(x)"),
    *("((x + 1)^2 + (x - 1)^2)^3", "x*y*z*x*y*z", "cosh(x) - sinh(x)", "erf(x/sqrt(2))", "cbrt(x)*x^0.5", "G*m/r^2"),
)


def comparisons(tiny: bool) -> Iterator[Comparison]:
    yield Comparison("derivatives of some formulas as text", partial(texts, FORMULAS[:2] if tiny else FORMULAS))
    for text, values in POINTS.items():
        along = {name: np.ones(np.shape(value)) for name, value in values.items()}
        calls: dict[str, Callable[[Any], object]] = {
            "gradient": lambda graph, values=values: autodiff.value_and_grad(graph, values),
            "jvp": lambda graph, along=along, values=values: autodiff.jvp(graph, along, values),
            "hvp": lambda graph, along=along, values=values: autodiff.hvp(graph, along, values),
            "jacobian": lambda graph, values=values: autodiff.jacobian(graph, values),
            "hessian": lambda graph, values=values: autodiff.hessian(graph, values),
        }
        for name, function in calls.items():
            yield Comparison(f"first {name} of {text}", partial(first, text, function))
            yield Comparison(f"{name} again of {text}", partial(again, text, function))
        if tiny:
            return


def texts(formulas: tuple[str, ...]) -> Runner:
    def write() -> object:
        found = [symbolic.derivatives(parse(text)) for text in formulas]
        return [as_text(node, shares=False) for one in found for node in one.written.values()]

    return call(write)


def first(text: str, function: Callable[[Any], object]) -> Runner:
    return call(lambda: function(parse(text)))


def again(text: str, function: Callable[[Any], object]) -> Runner:
    graph = parse(text)
    return call(lambda: function(graph))
