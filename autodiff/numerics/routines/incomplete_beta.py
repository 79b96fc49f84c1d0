"""The incomplete beta function and its derivatives by its parameters, of numbers, in the way of incomplete_gamma.py."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.gamma import (
    LARGE,
    SQRT_TWO_PI,
    digamma_rise,
    gamma,
    polygamma_right,
    stirling_rest,
)
from backprop.autodiff.numerics.routines.incomplete_gamma import FIRST, FLAT, LEAST, STEP, expm1_rest, log1p_rest

NOTHING = -800.0  # exp(-800) is 0


def log_of(x: float, complement: float) -> float:
    """log(x) by x or by 1 - x, whichever is less."""
    return math.log(x) if x < 0.5 else math.log1p(-complement)


def beta_mass(a: float, b: float, x: float, y: float) -> float:
    """x^a y^b / beta(a, b) for 0 < x < 1, y = 1 - x. Source: Didonato & Morris (1992), Algorithm 708."""
    if a > b:
        return beta_mass(b, a, y, x)
    if a + b == math.inf:
        return 0.0
    if a >= LARGE:
        off = a - (a + b) * x if x < 0.5 else (a + b) * y - b
        u = -off / a
        v = off / b
        rest = a * (log1p_rest(u) if u > -0.5 else u - math.log(x) + math.log(a / (a + b)))
        rest += b * (log1p_rest(v) if v > -0.5 else v - math.log(y) + math.log(b / (a + b)))
        rest += stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b)
        return math.sqrt(a / (a + b) * b) / SQRT_TWO_PI * math.exp(-rest)
    scale = a / gamma(a + 1.0) if a < 1.0 else 1.0 / gamma(a)
    others = b * log_of(y, x)
    if others < NOTHING:
        return 0.0
    if b < LARGE:
        scale *= gamma(a + b) * (b / gamma(b + 1.0) if b < 1.0 else 1.0 / gamma(b))
        if a + b < 1.0:
            scale = a * b / (a + b) * gamma(a + b + 1.0) / gamma(a + 1.0) / gamma(b + 1.0)
        return math.exp(a * log_of(x, y) + others) * scale if x > 0.1 else math.pow(x, a) * math.exp(others) * scale
    r = a / b
    correction = stirling_rest(a + b) - stirling_rest(b) - b * log1p_rest(r) + (a - 0.5) * math.log1p(r)
    return math.pow(x * b, a) * math.exp(others) * scale * math.exp(correction)


def fill(shift: float, a: float, b: float, by_a: int, by_b: int, slopes: list[float]) -> None:
    """The derivatives of log(gamma(a + b) / gamma(a + shift) / gamma(b)) but the first by a, by the orders 16 k + j.

    For b < 1 they are those of the same over b, whose derivatives do not cancel: see factor.
    """
    base = b + 1.0 if b < 1.0 else b
    for k in range(by_a + 1):
        for j in range(by_b + 1):
            if k + j > 1:
                slopes[16 * k + j] = polygamma_right(k + j - 1, a + b)
    for k in range(2, by_a + 1):
        slopes[16 * k] -= polygamma_right(k - 1, a + shift)
    for j in range(2, by_b + 1):
        slopes[j] -= polygamma_right(j - 1, base)
    more = a - 1.0 if b < 1.0 else a
    slopes[1] = digamma_rise(base, more) if more >= 0.0 else -digamma_rise(a + b, -more)


def factor(b: float, by_a: int, by_b: int, terms: list[float], slopes: list[float]) -> float:
    """The derivative of exp(g), of which fill has the derivatives, over exp(g)."""
    result = expand_twice(by_a, by_b, terms, slopes)
    return result + by_b / b * terms[16 * by_a + by_b - 1] if b < 1.0 and by_b > 0 else result


def expand_twice(by_a: int, by_b: int, terms: list[float], slopes: list[float]) -> float:
    """As expand of incomplete_gamma.py, by two variables."""
    terms[0] = 1.0
    if by_a + by_b == 1:  # most are asked for these, at each point of an integral
        terms[16 * by_a + by_b] = slopes[16 * by_a + by_b]
        return terms[16 * by_a + by_b]
    for m in range(1, by_b + 1):
        total = 0.0
        second = 1.0
        for j in range(m):
            total += second * terms[m - 1 - j] * slopes[j + 1]
            second *= (m - 1.0 - j) / (j + 1.0)
        terms[m] = total
    for n in range(1, by_a + 1):
        for m in range(by_b + 1):
            total = 0.0
            first = 1.0
            for k in range(n):
                second = 1.0
                for j in range(m + 1):
                    total += first * second * terms[16 * (n - 1 - k) + m - j] * slopes[16 * (k + 1) + j]
                    second *= (m - j) / (j + 1.0)
                first *= (n - 1.0 - k) / (k + 1.0)
            terms[16 * n + m] = total
    return terms[16 * by_a + by_b]


def beta_integral(a: float, b: float, x: float, y: float, by_a: int, by_b: int) -> float:
    """The integral below x of the derivative of the beta density by a and b of these orders, y being 1 - x."""
    slopes = [0.0] * 256
    terms = [0.0] * 256
    fill(0.0, a, b, by_a, by_b, slopes)
    to_a = log_of(x, y) + digamma_rise(a, b)
    to_b = slopes[1] + log_of(y, x)
    whole = a + b
    rate = a - whole * x if x < 0.5 else whole * y - b
    scale = 1.0 / max(1.0, math.fabs(rate), math.sqrt(whole * x * y))
    total = 0.0
    s = FIRST
    exponent = 0.0
    while s < 2.0 or exponent > LEAST:
        v = -scale * s  # the change of log(t / (1 - t))
        weight = 1.0
        if s < FLAT:
            lag = math.exp(-s)
            rise = math.exp(s - lag)
            v = -scale * math.log1p(rise)
            weight = (1.0 + lag) * rise / (1.0 + rise)
        if x < 0.5:
            z = x * math.expm1(v)
            rise_of_y = -math.log1p(z)  # the changes of log(t) and log(1 - t)
            rise_of_x = v + rise_of_y
            exponent = rate * v - whole * (x * expm1_rest(v) - log1p_rest(z))
        else:  # the same from the other side, where 1 - x is exact
            z = y * math.expm1(min(-v, 700.0))
            rest = math.log1p(z) if v > -700.0 else math.log(y) - v
            rise_of_x = -rest
            rise_of_y = -v - rest
            exponent = -b * v - whole * rest
            if z < 0.5:
                exponent = rate * v - whole * (y * expm1_rest(-v) - log1p_rest(z))
        slopes[16] = to_a + rise_of_x
        slopes[1] = to_b + rise_of_y
        total += (
            weight * math.exp(min(exponent, 700.0)) * (factor(b, by_a, by_b, terms, slopes) if by_a + by_b > 0 else 1.0)
        )
        s += STEP
    return STEP * scale * total * beta_mass(a, b, x, y)


def betainc_below(a: float, b: float, x: float, y: float, by_a: int, by_b: int) -> float:
    """The same, from DLMF 8.17.20 where a is small."""
    if a >= 1.0:
        return beta_integral(a, b, x, y, by_a, by_b)
    slopes = [0.0] * 256
    terms = [0.0] * 256
    fill(1.0, a, b, by_a, by_b, slopes)
    slopes[16] = log_of(x, y) + (digamma_rise(a + 1.0, b - 1.0) if b >= 1.0 else -digamma_rise(a + b, 1.0 - b))
    slopes[1] += log_of(y, x)
    head = beta_mass(a, b, x, y) / a
    return beta_integral(a + 1.0, b, x, y, by_a, by_b) + head * factor(b, by_a, by_b, terms, slopes)


def betainc_derivative(a: float, b: float, x: float, by_a: int, by_b: int) -> float:
    """The derivative of the regularised incomplete beta function by a and b, of these orders. Source: DLMF 8.17.2."""
    is_value = by_a + by_b == 0
    if not (a >= 0.0 and b >= 0.0 and 0.0 <= x <= 1.0) or (a == 0.0 and b == 0.0) or (a == math.inf and b == math.inf):
        return math.nan
    if x == 0.0 or x == 1.0:
        return x if is_value else 0.0
    if a == 0.0 or b == math.inf:
        return 1.0 if is_value else 0.0 if b == math.inf else math.nan
    if b == 0.0 or a == math.inf:
        return 0.0 if is_value or a == math.inf else math.nan
    if a + b == math.inf:  # all of the mass is at the mean
        mean = 0.5 * a / (0.5 * a + 0.5 * b)
        return 0.0 if x < mean or not is_value else 1.0 if x > mean else 0.5
    y = 1.0 - x
    if by_b == 0 and by_a > 0:
        is_left = log_of(x, y) + digamma_rise(a, b) < 0.0
    else:
        is_left = log_of(y, x) + digamma_rise(b, a) > 0.0
    if is_left:
        return betainc_below(a, b, x, y, by_a, by_b)
    above = betainc_below(b, a, y, x, by_b, by_a)
    return 1.0 - above if is_value else -above


def betainc(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function."""
    return betainc_derivative(a, b, x, 0, 0)


