"""The beta function and its kin against mpmath, from tiny to huge arguments and across the seams of the methods."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff.numerics import beta

from ...cases import as_one_test
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


@as_one_test("order", [0, 1, 2, 5])
@as_one_test("x", [1e-3, 0.7, 1.46, 12.5, 1e5, 1e18, -0.3, -2.6, -29.85])
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


def derivative_of_polynomial(k, n, order):
    """Of n (n - 1) ... (n - k + 1) / k!, exactly."""
    coefficients = [Fraction(1)]
    for j in range(k):
        shifted = [Fraction(0), *coefficients]
        scaled = [*[-j * one for one in coefficients], Fraction(0)]
        coefficients = [(one + other) / (j + 1) for one, other in zip(shifted, scaled, strict=True)]
    for _ in range(order):
        coefficients = [power * one for power, one in enumerate(coefficients)][1:]
    return sum(one * Fraction(n) ** power for power, one in enumerate(coefficients))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("k", [0, 1, 2, 5, 9])
def test_the_slopes_of_a_polynomial_are_its_own_everywhere(k, order):
    """At its zeros, and where the gamma functions that binom is made of have poles."""
    points = [-7.0, -3.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 9.0, 12.0, -2.5, 0.25, 1.0 + 2.0**-30, -3.0 + 2.0**-30]
    slopes = beta.binom_slope(np.array(points), np.full(len(points), float(k)), by_n=order, by_k=0)
    for n, mine in zip(points, slopes, strict=True):
        truth = derivative_of_polynomial(k, n, order)
        alone = beta.binom_slope(np.float64(n), np.float64(k), by_n=order, by_k=0)
        for value in (mine, alone):
            assert float(value) == pytest.approx(float(truth), rel=2e-14, abs=1e-14), n


def derivative(function, point, orders):
    for place, order in enumerate(orders):
        if order:
            step, rest = mpf(10) ** -30, [many - (at == place) for at, many in enumerate(orders)]
            sides = [[one + sign * step * (at == place) for at, one in enumerate(point)] for sign in (1, -1)]
            return (derivative(function, sides[0], rest) - derivative(function, sides[1], rest)) / (2 * step)
    return function(*point)


AT_ZEROS = [
    ("binom_slope", (3.0, 4.0)), ("binom_slope", (1.0, 2.0 + 2.0**-30)), ("binom_slope", (2.5, -2.0)),
    ("binom_slope", (2.5, -2.0 + 2.0**-30)), ("binom_slope", (2.5, 4.75)), ("binom_slope", (-2.5, 0.5)),
    ("binom_slope", (-5.5, -3.0)), ("binom_slope", (30.25, 45.0)), ("beta_slope", (0.5, -1.5)),
    ("beta_slope", (0.5, -1.5 + 2.0**-30)), ("beta_slope", (-1.25, -0.75)), ("beta_slope", (2.25, -5.25)),
    ("beta_slope", (-12.25, 4.25)),
]  # fmt: skip
OF_RECIPROCALS = {
    "binom_slope": lambda n, k: mp.rgamma(k + 1) * mp.rgamma(n - k + 1) / mp.rgamma(n + 1),
    "beta_slope": lambda a, b: mp.rgamma(a + b) / (mp.rgamma(a) * mp.rgamma(b)),
}


@as_one_test("orders", [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (2, 1)])
@as_one_test("name, point", AT_ZEROS)
def test_slopes_at_zeros_and_next_to_them(name, point, orders):
    kernel = getattr(beta, name)
    with mpmath.workdps(200):
        truth = derivative(OF_RECIPROCALS[name], tuple(map(mpf, point)), orders)
    for mine in (kernel(*map(np.float64, point), *orders), kernel(*[np.array([one]) for one in point], *orders)[0]):
        assert float(mine) == pytest.approx(float(truth), rel=4e-14, abs=1e-25)


def test_what_is_rational_has_a_value_and_slopes_at_the_poles_of_its_gamma_functions():
    """beta(a, 2) is 1/(a (a + 1))."""
    a, b = np.array([-3.0, -7.0]), np.array([2.0, 2.0])
    np.testing.assert_allclose(beta.beta(a, b), 1 / (a * (a + 1)), rtol=1e-15)
    np.testing.assert_allclose(beta.lbeta(a, b), -np.log(a * (a + 1)), rtol=1e-15)
    np.testing.assert_allclose(beta.beta_slope(a, b, 1, 0), 1 / (a + 1) ** 2 - 1 / a**2, rtol=1e-15)
    np.testing.assert_allclose(beta.polygamma_difference(0, a, b), 1 / a + 1 / (a + 1), rtol=1e-15)
    np.testing.assert_allclose(beta.polygamma_difference(1, a, b), -(1 / a**2) - 1 / (a + 1) ** 2, rtol=1e-15)
