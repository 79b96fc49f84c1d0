"""Derivatives of every order of the beta function and of the binomial coefficient, of numbers.

Where neither is 0 they are the function times a polynomial of the derivatives of its logarithm. Next to a zero, that is
a pole of a gamma function in the denominator, that one is a sine and a gamma function without poles, by its reflection,
DLMF 5.5.3: there every derivative is a sum that does not cancel.
"""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.beta import beta, binom, polygamma_difference
from backprop.autodiff.numerics.routines.gamma import polygamma, power, sine_of_pi
from backprop.autodiff.numerics.routines.incomplete_beta import expand_twice
from backprop.autodiff.numerics.routines.sinc import quarter_turned

NEAR = 0.25  # of a zero, from where on its own form has the digits
FEW = 30.0  # factors of a binomial coefficient that are multiplied


def to_pole(x: float) -> float:
    """How far x is from the next pole of gamma; infinitely on the right."""
    return math.fabs(x - math.floor(x + 0.5)) if x < 0.5 else math.inf


def sign_of_power(k: int) -> float:
    return 1.0 if k % 2 == 0 else -1.0


def with_sine(t: float, rate_x: float, rate_y: float, by_x: int, by_y: int, terms: list[float]) -> float:
    """The derivative of a product with sin(pi t)/pi over the other factor, of which the terms are the same.

    t is a sum of multiples of x and y, by these rates.
    """
    total = 0.0
    first = 1.0
    for i in range(by_x + 1):
        second = 1.0
        for j in range(by_y + 1):
            order = by_x - i + by_y - j
            sine = quarter_turned(t, order) / math.pi
            for _ in range(order):
                sine *= math.pi
            sine *= power(rate_x, by_x - i) * power(rate_y, by_y - j)
            total += first * second * terms[16 * i + j] * sine
            second *= (by_y - j) / (j + 1.0)
        first *= (by_x - i) / (i + 1.0)
    return total


def binom_past(n: float, k: float, t: float, by_n: int, by_k: int) -> float:
    """The derivative of binom as sin(pi t)/pi times beta(n + 1, k - n), for t = n - k + 1 on the left."""
    slopes = [0.0] * 256
    terms = [0.0] * 256
    for i in range(by_n + 1):
        for j in range(by_k + 1):
            if i + j == 1:
                difference = (
                    polygamma_difference(1.0 - t, n + t, 0) if i else polygamma_difference(k + 1.0, -n - 1.0, 0)
                )
                slopes[16 * i + j] = difference
            elif i + j > 1:
                own = polygamma(n + 1.0, i - 1) if j == 0 else -polygamma(k + 1.0, j - 1) if i == 0 else 0.0
                slopes[16 * i + j] = own + sign_of_power(i) * polygamma(1.0 - t, i + j - 1)
    expand_twice(by_n, by_k, terms, slopes)
    return beta(n + 1.0, 1.0 - t) * with_sine(t, 1.0, -1.0, by_n, by_k, terms)


def binom_before(n: float, k: float, t: float, by_n: int, by_k: int) -> float:
    """The same as sin(pi (k + 1))/pi times beta(n + 1, -k), for k + 1 on the left."""
    slopes = [0.0] * 256
    terms = [0.0] * 256
    for i in range(by_n + 1):
        for j in range(by_k + 1):
            if j == 0 and i > 0:
                slopes[16 * i] = polygamma_difference(t, k, i - 1)
            elif i == 0 and j == 1:
                slopes[1] = polygamma_difference(-k, n + 1.0, 0)
            elif j > 0:
                own = polygamma(-k, j - 1) if i == 0 else 0.0
                slopes[16 * i + j] = sign_of_power(j) * (own - polygamma(t, i + j - 1))
    expand_twice(by_n, by_k, terms, slopes)
    return beta(n + 1.0, -k) * with_sine(k + 1.0, 0.0, 1.0, by_n, by_k, terms)


