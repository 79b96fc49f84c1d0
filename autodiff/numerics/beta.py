"""The beta function, its logarithm and the binomial coefficient, without the differences of large logarithms.

Source: Didonato & Morris (1992), Algorithm 708, ACM Transactions on Mathematical Software 18, for the large arguments.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import special
from backprop.autodiff.numerics.double_double import DoubleDouble, polynomial, two_sum
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.numerics.routines import beta as routines
from backprop.autodiff.numerics.routines import beta_derivatives as derivatives
from backprop.autodiff.numerics.routines import over_entries
from backprop.autodiff.numerics.routines.gamma import digamma
from backprop.autodiff.shapes import Array

LARGEST = sys.float_info.max
LOG_SQRT_TWO_PI = 0.9189385332046728
STIRLING = tuple(
    numerator / (denominator * 2 * j * (2 * j - 1))
    for j, (numerator, denominator) in enumerate(special.BERNOULLI[:9], 1)
)
LARGE = 10.0  # from here on Stirling's series has 17 digits
SMALL = 100.0  # up to here the gamma function itself does not overflow
NEAR_ONE = 0.25  # up to this logarithm of beta those of gamma, of which some are 0 as well, keep more digits
MOST_FACTORS = 30
NEAR, FAR = 1e-8, 1e17  # up to |h| = NEAR |x| two terms of Taylor's series are enough, from FAR on Stirling's first one


def lbeta(a: Array, b: Array) -> Array:
    """log |gamma(a) gamma(b) / gamma(a + b)|."""
    return _mended(_lbeta_at_right(a, b), np.minimum(a, b) <= 0.0, routines.lbeta, a, b)


def beta(a: Array, b: Array) -> Array:
    """gamma(a) gamma(b) / gamma(a + b), 0 at the poles of gamma(a + b)."""
    return _mended(_beta_at_right(a, b), np.minimum(a, b) <= 0.0, routines.beta, a, b)


def binom(n: Array, k: Array) -> Array:
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)), exact where k is a small whole number and n is whole."""
    return _mended(_binom_at_right(n, k), np.minimum(n, np.minimum(k, n - k)) < -0.5, routines.binom, n, k)


def _lbeta_at_right(a: Array, b: Array) -> Array:
    """The same where no gamma function has a pole nearby."""
    p, q, _ = _ordered(a, b)
    total, error = two_sum(p, q)
    plain = special.lgamma_by_math(p) + (
        special.lgamma_by_math(q) - special.lgamma_by_math(total) - _change(error, total)
    )
    quotient = np.log(np.abs(_of_gamma(p, q)))
    plain = np.where(_is_small(p, q) & np.isfinite(quotient) & (np.abs(quotient) > NEAR_ONE), quotient, plain)
    mixed = special.lgamma_by_math(p) + _log_change(p, q) - p * np.log(q)
    result: Array = np.where(_is_steady(p, q), np.where(p < LARGE, mixed, _both_large(p, q)), plain)[()]
    return result


def _beta_at_right(a: Array, b: Array) -> Array:
    """The same where no gamma function has a pole nearby."""
    p, q, sign = _ordered(a, b)
    total = p + q
    plain = _of_gamma(p, q)
    root = _root_of_ratio(p, q)
    mixed = special.gamma_by_math(p) * root * root
    by_logarithm = _sign_of_gamma(p) * _sign_of_gamma(q) * _sign_of_gamma(total) * np.exp(_lbeta_at_right(a, b))
    unsteady = np.where(_is_small(p, q), plain, by_logarithm)
    result = np.where(_is_steady(p, q) & (p > -SMALL) & (p < LARGE), mixed, unsteady)
    return np.where(_is_pole(total) & ~_is_pole(p) & ~_is_pole(q), 0.0, sign * result)[()]


