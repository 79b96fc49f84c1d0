"""The incomplete gamma and beta functions and their derivatives by their parameters, against mpmath at 50 digits."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics.routines import incomplete_beta, incomplete_gamma

from ..incomplete_oracles import betainc, gammainc, gammaincc
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


@pytest.mark.parametrize("a, x", OF_GAMMA)
def test_gammainc_and_its_derivatives_by_a(a, x):
    with mpmath.workdps(160):
        assert_accurate(incomplete_gamma.gammainc(a, x), gammainc, (a, x))
        assert_accurate(incomplete_gamma.gammaincc(a, x), gammaincc, (a, x))
        of, sign = (gammainc, 1.0) if x < a else (gammaincc, -1.0)  # the one that is not almost 1
        first = lambda a, x: derivative(of, (a, x), 0)  # noqa: E731  # a function for the oracle
        assert_accurate(sign * incomplete_gamma.gammainc_derivative(a, x, 1), first, (a, x))


@pytest.mark.parametrize("a, b, x", OF_BETA)
def test_betainc_and_its_derivatives_by_a_and_b(a, b, x):
    with mpmath.workdps(220):
        assert_accurate(incomplete_beta.betainc(a, b, x), betainc, (a, b, x))
        for place, orders in enumerate(((1, 0), (0, 1))):
            first = lambda a, b, x, place=place: derivative(betainc, (a, b, x), place)  # noqa: E731
            assert_accurate(incomplete_beta.betainc_derivative(a, b, x, *orders), first, (a, b, x))


@pytest.mark.parametrize("a", [1e4, 1e6, 1e10])
@pytest.mark.parametrize("deviations", [-4.0, -0.01, 0.0, 1.0, 5.0])
def test_large_parameters(a, deviations):
    """Temme's expansion says that far out gammainc is a normal distribution function; its first term to 1/sqrt(a)."""
    x = a + deviations * math.sqrt(a)
    below, above = incomplete_gamma.gammainc(a, x), incomplete_gamma.gammaincc(a, x)
    assert below + above == pytest.approx(1.0, rel=1e-15, abs=0)
    mass = incomplete_gamma.gamma_density(a, x)
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
    for function in (incomplete_gamma.gammainc, incomplete_gamma.gammaincc, incomplete_gamma.gamma_density):
        assert math.isnan(function(a, x))


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


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-9, 1.0, 1e9, 1e300, INF])
@pytest.mark.parametrize("x", [5e-324, 1e-300, 1e-9, 0.5, 1.0, 1e9, 1e300])
def test_no_point_raises_or_leaves_the_range(size, x):
    for function in (incomplete_gamma.gammainc, incomplete_gamma.gammaincc):
        assert 0.0 <= function(size, x) <= 1.0
    assert not math.isnan(incomplete_gamma.gammainc_derivative(size, x, 1))
    for other in (5e-324, 1.0, 1e300):
        result = incomplete_beta.betainc(size, other, min(x, 1.0))
        assert 0.0 <= result <= 1.0


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
