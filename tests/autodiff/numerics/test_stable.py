"""The elementary kernels against mpmath at the exact double, in the middle and at the edges of the range."""

import math

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.numerics import stable

from ...cases import as_one_test, each

DIGITS = 50
ULPS = 8  # of a double: the tolerance everywhere, in units of 2^-53, and with nothing absolute but underflow
INF, NAN, TINY = math.inf, math.nan, 5e-324
EDGES = (NAN, INF, -INF, 0.0, -0.0, TINY, -TINY, 1e-310, 1e308, -1e308, 0.5, 1.0, -1.0, 800.0, -800.0)

MODERATE = (*(0.37 * k - 5.1 for k in range(28)), 1e-8, -1e-8, 1e-300, -1e-300, 1e-16, -1e-16)
FAR = (*MODERATE, 20.0, -20.0, 40.0, -40.0, 350.0, -350.0, 709.5, -709.5, -720.0, -744.0, 800.0, -800.0)
HUGE = (*FAR, 1e100, -1e100, 1e155, -1e155, 1e200, -1e200, 1.7e308)
BELOW_ONE = (*(0.09 * k for k in range(-11, 12)), 1 - 1e-4, 1 - 1e-9, 1 - 2**-53, 1e-300)
UNIT = (*BELOW_ONE, *(-x for x in BELOW_ONE))
ABOVE_ONE = (1 + 2**-52, 1 + 1e-9, 1.01, 1.5, 3.0, 800.0, 1e100, 1e155, 1e200, 1.7e308)
PROBABILITIES = (1e-310, 1e-300, 1e-17, 1e-3, 0.2, 0.26, 0.4999, 0.5 - 2**-54, 0.5 + 2**-53, 0.5 + 1e-9, 0.51,
                 0.7, 0.74, 0.76, 0.99, 1 - 1e-9, 1 - 2**-53)  # fmt: skip


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def elu(x, a):
    return x if x > 0 else a * mpmath.expm1(x)


SELU_SCALE = "1.0507009873554804934193349852946"
SELU_ALPHA = "1.6732632423543772848170429916717"

KERNELS = {
    "sigmoid": (sigmoid, HUGE),
    "sigmoid_slope": (lambda x: sigmoid(x) * sigmoid(-x), FAR),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), FAR),
    "logit": (lambda x: mpmath.log(x / (1 - x)), PROBABILITIES),
    "tanh_slope": (lambda x: mpmath.sech(x) ** 2, FAR),
    "softsign": (lambda x: x / (1 + abs(x)), HUGE),
    "silu": (lambda x: x * sigmoid(x), FAR),
    "gelu": (lambda x: x * mpmath.ncdf(x), (*MODERATE, -10.0, -20.0, -30.0, -37.0, 20.0, 800.0, -800.0)),
    "mish": (lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), FAR),
    "selu": (lambda x: mpf(SELU_SCALE) * elu(x, mpf(SELU_ALPHA)), HUGE),
    "asin_slope": (lambda x: 1 / mpmath.sqrt(1 - x * x), UNIT),
    "acosh_slope": (lambda x: 1 / mpmath.sqrt(x * x - 1), ABOVE_ONE),
    "asinh_slope": (lambda x: 1 / mpmath.sqrt(x * x + 1), HUGE),
    "atanh_slope": (lambda x: 1 / (1 - x * x), (*UNIT, *ABOVE_ONE)),
    "atan_slope": (lambda x: 1 / (1 + x * x), HUGE),
}

