"""x log(y), and the partial derivatives of x^y of any order, with their limits at x = 0."""

from __future__ import annotations

import math
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.stable import limit_product, power
from backprop.autodiff.shapes import Array


def xlogy(x: Array, y: Array) -> Array:
    """x log(y), entry by entry; 0 where x is 0, but for a y that is nan."""
    with np.errstate(all="ignore"):
        return np.where(np.isnan(y), y, limit_product(x, np.log(y)))[()]


def power_partial(x: Array, y: Array, by_x: int, by_y: int) -> Array:
    """x^y differentiated `by_x` times by x and `by_y` times by y; nan for a negative base where the logarithm counts.

    x^y is the sum over j of binomial(by_y, j) c_j x^(y - by_x) log(x)^(by_y - j), where c_j is the derivative of
    order j of y (y - 1) ... (y - by_x + 1). A factor that is exactly zero makes its term zero, so that at x = 0 each
    term is its limit. Source: DLMF 4.2.26 and Leibniz' rule.
    """
    raised = power(x, y - by_x if by_x else y)
    if by_y == 0:
        return limit_product(falling_factorial(y, by_x, 0)[0], raised)
    logarithm = np.log(x)
    total: Any = None
    for order, coefficient in enumerate(falling_factorial(y, by_x, by_y)):
        term = raised if by_x == 0 else limit_product(coefficient, raised)
        if order < by_y:
            term = limit_product(term, logarithm if by_y - order == 1 else logarithm ** (by_y - order))
        term = term if order in (0, by_y) else math.comb(by_y, order) * term
        total = term if total is None else total + term
    result: Array = total
    return result


def falling_factorial(y: Any, length: int, order: int) -> list[Any]:
    """y (y - 1) ... of `length` factors and its derivatives up to `order`, those that are not zero throughout."""
    series: list[Any] = [1.0]  # of y + h in h; each factor is y - root + h
    for root in range(length):
        factor = y - root if root else y
        raised = [coefficient * factor for coefficient in series] + [0.0]
        series = [coefficient + lower for coefficient, lower in zip(raised, [0.0, *series], strict=True)][: order + 1]
    return [
        coefficient * math.factorial(power) if power > 1 else coefficient for power, coefficient in enumerate(series)
    ]
