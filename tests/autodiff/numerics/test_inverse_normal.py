"""The inverse_normal against mpmath's own inverse, from the least positive double to the last one below 1."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics import inverse_normal, special

from ..oracles import norminv

ULPS = 10  # in units of 2^-53
TAILS = (
    5e-324,
    1e-310,
    3e-300,
    1e-200,
    1e-60,
    1.3e-11,
    1.4e-11,
    1e-4,
    0.02,
    0.0749,
    0.0751,
    0.2,
    0.31,
    0.4999,
    0.5 - 1e-10,
)
PROBABILITIES = (*TAILS, *(1 - p for p in TAILS if p > 1e-15), math.nextafter(1, 0))
SIZES = (1e-300, 1e-9, 0.1, 0.5, 0.8499, 0.8501, 0.99, 1 - 1e-9, math.nextafter(1, 0))


def assert_accurate(kernel, oracle, points):
    with np.errstate(all="ignore"), mpmath.workdps(60):
        mine = kernel(np.array(points))
        np.testing.assert_allclose([kernel(np.float64(x)) for x in points], mine, rtol=1e-15, atol=0)
        for x, found in zip(points, mine, strict=True):
            truth = oracle(mpf(x))
            assert abs(mpf(float(found)) - truth) <= ULPS * mpf(2) ** -53 * abs(truth), (x, found)


def slope(p):
    return inverse_normal.norminv_slope(p, special.normcdf, special.normpdf)


def test_norminv():
    assert_accurate(inverse_normal.norminv, norminv, PROBABILITIES)


def test_slope_of_norminv():
    # 1/normpdf overflows at 1e-309.
    assert_accurate(slope, lambda p: 1 / mpmath.npdf(norminv(p)), [p for p in PROBABILITIES if p > 1e-306])


def test_erfinv():
    assert_accurate(inverse_normal.erfinv, mpmath.erfinv, [sign * x for x in SIZES for sign in (1, -1)])


@pytest.mark.parametrize("p, value", [(0.0, -math.inf), (1.0, math.inf), (0.5, 0.0), (-0.1, math.nan), (1.1, math.nan)])
def test_ends(p, value):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(inverse_normal.norminv(np.float64(p)), value)
        np.testing.assert_array_equal(inverse_normal.erfinv(np.float64(2 * p - 1)), value)
