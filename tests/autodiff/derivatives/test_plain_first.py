"""Derivatives without masks where these change nothing: the same numbers as with them, wherever inf and nan come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from backprop.autodiff import hessian, hvp, jacobian, jvp, value_and_grad
from backprop.autodiff.derivatives import matrices, values
from backprop.autodiff.derivatives.plain_first import plain_first
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes import sides
from backprop.autodiff.passes.reverse import adjoints
from backprop.parser import parse

SELECTING = (
    "sqrt(relu(x))*y",
    "sqrt(max(x, y))",
    "relu(x)^1.5*y",
    "max(x, y)^0.5 + min(exp(x), 1)*y",
    "acos(clip(x, -1, 1))/y",
    "exp(min(x, y))*max(x, 0)",
    "sum(sqrt(relu([x, y])))",
    "log(max([x, y, 1]))",
    "max([sqrt(x), y])*min([x, y^2])",
    "where(x > 0, sqrt(relu(y)), relu(x)/y)",
    "hard_tanh(x)/hard_sigmoid(y)",
    "sum([[x, 1], [y, x]] @ relu([1/x, sqrt(y)]))",
    "relu(grad(sqrt(relu(x)), x))*y",
    "1/relu(x) > y",
    "atan(1/relu(x)) + y^2",
    "norm([relu(x), y])",
)
POINTS = tuple(product((-1.0, 0.0, 800.0, np.inf), (0.0, 2.0, -np.inf)))


def numbers(found: Any) -> list[Any]:
    """All numbers of a result, in order."""
    if isinstance(found, dict):
        return [one for part in found.values() for one in numbers(part)]
    if isinstance(found, tuple):
        return [one for part in found for one in numbers(part)]
    return [found]


def every_derivative(graph: Graph, values: dict[str, float]) -> list[Any]:
    direction = {"x": 1.0, "y": -0.5}
    found: list[Any] = []
    with np.errstate(all="ignore"):
        for ask in (
            lambda: value_and_grad(graph, values),
            lambda: jvp(graph, direction, values),
            lambda: jacobian(graph, values),
            lambda: hessian(graph, values),
            lambda: hvp(graph, direction, values),
        ):
            found += numbers(ask())
    return found


@pytest.mark.parametrize("text", SELECTING)
def test_the_numbers_are_those_with_masks(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def masked(graph: Graph, compute: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        return compute()

    graph = parse(text)
    points = [dict(zip("xy", point, strict=True)) for point in POINTS]
    found = [every_derivative(graph, point) for point in points]
    with monkeypatch.context() as patch:
        for module in (values, matrices):
            patch.setattr(module, "plain_first", masked)
        wanted = [every_derivative(graph, point) for point in points]
    np.testing.assert_array_equal(found, wanted)
    assert np.isfinite(wanted).any()


def test_what_is_finite_is_computed_once_and_without_masks() -> None:
    typed = parse("sum(W @ relu(V @ x))").typed({"W": (2, 3), "V": (3, 2), "x": (2,)})
    arrays = {"W": np.ones((2, 3)), "V": np.arange(6.0).reshape(3, 2) - 3, "x": np.array([1.0, 2.0])}
    sizes = []

    def compute() -> list[Any]:
        found = adjoints(typed, typed.result, typed.constant(1.0), [typed.inputs[name] for name in arrays])
        sizes.append(len([node for node in typed.nodes if node.gate.name == "select"]))
        return values.evaluate(list(found.of.values()), arrays)

    plain_first(typed, compute)
    assert sizes == [0]
    arrays["W"][:] = np.inf
    plain_first(typed, compute)
    assert sizes[:2] == [0, 0] and sizes[2] > 0


def test_kinks_that_only_the_plain_derivatives_met_are_not_told() -> None:
    typed = parse("relu(x)").typed({})
    results = iter([np.nan, 1.0])

    def compute() -> list[Any]:
        found = next(results)
        if np.isnan(found):
            sides._hits.append(typed.result)
        return [np.float64(found)]

    sides.take_hits()
    assert plain_first(typed, compute) == [1.0]
    assert sides.take_hits() == []
