"""The incomplete gamma and beta functions and their derivatives by their parameters, of numbers.

Each is the integral of a density times a polynomial of logarithms, from the side on which that keeps its sign, by the
trapezoidal rule in a variable in which the integrand falls off doubly exponentially.
Source: Takahasi & Mori (1974), Double exponential formulas for numerical integration.
"""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.gamma import (
    BERNOULLI,
    LARGE,
    SQRT_TWO_PI,
    gamma,
    polygamma_right,
    stirling_rest,
)

STEP = 0.25
FIRST = -3.75  # exp(-exp(3.75)) is nothing beside 1
LEAST = -50.0  # and so is exp(-50)
FLAT = 40.0  # from here on log(1 + exp(s)) is s
OF_ODD = tuple([1.0 / (2 * k + 1) for k in range(19)])  # the coefficients of atanh(r) / r by powers of r^2


def log1p_rest(u: float) -> float:
    """u - log(1 + u), with all its digits for small u."""
    if math.fabs(u) > 0.5:
        return u - math.log1p(u)
    r = u / (2.0 + u)
    square = r * r
    total = 0.0
    last = 3 if math.fabs(u) < 1e-3 else 8 if math.fabs(u) < 0.125 else 18  # the next one is nothing beside the first
    for k in range(last, 0, -1):
        total = total * square + OF_ODD[k]
    return r * (u - 2.0 * square * total)


def expm1_rest(v: float) -> float:
    """exp(v) - 1 - v, with all its digits for small v."""
    if v > 700.0:
        return math.inf
    if math.fabs(v) > 0.5:
        return math.expm1(v) - v
    total = 0.0
    for k in range(14, 1, -1):
        total = (total + 1.0) * v / k
    return total * v


def small_mass(a: float, x: float) -> float:
    """x^a exp(-x) / gamma(a + 1) for a < 1."""
    return 0.0 if x > 1e4 else math.pow(x, a) * math.exp(-x) / gamma(a + 1.0)


def gamma_mass(a: float, x: float) -> float:
    """x^a exp(-x) / gamma(a) for a, x > 0, which is x times the density of the gamma distribution."""
    if a < LARGE:
        if x > 1e4:
            return 0.0
        return a * small_mass(a, x) if a < 1.0 else math.pow(x, a) * math.exp(-x) / gamma(a)
    u = (x - a) / a
    rest = log1p_rest(u) if u > -0.5 else u - (math.log(x / a) if a < 1e8 and x > 1e-290 else math.log(x) - math.log(a))
    return math.sqrt(a) / SQRT_TWO_PI * math.exp(-a * rest - stirling_rest(a))


def gamma_score(a: float, x: float) -> float:
    """log(x) - digamma(a), the derivative of the logarithm of the density by a."""
    if a < LARGE:
        return math.log(x) - polygamma_right(0, a)
    u = (x - a) / a
    square = 1.0 / a / a
    total = 0.0
    for j in range(9, 0, -1):
        total = (total + BERNOULLI[j - 1] / (2 * j)) * square
    return (math.log1p(u) if math.fabs(u) < 0.5 else math.log(x) - math.log(a)) + 0.5 / a + total


def expand(order: int, terms: list[float], slopes: list[float]) -> float:
    """The derivative of exp(g) of that order over exp(g), slopes[k] being that of g of order k + 1; fills terms."""
    terms[0] = 1.0
    if order == 1:  # most are asked for this one, at each point of an integral
        terms[1] = slopes[0]
        return slopes[0]
    for n in range(1, order + 1):
        terms[n] = 0.0
        binomial = 1.0
        for k in range(n):
            terms[n] += binomial * terms[n - 1 - k] * slopes[k]
            binomial *= (n - 1.0 - k) / (k + 1.0)
    return terms[order]


def gamma_integral(a: float, x: float, side: float, order: int) -> float:
    """The integral of the derivative of the gamma density by a, of that order, below x (side -1) or above (side 1)."""
    is_small = a < 1.0  # then the density is a times one whose derivatives do not cancel
    base = a + 1.0 if is_small else a
    score = math.log(x) - polygamma_right(0, base) if is_small else gamma_score(a, x)
    slopes = [0.0] * 128  # the derivatives of the logarithm of the density by a
    terms = [0.0] * 128
    for k in range(1, order):
        slopes[k] = -polygamma_right(k, base)
    scale = 1.0 / max(1.0, math.fabs(x - a), math.sqrt(x))
    total = 0.0
    s = FIRST
    exponent = 0.0
    while s < 2.0 or exponent > LEAST:
        v = side * scale * s
        weight = 1.0
        if s < FLAT:
            lag = math.exp(-s)
            rise = math.exp(s - lag)
            v = side * scale * math.log1p(rise)
            weight = (1.0 + lag) * rise / (1.0 + rise)
        exponent = (a - x) * v - x * expm1_rest(v)
        slopes[0] = score + v
        factor = expand(order, terms, slopes) if order > 0 else 1.0
        if is_small:
            factor = a * factor + (order * terms[order - 1] if order > 0 else 0.0)
        total += weight * math.exp(exponent) * factor
        s += STEP
    return STEP * scale * total * (small_mass(a, x) if is_small else gamma_mass(a, x))


