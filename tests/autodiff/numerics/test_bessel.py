"""Bessel functions against mpmath at both sides of every seam; errors count in units of the envelope."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff.numerics import bessel
from backprop.autodiff.numerics.routines import bessel as routines

from ...cases import as_one_test

POINTS = (
    1e-300, 1e-9, 1e-3, 0.3, 0.89, 0.999, 1.0, 1.9, 2.0, 2.001, 2.4048, 3.7, 7.0156, 9.8, 10.95, 15.8, 23.65, 24.99,
    25.0, 25.01, 28.9, 30.1, 57.7, 99.5, 120.3, 699.0, 1e5,
)  # fmt: skip
ORDERS = (0, 1, 2, 5, 30, 100)
FUNCTIONS = {
    "jn": (bessel.jn, mp.besselj),
    "yn": (bessel.yn, mp.bessely),
    "iv": (bessel.iv, mp.besseli),
    "kn": (bessel.kn, mp.besselk),
}


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


@as_one_test("order", ORDERS)
@as_one_test("name", FUNCTIONS)
def test_values(name, order):
    kernel, oracle = FUNCTIONS[name]
    with mpmath.workdps(40):
        for x, mine in zip(POINTS, kernel(order, np.array(POINTS)), strict=True):
            truth = oracle(order, mpf(x))
            if not 1e-290 < abs(truth) < 1e300:
                continue
            envelope = mp.sqrt(2 / (mp.pi * x)) if name in ("jn", "yn") and x > order else 0
            error = abs(mpf(float(mine)) - truth) / max(abs(truth), envelope) * 2**53
            assert error <= 16 + order / 2, (x, float(mine), float(truth))
            alone = kernel(order, np.float64(x))
            assert type(alone) is np.float64 and alone == pytest.approx(mine, rel=1e-13, abs=1e-16)


ZEROS = {"jn": (bessel.jn, mp.besselj, mp.besseljzero), "yn": (bessel.yn, mp.bessely, mp.besselyzero)}


@pytest.mark.parametrize("order", [0, 1, 2, 5])
@pytest.mark.parametrize("name", ZEROS)
def test_values_next_to_the_first_twenty_zeros_have_all_their_digits(name, order):
    kernel, oracle, zero = ZEROS[name]
    routine = getattr(routines, name)
    with mpmath.workdps(50):
        zeros = [float(zero(order, number)) for number in range(1, 21)]
        points = [x for one in zeros for x in (one, one * (1 + 2.0**-52), one + 1e-9, one - 1e-5, one + 0.01)]
        for x, mine in zip(points, kernel(order, np.array(points)), strict=True):
            truth = oracle(order, mpf(x))
            for value in (float(mine), routine(x, order)):
                assert abs(mpf(value) - truth) <= 2.0**-52 * (8 + 4 * order) * abs(truth), (x, value, float(truth))


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_parity_and_ends(order):
    sign, ends = (-1) ** order, np.array([0.0, math.inf, math.nan])
    for kernel in (bessel.jn, bessel.iv):
        np.testing.assert_array_equal(
            kernel(order, np.array([-0.3, -30.0])), sign * kernel(order, np.array([0.3, 30.0]))
        )
    np.testing.assert_array_equal(bessel.jn(order, ends), [order == 0, 0, math.nan])
    np.testing.assert_array_equal(bessel.iv(order, ends), [order == 0, math.inf, math.nan])
    np.testing.assert_array_equal(bessel.yn(order, ends), [-math.inf, 0, math.nan])
    np.testing.assert_array_equal(bessel.kn(order, ends), [math.inf, 0, math.nan])
    for kernel in (bessel.yn, bessel.kn):
        assert np.isnan(kernel(order, np.array([-1.0, -math.inf]))).all()
        assert kernel(order, np.ones((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("order", [2, 3, 5])
def test_the_slope_of_y_where_its_neighbours_overflow(order):
    for x in (np.float64(1e-300), np.array([1e-300, 1e-200])):
        assert np.all(bessel.yn_slope(order, x) == np.inf)
