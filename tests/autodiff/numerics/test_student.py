"""Student's t distribution against mpmath."""

from __future__ import annotations

import math

import mpmath
import pytest

from backprop.autodiff.numerics.student import chance_beyond, deviation_of

from ...cases import as_one_test


@as_one_test("freedom", [1, 2, 7, 30, 1000, 1e5])
@as_one_test("deviation", [0.0, 1e-3, 0.7, -2.2, 12.0])
def test_chances_are_those_of_the_incomplete_beta_function(freedom, deviation):
    with mpmath.workdps(40):
        x = mpmath.mpf(freedom) / (freedom + mpmath.mpf(deviation) ** 2)
        truth = float(mpmath.betainc(mpmath.mpf(freedom) / 2, mpmath.mpf(1) / 2, 0, x, regularized=True))
    assert chance_beyond(deviation, freedom) == pytest.approx(truth, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    "freedom, quantile",
    [(1, 12.706204736174698), (11, 2.200985160091640), (100, 1.983971518523552), (math.inf, 1.959963984540054)],
)
def test_quantiles_are_those_of_tables(freedom, quantile):
    assert deviation_of(0.05, freedom) == pytest.approx(quantile, rel=1e-12, abs=0)


def test_corners():
    assert chance_beyond(math.inf, 3) == 0.0 and math.isnan(chance_beyond(math.nan, 3))
    assert chance_beyond(0.0, 3) == 1.0