def beta_density(a: float, b: float, x: float, by_a: int, by_b: int) -> float:
    """The derivative of x^(a-1) (1 - x)^(b-1) / beta(a, b), that of betainc by x, by a and b of these orders."""
    if not (a > 0.0 and b > 0.0 and 0.0 <= x <= 1.0):
        return math.nan
    if x == 0.0:
        return density_at_end(a, b, by_a, by_b)
    if x == 1.0:
        return density_at_end(b, a, by_b, by_a)
    if a == math.inf or b == math.inf:
        return math.nan if a == b else 0.0
    y = 1.0 - x
    mass = beta_mass(a, b, x, y) / x / y
    if by_a + by_b == 0:
        return mass
    slopes = [0.0] * 256
    terms = [0.0] * 256
    shift = 1.0 if a < 1.0 else 0.0
    fill(shift, a, b, by_a, by_b, slopes)
    rise = digamma_rise(a + shift, b - shift) if b >= shift else -digamma_rise(a + b, shift - b)
    slopes[16] = log_of(x, y) + rise
    slopes[1] += log_of(y, x)
    total = factor(b, by_a, by_b, terms, slopes)
    if a < 1.0 and by_a > 0:
        total += by_a / a * factor(b, by_a - 1, by_b, terms, slopes)
    return mass * total