def _ordered(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The smaller and the larger argument, and the sign of beta over that of these.

    Where gamma(p) and gamma(p + q) have poles and q is whole and positive, beta is rational: (-1)^q beta(1 - p - q, q).
    """
    p, q = np.minimum(a, b), np.minimum(np.maximum(a, b), LARGEST)
    is_rational = _is_pole(p) & (q > 0.0) & (q == np.floor(q)) & (p + q <= 0.0)
    sign = np.where(is_rational & (np.fmod(q, 2.0) == 1.0), -1.0, 1.0)
    return np.where(is_rational, 1.0 - p - q, p)[()], q, sign


def _of_gamma(p: Any, q: Any) -> Any:
    """beta as the quotient that defines it."""
    total, error = two_sum(p, q)
    quotient = special.gamma_by_math(q) / special.gamma_by_math(total)
    return special.gamma_by_math(p) * quotient * (1.0 - _change(error, total))


def _is_small(p: Any, q: Any) -> Any:
    """Whether no gamma function of these, of which q is the larger, overflows."""
    return (q < SMALL) & (p > -SMALL) & (q + p < SMALL)


def _binom_at_right(n: Array, k: Array) -> Array:
    """The same where no gamma function has a pole nearby."""
    is_mirrored = (n == np.rint(n)) & (n >= 0.0) & (n - k < k)
    few, many = np.where(is_mirrored, n - k, k)[()], np.where(is_mirrored, k, n - k)[()]
    of_few = _reciprocal_gamma(few + 1.0)
    above, error = two_sum(n, 1.0)
    apart, first_error = two_sum(n, -k)
    below, second_error = two_sum(apart, 1.0)
    correction = _change(error, above) - _change(first_error + second_error, below)
    small = special.gamma_by_math(above) * _reciprocal_gamma(k + 1.0) * _reciprocal_gamma(below) * (1.0 + correction)
    by_beta = 1.0 / ((n + 1.0) * _beta_at_right(few + 1.0, many + 1.0))
    is_small = (np.abs(n) < SMALL) & (np.abs(few) < SMALL) & (np.abs(many) < SMALL)
    result = np.where(is_small, small, by_beta)
    is_mixed = _is_steady(few, many + 1.0) & (np.abs(few) < LARGE)
    result = np.where(is_mixed, of_few / _root_of_ratio(few, many + 1.0) ** 2, result)
    result = np.where((k - n > LARGE) & (k > LARGE) & (np.abs(n) < SMALL), _beyond(n, k), result)
    is_product = (few == np.rint(few)) & (few >= 0.0) & (few <= MOST_FACTORS)
    result = np.where(is_product, _product(n, np.where(is_product, few, 0.0)), result)
    is_zero = (_is_pole(few + 1.0) | _is_pole(many + 1.0)) & ~_is_pole(n + 1.0)
    return np.where(is_zero, 0.0, result)[()]


def beta_slope(a: Array, b: Array, by_a: int, by_b: int) -> Array:
    """The derivative of beta by a and b of these orders."""
    if not isinstance(a + b, np.ndarray) or by_a + by_b != 1:
        return _each_beta_slope(a, b, by_a=by_a, by_b=by_b)
    difference = polygamma_difference(0, a, b) if by_a else polygamma_difference(0, b, a)
    rough = -(_beta_at_right(a, b) * difference)
    is_irregular = (np.minimum(a, b) <= 0.0) | ~np.isfinite(rough)
    routine = partial(derivatives.beta_slope, by_a=by_a, by_b=by_b)
    return _mended(rough, is_irregular, routine, a, b)


def binom_slope(n: Array, k: Array, by_n: int, by_k: int) -> Array:
    """The derivative of binom by n and k of these orders."""
    if not isinstance(n + k, np.ndarray) or by_n + by_k != 1:
        return _each_binom_slope(n, k, by_n=by_n, by_k=by_k)
    below = n - k + 1.0
    difference = polygamma_difference(0, below, k) if by_n else polygamma_difference(0, k + 1.0, n - 2.0 * k)
    rough = _binom_at_right(n, k) * difference
    is_irregular = (np.minimum(n, np.minimum(k, below - 1.0)) < -0.5) | ~np.isfinite(rough)
    routine = partial(derivatives.binom_slope, by_n=by_n, by_k=by_k)
    return _mended(rough, is_irregular, routine, n, k)


_each_beta_slope, _each_binom_slope = over_entries(derivatives.beta_slope), over_entries(derivatives.binom_slope)


def _mended(rough: Any, doubtful: Any, routine: Callable[..., float], *operands: Any) -> Array:
    """`rough`, with the routine's values in the places where it is doubtful: next to zeros and poles."""
    mended = np.array(rough)
    if np.any(doubtful):
        wide = [np.broadcast_to(operand, mended.shape)[doubtful] for operand in operands]
        mended[doubtful] = [routine(*map(float, entry)) for entry in zip(*wide, strict=True)]
    result: Array = mended[()]
    return result


def _beyond(n: Any, k: Any) -> Any:
    """For k far above n, by the reflection of gamma(n - k + 1), DLMF 5.5.3."""
    apart, error = two_sum(k, -n)
    sine, cosine = special.sine_and_cosine_of_pi(apart)
    root = _root_of_ratio(n + 1.0, apart)
    return special.gamma_by_math(n + 1.0) * root * (sine / np.pi + error * cosine) * root


def _product(n: Any, k: Any) -> Any:
    """n (n - 1) ... (n - k + 1) / k!, every partial product a binomial coefficient itself."""
    result = np.ones_like(n + k)
    for j in range(1, int(np.max(k, initial=0.0)) + 1):
        result = np.where(j <= k, result * (n - (k - j)) / j, result)
    return result


def polygamma_difference(order: int, x: Array, h: Array) -> Array:
    """The polygamma function of x + h less that of x, with all its digits where h is small."""
    if order == 0 and not isinstance(x + h, np.ndarray):
        return np.float64(routines.polygamma_difference(float(x), float(h), 0))
    shape = np.broadcast_shapes(np.shape(x), np.shape(h))
    x, h = (np.array(np.broadcast_to(operand, shape), dtype=float).reshape(-1) for operand in (x, h))
    is_at_poles = _is_pole(x) & _is_pole(x + h)  # by DLMF 5.15.6, of which the cotangents are equal
    x, h = np.where(is_at_poles, 1.0 - x, x), np.where(is_at_poles, -h, h)
    is_right = (x > 0.0) & (x + h > 0.0) & np.isfinite(x + h) & (order == 0)
    result = np.empty_like(x)
    if is_right.any():
        base, step = x[is_right], h[is_right]
        result[is_right] = np.copysign(_digamma_rise(np.minimum(base, base + step), np.abs(step)), step)
    if not is_right.all():
        result[~is_right] = _difference(order, x[~is_right], h[~is_right])
    result[is_at_poles] *= 1.0 if order % 2 == 0 else -1.0
    return result.reshape(shape)[()]


def _digamma_rise(x: Any, h: Any) -> Any:
    """digamma(x + h) - digamma(x) for x > 0 and h >= 0, of which no term cancels. Source: DLMF 5.5.2 and 5.11.2."""
    near = sum(h / (x + step) / (x + step + h) for step in range(11, -1, -1))
    far = x + 12.0
    further = far + h
    rise = h / far / further
    square, other = (1.0 / far) ** 2, (1.0 / further) ** 2
    tail = slope = 0.0
    for j in range(9, 0, -1):  # and its divided difference in 1/x^2
        slope = tail + other * slope
        tail = tail * square + special.BERNOULLI[j - 1][0] / special.BERNOULLI[j - 1][1] / (2 * j)
    slope = tail + other * slope
    return near + np.log1p(h / far) + rise * (0.5 + (2.0 * far + h) / far / further * slope)


def _difference(order: int, x: Any, h: Any) -> Any:
    y, error = two_sum(x, h)
    before = special.polygamma(order, x)
    is_known = np.isfinite(error)
    result = special.polygamma(order, y) - before
    result = np.where(is_known & ~_is_pole(y), result + error * special.polygamma(order + 1, y), result)
    doubtful = np.isfinite(result) & (np.abs(result) < 0.5 * np.abs(before)) & is_known
    is_far = doubtful & (x > FAR) & (y > FAR)
    result[is_far] = _far_difference(order, x[is_far], h[is_far] / x[is_far])
    to_pole = np.where(x > 0.5, x, np.abs(x - np.minimum(np.rint(x), 0.0)))
    is_near = doubtful & ~is_far & (np.abs(h) < NEAR * to_pole)
    step, base = h[is_near], x[is_near]
    first, second = special.polygamma(order + 1, base), special.polygamma(order + 2, base)
    result[is_near] = step * (first + 0.5 * step * second)
    rest = doubtful & ~is_far & ~is_near
    if rest.any():
        of_sum, of_base = DoubleDouble(y[rest], error[rest]), DoubleDouble(x[rest])
        result[rest] = (special.exact_polygamma(order, of_sum) - special.exact_polygamma(order, of_base)).value
    return result


def _far_difference(order: int, x: Any, ratio: Any) -> Any:
    if order == 0:
        return np.log1p(ratio)
    sign = -((-1.0) ** order)
    return sign * math.factorial(order - 1) * x**-order * np.expm1(-order * np.log1p(ratio))


def _root_of_ratio(p: Any, q: Any) -> Any:
    """sqrt(gamma(q) / gamma(p + q)) for large q and small p."""
    return np.power(q, -0.5 * p) * np.exp(0.5 * _log_change(p, q))


def _log_change(p: Any, q: Any) -> Any:
    """log(gamma(q) q^p / gamma(p + q)) for large q and p + q."""
    ratio = p / q
    correction = _stirling_rest(q) - _stirling_rest(q + p)
    return correction + (p - q * np.log1p(ratio)) - (p - 0.5) * np.log1p(ratio)


def _both_large(p: Any, q: Any) -> Any:
    ratio = p / q
    correction = _stirling_rest(p) + _stirling_rest(q) - _stirling_rest(p + q)
    powers = (p - 0.5) * (np.log(ratio) - np.log1p(ratio)) - q * np.log1p(ratio)
    return LOG_SQRT_TWO_PI - 0.5 * np.log(q) + correction + powers


def _stirling_rest(x: Any) -> Any:
    """log gamma(x) - (x - 1/2) log x + x - log sqrt(2 pi). Source: DLMF 5.11.1."""
    inverse = 1.0 / x
    return polynomial(STIRLING, inverse * inverse) * inverse


def _is_steady(p: Any, q: Any) -> Any:
    """Whether Stirling's series serves q and p + q, of which q is the larger."""
    return (q >= LARGE) & (q + p >= LARGE)


def _change(error: Any, x: Any) -> Any:
    """What the rounding error of x, a sum, makes of log gamma(x)."""
    is_known = np.isfinite(error) & (error != 0.0) & ~_is_pole(x)
    change = at_entries(lambda error, x, is_known: error * digamma(x) if is_known else 0.0, error, x, is_known)
    return np.asarray(change, dtype=float)


def _is_pole(x: Any) -> Any:
    return (x <= 0.0) & (x == np.rint(x))


def _sign_of_gamma(x: Any) -> Any:
    return np.where((x > 0.0) | (np.fmod(np.floor(x), 2.0) == 0.0), 1.0, -1.0)


def _reciprocal_gamma(x: Any) -> Any:
    return np.where(_is_pole(x), 0.0, 1.0 / special.gamma_by_math(x))
