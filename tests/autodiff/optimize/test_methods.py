"""The textbook's methods go the steps that their formulas say, and the way is kept."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.minimize import maximize, minimize
from backprop.autodiff.optimize.minimum import Lesson
from backprop.parser import parse, parse_relations

BOWL = "x^2 + 10*y^2"  # its slope is (2*x, 20*y)


@pytest.mark.parametrize(
    "method, rate, second",
    [
        ("gd", 0.05, (3 * 0.9**2, 0.0)),
        ("momentum", 0.05, (3 - 0.3 - 0.27 - 0.27, 0.0 - 0.9)),
        ("nesterov", 0.05, (2.7 - 0.27 - 0.05 * 2 * (2.7 - 0.27), -0.9 - 0.05 * 20 * (0 - 0.9))),
        ("newton", 1.0, (0.0, 0.0)),
    ],
)
def test_two_steps_by_hand(method: str, rate: float, second: tuple[float, float]) -> None:
    found = minimize(parse(BOWL), x=3.0, y=1.0, lesson=Lesson(method, rate, 2), keeps_way=True)
    assert found.way[0].vector == pytest.approx([3.0, 1.0], rel=1e-15, abs=0)
    assert found.conditions.vector == pytest.approx(second, rel=1e-12, abs=1e-13)
    assert found.way[-1].vector == pytest.approx(second, rel=1e-12, abs=1e-13)
    assert found.way[0].gradient_norm == pytest.approx(np.hypot(6.0, 20.0), rel=1e-14, abs=0)


@pytest.mark.parametrize("method", ["rmsprop", "adam"])
def test_the_first_step_of_adaptive_methods_has_one_length_in_each_variable(method: str) -> None:
    found = minimize(parse(BOWL), x=3.0, y=1.0, lesson=Lesson(method, 0.01, 1))
    moved = np.array([3.0, 1.0]) - found.conditions.vector
    assert moved == pytest.approx([0.01 / np.sqrt(0.1 if method == "rmsprop" else 1.0)] * 2, rel=1e-6, abs=0)


def test_a_method_goes_uphill_for_the_largest_value_and_stays_in_bounds() -> None:
    found = maximize(parse("-(x-3)^2"), x=0.0, bounds={"x": (-1.0, 2.0)}, lesson=Lesson("gd", 0.1, 50), keeps_way=True)
    assert (found.point["x"], found.is_certified) == (2.0, True)
    assert [step.value for step in found.way] == sorted(step.value for step in found.way)


@pytest.mark.parametrize(
    "text, rate, reason",
    [
        ("x^4 + x", 10.0, "step 5 leads to where x^4 is inf"),  # -49, 4.7e6, -4.2e21, 2.9e66, -1e201
        ("sqrt(x) + x", 8.0, "step 1 leads to where sqrt(x) is nan"),
        ("sqrt( x)", 2.0, "step 1 leads to where the derivative through sqrt( x) is inf"),
    ],
)
def test_a_way_that_diverges_says_at_which_step_and_gate(text: str, rate: float, reason: str) -> None:
    found = minimize(parse(text), x=1.0, lesson=Lesson("gd", rate, 100))
    assert not found.is_certified
    assert found.reason == reason


def test_a_method_takes_no_constraints() -> None:
    with pytest.raises(ExpressionError, match="knows no constraints"):
        minimize(parse("x^2"), x=1.0, subject_to=[parse_relations("x >= 1")], lesson=Lesson("gd"))


def test_the_way_of_a_whole_search_ends_at_its_result() -> None:
    found = minimize(parse("(1-x)^2 + 100*(y-x^2)^2"), x=-1.2, y=1.0, keeps_way=True)
    assert found.way[0].value == pytest.approx(24.2, rel=1e-14, abs=0)
    assert found.way[-1].vector == pytest.approx(found.conditions.vector, rel=1e-15, abs=1e-300)
