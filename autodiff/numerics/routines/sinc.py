"""sin(pi x)/(pi x) and its derivatives, of a number."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.gamma import sine_of_pi


def quarter_turned(x: float, n: int) -> float:
    """sin(pi x + n pi / 2)."""
    if n % 2 == 0:
        return sine_of_pi(x) if n % 4 == 0 else -sine_of_pi(x)
    rest = math.fabs(math.fmod(x, 2.0))
    cosine = sine_of_pi(0.5 - rest) if rest <= 1.0 else sine_of_pi(rest - 1.5)
    return cosine if n % 4 == 1 else -cosine


def sinc_derivative(x: float, order: int) -> float:
    """The derivative f(n) of that order, from t f(n) + n f(n - 1) = sin(t + n pi / 2), t = pi x."""
    if x != x:
        return x
    if math.isinf(x):
        return 0.0
    t = math.pi * x
    value = 0.0
    if math.fabs(t) <= max(order, 2):
        for n in range(2 * order + 30, order, -1):
            value = (quarter_turned(x, n) - t * value) / n
    else:
        value = quarter_turned(x, 0) / t
        for n in range(1, order + 1):
            value = (quarter_turned(x, n) - n * value) / t
    for _ in range(order):
        value *= math.pi
    return value


def sinc(x: float) -> float:
    """sin(pi x)/(pi x), 1 at 0."""
    if x == 0.0 or math.isinf(x):
        return 0.0 if math.isinf(x) else 1.0
    return sine_of_pi(x) / (math.pi * x)