def gammainc_below(a: float, x: float, order: int) -> float:
    """The same integral below x, from DLMF 8.8.5 where a falls off to 0 too slowly."""
    if a >= 1.0:
        return gamma_integral(a, x, -1.0, order)
    slopes = [0.0] * 128
    terms = [0.0] * 128
    slopes[0] = math.log(x) - polygamma_right(0, a + 1.0)
    for k in range(1, order):
        slopes[k] = -polygamma_right(k, a + 1.0)
    return gamma_integral(a + 1.0, x, -1.0, order) + small_mass(a, x) * expand(order, terms, slopes)


def is_left(a: float, x: float) -> bool:
    """Whether x is less than the geometric mean of the gamma distribution."""
    return gamma_score(a, x) < 0.0


def gammainc_derivative(a: float, x: float, order: int) -> float:
    """The derivative by a, of that order, of the regularised lower incomplete gamma function. Source: DLMF 8.2.4."""
    if not (a >= 0.0 and x >= 0.0) or (a == math.inf and x == math.inf):
        return math.nan
    if a == 0.0:
        return math.nan if x == 0.0 else 1.0 if order == 0 else gammainc_derivative(1e-300, x, order)
    if x == 0.0 or a == math.inf:
        return 0.0
    if x == math.inf:
        return 0.0 if order else 1.0
    if is_left(a, x):
        return gammainc_below(a, x, order)
    above = gamma_integral(a, x, 1.0, order)
    return -above if order else 1.0 - above


def gammainc(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function."""
    return gammainc_derivative(a, x, 0)


def gammaincc(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function, 1 - gammainc(a, x). Source: DLMF 8.2.4."""
    is_inside = 0.0 < a < math.inf and 0.0 < x < math.inf
    if is_inside and not is_left(a, x):
        return gamma_integral(a, x, 1.0, 0)
    return 1.0 - gammainc(a, x)


def gamma_density(a: float, x: float, order: int) -> float:
    """The derivative by a, of that order, of x^(a-1) exp(-x) / gamma(a), which is the derivative of gammainc by x."""
    if x == 0.0 and a > 0.0:
        if order == 0:
            return math.inf if a < 1.0 else 1.0 if a == 1.0 else 0.0
        return 0.0 if a > 1.0 else math.inf if order % 2 == 0 else -math.inf
    if not (a >= 0.0 and x > 0.0):
        return math.nan
    if a == math.inf or x == math.inf:
        return math.nan if a == x else 0.0
    if order == 0:
        mass = gamma_mass(a, x)
        if mass > 0.0 and (x > 1e-290 or a < 0.5):
            return mass / x
        root = math.pow(x, 0.5 * (a - 1.0)) if x < 1.0 else 0.0  # twice: the power that the mass has underflows
        return root * (a * math.exp(-x) / gamma(a + 1.0)) * root
    is_small = a < 1.0
    slopes = [0.0] * 128
    terms = [0.0] * 128
    base = a + 1.0 if is_small else a
    slopes[0] = math.log(x) - polygamma_right(0, base) if is_small else gamma_score(a, x)
    for k in range(1, order):
        slopes[k] = -polygamma_right(k, base)
    factor = expand(order, terms, slopes)
    if is_small:
        return small_mass(a, x) * ((a * factor + order * terms[order - 1]) / x)
    return gamma_mass(a, x) * (factor / x)


def gamma_density_slope(a: float, x: float, order: int) -> float:
    """The derivative of that by x."""
    if x > 0.0:
        before = order * gamma_density(a, x, order - 1) / x if order > 0 else 0.0
        return gamma_density(a, x, order) * ((a - 1.0 - x) / x) + before
    if not (a > 0.0 and x == 0.0):
        return math.nan
    if order == 0 and (a == 1.0 or a == 2.0):
        return 1.0 if a == 2.0 else -1.0
    is_negative = (order % 2 == 1) == (a > 1.0)
    return 0.0 if a > 2.0 else -math.inf if is_negative else math.inf
