"""Distinct optima from many starts, in order, each certified."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop.autodiff.optimize.many_starts import ManyStopped, minimize_from_many
from backprop.parser import parse

WELLS = "(x^2-1)^2 + x/10"
PLACES = np.sort(np.roots([4.0, 0.0, -4.0, 0.1]))[[0, 2]]  # where the slope is 0 and grows


def test_each_well_is_found_once_and_the_lowest_first() -> None:
    found = minimize_from_many(parse(WELLS), x=0.5, starts=8, seed=1)
    assert [one.point["x"] for one in found.minima] == pytest.approx(PLACES, rel=1e-10, abs=1e-13)
    assert all(one.is_certified for one in found.minima)
    assert (found.best, sum(found.counts), found.starts) == (found.minima[0], 8, 8)


def test_one_seed_gives_one_answer() -> None:
    first, second = (minimize_from_many(parse(WELLS), x=0.5, starts=4, seed=5) for _ in range(2))
    assert [one.value for one in first.minima] == [one.value for one in second.minima]
    assert first.counts == second.counts


def test_largest_values_within_bounds() -> None:
    found = minimize_from_many(parse("sin(x)"), x=1.0, starts=12, is_largest=True, bounds={"x": (0.0, 9.0)})
    assert [one.value for one in found.minima] == pytest.approx([1.0, 1.0], rel=1e-14, abs=1e-13)


def test_a_start_that_is_not_finite_is_drawn_again() -> None:
    found = minimize_from_many(parse("x - log(x)"), x=2.0, starts=5)
    assert [one.point["x"] for one in found.minima] == pytest.approx([1.0], rel=1e-9, abs=1e-13)


def test_an_interrupt_keeps_what_was_found() -> None:
    seen = []

    def stop(number: int, value: float, point: dict[str, Any]) -> None:
        seen.append(number)
        if seen.count(1) > 8:
            raise KeyboardInterrupt

    with pytest.raises(ManyStopped) as caught:
        minimize_from_many(parse(WELLS), x=0.5, starts=50, tell=stop)
    assert caught.value.result.minima
