"""Deviations from the mean, against fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from backprop.autodiff.numerics.deviations import deviations

from ...cases import as_one_test
from ...closeness import close_to

Row = np.ndarray[tuple[int], np.dtype[np.float64]]

KINDS: dict[str, Callable[[np.random.Generator, int], Row]] = {
    "normal": lambda random, count: random.normal(size=count),
    "by a large mean": lambda random, count: 1.7e9 + random.normal(size=count),
    "of many magnitudes": lambda random, count: random.normal(size=count) * 10.0 ** random.integers(-8, 8, count),
    "subnormal": lambda random, count: random.normal(size=count) * 1e-310,
    "huge": lambda random, count: random.uniform(-0.8, 0.8, size=count) * 1e308,
    "in steps": lambda random, count: np.arange(count) * 0.1,
    "with one far away": lambda random, count: np.append(random.normal(size=count - 1) * 1e-9, 1e9),
}


@as_one_test("kind", KINDS)
@as_one_test("count", [2, 3, 10, 301])
def test_each_is_right_to_the_last_digit(kind: str, count: int) -> None:
    rows = [KINDS[kind](np.random.default_rng(seed), count) for seed in range(1 + 60 // count)]
    for row, found in zip(rows, deviations(np.array(rows), axis=1), strict=True):
        exact = [Fraction(float(one)) for one in row]
        mean = sum(exact) / count
        for mine, entry in zip(found, exact, strict=True):
            truth = float(entry - mean)
            assert abs(Fraction(float(mine)) - (entry - mean)) <= 1.01 * Fraction(math.ulp(truth)), (mine, truth)


def test_an_entry_next_to_the_mean_keeps_ten_digits() -> None:
    random = np.random.default_rng(5)
    for count in (3, 10, 1000):
        row = random.normal(size=count)
        row[-1] = math.fsum(row[:-1]) / (count - 1)
        exact = [Fraction(float(one)) for one in row]
        truth = float(exact[-1] - sum(exact) / count)
        assert 0 < abs(truth) < 1e-15
        assert deviations(row)[-1] == close_to(truth, rel=1e-10)


@pytest.mark.parametrize("value", [0.1, -1 / 3, 1e-310, 5e-324, 1.7e308, -7.7e8, 0.0])
def test_equal_entries_are_exactly_at_their_mean(value: float) -> None:
    for count in (1, 2, 3, 7, 10, 1000, 99_999):
        assert not deviations(np.full((count, 2), value), axis=0).any()


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), None])
def test_along_any_axes_and_in_any_blocks(axis: int | tuple[int, ...] | None) -> None:
    x = np.random.default_rng(2).normal(size=(3, 5000, 4))
    np.testing.assert_allclose(deviations(x, axis), x - x.mean(axis, keepdims=True), rtol=0, atol=1e-14)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_infinite_entries_spoil_their_own_row_only() -> None:
    found = deviations(np.array([[1.0, np.inf], [1.0, np.nan], [1.0, 2.0]]), axis=1)
    assert np.isnan(found[:2]).all()
    np.testing.assert_array_equal(found[2], [-0.5, 0.5])
