"""Derivatives of a plain function by central differences, with an estimate of their error. Knows no graph."""

from __future__ import annotations

import math
from collections.abc import Callable

EPSILON = 2.0**-53
SHARP = 1e-11  # a hundredth of the error that the sharpest of the comparisons asks for


def central_difference(function: Callable[[float], float], first_step: float = 0.1) -> tuple[float, float]:
    """The derivative of `function` at 0 and an estimate of its error; (nan, inf) where no step gave a number.

    Richardson's extrapolation over halved steps, the entry of the table whose neighbours agree best; a step too
    small for the rounding of `function` does not count as agreement. No step is halved after an estimate that is sharp,
    nor after one that rounding alone exceeds: it doubles with each halving.
    Source: Ridders, Accurate computation of F'(x) and F'(x)F''(x), Adv. Eng. Software 4 (1982).
    """
    best, error = math.nan, math.inf
    above: list[float] = []
    for halvings in range(14):
        if error <= SHARP * abs(best):
            break
        step = first_step / 2**halvings
        ahead, behind = function(step), function(-step)
        noise = 4 * EPSILON * max(abs(ahead), abs(behind)) / step
        if noise > error:
            break
        row = [(ahead - behind) / (2 * step)]
        for column, previous in enumerate(above):
            weight = 4.0 ** (column + 1)
            row.append((weight * row[column] - previous) / (weight - 1))
            change = max(abs(row[-1] - row[column]), abs(row[-1] - previous))
            if change + noise <= error:
                best, error = row[-1], change + noise
        above = row[:12]
    return best, error
