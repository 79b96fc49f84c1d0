"""log Φ, log erfc and their derivatives against mpmath at 50 digits, with scipy for arrays and without it."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics import normal, special

from ..oracles import logerfc, logerfc_derivative, lognormcdf, lognormcdf_derivative

DIGITS = 50
POINTS = (
    *(0.43 * k - 8.03 for k in range(40)), -1e308, -1.3e154, -1e100, -1e16, -1e8, -800.0, -100.0, -40.0, -38.3, -20.7,
    -5.0, math.nextafter(-5, 0), -2.0, math.nextafter(-2, 0), -1e-9, -1e-300, 0.0, 1e-300, 1e-12, 1.0, 20.0, 26.0, 30.0,
    37.0,
)  # fmt: skip
NEAR_ROOT = {4: (0.4, 1.5), 5: (-0.5, 0.5)}  # of log Φ's derivatives of these orders the first roots


@pytest.fixture(params=[pytest.param("scipy", marks=pytest.mark.extras), "math"], autouse=True)
def library(request, monkeypatch):
    if request.param == "scipy":
        pytest.importorskip("scipy.special")
    else:
        monkeypatch.setattr(special, "_scipy", lambda: None)


def assert_accurate(kernel, oracle, points, ulps):
    """Within so many units of 2^-53 of the truth, as scalars and as an array; only underflow is forgiven."""
    with np.errstate(all="ignore"):
        columns = [kernel(np.float64(x)) for x in points], kernel(np.array(points))
    worst = []
    for x, *mine in zip(points, *columns, strict=True):
        with mpmath.workdps(DIGITS):
            truth = oracle(mpf(x))
            for one in mine:
                if math.isinf(one):
                    assert abs(truth) > mpf("1.79e308"), x
                elif abs(mpf(float(one)) - truth) > ulps * mpf(2) ** -53 * abs(truth) + mpf(2) ** -1073:
                    worst.append((x, float(one), mpmath.nstr(truth, 17)))
    assert not worst


def test_log_of_the_normal_distribution_function():
    assert_accurate(normal.lognormcdf, lognormcdf, POINTS, 8)


def test_log_of_erfc():
    assert_accurate(normal.logerfc, logerfc, [-x for x in POINTS if x < 26.5], 8)


@pytest.mark.parametrize("order, ulps", [(1, 8), (2, 12), (3, 80), (4, 400), (5, 1500)])
def test_derivatives(order, ulps):
    low, high = NEAR_ROOT.get(order, (0.0, 0.0))
    points = [x for x in POINTS if -1e60 < x < 30.0 and not low <= x <= high]
    assert_accurate(
        lambda x: normal.lognormcdf_derivative(order, x), lambda x: lognormcdf_derivative(x, order), points, ulps
    )
    mirrored = [-x for x in POINTS if -1e60 < x < 21.0 and not low <= math.sqrt(2) * x <= high]
    assert_accurate(
        lambda x: normal.logerfc_derivative(order, x), lambda x: logerfc_derivative(x, order), mirrored, ulps
    )


@pytest.mark.parametrize(
    "x, value, slope, curvature",
    [(math.inf, 0.0, 0.0, 0.0), (-math.inf, -math.inf, math.inf, -1.0), (math.nan, math.nan, math.nan, math.nan)],
)
def test_at_the_ends(x, value, slope, curvature):
    with np.errstate(all="ignore"):
        x = np.float64(x)
        np.testing.assert_array_equal(normal.lognormcdf(x), value)
        np.testing.assert_array_equal(normal.lognormcdf_derivative(1, x), slope)
        np.testing.assert_array_equal(normal.lognormcdf_derivative(2, x), curvature)
        np.testing.assert_array_equal(normal.logerfc(-x), value if x < 0 else value + math.log(2))
        np.testing.assert_array_equal(normal.logerfc_derivative(1, -x), -slope)
        np.testing.assert_array_equal(normal.logerfc_derivative(2, -x), 2 * curvature)


def test_arrays_keep_their_shape():
    x = np.linspace(-50, 50, 12).reshape(3, 4)
    for kernel in (normal.lognormcdf, normal.logerfc):
        assert kernel(x).shape == (3, 4)
        assert kernel(np.zeros((0, 2))).shape == (0, 2)
    for kernel in (normal.lognormcdf_derivative, normal.logerfc_derivative):
        assert kernel(2, x).shape == (3, 4)
        assert kernel(2, np.zeros((0, 2))).shape == (0, 2)
