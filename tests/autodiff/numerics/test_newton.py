"""Roots and minima: to the last digit where there is one, nan where there is none."""

import math

import numpy as np
import pytest

from backprop.autodiff.numerics.newton import minimum, roots, solution

ROOTS = [
    ("simple", lambda x: (x * x - 2, 2 * x), 1, math.sqrt(2)),
    ("double", lambda x: ((x - 1) ** 2, 2 * (x - 1)), 3, 1),
    ("double with noise", lambda x: (x * x - 2 * x + 1, 2 * x - 2), 3, 1),
    ("triple", lambda x: ((x - 1) ** 3, 3 * (x - 1) ** 2), 4, 1),
    ("Newton's own cycle", lambda x: (x**3 - 2 * x + 2, 3 * x * x - 2), 0, -1.7692923542386314),
    ("start at a pole", lambda x: (1 / x - 2, -1 / x**2), 0, 0.5),
    ("Newton runs away", lambda x: (np.arctan(x), 1 / (1 + x * x)), 10, 0),
    ("infinite slope", lambda x: (np.cbrt(x), 1 / 3 / np.cbrt(x) ** 2), 1, 0),
    ("none", lambda x: (x * x + 1, 2 * x), 1, math.nan),
    ("nearly one", lambda x: (x * x + 1e-20, 2 * x), 1, math.nan),
    ("a change of sign at a pole", lambda x: (1 / (x - 1), -1 / (x - 1) ** 2), 0.5, math.nan),
    ("a change of sign at a jump", lambda x: (np.where(x < 0.3, -1.0, 1.0), 0 * x), 1, math.nan),
    ("an end of the domain", lambda x: (1 + np.sqrt(x), 0.5 / np.sqrt(x)), 1, math.nan),
]


@pytest.mark.parametrize("equation, start, truth", [one[1:] for one in ROOTS], ids=[one[0] for one in ROOTS])
def test_a_root_is_found_or_nan(equation, start, truth):
    with np.errstate(all="ignore"):
        (found,) = roots(lambda x, rows: equation(x), np.array([float(start)]))
    np.testing.assert_array_max_ulp(found, truth, 1)


def test_rows_have_roots_of_their_own():
    squares = np.array([2.0, -1.0, 9.0])
    found = roots(lambda x, rows: (x * x - squares[rows], 2 * x), np.ones(3))
    np.testing.assert_allclose(found, [math.sqrt(2), math.nan, 3.0], rtol=3e-16, atol=0)


def test_a_system_is_solved():
    found = solution(
        lambda x: (np.array([x[0] ** 2 + x[1] - 3, x[0] - x[1]]), np.array([[2 * x[0], 1.0], [1.0, -1.0]])), np.ones(2)
    )
    np.testing.assert_allclose(found, (math.sqrt(13) - 1) / 2, rtol=4e-16, atol=0)
    assert np.isnan(solution(lambda x: (x * x + 1, np.diag(2 * x)), np.ones(2))).all()


MINIMA = [
    ("from a maximum's side", lambda x: (math.cos(x[0]), -np.sin(x), np.diag(-np.cos(x))), 0.1, math.pi),
    ("a maximum", lambda x: (-(x[0] ** 2), -2 * x, np.array([[-2.0]])), 0.0, math.nan),
    ("falls for ever", lambda x: (math.exp(-x[0]), -np.exp(-x), np.diag(np.exp(-x))), 1.0, math.nan),
    ("a line", lambda x: (x[0], np.ones(1), np.zeros((1, 1))), 1.0, math.nan),
]


@pytest.mark.parametrize("objective, start, truth", [one[1:] for one in MINIMA], ids=[one[0] for one in MINIMA])
def test_a_minimum_is_found_or_nan(objective, start, truth):
    np.testing.assert_allclose(minimum(objective, np.array([start])), [truth], rtol=4e-16, atol=0)
