"""The special functions against mpmath at the exact double, with scipy for arrays and without it."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics import special

from ...cases import as_one_test

DIGITS = 50
ULPS = 16  # the tolerance of most functions, in units of 2^-53: 1.8e-15; with nothing absolute but underflow
INF, NAN, TINY = math.inf, math.nan, 5e-324
EDGES = (NAN, INF, -INF, 0.0, -0.0, TINY, -TINY, 1e-310, 1e308, -1e308, 1.0, -1.0, 800.0, -800.0, -800.5)


def around(*roots):
    """Points ever nearer to each root, down to the doubles next to it."""
    steps = (0.0, 2**-52, -(2**-52), 3 * 2**-52, 1e-13, -1e-12, 1e-9, -1e-6, 1e-4, -1e-3, 1e-2, -0.05, 0.1)
    return tuple(root + step * max(1.0, abs(root)) for root in roots for step in steps)


SPREAD = (*(0.43 * k - 6.03 for k in range(29)), 1e-8, -1e-8, 1e-300, -1e-300, 1e-16, -1e-16)
POSITIVE = (*(0.31 * k + 0.11 for k in range(30)), 1e-300, 1e-16, 1e-8, 20.5, 99.9, 800.0, 1e5, 1e16, 1e100)
BETWEEN_POLES = (*(-0.17 * k - 0.14 for k in range(40)), -19.5, -30.25, -99.9, -800.5, -1e-300, -1e-16, -1e-8)
LGAMMA_ROOTS = (1.0, 2.0, -2.4570247382208006, -2.7476826467274127, -3.14358088834998, -3.955294284858598,
                -4.991544640560048, -7.999975197095821, -15.999999999999952)  # fmt: skip
DIGAMMA_ROOTS = (1.4616321449683622, -0.5040830082644554, -1.5734984731623904, -2.6107208684441447,
                 -10.708740838254144, -50.78563524788128)  # fmt: skip


def log_gamma(x):
    return mpmath.re(mpmath.loggamma(x)) if x > 0 else mpmath.log(abs(mpmath.gamma(x)))


KERNELS = {
    "erf": (mpmath.erf, (*SPREAD, 20.0, -20.0, 800.0, -800.0)),
    "erfc": (mpmath.erfc, (*SPREAD, 0.99, 1.01, 8.3, 20.1, 22.8, 26.4, 26.7, 27.1, 28.0, 800.0, -800.0)),
    "normpdf": (mpmath.npdf, (*SPREAD, 10.1, -20.3, 37.7, -38.1, 38.5, 39.0, 800.0, -800.0)),
    "normcdf": (mpmath.ncdf, (*SPREAD, -10.1, -20.3, -30.7, -37.4, -38.1, -38.4, -39.0, 10.0, 800.0, -800.0)),
    "gamma": (mpmath.gamma, (*POSITIVE[:-5], *BETWEEN_POLES[:-4], 150.3, 171.6, -150.3, -171.5, -177.5,
                             -190.5, *around(0.5), -1 + 1e-13, -20 - 4e-15, -1e-300)),
    "lgamma": (log_gamma, (*POSITIVE, *BETWEEN_POLES, 1e300, 2e305, -17 + 4e-15, *around(*LGAMMA_ROOTS))),
    "digamma": (mpmath.digamma, (*POSITIVE, *BETWEEN_POLES, 1e300, *around(*DIGAMMA_ROOTS), -1e15 - 0.5)),
}  # fmt: skip
EXACT_INTEGERS = {"lgamma": (1.0, 2.0)}  # roots that mpmath divides by
ACCURACY = [
    pytest.param(name, [x for x in points if x not in EXACT_INTEGERS.get(name, ())], id=name)
    for name, (_, points) in KERNELS.items()
]
ORDERS = (1, 2, 3, 4, 5, 8)
POLYGAMMA_POINTS = (*(x for x in POSITIVE if x < 1e6), *BETWEEN_POLES, *around(0.5, -0.5, -2.5, -10.4999))
SINC_ORDERS = (0, 1, 2, 3, 4, 7, 12, 40)
SINC_ROOTS = (1.0, -2.0, 1.5, 1.4302966531242028, -2.4590240224225, 0.6626, 5.4815)
SINC_POINTS = (*SPREAD, *around(*SINC_ROOTS), 30.3, -99.99, 800.0, -800.5, 12345.678, 1e9 + 0.3, 1e16, 0.0)

CORNERS = [
    ("erf", INF, 1.0), ("erf", -INF, -1.0), ("erfc", INF, 0.0), ("erfc", -INF, 2.0), ("erfc", 1e308, 0.0),
    ("normcdf", INF, 1.0), ("normcdf", -INF, 0.0), ("normcdf", 0.0, 0.5), ("normpdf", INF, 0.0),
    ("normpdf", -INF, 0.0), ("gamma", 0.0, INF), ("gamma", -0.0, -INF), ("gamma", -3.0, NAN),
    ("gamma", -1e300, NAN), ("gamma", INF, INF), ("gamma", -INF, NAN), ("gamma", 172.0, INF),
    ("gamma", -TINY, -INF), ("gamma", 5.0, 24.0), ("lgamma", 0.0, INF), ("lgamma", -0.0, INF),
    ("lgamma", -7.0, INF), ("lgamma", INF, INF), ("lgamma", -INF, INF), ("lgamma", 1e308, INF),
    ("lgamma", -1e308, INF), ("lgamma", 1.0, 0.0), ("lgamma", 2.0, 0.0),
    ("digamma", 0.0, -INF), ("digamma", -0.0, INF), ("digamma", -3.0, NAN), ("digamma", -1e300, NAN),
    ("digamma", INF, INF), ("digamma", -INF, NAN), ("digamma", TINY, -INF),
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


@pytest.fixture(params=[pytest.param("scipy", marks=pytest.mark.extras), "math"])
def library(request, monkeypatch):
    if request.param == "scipy":
        pytest.importorskip("scipy.special")
    else:
        monkeypatch.setattr(special, "_scipy", lambda: None)


def assert_accurate(results, points, oracle, ulps=ULPS):
    """Within so many units of 2^-53 of the truth; below 2.2e-308 within two of the steps between doubles."""
    worst = []
    with mpmath.workdps(DIGITS):
        for x, mine in zip(points, results, strict=True):
            assert type(mine) is np.float64 and math.isfinite(mine), (x, mine)
            truth = oracle(mpf(x))
            error = abs(mpf(float(mine)) - truth)
            if error > max(ulps * mpf(2) ** -53 * abs(truth), 2 * mpf(2) ** -1074):
                worst.append((x, float(mine), mpmath.nstr(error / abs(truth), 3)))
    assert not worst


def sinc_derivative(order):
    """An oracle of its own: Taylor's series near 0, else Leibniz's rule for sin(t) times 1/t."""

    def of(x):
        t = mpmath.pi * x
        if abs(t) < 1:
            even = range(order % 2, 60, 2)
            terms = ((-1) ** ((order + k) // 2) * t**k / mpmath.factorial(k) / (order + k + 1) for k in even)
            return mpmath.pi**order * sum(terms)
        with mpmath.workdps(4 * DIGITS):
            t, total = mpmath.pi * x, mpf(0)
            for k in range(order + 1):
                of_sine = mpmath.sinpi(x + mpf(order - k) / 2)
                total += mpmath.binomial(order, k) * of_sine * (-1) ** k * mpmath.factorial(k) / t ** (k + 1)
            return mpmath.pi**order * total

    return of


@pytest.mark.parametrize("name, points", ACCURACY)
def test_scalars_match_mpmath(name, points):
    kernel, oracle = getattr(special, name), KERNELS[name][0]
    mine = [kernel(np.float64(x)) for x in points]
    assert_accurate(mine, points, oracle, 40 if name == "digamma" else ULPS)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name, points", ACCURACY)
def test_arrays_match_mpmath(name, points):
    kernel, oracle = getattr(special, name), KERNELS[name][0]
    assert_accurate(kernel(np.array(points)), points, oracle, 40 if name == "digamma" else ULPS)


@pytest.mark.parametrize("order", ORDERS)
def test_polygamma_matches_mpmath(order):
    def oracle(x):
        return mpmath.polygamma(order, x)

    points = [x for x in POLYGAMMA_POINTS if abs(x) ** (order + 1) > 1e-290]
    assert_accurate(special.polygamma(order, np.array(points)), points, oracle, ULPS + 4 * order)
    few = points[::7]
    assert_accurate([special.polygamma(order, np.float64(x)) for x in few], few, oracle, ULPS + 4 * order)


@pytest.mark.parametrize("order, x", [(20, 7.8), (20, -3.3), (100, 120.0), (100, 1e4), (150, 3.5), (50, 1e5)])
def test_polygamma_of_high_orders_neither_overflows_nor_underflows_halfway(order, x):
    assert_accurate([special.polygamma(order, np.float64(x))], [x], lambda x: mpmath.polygamma(order, x), 200)


def test_polygamma_of_order_0_is_digamma():
    points = np.array(SPREAD)
    np.testing.assert_array_equal(special.polygamma(0, points), special.digamma(points))


def test_polygamma_at_its_poles_and_at_infinity():
    points = np.array([0.0, -0.0, -3.0, -1e300, INF, -INF, NAN])
    np.testing.assert_array_equal(special.polygamma(1, points), [INF, INF, INF, INF, 0.0, NAN, NAN])
    np.testing.assert_array_equal(special.polygamma(2, points), [-INF, INF, NAN, NAN, 0.0, NAN, NAN])
    np.testing.assert_array_equal(special.polygamma(3, points), special.polygamma(1, points))
    assert np.isnan(special.polygamma(151, np.array([0.5, -0.5, 1e10]))).all()


@pytest.mark.parametrize("order", SINC_ORDERS)
def test_sinc_derivative_matches_mpmath(order):
    ulps = ULPS + 4 * order
    mine = special.sinc_derivative(order, np.array(SINC_POINTS))
    assert_accurate(mine, SINC_POINTS, sinc_derivative(order), ulps)
    few = SINC_POINTS[::9]
    mine = [special.sinc_derivative(order, np.float64(x)) for x in few]
    assert_accurate(mine, few, sinc_derivative(order), ulps)


def test_sinc_derivative_at_the_corners():
    points = np.array([0.0, 1.0, -2.0, 1e300, INF, -INF])
    np.testing.assert_array_equal(special.sinc_derivative(0, points), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(special.sinc_derivative(1, points), [0.0, -1.0, -0.5, 1e-300, 0.0, 0.0])
    assert np.isnan(special.sinc_derivative(2, np.float64(NAN)))


@as_one_test("name, x, expected", CORNERS)
def test_corners_of_scalars(name, x, expected):
    result = getattr(special, name)(np.float64(x))
    assert type(result) is np.float64
    np.testing.assert_array_equal(result, expected)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name, x, expected", CORNERS)
def test_corners_of_arrays(name, x, expected):
    np.testing.assert_array_equal(getattr(special, name)(np.array([0.7, x]))[1], expected)


ALL = {
    **{name: getattr(special, name) for name in KERNELS},
    **{f"polygamma {n}": lambda x, n=n: special.polygamma(n, x) for n in (0, 1, 2, 149, 150, 400)},
    **{f"sinc {n}": lambda x, n=n: special.sinc_derivative(n, x) for n in (0, 1, 2, 50, 400)},
}


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("kernel", ALL.values(), ids=ALL)
def test_arrays_agree_with_scalars_and_stay_as_they_were(kernel):
    points = np.array((*EDGES, *SPREAD, *LGAMMA_ROOTS, *DIGAMMA_ROOTS))
    before = points.copy()
    results = kernel(points)
    assert isinstance(results, np.ndarray) and results.dtype == np.float64 and results.shape == points.shape
    np.testing.assert_array_equal(points, before)
    scalars = [kernel(x) for x in points]
    assert all(type(scalar) is np.float64 for scalar in scalars)
    np.testing.assert_allclose(results, scalars, rtol=4e-15, atol=0)
    assert np.isnan(results[0])
    np.testing.assert_array_equal(kernel(points[:12].reshape(3, 4).T), results[:12].reshape(3, 4).T)
    assert kernel(np.empty(0)).shape == (0,) and kernel(np.ones((2, 0))).shape == (2, 0)


def test_scipy_is_imported_only_for_arrays(monkeypatch):
    def refuse():
        raise AssertionError("scipy was asked for")

    monkeypatch.setattr(special, "_scipy", refuse)
    for kernel in ALL.values():
        kernel(np.float64(0.5))
    with pytest.raises(AssertionError):
        special.erf(np.array([0.5]))


def test_a_missing_scipy_is_no_error(monkeypatch):
    monkeypatch.setattr(special.importlib, "import_module", lambda name: __import__("no_such_module"))
    special._scipy.cache_clear()
    try:
        assert special._scipy() is None
        np.testing.assert_allclose(special.erf(np.array([0.5])), [math.erf(0.5)], rtol=1e-15)
    finally:
        special._scipy.cache_clear()
