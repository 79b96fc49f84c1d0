"""Jacobians and Hessians of numbers: those of sweeps, kept for the calls that come again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, hessian, hvp, jacobian
from backprop.autodiff.derivatives import ways
from backprop.autodiff.derivatives.number_matrix import MOST_DIRECTIONS, NumberMatrix
from backprop.autodiff.derivatives.programs import Derived
from backprop.autodiff.graph import Graph
from backprop.parser import parse

TEXTS = (
    *("1/(1+exp(-(w*x + b)))", "x^y + atan2(w, b)", "max(x, y, w)*relu(b)", "where(x > y, sqrt(x - y), 0) + w*b"),
    *("softplus(x)*silu(y) - w^3", "hypot(x, y)/abs(w) + sinc(b)", "x // y + w % b", "log(x)*exp(y) + 1/w"),
    *("q = x*y; q^2 + w", "tanh(x)^3 + (x < y)*y^2", "sum([x, y]^3)*w", "x - y"),
)
POINTS = (
    {"x": 1.5, "y": 0.75, "w": -2.5, "b": 0.5},
    {"x": 0.0, "y": 0.0, "w": 0.0, "b": -0.0},  # poles and kinks
    {"x": -8.0, "y": 1 / 3, "w": 1e200, "b": 1e200},
    {"x": 2, "y": 800, "w": -800, "b": np.float64(3.0)},
    {"x": math.inf, "y": -1.0, "w": math.nan, "b": 1e-320},
)


def swept(monkeypatch: pytest.MonkeyPatch, ask: Callable[..., Any], text: str, point: dict[str, Any]) -> Any:
    with monkeypatch.context() as patch:
        for name in ("gradient_of_number", "tangents_of_numbers"):
            patch.setattr(ways, name, lambda *_: None)
        return ask(parse(text), point)


def flat(found: dict[str, Any]) -> Iterator[float]:
    for one in found.values():
        yield from flat(one) if isinstance(one, dict) else [one]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ask", [jacobian, hessian])
def test_each_call_gives_what_sweeps_give(monkeypatch: pytest.MonkeyPatch, ask: Any, text: str) -> None:
    graph = parse(text)
    for point in POINTS:
        given = {name: value for name, value in point.items() if name in graph.variables}
        wanted = swept(monkeypatch, ask, text, given)
        for _ in range(3):
            found = ask(graph, given)
            assert list(found) == list(wanted) and {*map(type, flat(found))} == {float}
            np.testing.assert_allclose([*flat(found)], [*flat(wanted)], rtol=1e-14, atol=0.0)
            assert not any(math.copysign(1.0, one) < 0 for one in flat(found) if one == 0.0), "a zero has no sign"


@pytest.mark.parametrize(("ask", "name"), [(jacobian, "gradient_of_number"), (hessian, "tangents_of_numbers")])
def test_what_was_asked_before_is_only_run(monkeypatch: pytest.MonkeyPatch, ask: Any, name: str) -> None:
    graph, made = parse("x^3*y + sin(y)"), getattr(ways, name)
    with monkeypatch.context() as patch:
        patch.setattr(ways, name, lambda *nodes: made(*nodes) or pytest.fail("it is of numbers"))
        first = ask(graph, x=1.5, y=2.0)
        ask(graph, wrt=iter("yx"), y=2.0, x=1.5)
    monkeypatch.setattr(Graph, "typed", None)
    monkeypatch.setattr(Derived, "numbers", None)
    assert ask(graph, x=1.5, y=2.0) == first
    assert ask(graph, x=np.float64(1.5), y=2) == first
    turned = ask(graph, wrt=iter("yx"), y=2.0, x=1.5)
    assert list(turned) == ["y", "x"] and turned == first


def test_a_call_that_is_refused_is_refused_again() -> None:
    graph = parse("x*y")
    for ask, most in ((hessian, 4), (jacobian, 2)):
        for _ in range(2):
            ask(graph, x=1.0, y=2.0, maximum_entries=most)
            for wrong in ({"maximum_entries": most - 1}, {"v": 3.0}, {"x": 10**400}, {"x": "1"}, {"wrt": ["v"]}):
                with pytest.raises(ExpressionError):
                    ask(graph, **{"x": 1.0, "y": 2.0, **wrong})
            with pytest.raises(ExpressionError):
                ask(graph, x=1.0)


def test_what_a_statement_computes_is_taken_from_each_call() -> None:
    graph = parse("q = x*y; q^3 + x")
    for x in (1.0, 2.0, 3.0):
        assert hessian(graph, x=x, y=2.0, wrt="q") == {"q": {"q": 6.0 * (x * 2.0)}}
        assert jacobian(graph, x=x, y=2.0, wrt="q") == {"q": 3.0 * (x * 2.0) ** 2}
        assert jacobian(graph, x=x, y=2.0, wrt="y") == {"y": 3.0 * x**3 * 4.0}


@pytest.mark.parametrize("is_sparse", [False, True])
def test_names_may_come_from_an_iterator(is_sparse: bool) -> None:
    if is_sparse:
        pytest.importorskip("scipy")
    graph, values = parse("q = x*y; q^2*z"), {"x": np.array([1.0, 2.0]), "y": 3.0, "z": 2.0}
    scalar = parse("sum(x)^2*y")
    for ask, asked in ((jacobian, graph), (hessian, scalar)):
        given = {name: value for name, value in values.items() if name in asked.variables}
        found, wanted = (ask(asked, given, wrt=names, sparse=is_sparse) for names in (iter("yx"), ["y", "x"]))
        np.testing.assert_equal(*[one.toarray() if is_sparse else one for one in (found, wanted)])
        assert is_sparse or list(found) == ["y", "x"]
    assert [*hvp(scalar, {"y": 1.0}, x=[1.0, 2.0], y=3.0, wrt=iter("yx"))[1]] == ["y", "x"]


def test_of_many_numbers_each_moves_little(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"x{number}" for number in range(MOST_DIRECTIONS + 1)]
    made: list[NumberMatrix | None] = []
    kept = ways.tangents_of_numbers
    monkeypatch.setattr(ways, "tangents_of_numbers", lambda *nodes: made.append(kept(*nodes)) or made[-1])
    for some in (names[:-1], names):
        found = hessian(parse("*".join(some)), dict.fromkeys(some, 2.0))
        assert found["x0"] == {"x0": 0.0, **dict.fromkeys(some[1:], 2.0 ** (len(some) - 2))}
    assert [one is None for one in made] == [False, True]
