"""Enclosures: the interval that a function's values lie in when its operands lie in intervals. Knows no gate.

An interval is a pair of arrays, lower and upper ends; both are nan where nothing is defined. Results are widened by a
few roundings. Source: Moore, Kearfott & Cloud, Introduction to Interval Analysis (2009), chapters 2 to 5.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import reduce
from typing import Any, TypeAlias

from backprop.autodiff.lazy_numpy import np

Ends: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Interval = tuple[Ends, Ends]
Forward = Callable[..., Any]
Enclosure = Callable[..., Interval]

WIDER = 8 * sys.float_info.epsilon  # of a value: what a function's rounding may be
FARTHEST = 1e15  # beyond it doubles do not tell the turns of a sine apart


def settled(low: Any, high: Any, *operands: Interval) -> Interval:
    """Ends in order and wider by roundings; without bound where they are inf - inf, nan where an operand is."""
    is_undefined = reduce(np.logical_or, [np.isnan(one[0]) for one in operands])
    low = np.where(np.isnan(low), -np.inf, low)
    high = np.where(np.isnan(high), np.inf, high)
    low = np.where(np.isfinite(low), low - WIDER * np.abs(low), low)
    high = np.where(np.isfinite(high), high + WIDER * np.abs(high), high)
    return np.where(is_undefined, np.nan, low), np.where(is_undefined, np.nan, high)


def hull(values: list[Any], *operands: Interval) -> Interval:
    return settled(reduce(np.fmin, values), reduce(np.fmax, values), *operands)


def between(*turns: float, low: float = -math.inf, high: float = math.inf) -> Enclosure:
    """For a function of one operand, which rises or falls between the turns and is defined from `low` to `high`."""

    def enclosure(forward: Forward, x: Interval, **settings: Any) -> Interval:
        x = np.maximum(x[0], low), np.minimum(x[1], high)
        is_outside = x[0] > x[1]
        x = np.where(is_outside, np.nan, x[0]), np.where(is_outside, np.nan, x[1])
        values = [forward(x[0], **settings), forward(x[1], **settings)]
        for turn in turns:
            values.append(np.where((x[0] < turn) & (turn < x[1]), forward(np.float64(turn), **settings), np.nan))
        return hull(values, x)

    return enclosure


def wave(top: float) -> Enclosure:
    """For a sine whose largest value is at `top`."""

    def enclosure(forward: Forward, x: Interval) -> Interval:
        low, high = hull([forward(x[0]), forward(x[1])], x)
        has_top, has_bottom = holds_one_of(x, top, math.tau), holds_one_of(x, top + math.pi, math.tau)
        return np.where(has_bottom, -1.0, np.maximum(low, -1.0)), np.where(has_top, 1.0, np.minimum(high, 1.0))

    return enclosure


def between_poles(pole: float, period: float) -> Enclosure:
    """For a function that rises, or falls, from pole to pole."""

    def enclosure(forward: Forward, x: Interval) -> Interval:
        low, high = hull([forward(x[0]), forward(x[1])], x)
        is_hit = holds_one_of(x, pole, period)
        return np.where(is_hit, -np.inf, low), np.where(is_hit, np.inf, high)

    return enclosure


def holds_one_of(x: Interval, first: float, period: float) -> Any:
    """Whether the interval holds a point that is whole periods from the first."""
    room = 2.0 * WIDER * np.maximum(np.abs(x[0]), np.abs(x[1]))
    turns = np.floor((x[1] + room - first) / period) - np.ceil((x[0] - room - first) / period)
    return (turns >= 0.0) | ~(np.abs(x[0]) + np.abs(x[1]) < FARTHEST)


def corners(forward: Forward, *operands: Interval, **settings: Any) -> Interval:
    """For a function that rises or falls in each operand, whatever the others are."""
    values: list[tuple[Any, ...]] = [()]
    for operand in operands:
        values = [(*one, end) for one in values for end in operand]
    return hull([forward(*one, **settings) for one in values], *operands)


def steps(forward: Forward, *operands: Interval, **settings: Any) -> Interval:
    """The same without roundings: for whole numbers."""
    values: list[tuple[Any, ...]] = [()]
    for operand in operands:
        values = [(*one, end) for one in values for end in operand]
    found = [np.asarray(forward(*one, **settings), dtype=np.float64) for one in values]
    return reduce(np.minimum, found), reduce(np.maximum, found)


def within(least: float, most: float) -> Enclosure:
    """For what is known to lie between two numbers and is constant for constant operands."""

    def enclosure(forward: Forward, *operands: Interval, **settings: Any) -> Interval:
        low, high = steps(forward, *operands, **settings)
        is_one = reduce(np.logical_and, [one[0] == one[1] for one in operands])
        return np.where(is_one, low, least), np.where(is_one, high, most)

    return enclosure


def equality(is_equal: float) -> Enclosure:
    """For a comparison that gives `is_equal` where its operands are one number."""

    def enclosure(forward: Forward, x: Interval, y: Interval) -> Interval:
        is_apart = (x[1] < y[0]) | (y[1] < x[0])
        is_one = (x[0] == x[1]) & (y[0] == y[1]) & (x[0] == y[0])
        known = np.where(is_one, is_equal, 1.0 - is_equal)
        is_known = is_apart | is_one
        return np.where(is_known, known, 0.0), np.where(is_known, known, 1.0)

    return enclosure


def difference(forward: Forward, x: Interval, y: Interval) -> Interval:
    return settled(x[0] - y[1], x[1] - y[0], x, y)


def total(forward: Forward, x: Interval, y: Interval) -> Interval:
    return settled(x[0] + y[0], x[1] + y[1], x, y)


def opposite(forward: Forward, x: Interval) -> Interval:
    return -x[1], -x[0]


def product(forward: Forward, x: Interval, y: Interval) -> Interval:
    values = [left * right for left in x for right in y]
    known = [np.where(np.isnan(value), 0.0, value) for value in values]  # 0*inf, where inf is only an end
    return hull(known, x, y)


def reciprocal(y: Interval) -> Interval:
    """1/y; nan where y is 0 throughout, without bound where 0 is inside."""
    low = np.where(y[1] == 0.0, -np.inf, 1.0 / np.where(y[1] == 0.0, np.nan, y[1]))
    high = np.where(y[0] == 0.0, np.inf, 1.0 / np.where(y[0] == 0.0, np.nan, y[0]))
    is_inside = (y[0] < 0.0) & (y[1] > 0.0)
    is_undefined = (y[0] == 0.0) & (y[1] == 0.0)
    low = np.where(is_inside, -np.inf, np.where(is_undefined, np.nan, low))
    return low, np.where(is_inside, np.inf, np.where(is_undefined, np.nan, high))


def quotient(forward: Forward, x: Interval, y: Interval) -> Interval:
    return product(forward, x, reciprocal(y))


def inverse_of(enclosure: Enclosure, inner: Forward) -> Enclosure:
    """For 1/f, where f has that enclosure."""
    return lambda forward, x: reciprocal(enclosure(inner, x))


def power(forward: Forward, x: Interval, y: Interval) -> Interval:
    """x^y: by pieces for one whole exponent, else by the corners of what is positive."""
    exponent = float(np.ravel(y[0])[0])
    if not (np.all(y[0] == exponent) and np.all(y[1] == exponent)):
        is_positive = x[0] > 0.0
        low, high = corners(forward, x, y)
        crosses = np.where((x[0] < 1.0) & (x[1] > 1.0), 1.0, np.nan)
        low, high = np.fmin(low, crosses), np.fmax(high, crosses)
        return np.where(is_positive, low, -np.inf), np.where(is_positive, high, np.inf)
    if exponent != math.floor(exponent):
        low, high = between(low=0.0)(lambda end: forward(end, exponent), x)
        return low, high
    if exponent < 0.0:
        return reciprocal(power(forward, x, (-y[1], -y[0])))
    return between(*([0.0] if exponent % 2.0 == 0.0 else []))(lambda end: forward(end, exponent), x)


def choice(forward: Forward, condition: Interval, a: Interval, b: Interval) -> Interval:
    """`a` where the condition is not 0, else `b`, and both where it may be either."""
    is_false = (condition[0] == 0.0) & (condition[1] == 0.0)
    is_true = (condition[0] > 0.0) | (condition[1] < 0.0)
    low = np.where(is_true, a[0], np.where(is_false, b[0], np.fmin(a[0], b[0])))
    high = np.where(is_true, a[1], np.where(is_false, b[1], np.fmax(a[1], b[1])))
    return low, high


def kept(forward: Forward, value: Interval, test: Interval) -> Interval:
    """A value where the test is not 0, else 0."""
    nothing = np.zeros_like(test[0])
    return choice(forward, test, value, (nothing, nothing))


def remainder(forward: Forward, x: Interval, y: Interval) -> Interval:
    """x less the largest multiple of y below; a saw between its teeth, where y is one number."""
    quotients = np.floor(x[0] / y[0]), np.floor(x[1] / y[0])
    is_one = (y[0] == y[1]) & (quotients[0] == quotients[1])
    low, high = hull([forward(x[0], y[0]), forward(x[1], y[0])], x, y)
    least, most = np.minimum(0.0, y[0]), np.maximum(0.0, y[1])
    return np.where(is_one, low, least), np.where(is_one, high, most)
