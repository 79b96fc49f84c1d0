"""The incomplete gamma and beta functions and their derivatives by their parameters, against mpmath at 50 digits."""

import itertools
import math
from functools import partial

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff.numerics.routines import incomplete_beta, incomplete_gamma

from ...cases import as_one_test
from ...closeness import close_to
from ..incomplete_oracles import (
    beta_density,
    beta_density_slope,
    betainc,
    betainc_derivative,
    gamma_density,
    gamma_density_slope,
    gammainc,
    gammainc_derivative,
    gammaincc,
)
from ..oracles import derivative

INF = math.inf
OF_GAMMA = [
    (a, a * factor)
    for a in (1e-6, 0.01, 0.3, 1.0, 2.5, 9.99, 10.01, 73.0, 400.0)
    for factor in (1e-9, 0.2, 0.95, 1.0, 1.1, 3.0)
] + [(0.5, 1e-300), (1e-3, 1e-200), (30.0, 1e-4), (0.25, 40.0), (1e-9, 1e-30)]
OF_BETA = [
    (a, b, x)
    for a, b in (
        (1e-5, 2.0),
        (0.3, 0.4),
        (1.0, 1.0),
        (2.5, 30.0),
        (9.9, 10.1),
        (60.0, 45.0),
        (20.0, 0.01),
        (0.02, 0.03),
    )
    for x in (1e-9, 0.1, 0.45, 0.7, 1 - 2.0**-40)
] + [(0.5, 1e5, 2e-5), (0.5, 1e5, 1e-6), (2.0, 1e6, 3e-6), (1e5, 0.5, 1 - 2.0**-17), (1e9, 3.0, 1 - 2.0**-29)]


def assert_accurate(mine, function, point, bound=64):
    """To so many units of 2^-53, or eight times what a relative change of the point makes of the result."""
    exact = tuple(map(mpf, point))
    truth = function(*exact)
    if not 1e-290 < abs(truth) < 1e290:
        return
    error = abs(mpf(mine) - truth) / abs(truth) * 2**53
    if error > bound:
        moved = [sum(abs(one * derivative(function, exact, place)) for place, one in enumerate(exact))]
        assert error <= bound + 8 * moved[0] / abs(truth), (point, mine, float(truth))


def bound_of(order):
    """What is differentiated once more is a polynomial of logarithms with one more change of sign."""
    return 64 * 8 ** max(order - 1, 0)


@as_one_test("a, x", OF_GAMMA)
def test_gammainc_and_its_derivatives_by_a(a, x):
    with mpmath.workdps(160):
        assert_accurate(incomplete_gamma.gammainc(a, x), gammainc, (a, x))
        assert_accurate(incomplete_gamma.gammaincc(a, x), gammaincc, (a, x))
        for order in (1, 2):
            mine = incomplete_gamma.gammainc_derivative(a, x, order)
            assert_accurate(mine, partial(gammainc_derivative, order=order), (a, x), bound_of(order))


@pytest.mark.parametrize("a, b, x", OF_BETA)
def test_betainc_and_its_derivatives_by_a_and_b(a, b, x):
    with mpmath.workdps(220):
        assert_accurate(incomplete_beta.betainc(a, b, x), betainc, (a, b, x))
        for orders in ((1, 0), (0, 1), (1, 1)):
            oracle = partial(betainc_derivative, by_a=orders[0], by_b=orders[1])
            assert_accurate(
                incomplete_beta.betainc_derivative(a, b, x, *orders), oracle, (a, b, x), bound_of(sum(orders))
            )


@as_one_test("a, x", [(1e-9, 2.0), (1e-9, 1e-4), (0.3, 0.7), (2.5, 1e-3), (9.9, 30.0), (300.0, 280.0)])
@as_one_test("order", [0, 1, 2, 5])
def test_derivatives_of_the_gamma_density(a, x, order):
    with mpmath.workdps(160):
        oracle = partial(gamma_density, order=order)
        assert_accurate(incomplete_gamma.gamma_density(a, x, order), oracle, (a, x), bound_of(order))


