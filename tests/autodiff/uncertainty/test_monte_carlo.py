"""Trials: intervals, when they end, and that threads change nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff.evaluation import threads
from backprop.autodiff.uncertainty.budget import budget
from backprop.autodiff.uncertainty.inputs import Uncertain, within
from backprop.autodiff.uncertainty.monte_carlo import moments, ranks, shortest_interval, tolerance_of
from backprop.parser import parse

from ...closeness import close_to


@pytest.mark.parametrize(
    "uncertainty, tolerance",
    [(32.0, 0.5), (0.0539, 0.0005), (9.96, 0.5), (9.94, 0.05), (1.0, 0.05), (2.05e-13, 0.5e-14), (1234.0, 50.0)],
)
def test_the_tolerance_is_half_a_unit_of_the_second_digit(uncertainty, tolerance):
    assert tolerance_of(uncertainty) == close_to(tolerance, rel=1e-12)
    assert math.isnan(tolerance_of(0.0))
    assert math.isnan(tolerance_of(math.inf))


def test_ranks_are_those_of_the_guide():
    """JCGM 101, 7.7.2: q = 9500 of 10000 values and r = 250 count from 1."""
    assert ranks(10_000, 0.95) == (249, 9500, 9749)
    assert ranks(2, 0.95) == (0, 1, 1)


def test_the_shortest_interval():
    values = np.array([0.0, 1.0, 1.1, 1.2, 1.3, 9.0])
    assert shortest_interval(values, 3) == (1.0, 1.3)
    drawn = budget(parse("exp(a)"), {"a": Uncertain(0.0, 1.0)}, trials=200_000).monte_carlo
    low, high = drawn.interval
    assert low == pytest.approx(math.exp(-1.96), rel=0.02, abs=0)
    assert high == pytest.approx(math.exp(1.96), rel=0.02, abs=0)
    assert drawn.shortest[1] - drawn.shortest[0] < high - low
    assert drawn.median == pytest.approx(1.0, rel=0.01, abs=0)


def test_a_small_spread_about_a_large_mean_keeps_its_digits():
    mean, uncertainty, median = moments(np.array([1e8 + 1e-4, 1e8 + 2e-4, 1e8 + 3e-4]))
    assert uncertainty == close_to(1e-4, rel=1e-3)
    assert mean == median


def test_trials_end_when_two_digits_are_stable():
    drawn = budget(parse("a + b"), {"a": Uncertain(1.0, 0.3), "b": within(2.0, 0.5)}).monte_carlo
    assert drawn.is_stable
    assert max(drawn.errors) <= drawn.tolerance
    assert 100_000 <= drawn.trials <= 3_000_000
    assert drawn.seed == 0


def test_so_many_trials_as_are_asked_for():
    heard = []
    drawn = budget(
        parse("a^2"), {"a": Uncertain(1.0, 0.3)}, trials=123_456, seed=5, tell=lambda count, u: heard.append(count)
    ).monte_carlo
    assert (drawn.trials, drawn.seed) == (123_456, 5)
    assert heard == sorted(heard)
    assert budget(parse("a^2"), {"a": Uncertain(1.0, 0.3)}, trials=3).monte_carlo.trials == 3


def test_heavy_tails_are_told():
    drawn = budget(parse("1/a"), {"a": Uncertain(0.0, 1.0)}, trials=200_000).monte_carlo
    assert not drawn.is_stable


def test_threads_change_nothing(monkeypatch):
    inputs = {"a": Uncertain(1.0, 0.3), "b": within(2.0, 0.5)}
    several = budget(parse("a*b"), inputs, trials=300_000).monte_carlo
    monkeypatch.setattr(threads, "usable_cores", lambda: 1)
    assert budget(parse("a*b"), inputs, trials=300_000).monte_carlo == several
    assert budget(parse("a*b"), inputs, trials=300_000, seed=1).monte_carlo.mean != several.mean


def test_an_expression_that_trials_do_not_reach():
    """A branch that is never taken: all values are one."""
    result = budget(parse("where(a > 100, a, 1)"), {"a": Uncertain(0.0, 1.0)}, trials=1000)
    assert (result.uncertainty, result.monte_carlo.uncertainty) == (0.0, 0.0)
    assert result.monte_carlo.interval == (1.0, 1.0)