def density_at_end(near: float, far: float, by_near: int, by_far: int) -> float:
    """The same at the end where the exponent is near - 1: the density is t^(near-1) / beta(near, far) for small t."""
    if near > 1.0:
        return 0.0
    if near == 1.0 and by_near == 0:
        return far if by_far == 0 else 1.0 if by_far == 1 else 0.0
    if by_far > 1:
        return math.nan
    return math.inf if by_near % 2 == 0 else -math.inf


def beta_density_slope(a: float, b: float, x: float, by_a: int, by_b: int) -> float:
    """The derivative of that by x."""
    if 0.0 < x < 1.0:
        total = beta_density(a, b, x, by_a, by_b) * ((a - 1.0) / x - (b - 1.0) / (1.0 - x))
        if by_a > 0:
            total += by_a * beta_density(a, b, x, by_a - 1, by_b) / x
        if by_b > 0:
            total -= by_b * beta_density(a, b, x, by_a, by_b - 1) / (1.0 - x)
        return total
    if not (a > 0.0 and b > 0.0 and 0.0 <= x <= 1.0):
        return math.nan
    return slope_at_end(a, b, by_a, by_b) if x == 0.0 else -slope_at_end(b, a, by_b, by_a)


def slope_at_end(near: float, far: float, by_near: int, by_far: int) -> float:
    """The derivative by t of the same as in density_at_end, from (near - 1 - near (far - 1) t) t^(near-2)."""
    if near > 2.0:
        return 0.0
    if by_near == 0 and (near == 1.0 or near == 2.0):
        sign = 1.0 if near == 2.0 else -1.0
        value = far * (far + sign) if by_far == 0 else 2.0 * far + sign if by_far == 1 else 2.0
        return sign * value if by_far < 3 else 0.0
    if by_far > 1:
        return math.nan
    is_negative = (by_near % 2 == 1) == (near > 1.0)
    return -math.inf if is_negative else math.inf