def polynomial_slope(n: float, k: int, order: int) -> float:
    """The derivative of n (n - 1) ... (n - k + 1) / k! by n, from the power series of the factors at n."""
    terms = [0.0] * 16
    terms[0] = 1.0
    for j in range(k):
        for m in range(order, 0, -1):
            terms[m] = (terms[m] * (n - j) + terms[m - 1]) / (j + 1)
        terms[0] = terms[0] * (n - j) / (j + 1)
    result = terms[order]
    for m in range(2, order + 1):
        result *= m
    return result


def binom_slope(n: float, k: float, by_n: int, by_k: int) -> float:
    """The derivative of binom of these orders; by n also where it is a polynomial, of a whole k."""
    if by_n + by_k == 0:
        return binom(n, k)
    if n != n or k != k or math.isinf(n) or math.isinf(k) or math.isinf(n - k):
        return math.nan
    if by_k == 0 and k == math.floor(k) and 0.0 <= k <= FEW:
        return polynomial_slope(n, int(k), by_n)
    if by_k == 0 and k >= 0.0 and k == math.floor(k) and n < -0.5:
        sign = sign_of_power(by_n) * (1.0 if math.fmod(k, 2.0) == 0.0 else -1.0)
        return sign * binom_slope(k - n - 1.0, k, by_n, 0)
    t = n - k + 1.0
    near = min(to_pole(t), to_pole(k + 1.0))
    if near < NEAR and near < 0.5 * to_pole(n + 1.0):
        is_past = to_pole(t) <= to_pole(k + 1.0)
        return binom_past(n, k, t, by_n, by_k) if is_past else binom_before(n, k, t, by_n, by_k)
    slopes = [0.0] * 256
    terms = [0.0] * 256
    for i in range(by_n + 1):
        for j in range(by_k + 1):
            if j == 0 and i > 0:
                slopes[16 * i] = polygamma_difference(t, k, i - 1)
            elif i == 0 and j == 1:
                slopes[1] = polygamma_difference(k + 1.0, n - 2.0 * k, 0)
            elif j > 0:
                own = polygamma(k + 1.0, j - 1) if i == 0 else 0.0
                slopes[16 * i + j] = -own - sign_of_power(j) * polygamma(t, i + j - 1)
    return binom(n, k) * expand_twice(by_n, by_k, terms, slopes)


def beta_slope(a: float, b: float, by_a: int, by_b: int) -> float:
    """The derivative of beta of these orders."""
    if by_a + by_b == 0 or a != a or b != b or math.isinf(a) or math.isinf(b) or math.isinf(a + b):
        return beta(a, b) if by_a + by_b == 0 else math.nan
    if by_a == 0 and by_b > 0:
        return beta_slope(b, a, by_b, 0)
    slopes = [0.0] * 256
    terms = [0.0] * 256
    total = a + b
    near = to_pole(total)
    is_next_to_zero = near < NEAR and near < 0.5 * min(to_pole(a), to_pole(b))
    for i in range(by_a + 1):
        for j in range(by_b + 1):
            if i + j > 0 and not is_next_to_zero:
                if j == 0:
                    slopes[16 * i] = -polygamma_difference(a, b, i - 1)
                elif i == 0:
                    slopes[j] = -polygamma_difference(b, a, j - 1)
                else:
                    slopes[16 * i + j] = -polygamma(total, i + j - 1)
            elif i + j > 0:
                own = polygamma(a, i - 1) if j == 0 else polygamma(b, j - 1) if i == 0 else 0.0
                slopes[16 * i + j] = own + sign_of_power(i + j) * polygamma(1.0 - total, i + j - 1)
    expansion = expand_twice(by_a, by_b, terms, slopes)
    if not is_next_to_zero:
        return beta(a, b) * expansion
    return math.pi * beta(a, 1.0 - total) / sine_of_pi(b) * with_sine(total, 1.0, 1.0, by_a, by_b, terms)
