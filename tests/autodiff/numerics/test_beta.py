"""The beta function and its kin against mpmath, from tiny to huge arguments and across the seams of the methods."""

import itertools

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff.numerics import beta

from ..oracles import log_abs_gamma

SIZES = (1e-12, 1e-3, 0.5, 1.0 + 1e-9, 3.7, 9.9, 10.1, 57.3, 99.5, 160.2, 1e4, 1e6)
PAIRS = list(itertools.product(SIZES, SIZES))
MIXED = [(a, b) for a in (-0.7, -3.25, -12.5, -41.25) for b in (1e-9, 0.3, 2.6, 15.8, 80.1, 900.4)]


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


def log_beta(a, b):
    return log_abs_gamma(a) + log_abs_gamma(b) - log_abs_gamma(a + b)


def forced(function, point):
    """How much a relative change of both operands changes the result."""
    value, step = function(*point), mpf(10) ** -30
    changes = [function(*[one * (1 + step * (at == place)) for at, one in enumerate(point)]) for place in (0, 1)]
    return sum(abs(one - value) / step for one in changes) / abs(value)


def assert_accurate(kernel, oracle, points):
    columns = [np.array(column) for column in zip(*points, strict=True)]
    with mpmath.workdps(70):
        for point, mine in zip(points, kernel(*columns), strict=True):
            exact = tuple(map(mpf, point))
            truth = oracle(*exact)
            if not 1e-290 < abs(truth) < 1e300:
                continue
            error = abs(mpf(float(mine)) - truth) / abs(truth) * 2**53
            assert error <= 16 or error <= 16 + 8 * forced(oracle, exact), (point, float(mine), float(truth))
            alone = kernel(*map(np.float64, point))
            assert type(alone) is np.float64 and alone == pytest.approx(mine, rel=1e-12, abs=0)


@pytest.mark.parametrize("points", [PAIRS, MIXED], ids=["positive", "negative"])
def test_lbeta(points):
    assert_accurate(beta.lbeta, log_beta, points)


@pytest.mark.parametrize("points", [PAIRS, MIXED], ids=["positive", "negative"])
def test_beta(points):
    assert_accurate(beta.beta, mp.beta, points)


@pytest.mark.parametrize("points", [PAIRS, MIXED, [(b, a) for a, b in MIXED]], ids=["positive", "n < 0", "k < 0"])
def test_binom(points):
    assert_accurate(beta.binom, mp.binomial, points)


@pytest.mark.parametrize("a", [1e-300, 1e-20, 1e20, 1e150])
def test_far_ends(a):
    """beta(a, 2) is 1/(a (a + 1)); beta(a, b) next to the pole at b = 0 is 1/b."""
    product = a * (a + 1)
    assert beta.beta(np.float64(a), np.float64(2.0)) == pytest.approx(1 / product, rel=1e-13, abs=0)
    assert beta.lbeta(np.float64(2.0), np.float64(a)) == pytest.approx(-np.log(a) - np.log1p(a), rel=1e-15, abs=0)
    assert beta.beta(np.float64(a), np.float64(1e-150)) == pytest.approx(1e150 + 1 / a, rel=1e-13, abs=0)
    assert beta.binom(np.float64(a), np.float64(1e-170)) == 1.0
    rise = beta.polygamma_difference(0, np.float64(a), np.float64(2.0))
    assert rise == pytest.approx(1 / a + 1 / (a + 1), rel=1e-15, abs=0)


def test_binom_of_small_whole_numbers_is_exact():
    points = [(n, k) for n in range(50) for k in range(n + 1)]
    n, k = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    np.testing.assert_array_equal(beta.binom(n, k), [float(mp.binomial(*point)) for point in points])
    np.testing.assert_array_equal(beta.binom(n, -1.0 - k), 0.0 * n)
    np.testing.assert_array_equal(beta.binom(n, n + 1.0 + k), 0.0 * n)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
@pytest.mark.parametrize("x", [1e-3, 0.7, 1.46, 12.5, 1e5, 1e18, -0.3, -2.6, -29.85])
def test_differences_of_polygamma_functions(order, x):
    steps = np.array([1e-25, 1e-14, 1e-9, 1e-6, 1e-3, 0.1, 0.9, 3.0]) * abs(x)
    with mpmath.workdps(90):
        for h, mine in zip(steps, beta.polygamma_difference(order, np.float64(x), steps), strict=True):

            def oracle(x, h):
                return mp.psi(order, x + h) - mp.psi(order, x)

            point = (mpf(x), mpf(float(h)))
            truth = oracle(*point)
            error = abs(mpf(float(mine)) - truth) / abs(truth) * 2**53
            assert error <= 40 + 4 * order or error <= 40 + 8 * forced(oracle, point), (h, float(mine), float(truth))
