"""The beta function, its logarithm, the binomial coefficient and differences of polygamma functions, of numbers."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.exact import sum_error
from backprop.autodiff.numerics.routines.gamma import (
    LARGE,
    LOG_SQRT_TWO_PI,
    digamma_change,
    gamma,
    is_pole,
    lgamma,
    polygamma,
    power,
    sine_of_pi,
    stirling_rest,
)
from backprop.autodiff.numerics.routines.incomplete_gamma import log1p_rest

LARGEST = 1.7976931348623157e308


def log_change(p: float, q: float) -> float:
    """log(gamma(q) q^p / gamma(p + q)) for large q and p + q."""
    r = p / q
    return stirling_rest(q) - stirling_rest(q + p) + q * log1p_rest(r) - (p - 0.5) * math.log1p(r)


def sign_of_gamma(x: float) -> float:
    return 1.0 if x > 0.0 or math.isinf(x) or math.fmod(math.floor(x), 2.0) == 0.0 else -1.0


def is_steady(p: float, q: float) -> bool:
    """Whether Stirling's series serves q and p + q."""
    return q >= LARGE and q + p >= LARGE


def is_rational(p: float, q: float) -> bool:
    """Whether gamma(p) and gamma(p + q) have poles, and q is whole and positive: of their quotient there is a limit."""
    return is_pole(p) and q > 0.0 and q == math.floor(q) and p + q <= 0.0


def lbeta(a: float, b: float) -> float:
    """log |gamma(a) gamma(b) / gamma(a + b)|."""
    if a != a or b != b or a == -math.inf or b == -math.inf:
        return math.nan
    p = min(a, b)
    q = min(max(a, b), LARGEST)
    if is_rational(p, q):
        return lbeta(1.0 - p - q, q)
    size = math.fabs(beta(p, q)) if p > -100.0 and q < 100.0 and p + q < 100.0 else 0.0
    quotient = math.log(size) if 0.0 < size < math.inf else 0.0
    return quotient if math.fabs(quotient) > 0.25 and not is_steady(p, q) else log_of_beta(p, q)


def log_of_beta(p: float, q: float) -> float:
    """The same for p <= q by logarithms alone."""
    if is_steady(p, q) and p >= LARGE:
        rest = stirling_rest(p) + stirling_rest(q) - stirling_rest(p + q)
        ratio = p / q
        powers = (p - 0.5) * (math.log(ratio) - math.log1p(ratio)) - q * math.log1p(ratio)
        return LOG_SQRT_TWO_PI - 0.5 * math.log(q) + rest + powers
    if is_steady(p, q):
        return lgamma(p) - p * math.log(q) + log_change(p, q)
    return lgamma(p) + (lgamma(q) - lgamma(p + q))


def beta(a: float, b: float) -> float:
    """gamma(a) gamma(b) / gamma(a + b), 0 at the poles of gamma(a + b)."""
    if a != a or b != b or a == -math.inf or b == -math.inf:
        return math.nan
    p = min(a, b)
    q = min(max(a, b), LARGEST)
    if is_rational(p, q):
        return (1.0 if math.fmod(q, 2.0) == 0.0 else -1.0) * beta(1.0 - p - q, q)
    if is_pole(p + q) and not is_pole(p) and not is_pole(q):
        return 0.0
    if is_steady(p, q) and -100.0 < p < LARGE:
        change = log_change(p, q)
        half = math.exp(min(0.5 * (change - p * math.log(q)), 709.0)) if p < 0.0 else 0.0
        return gamma(p) * (math.pow(q, -p) * math.exp(change) if p >= 0.0 else half) * (half if p < 0.0 else 1.0)
    if p > -100.0 and q < 100.0 and -170.0 < p + q < 100.0:
        total = p + q
        error = (p - (total - (total - p))) + (q - (total - p))
        return gamma(p) * (gamma(q) / gamma(total)) * (1.0 - (error * polygamma(total, 0) if error != 0.0 else 0.0))
    size = log_of_beta(p, q)
    half = math.inf if size >= 1400.0 else math.exp(0.5 * size)
    return sign_of_gamma(p) * sign_of_gamma(q) * sign_of_gamma(p + q) * half * half


def binom(n: float, k: float) -> float:
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1)), a product where k is a small whole number."""
    if n != n or k != k or math.isinf(n) or math.isinf(k):
        return math.nan
    if is_pole(n + 1.0) and not (k >= 0.0 and k == math.floor(k)):
        return math.nan
    is_mirrored = n == math.floor(n) and n >= 0.0 and n - k < k
    few = n - k if is_mirrored else k
    many = k if is_mirrored else n - k
    if (is_pole(few + 1.0) or is_pole(many + 1.0)) and not is_pole(n + 1.0):
        return 0.0
    if few == math.floor(few) and 0.0 <= few <= 30.0:
        result = 1.0
        for j in range(1, int(few) + 1):
            result = result * (n - (few - j)) / j
        return result
    apart = k - n
    if apart > 0.5 and not is_pole(n + 1.0):  # DLMF 5.5.3
        error = sum_error(k, -n)
        sine = sine_of_pi(apart) / math.pi + error * sine_of_pi(apart + 0.5)
        change = error * (polygamma(apart, 0) - polygamma(k + 1.0, 0)) if error != 0.0 else 0.0
        return beta(n + 1.0, apart) * (1.0 + change) * sine
    below = (n + 1.0) * beta(few + 1.0, many + 1.0)
    return math.copysign(math.inf, below) if below == 0.0 else 1.0 / below


def polygamma_difference(x: float, h: float, order: int) -> float:
    """polygamma of x + h less that of x."""
    y = x + h
    if x != x or h != h or math.isinf(x) or math.isinf(y):
        return polygamma(y, order) - polygamma(x, order)
    if is_pole(x) and is_pole(y):  # DLMF 5.15.6, of which the cotangents are equal
        return (1.0 if order % 2 == 0 else -1.0) * polygamma_difference(1.0 - x, -h, order)
    if is_pole(x) or is_pole(y):
        return polygamma(y, order) - polygamma(x, order)
    if h == math.floor(h) and math.fabs(h) <= 30.0:
        total = 0.0
        factorial = 1.0
        for k in range(1, order + 1):
            factorial *= -k
        for k in range(int(math.fabs(h))):
            divisor = power(x + (k if h > 0.0 else -1 - k), order + 1)
            if divisor == 0.0:  # it underflows
                return math.copysign(math.inf, factorial * h)
            total += factorial / divisor
        return total if h > 0.0 else -total
    if order == 0 and min(x, y) > -LARGE:
        rest = sum_error(x, h)
        return digamma_change(x, h, y, 0.0, rest) if h >= 0.0 else -digamma_change(y, -h, x, rest, 0.0)
    if math.fabs(h) < 1e-3 * (x if x > 0.5 else math.fabs(x - math.floor(x + 0.5))):
        total = 0.0
        for k in range(6, 0, -1):
            total = (total + polygamma(x, order + k)) * h / k
        return total
    return polygamma(y, order) - polygamma(x, order)