CORNERS = [
    ("sigmoid", -INF, 0.0), ("sigmoid", INF, 1.0), ("sigmoid_slope", -INF, 0.0), ("sigmoid_slope", INF, 0.0),
    ("softplus", -INF, 0.0), ("softplus", INF, INF), ("softplus", -800.0, 0.0), ("softplus", 800.0, 800.0),
    ("logit", 0.0, -INF), ("logit", -0.0, -INF), ("logit", 1.0, INF), ("logit", 0.5, 0.0),
    ("logit", -TINY, NAN), ("logit", 1.0 + 2**-52, NAN), ("logit", INF, NAN), ("logit", -INF, NAN),
    ("tanh_slope", 0.0, 1.0), ("tanh_slope", INF, 0.0), ("tanh_slope", -INF, 0.0),
    ("softsign", INF, 1.0), ("softsign", -INF, -1.0), ("softsign", 1e308, 1.0),
    ("silu", -INF, 0.0), ("silu", INF, INF), ("gelu", -INF, 0.0), ("gelu", INF, INF),
    ("mish", -INF, 0.0), ("mish", INF, INF), ("selu", INF, INF), ("selu", -INF, -1.7580993408473766),
    ("asin_slope", 1.0, INF), ("asin_slope", -1.0, INF), ("asin_slope", 1.5, NAN), ("asin_slope", INF, NAN),
    ("acosh_slope", 1.0, INF), ("acosh_slope", 0.5, NAN), ("acosh_slope", -2.0, NAN),
    ("acosh_slope", INF, 0.0), ("asinh_slope", INF, 0.0), ("atan_slope", 1.0, 0.5), ("atan_slope", -INF, 0.0),
    ("atanh_slope", 1.0, INF), ("atanh_slope", -1.0, INF), ("atanh_slope", INF, 0.0),
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


def assert_accurate(mine, truth, ulps=ULPS):
    """Within so many units of 2^-53 of the truth; below 2.2e-308 within two of the steps between doubles."""
    assert type(mine) is np.float64
    assert math.isfinite(mine)
    error = abs(mpf(float(mine)) - truth)
    assert error <= max(ulps * mpf(2) ** -53 * abs(truth), 2 * mpf(2) ** -1074), float(error / abs(truth))


def exactly(values):
    return [mpf(float(value)) for value in values]


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_match_mpmath(name):
    exact, points = KERNELS[name]
    with mpmath.workdps(DIGITS):
        for x in each(points):
            assert_accurate(getattr(stable, name)(np.float64(x)), exact(mpf(x)))


@as_one_test("name, x, expected", CORNERS)
def test_corners(name, x, expected):
    result = getattr(stable, name)(np.float64(x))
    assert result == expected or (math.isnan(expected) and math.isnan(result))


@pytest.mark.parametrize("name", KERNELS)
def test_arrays_agree_with_scalars_and_stay_as_they_were(name):
    kernel = getattr(stable, name)
    points = np.array((*EDGES, *KERNELS[name][1]))
    before = points.copy()
    results = kernel(points)
    assert isinstance(results, np.ndarray) and results.dtype == np.float64 and results.shape == points.shape
    np.testing.assert_array_equal(points, before)
    np.testing.assert_allclose(results, [kernel(x) for x in points], rtol=1e-15, atol=0)
    assert np.isnan(results[0])
    assert kernel(points[:12].reshape(3, 4).T).shape == (4, 3)
    assert kernel(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("a", [0.01, 1.0, 2.5])
def test_elu_matches_mpmath(a):
    with mpmath.workdps(DIGITS):
        for x in each(FAR):
            assert_accurate(stable.elu(np.float64(x), np.float64(a)), elu(mpf(x), mpf(a)))


def test_elu_broadcasts_and_never_looks_at_the_other_branch():
    assert stable.elu(np.array([[1.0], [-1.0]]), np.array([1.0, 2.0, 3.0])).shape == (2, 3)
    assert stable.elu(np.float64(2.0), np.float64(INF)) == 2.0
    assert stable.elu(np.float64(-INF), np.float64(1.0)) == -1.0


PAIRS = [(y, x) for y in (3.0, -1e-3, 1e200, 1e-200, 2e-310) for x in (4.0, -5e-4, -1e200, 3e-200, 1e-310)]


@as_one_test("y, x", [*PAIRS, (1e-5, 1e-320), (1.7e308, 1.7e308)])
def test_atan2_slopes_match_mpmath(y, x):
    with mpmath.workdps(DIGITS):
        squared_radius = mpf(x) ** 2 + mpf(y) ** 2
        for kernel, numerator in ((stable.atan2_slope_y, mpf(x)), (stable.atan2_slope_x, -mpf(y))):
            slope, truth = kernel(np.float64(y), np.float64(x)), numerator / squared_radius
            if abs(truth) < mpf(2) ** 1024:
                assert_accurate(slope, truth)
            else:
                assert slope == math.copysign(INF, truth)


def test_atan2_slopes_at_infinity_and_the_origin():
    for y, x in ((INF, 1.0), (1.0, INF), (INF, INF), (-INF, 2.0)):
        assert stable.atan2_slope_y(np.float64(y), np.float64(x)) == 0.0
        assert stable.atan2_slope_x(np.float64(y), np.float64(x)) == 0.0
    for y, x in ((0.0, 0.0), (NAN, INF), (INF, NAN), (1.0, NAN)):
        assert np.isnan(stable.atan2_slope_y(np.float64(y), np.float64(x)))
        assert np.isnan(stable.atan2_slope_x(np.float64(y), np.float64(x)))
    grid = stable.atan2_slope_x(np.array([[1.0], [2.0]]), np.array([0.0, 1e-200, 1e200]))
    assert grid.shape == (2, 3) and grid[0, 0] == -1.0


def test_ratio_is_zero_only_for_zero_over_zero():
    numerators, denominators = [0.0, -0.0, 1.0, -1.0, 3.0, NAN, INF], [0.0, 0.0, 0.0, 0.0, 4.0, 0.0, INF]
    results = stable.ratio(np.array(numerators), np.array(denominators))
    np.testing.assert_array_equal(results, [0.0, 0.0, INF, -INF, 0.75, NAN, NAN])
    assert type(stable.ratio(np.float64(0.0), np.float64(0.0))) is np.float64


def test_limit_product_is_zero_where_the_first_factor_is():
    firsts, seconds = [0.0, -0.0, 0.0, 2.0, NAN, INF], [INF, NAN, 3.0, 4.0, 0.0, 0.0]
    results = stable.limit_product(np.array(firsts), np.array(seconds))
    np.testing.assert_array_equal(results, [0.0, 0.0, 0.0, 8.0, NAN, NAN])
    assert stable.limit_product(np.array([0.0, 1.0]), np.full((3, 1), INF)).shape == (3, 2)
    assert type(stable.limit_product(np.float64(0.0), np.float64(INF))) is np.float64


ROWS = {
    "ordinary": (0.3, -1.2, 2.5, 0.0),
    "one": (-0.7,),
    "ties": (1.5, 1.5, 1.5),
    "800": (800.0, 799.5, -800.0, 12.3),
    "-800": (-800.0, -800.25, -1500.0),
    "far apart": (700.3, -0.1, 1e-9),
    "confident": (0.0, -40.0, -700.0),
    "near 0": (math.log(0.5), math.log(0.5) + 1e-10),
    "of log_softmax": (-1e-20, -46.05),
    "of log_softmax, 1e-40": (-1e-40, -92.1, -800.0),
    "of log_softmax, 1e-8": (-1e-8, math.log(-math.expm1(-1e-8))),
    "of three": (math.log(0.2), math.log(0.3), math.log(0.5)),
    "of a thousand": (-math.log(1001),) * 1001,
    "small": (1e-200, -3e-200, 2e-200),
    "tiny": (3e-310, -4e-310, TINY),
    "large": (1e200, -3e200, 2e200),
    "near the end": (1.5e308, -1.0e308, 1.1e308),
    "far from 0": (1e8 + 1, 1e8 + 2, 1e8 + 4),
}
each_row = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
MODERATE_ROWS = {name: row for name, row in ROWS.items() if max(row) < 1e4}
each_moderate_row = pytest.mark.parametrize("row", MODERATE_ROWS.values(), ids=MODERATE_ROWS)


@each_moderate_row
def test_logsumexp_and_its_family_match_mpmath(row):
    with mpmath.workdps(1000):
        logarithm = mpmath.log(sum(map(mpmath.exp, exactly(row))))
        assert_accurate(stable.logsumexp(np.array(row)), logarithm)
        weights, logarithms = stable.softmax(np.array(row)), stable.log_softmax(np.array(row))
        for entry, weight, log_weight in zip(exactly(row)[:5], weights, logarithms, strict=False):
            assert_accurate(weight, mpmath.exp(entry - logarithm))
            assert_accurate(log_weight, entry - logarithm)


def test_logsumexp_of_infinities_and_of_nothing():
    for row, expected in (
        ((-INF, -INF), -INF), ((-INF, 0.5), 0.5), ((INF, 0.0), INF), ((INF, INF, -INF), INF), ((), -INF),
    ):  # fmt: skip
        assert stable.logsumexp(np.array(row)) == expected
    assert np.isnan(stable.logsumexp(np.array([NAN, INF])))
    assert np.isnan(stable.logsumexp(np.array([-INF, NAN])))
    np.testing.assert_array_equal(stable.logsumexp(np.empty((2, 0)), axis=1), [-INF, -INF])
    assert stable.logsumexp(np.empty((0, 3)), axis=1).shape == (0,)
    np.testing.assert_array_equal(stable.softmax(np.array([-INF, 1.0, 1.0])), [0.0, 0.5, 0.5])
    np.testing.assert_array_equal(stable.log_softmax(np.array([-INF, 1.0])), [-INF, 0.0])
    assert np.isnan(stable.softmax(np.array([-INF, -INF]))).all()


@each_row
def test_norm_variance_and_std_match_mpmath(row):
    with mpmath.workdps(1000):
        entries = exactly(row)
        mean = sum(entries) / len(entries)
        variance = sum((entry - mean) ** 2 for entry in entries) / len(entries)
        norm = mpmath.sqrt(sum(entry**2 for entry in entries))
        for mine, truth in (
            (stable.norm(np.array(row)), norm),
            (stable.variance(np.array(row)), variance),
            (stable.std(np.array(row)), mpmath.sqrt(variance)),
        ):
            if truth < mpf(2) ** 1024:
                assert_accurate(mine, truth)
            else:
                assert mine == INF


def test_norm_of_infinities_and_of_nothing():
    assert stable.norm(np.array([3.0, 4.0])) == 5.0
    assert stable.norm(np.array([1.0, -INF])) == INF
    assert np.isnan(stable.norm(np.array([NAN, 1.0]))) and np.isnan(stable.norm(np.array([NAN, INF])))
    assert stable.norm(np.zeros(3)) == 0.0 and stable.norm(np.empty(0)) == 0.0
    np.testing.assert_array_equal(stable.norm(np.empty((2, 0)), axis=1), [0.0, 0.0])


def test_variance_of_nothing_is_nan_without_a_warning():
    assert np.isnan(stable.variance(np.empty(0))) and np.isnan(stable.std(np.empty(0)))


AXES = (None, 0, 1, -1, (0, 2), (2, 0), (1,))
WHOLES = {
    "softmax": lambda x, axis: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
    "log_softmax": lambda x, axis: x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True)),
}
REDUCTIONS = {
    "norm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
    "variance": lambda x, axis, keepdims: np.var(x, axis=axis, keepdims=keepdims),
    "std": lambda x, axis, keepdims: np.std(x, axis=axis, keepdims=keepdims),
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
}


