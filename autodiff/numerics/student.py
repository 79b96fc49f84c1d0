"""Student's t distribution: the chance of a larger deviation, and the deviation that has a chance."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.incomplete_beta import betainc

MOST_HALVINGS = 200


def chance_beyond(deviation: float, freedom: float) -> float:
    """The chance that |t| is greater than |deviation|, by degrees of freedom; inf: of a normal distribution.

    Source: DLMF 8.17, with x = freedom / (freedom + t^2).
    """
    if math.isnan(deviation):
        return math.nan
    if math.isinf(freedom):
        return math.erfc(abs(deviation) / math.sqrt(2.0))
    if math.isinf(deviation):
        return 0.0
    square = deviation * deviation
    chance = betainc(freedom / 2.0, 0.5, freedom / (freedom + square))
    # An argument near 1 has lost digits, of which freedom / 2 makes more; what is left of 1 loses 1 / chance.
    if chance < 0.5 and chance * freedom < 2.0:
        return chance
    return 1.0 - betainc(0.5, freedom / 2.0, square / (freedom + square))


def deviation_of(chance: float, freedom: float) -> float:
    """The deviation that |t| exceeds with this chance, by bisection to the last digits."""
    low, high = 0.0, 1.0
    while chance_beyond(high, freedom) > chance:
        low, high = high, 2.0 * high
    for _ in range(MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if chance_beyond(middle, freedom) > chance else (low, middle)
    return high
