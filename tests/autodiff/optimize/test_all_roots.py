"""All roots in a range: none is left out, no pole, jump or kink is one, and what cannot be told is said."""

from __future__ import annotations

import math
from typing import Any

import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize import isolation
from backprop.autodiff.optimize.all_roots import RootsStopped, all_roots
from backprop.parser import parse_relations


@pytest.mark.parametrize(
    "text, low, high, roots",
    [
        ("sin(x) == 0", -10, 10, [k * math.pi for k in range(-3, 4)]),
        ("x^5 - 15*x^4 + 85*x^3 - 225*x^2 + 274*x == 120", 0, 6, [1, 2, 3, 4, 5]),
        ("x*(x - 1) == 0", 0, 1, [0, 1]),
        ("tan(x) == 1", -5, 5, [math.pi / 4 + k * math.pi for k in (-1, 0, 1)]),
        ("tan(x) == x", -5, 5, [-4.493409457909064, 0, 4.493409457909064]),
        ("1/x == 0", -5, 5, []),
        ("1/x^2 == 4", -3, 3, [-0.5, 0.5]),
        ("(x^2 - 1)/(x - 1) == 0", -3, 3, [-1]),
        ("sin(x)/x == 0", -4, 4, [-math.pi, math.pi]),
        ("abs(x) == 1", -5, 5, [-1, 1]),
        ("max(x, 1) == 1.5", 0, 3, [1.5]),
        ("x - floor(x) == 0.5", -2, 2, [-1.5, -0.5, 0.5, 1.5]),
        ("floor(x) == 0.5", -3, 3, []),
        ("(1 if x > 0 else -1) == 0", -2, 2, []),
        ("sqrt(x) == 0", -1, 1, [0]),
        ("log(x) == 0", -1, 5, [1]),
        ("x^(1/3) == 2", 0, 20, [8]),
        ("2^x == 3", -4, 4, [math.log2(3)]),
        ("x^2 == -1", -5, 5, []),
        ("(x-1)*(x-1.0000001) == 0", -5, 5, [1, 1.0000001]),
        ("exp(-1e8*(x-0.123)^2) == 0.5", 0, 1, [0.123 - 1e-4 * math.log(2) ** 0.5, 0.123 + 1e-4 * math.log(2) ** 0.5]),
        ("sin(1/x) == 0", 0.01, 1, [1 / (k * math.pi) for k in range(31, 0, -1)]),
        ("a*x == b", -5, 5, [1.5]),
    ],
)
def test_all_simple_roots_and_nothing_else(text: str, low: float, high: float, roots: list[float]) -> None:
    graph = parse_relations(text)
    found = all_roots(
        graph, {"x": (low, high)}, {name: value for name, value in {"a": 2, "b": 3}.items() if name in text}
    )
    assert found.is_certified, found.reason
    assert [root.value for root in found.roots] == pytest.approx(roots, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize(
    "text, roots, kind",
    [
        ("(x-1)^2 == 0", [1], "touching"),
        ("x^2 - 2*x + 1 == 0", [1], "touching"),
        ("cos(x) == 1", [0], "touching"),
        ("abs(x) == 0", [0], "touching"),
        ("x^4 == 0", [0], "touching"),
        ("(x-1)^3 == 0", [1], "crossing"),
        ("x^3 - 3*x^2 + 3*x - 1 == 0", [1], "crossing"),
        ("cbrt(x) == 0", [0], "crossing"),
    ],
)
def test_roots_of_higher_multiplicity_are_one_each(text: str, roots: list[float], kind: str) -> None:
    found = all_roots(parse_relations(text), {"x": (-4, 3)})
    assert found.is_certified
    assert [root.kind for root in found.roots] == [kind] * len(roots)
    for root, truth in zip(found.roots, roots, strict=True):
        assert abs(root.value - truth) <= root.error
        assert abs(root.value - truth) <= 10.0 ** (0.5 - root.digits)


def test_a_function_that_comes_near_0_has_no_root() -> None:
    assert all_roots(parse_relations("(x-1)^2 + 1e-20 == 0"), {"x": (-5, 5)}).roots == []


def test_what_cannot_be_resolved_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "MOST_OPEN", 500)
    found = all_roots(parse_relations("sin(1/x) == 0"), {"x": (-0.001, 0.001)})
    assert not found.is_certified
    assert found.unresolved and all(-1e-3 <= low < high <= 1e-3 for low, high in found.unresolved)
    assert "there may be more roots between" in found.reason


def test_a_function_that_is_0_along_a_stretch() -> None:
    found = all_roots(parse_relations("max(0, x) == 0"), {"x": (-3, 3)})
    assert (found.roots, found.is_certified) == ([], False)
    assert found.zero[0] == pytest.approx((-3, 0), rel=1e-12, abs=1e-12)


def test_a_function_without_bounds_is_sampled() -> None:
    found = all_roots(parse_relations("gamma(x) == 2"), {"x": (0.5, 4)})
    assert [root.value for root in found.roots] == pytest.approx([3], rel=1e-13, abs=1e-13)
    assert found.reason == "roots between samples may be missing: no bounds are known of gamma"


@pytest.mark.parametrize(
    "text, within, reason",
    [
        ("x >= 1", {"x": (0, 5)}, "an inequality where one equation is needed for all roots"),
        ("x == 1; x == 2", {"x": (0, 5)}, "2 relations where one equation is needed for all roots"),
        ("x == 1", {"x": (5, 0)}, "the range 5:0 of 'x' is none"),
        ("x == 1", {"y": (0, 5)}, "'y' is not a variable"),
        ("x == y", {"x": (0, 5)}, "no value for 'y'"),
    ],
)
def test_a_wrong_question_about_all_roots(text: str, within: dict[str, Any], reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        all_roots(parse_relations(text), within)
    assert caught.value.reason == reason


@pytest.mark.parametrize("cuts", [0, 6])
def test_an_interrupt_gives_the_roots_so_far(cuts: int) -> None:
    def tell(number: int, _: int) -> None:
        if number == cuts:
            raise KeyboardInterrupt

    with pytest.raises(RootsStopped) as caught:
        all_roots(parse_relations("sin(1/x) == 0"), {"x": (0, 1)}, tell=tell)
    found = caught.value.result
    assert bool(found.roots) == bool(cuts) and found.unresolved and not found.is_certified
    assert all(abs(1 / root.value / math.pi - round(1 / root.value / math.pi)) < 1e-9 for root in found.roots)


@pytest.mark.parametrize("stage, roots, still", [("crossings", [], [-1, 1]), ("looked_at", [-1], [1])])
def test_an_interrupt_behind_the_halves_leaves_open_what_was_not_looked_at(monkeypatch, stage, roots, still):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(isolation, stage, interrupted)
    with pytest.raises(RootsStopped) as caught:
        all_roots(parse_relations("(x - 1)^2*(x + 1) == 0"), {"x": (-2, 3)})
    found = caught.value.result
    assert [root.value for root in found.roots] == roots
    assert all(any(low <= root <= high for low, high in found.unresolved) for root in still)
    assert found.unresolved == sorted(found.unresolved)
