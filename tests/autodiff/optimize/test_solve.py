"""Systems of equations from their starts: the roots to the last digits, least squares, and what cannot be solved."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.solve import SolvingStopped, solve
from backprop.parser import parse_relations


@pytest.mark.parametrize(
    "text, start, root",
    [
        ("cos(x) == x", {"x": 1.0}, {"x": 0.7390851332151607}),
        ("x^2 + y^2 == 4; x*y == 1", {"x": 2.0, "y": 0.5}, {"x": 1.9318516525781366, "y": 0.5176380902050415}),
        ("x1 == 1; 10*(x2 - x1^2) == 0", {"x1": -1.2, "x2": 1.0}, {"x1": 1.0, "x2": 1.0}),  # Rosenbrock
        (
            "1e4*x*y == 1; exp(-x) + exp(-y) == 1.0001",
            {"x": 0.0, "y": 1.0},
            {"x": 1.0981593296998e-5, "y": 9.1061467398665},
        ),
        ("x*exp(x) == 1", {"x": 0.5}, {"x": 0.5671432904097838}),  # Lambert's W
    ],
)
def test_roots_have_all_digits(text: str, start: dict[str, float], root: dict[str, float]) -> None:
    found = solve(parse_relations(text), start)
    assert found.is_certified, found.reason
    assert found.point == pytest.approx(root, rel=1e-13, abs=1e-13)


def test_more_equations_than_unknowns_are_solved_by_least_squares() -> None:
    found = solve(parse_relations("x == 1; x == 2; 2*x == 3.1"), x=0.0)
    assert (found.is_certified, found.is_root) == (True, False)
    assert found.point["x"] == pytest.approx(9.2 / 6, rel=1e-12, abs=1e-13)
    assert found.sum_of_squares == pytest.approx(0.5033333333333333, rel=1e-12, abs=1e-13)
    beale = "x*(1-y) == 1.5; x*(1-y^2) == 2.25; x*(1-y^3) == 2.625"
    assert solve(parse_relations(beale), x=1.0, y=1.0).point == pytest.approx(
        {"x": 3.0, "y": 0.5}, rel=1e-14, abs=1e-13
    )


def test_a_double_root_says_how_few_digits_it_has() -> None:
    found = solve(parse_relations("(x-1)^2 == 0"), x=3.0)
    assert abs(found.point["x"] - 1.0) <= 10.0 ** (1 - found.digits)
    assert found.digits < 10


def test_bounds_choose_a_root() -> None:
    assert solve(parse_relations("x^2 == 4"), x=-1.0, bounds={"x": (-math.inf, 0.0)}).point["x"] == -2.0
    found = solve(parse_relations("x + y == 3; z == 2*x"), x=1.0, y=2.0, z=0.0, bounds={"z": (0.0, 0.0)})
    assert found.point == pytest.approx({"x": 0.0, "y": 3.0, "z": 0.0}, abs=1e-14)


def test_arrays_are_unknowns_entry_by_entry() -> None:
    found = solve(parse_relations("const A = [[3, 1], [1, 2]]; A@x == [5, 5]"), x=np.zeros(2))
    assert found.point["x"] == pytest.approx([1.0, 2.0], rel=1e-12, abs=1e-13)
    assert found.condition == pytest.approx(
        np.linalg.cond(np.array([[3, 1], [1, 2]]) / np.sqrt([10, 5])), rel=1e-12, abs=1e-13
    )


@pytest.mark.parametrize("text, start", [("x^2 == -1", {"x": 1.0}), ("exp(x) == 0", {"x": 1.0})])
def test_what_has_no_root_is_not_certified(text: str, start: dict[str, float]) -> None:
    found = solve(parse_relations(text), start)
    assert not found.is_certified


@pytest.mark.parametrize(
    "text, start, reason",
    [
        ("x + y == 1", {"x": 1, "y": 1}, "1 equation for 2 unknowns"),
        ("x >= 1", {"x": 1}, "an inequality among the equations"),
        ("x == 1; 2 == 2", {"x": 1}, "this equation holds no variable"),
        ("log(x) == 1", {"x": -1}, "this is nan at the start"),
        ("x == 1", {"x": 1, "z": 1}, "'z' is not a variable"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_solved(text: str, start: dict[str, float], reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        solve(parse_relations(text), start)
    assert caught.value.reason == reason


def test_an_interrupt_hands_out_the_best_so_far_of_a_system() -> None:
    def stop(number: int, value: float, point: dict[str, Any]) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(SolvingStopped) as caught:
        solve(parse_relations("x1 == 1; 10*(x2 - x1^2) == 0"), x1=-1.2, x2=1.0, tell=stop)
    assert math.isfinite(caught.value.result.residual)