@pytest.mark.parametrize("axis", AXES)
def test_axes_follow_numpy(axis):
    x = np.random.default_rng(7).normal(size=(3, 4, 5))
    before = x.copy()
    for name, plain in WHOLES.items():
        np.testing.assert_allclose(getattr(stable, name)(x, axis), plain(x, axis), rtol=1e-12)
    for name, plain in REDUCTIONS.items():
        for keepdims in (False, True):
            mine, expected = getattr(stable, name)(x, axis, keepdims), plain(x, axis, keepdims)
            assert np.shape(mine) == np.shape(expected) and type(mine) is type(expected)
            np.testing.assert_allclose(mine, expected, rtol=1e-12)
    np.testing.assert_array_equal(x, before)


@as_one_test("name", [*WHOLES, *REDUCTIONS])
@as_one_test("x", EDGES)
def test_a_scalar_is_a_row_of_one(name, x):
    result = getattr(stable, name)(np.float64(x))
    assert type(result) is np.float64
    assert np.isnan(result) or not math.isnan(x)


def test_rows_are_independent():
    unrelated = [[-1e-20, -46.05], [3.0, 4.0], [1e200, -1e200], [NAN, 1.0], [-INF, -INF], [3e-310, 4e-310]]
    rows = np.array(unrelated)
    for name in REDUCTIONS:
        kernel = getattr(stable, name)
        np.testing.assert_array_equal(kernel(rows, axis=1), [kernel(row) for row in rows])
        np.testing.assert_array_equal(kernel(rows.T, axis=0), [kernel(row) for row in rows])
