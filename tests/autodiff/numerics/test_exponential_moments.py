"""The moments of e^(xt) against mpmath's integrals, for every order that a user may reach and at the ends."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics import exponential_moments

from ..oracles import exprel_derivative

POINTS = (
    0.0,
    1e-300,
    -1e-12,
    1e-5,
    0.3,
    -0.7,
    1.0,
    -1.0,
    1.999,
    2.0,
    2.001,
    -2.001,
    4.9,
    -7.3,
    12.0,
    -25.5,
    60.1,
    300.0,
    -745.0,
)
ORDERS = (0, 1, 2, 3, 4, 7, 12, 30)


def worst(kernel, oracle, points):
    """The largest relative error in units of 2^-53."""
    with np.errstate(all="ignore"), mpmath.workdps(60):
        mine = kernel(np.array(points))
        assert [kernel(np.float64(x)) for x in points] == list(mine)
        pairs = [(mpf(float(one)), oracle(mpf(x))) for one, x in zip(mine, points, strict=True)]
        return float(max(abs(one - truth) / abs(truth) for one, truth in pairs if truth) * 2**53)


@pytest.mark.parametrize("order", ORDERS)
def test_derivatives_of_exprel(order):
    def kernel(x):
        return exponential_moments.exprel_derivative(order, x)

    assert worst(kernel, lambda x: exprel_derivative(x, order), POINTS) < 16


@pytest.mark.parametrize("order", ORDERS)
def test_derivatives_of_sinhc(order):
    def kernel(x):
        return exponential_moments.sinhc_derivative(order, x)

    def oracle(x):
        return (exprel_derivative(x, order) + (-1) ** order * exprel_derivative(-x, order)) / 2

    assert worst(kernel, oracle, [x for x in POINTS if 1e-20 < abs(x) < 700 or not x]) < 16


@pytest.mark.parametrize("order", [0, 1, 2])
def test_limits_at_infinity(order):
    with np.errstate(all="ignore"):
        moments = exponential_moments.exprel_derivative(order, np.array([math.inf, 1e308, -math.inf]))
        np.testing.assert_array_equal(moments, [math.inf, math.inf, 0])
        moments = exponential_moments.sinhc_derivative(order, np.array([math.inf, 1e308, -math.inf]))
        np.testing.assert_array_equal(moments, [math.inf, math.inf, (-1) ** order * math.inf])