@as_one_test("a, b, x", [(1e-9, 2.0, 0.25), (0.3, 0.4, 0.9), (2.5, 0.01, 0.5), (0.2, 30.0, 1e-4), (60.0, 45.0, 0.6)])
@as_one_test("orders", [(0, 0), (1, 0), (0, 1), (2, 1), (1, 3)])
def test_derivatives_of_the_beta_density(a, b, x, orders):
    with mpmath.workdps(160):
        oracle = partial(beta_density, by_a=orders[0], by_b=orders[1])
        assert_accurate(incomplete_beta.beta_density(a, b, x, *orders), oracle, (a, b, x), bound_of(sum(orders)))


def test_the_oracles_agree_with_mpmath():
    """Their power series with mpmath's own functions and differences."""
    with mpmath.workdps(50):
        for a, x in ((2.5, 1.25), (0.5, 7.0)):
            of_mpmath = lambda a, x=x: mp.gammainc(a, 0, x, regularized=True)  # noqa: E731
            for order in (0, 1, 2):
                truth = mp.diff(of_mpmath, a, order)
                assert abs(gammainc_derivative(mpf(a), mpf(x), order) - truth) < mpf(10) ** -40
            truth = mp.diff(gamma_density, (a, x), (2, 1))
            assert abs(gamma_density_slope(mpf(a), mpf(x), 2) - truth) < mpf(10) ** -40
        for x in (0.25, 0.75):
            of_mpmath = lambda a, b, x=x: mp.betainc(a, b, 0, x, regularized=True)  # noqa: E731
            for orders in ((0, 0), (2, 0), (1, 1)):
                truth = mp.diff(of_mpmath, (2.5, 3.25), orders) if any(orders) else of_mpmath(2.5, 3.25)
                assert abs(betainc_derivative(mpf(2.5), mpf(3.25), mpf(x), *orders) - truth) < mpf(10) ** -40
            truth = mp.diff(beta_density, (2.5, 3.25, x), (1, 1, 1))
            assert abs(beta_density_slope(mpf(2.5), mpf(3.25), mpf(x), 1, 1) - truth) < mpf(10) ** -40


@pytest.mark.parametrize("a", [1e4, 1e6, 1e10])
@pytest.mark.parametrize("deviations", [-4.0, -0.01, 0.0, 1.0, 5.0])
def test_large_parameters(a, deviations):
    """Temme's expansion says that far out gammainc is a normal distribution function; its first term to 1/sqrt(a)."""
    x = a + deviations * math.sqrt(a)
    below, above = incomplete_gamma.gammainc(a, x), incomplete_gamma.gammaincc(a, x)
    assert below + above == pytest.approx(1.0, rel=1e-15, abs=0)
    mass = incomplete_gamma.gamma_density(a, x, 0)
    # gammainc(a + 1, x) = gammainc(a, x) - x * density / a, DLMF 8.8.5
    more = incomplete_gamma.gammainc(a + 1.0, x)
    assert below - more == pytest.approx(x / a * mass, rel=0, abs=1e-13 * below)


@pytest.mark.parametrize(
    "a, x, below",
    [(0.0, 1.0, 1.0), (2.0, 0.0, 0.0), (2.0, -0.0, 0.0), (2.0, INF, 1.0), (INF, 2.0, 0.0)],
)
def test_gammainc_at_the_ends(a, x, below):
    assert incomplete_gamma.gammainc(a, x) == below
    assert incomplete_gamma.gammaincc(a, x) == 1.0 - below


@pytest.mark.parametrize("a, x", [(-1.0, 2.0), (2.0, -1.0), (0.0, 0.0), (INF, INF), (math.nan, 1.0), (1.0, math.nan)])
def test_gammainc_outside_of_its_domain(a, x):
    for function in (incomplete_gamma.gammainc, incomplete_gamma.gammaincc):
        assert math.isnan(function(a, x))
    assert math.isnan(incomplete_gamma.gamma_density(a, x, 0))


