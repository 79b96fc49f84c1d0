"""Products with derivatives along numbers: found again by names, and by which directions are ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, hvp, jvp
from backprop.autodiff.derivatives.programs import Derived
from backprop.parser import parse

TEXT = "x^3*y + sin(y)"
POINT = {"x": 1.5, "y": 2.0}
DIRECTIONS: tuple[dict[str, Any], ...] = (
    *({"x": 1.0, "y": 1.0}, {"x": 1.0, "y": -0.5}, {"x": 2, "y": 1}, {"y": 1.0, "x": 1.0}, {"x": 0.5}, {"y": 1}, {}),
    *({"x": np.float64(3.0)}, {"x": np.array(2.0), "y": 1.0}, {"x": True}),
)


@pytest.mark.parametrize("ask", [jvp, hvp])
def test_every_direction_has_its_own_answer(ask: Callable[..., Any]) -> None:
    graph = parse(TEXT)
    for _ in range(3):
        for direction in DIRECTIONS:
            assert ask(graph, direction, POINT) == ask(parse(TEXT), direction, POINT)
    x, y = POINT.values()
    assert jvp(graph, {"x": 2, "y": 1}, POINT)[1] == pytest.approx(6 * x * x * y + x**3 + np.cos(y), rel=1e-15, abs=0)
    assert hvp(graph, {"x": 2}, POINT, wrt=iter("y")) == (hvp(graph, {}, POINT)[0], {"y": 6 * x * x})


@pytest.mark.parametrize("ask", [jvp, hvp])
def test_directions_that_come_again_are_only_run(monkeypatch: pytest.MonkeyPatch, ask: Callable[..., Any]) -> None:
    graph = parse(TEXT)
    wanted = [ask(graph, direction, POINT) for direction in ({"x": 2.0, "y": 1.0}, {"x": -1.0, "y": 1.0})]
    monkeypatch.setattr(Derived, "numbers", None)
    assert [ask(graph, direction, POINT) for direction in ({"x": 2, "y": 1}, {"x": -1, "y": np.float64(1)})] == wanted


@pytest.mark.parametrize("ask", [jvp, hvp])
def test_what_is_wrong_is_refused_again(ask: Callable[..., Any]) -> None:
    graph = parse(TEXT)
    for _ in range(2):
        ask(graph, {"x": 2.0}, POINT)
        for wrong in ({"z": 2.0}, {"x": "2"}, {"x": [1.0, 2.0]}, {"x": 10**400}, {"x": np.ones(2)}):
            with pytest.raises(ExpressionError):
                ask(graph, wrong, POINT)
        with pytest.raises(ExpressionError):
            ask(graph, {"x": 2.0}, x=1.5)


def test_a_product_with_what_a_statement_computes_is_taken_from_each_call() -> None:
    graph = parse("q = x*y; q^3 + x")
    for x in (1.0, 2.0, 3.0):
        assert hvp(graph, {"q": 2.0}, x=x, y=2.0, wrt="q")[1] == {"q": 12.0 * (x * 2.0)}
