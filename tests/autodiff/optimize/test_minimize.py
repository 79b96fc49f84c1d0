"""Published problems from their published starts: each is found, certified, and better than which nothing is known."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.minimize import maximize, minimize
from backprop.autodiff.optimize.minimum import SearchStopped
from backprop.parser import parse, parse_relations

PROBLEMS = [
    json.loads(line) for line in (Path(__file__).with_name("problems.jsonl")).read_text(encoding="utf-8").splitlines()
]
BY_SCIPY = ("HS93",)  # from whose starts our own methods arrive elsewhere


@pytest.mark.parametrize("problem", PROBLEMS, ids=[problem["name"] for problem in PROBLEMS])
def test_published_problems_are_solved_from_their_starts(problem: dict[str, Any]) -> None:
    if problem["name"] in BY_SCIPY and not find_spec("scipy"):
        pytest.skip("SLSQP of SciPy finds it")
    found = minimize(
        parse(problem["objective"]),
        problem["start"],
        bounds={
            name: (-math.inf if low is None else low, math.inf if high is None else high)
            for name, (low, high) in problem["bounds"].items()
        },
        subject_to=[parse_relations(problem["subject_to"])] if problem["subject_to"] else [],
    )
    assert found.is_certified, found.reason
    assert found.value == pytest.approx(problem["least"], rel=1e-9, abs=1e-12)
    assert found.conditions.violation <= 1e-9


def test_multipliers_are_those_of_constraints_that_are_at_least_0() -> None:
    found = minimize(parse("x^2 + y^2"), x=3, y=3, subject_to=[parse_relations("x + 2*y >= 5; x <= 9")])
    assert found.multipliers == pytest.approx([2.0, 0.0], rel=1e-12, abs=1e-13)
    assert found.point == pytest.approx({"x": 1.0, "y": 2.0}, rel=1e-12, abs=1e-13)
    found = minimize(parse("x^2 + y^2"), x=3, y=3, subject_to=[parse_relations("5 == x + 2*y")])
    assert found.multipliers == pytest.approx([-2.0], rel=1e-12, abs=1e-13)


def test_multipliers_of_bounds() -> None:
    found = minimize(parse("(x-3)^2 + (y+1)^2"), x=0, y=1, bounds={"x": (-2, 2), "y": (0, math.inf)})
    assert found.bound_multipliers["x"] == pytest.approx((0.0, 2.0), rel=1e-12, abs=1e-13)
    assert found.bound_multipliers["y"] == pytest.approx((2.0, 0.0), rel=1e-12, abs=1e-13)


def test_a_largest_value_is_the_least_of_the_negative() -> None:
    found = maximize(parse("x*exp(-x)"), x=0.5)
    assert (found.value, found.kind) == (pytest.approx(math.exp(-1), rel=1e-15, abs=1e-13), "maximum")
    assert found.point["x"] == pytest.approx(1.0, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("text", ["-x^2", "x^3", "x^5", "x - y^2"])
def test_what_falls_without_bound_is_not_certified(text: str) -> None:
    found = minimize(parse(text), {name: 1.0 for name in parse(text).variables})
    assert not found.is_certified
    assert found.reason == "the objective falls without bound"


@pytest.mark.parametrize("text", ["exp(-x)", "1/x", "atan(x)"])
def test_a_value_that_nothing_attains_is_not_certified(text: str) -> None:
    found = minimize(parse(text), x=1.0)
    assert not found.is_certified
    assert "not stationary" in found.reason


@pytest.mark.parametrize(
    "text", ["exp(-x) + y^2", "1/(1+x^2) + y^2", "exp(-x^2) + y^2", "log(1+exp(-x)) + y^2", "atan(x) + y^2"]
)
def test_nor_is_it_beside_another_variable(text: str) -> None:
    found = minimize(parse(text), x=1.0, y=1.0)
    assert not found.is_certified
    assert found.reason.endswith("its least is not attained")


@pytest.mark.parametrize("text", ["x^2*y^2", "(x+y)^2", "x^4 + y^2", "(x*y - 1)^2", "max(x, 0)^2 + y^2"])
def test_a_flat_least_value_that_is_attained_is_certified(text: str) -> None:
    assert minimize(parse(text), x=1.0, y=1.5).is_certified


@pytest.mark.parametrize("text", ["x^2 - y^2 + y^4", "x*y + x^4 + y^4", "x^3 + 3*x*y^2 + x^4 + y^4"])
def test_a_saddle_is_left(text: str) -> None:
    found = minimize(parse(text), x=0.0, y=0.0)
    assert found.is_certified
    assert found.value < -0.1


def test_a_saddle_among_constraints_is_left() -> None:
    found = minimize(parse("x*y"), x=0.0, y=0.0, z=1.0, subject_to=[parse_relations("x^2 + y^2 + z^2 <= 2; z == 1")])
    assert found.is_certified
    assert found.value == pytest.approx(-0.5, rel=1e-12, abs=1e-13)


def test_constraints_that_contradict_each_other_are_not_satisfied() -> None:
    found = minimize(parse("x"), x=0.0, subject_to=[parse_relations("x >= 1; x <= 0")])
    assert not found.is_certified
    assert "violated" in found.reason


def test_arrays_move_entry_by_entry() -> None:
    found = minimize(parse("sum((A@x - [1, 2])^2)"), A=np.eye(2) * 2.0, x=np.zeros(2), bounds={"A": (0.0, 3.0)})
    assert found.is_certified
    assert found.value == pytest.approx(0.0, abs=1e-25)
    limited = minimize(parse("sum(x^2)"), x=np.ones(3), subject_to=[parse_relations("x >= [1, 2, 3]")])
    assert limited.point["x"] == pytest.approx([1.0, 2.0, 3.0], rel=1e-12, abs=1e-13)
    assert limited.multipliers[0] == pytest.approx([2.0, 4.0, 6.0], rel=1e-12, abs=1e-13)


def test_a_branch_not_taken_does_not_count() -> None:
    found = minimize(parse("(x-1)^2 if x > 0 else sqrt(x)"), x=3.0)
    assert found.point["x"] == pytest.approx(1.0, rel=1e-12, abs=1e-13)


def test_a_variable_may_occur_in_constraints_only() -> None:
    found = minimize(parse("x^2"), x=2.0, y=1.0, subject_to=[parse_relations("x*y == 1; y <= 4")])
    assert found.point == pytest.approx({"x": 0.25, "y": 4.0}, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    "text, start, bounds, relations, reason",
    [
        ("x^2", {"x": 3}, {"x": (0, 2)}, "", "the start of 'x' is outside its bounds 0:2"),
        ("x^2", {"x": 3}, {"x": (4, 2)}, "", "the bounds 4:2 of 'x' leave no room"),
        ("x^2", {"x": 3}, {"y": (4, 5)}, "", "'y' is not a variable"),
        ("x^2", {}, {}, "", "no start for 'x'"),
        ("x^2", {"x": 1}, {}, "1 >= 0", "this constraint holds no variable"),
        ("[x, 1]", {"x": 1}, {}, "", "the objective has shape (2), and only a number can be least or largest"),
        ("x + log(y)", {"x": 1, "y": -1}, {}, "", "this is nan at the start"),
        ("x", {"x": -1}, {}, "x >= 0; sqrt(x) == 1", "this is nan at the start"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_searched(
    text: str, start: dict[str, float], bounds: dict[str, tuple[float, float]], relations: str, reason: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        minimize(parse(text), start, bounds=bounds, subject_to=[parse_relations(relations)] if relations else [])
    assert caught.value.reason == reason


CHAIN = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"


def test_many_variables_are_certified_without_a_matrix() -> None:
    found = minimize(parse(CHAIN), x=np.full(1500, 0.5))
    assert found.is_certified, found.reason
    assert found.point["x"] == pytest.approx(np.ones(1500), rel=1e-9, abs=1e-13)
    assert 0.4 < found.conditions.lowest < 1.0
    assert "products" in found.reason


def test_bounds_on_many_variables_have_multipliers() -> None:
    found = minimize(parse("sum((x - 2)^2) + sum(x[1:]*x[:-1])"), x=np.zeros(1200), bounds={"x": (-1.0, 0.5)})
    assert found.is_certified, found.reason
    assert found.point["x"] == pytest.approx(np.full(1200, 0.5), rel=1e-12, abs=1e-13)
    assert found.bound_multipliers["x"][1][[0, 1]] == pytest.approx([2.5, 2.0], rel=1e-12, abs=1e-13)


def test_a_saddle_of_many_variables_is_left() -> None:
    found = minimize(parse("sum(x^4/4 - x^2/2)"), x=np.zeros(1100))
    assert found.is_certified, found.reason
    assert found.value == pytest.approx(-275.0, rel=1e-12, abs=1e-13)


def test_an_interrupt_hands_out_the_best_so_far() -> None:
    def stop(number: int, value: float, point: dict[str, Any]) -> None:
        if number == 5:
            raise KeyboardInterrupt

    with pytest.raises(SearchStopped) as caught:
        minimize(parse("x^4 - x*y + y^4 + exp(x*y/3)"), x=9.0, y=-7.0, tell=stop)
    assert caught.value.result.value < 1000 < 9**4
    assert not caught.value.result.is_certified