@pytest.mark.parametrize(
    "a, b, x, value", [(2.0, 3.0, 0.0, 0.0), (2.0, 3.0, 1.0, 1.0), (0.0, 2.0, 0.5, 1.0), (2.0, 0.0, 0.5, 0.0)]
)
def test_betainc_at_the_ends(a, b, x, value):
    assert incomplete_beta.betainc(a, b, x) == value


@pytest.mark.parametrize(
    "a, b, x", [(-1.0, 2.0, 0.5), (1.0, 2.0, 1.5), (1.0, 2.0, -0.5), (0.0, 0.0, 0.5), (1.0, 2.0, math.nan)]
)
def test_betainc_outside_of_its_domain(a, b, x):
    assert math.isnan(incomplete_beta.betainc(a, b, x))


@as_one_test("size", [5e-324, 1e-300, 1e-9, 1.0, 1e9, 1e300, INF])
@as_one_test("x", [5e-324, 1e-300, 1e-9, 0.5, 1.0, 1e9, 1e300])
def test_no_point_raises_or_leaves_the_range(size, x):
    for function in (incomplete_gamma.gammainc, incomplete_gamma.gammaincc):
        assert 0.0 <= function(size, x) <= 1.0
    assert not math.isnan(incomplete_gamma.gammainc_derivative(size, x, 1))
    for other in (5e-324, 1.0, 1e300):
        result = incomplete_beta.betainc(size, other, min(x, 1.0))
        assert 0.0 <= result <= 1.0


@pytest.mark.parametrize(
    "a, x",
    [(1e-4, 5e-324), (3e-16, 5e-324), (0.01, 1e-310), (0.75, 5e-324), (2.0, 5e-324), (1.2, 1e-280), (1e308, 2.0)],
)
def test_the_density_of_a_point_near_0(a, x):
    """It may be finite where the mass underflows, and is inf where it overflows."""
    with mpmath.workdps(50):
        power = (mpmath.mpf(a) - 1) * mpmath.log(x) - x
        expected = float(mpmath.exp(power) / mpmath.gamma(a)) if a < 1e6 else 0.0
    assert incomplete_gamma.gamma_density(a, x, 0) == close_to(expected, rel=2e-15)


@pytest.mark.parametrize("x", [5e-324, 1e-300, 0.5, 1.0])
def test_no_sum_of_the_beta_density_is_without_an_end(x):
    """digamma(a + b) - digamma(a) at the ends of the range decides on which side is summed: it was nan."""
    for a, b in itertools.product([5e-324, 1.0, 800.0, 1.7e308], repeat=2):
        assert 0.0 <= incomplete_beta.betainc(a, b, x) <= 1.0
        for by_a, by_b in ((1, 0), (0, 1), (1, 1), (0, 2)):
            incomplete_beta.betainc_derivative(a, b, x, by_a, by_b)
            incomplete_beta.beta_density(a, b, x, by_a, by_b)


def test_the_error_function_is_a_special_case():
    for x in np.linspace(0.05, 5.0, 40):
        assert incomplete_gamma.gammaincc(0.5, x * x) == pytest.approx(math.erfc(x), rel=1e-13, abs=0)


def test_the_slope_at_a_0_is_its_limit_the_exponential_integral():
    assert incomplete_gamma.gammainc_derivative(0.0, 1.0, 1) == pytest.approx(-0.21938393439552028, rel=1e-15, abs=0)


def test_half_of_a_symmetric_beta_distribution():
    for size in (1e-3, 0.5, 1.0, 7.0, 1e4):
        assert incomplete_beta.betainc(size, size, 0.5) == pytest.approx(0.5, rel=1e-14, abs=0)
        by_both = [incomplete_beta.betainc_derivative(size, size, 0.5, *orders) for orders in ((1, 0), (0, 1))]
        assert by_both[0] == pytest.approx(-by_both[1], rel=1e-13, abs=0)
