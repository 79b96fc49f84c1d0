"""Rounding errors, and sums and products of pairs of doubles, of numbers: 32 digits where 16 cancel.

A pair is a list of two numbers, of which the sum is meant.
"""

from __future__ import annotations

import math

VELTKAMP = 134217729.0  # 2^27 + 1 splits a double into two halves of 26 bits
LOG_TWO = 0.6931471805599453
LOG_TWO_REST = 2.3190468138462996e-17


def product_error(a: float, b: float) -> float:
    """The rounding error of a * b. Source: Dekker 1971, section 5."""
    product = a * b
    scaled = VELTKAMP * a
    a_high = scaled - (scaled - a)
    scaled = VELTKAMP * b
    b_high = scaled - (scaled - b)
    a_low = a - a_high
    b_low = b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def sum_error(a: float, b: float) -> float:
    """The rounding error of a + b. Source: Knuth, TAOCP 2, theorem 4.2.2 B."""
    total = a + b
    rounded = total - a
    return (a - (total - rounded)) + (b - rounded)


def put_pair(pair: list[float], high: float, low: float) -> None:
    total = high + low
    pair[1] = low - (total - high)
    pair[0] = total


def add_pair(pair: list[float], high: float, low: float) -> None:
    """Add another pair."""
    put_pair(pair, pair[0] + high, sum_error(pair[0], high) + (pair[1] + low))


def multiply_pair(pair: list[float], high: float, low: float) -> None:
    """Multiply by another pair."""
    put_pair(pair, pair[0] * high, product_error(pair[0], high) + (pair[0] * low + pair[1] * high))


def divide_pair(pair: list[float], divisor: float) -> None:
    quotient = pair[0] / divisor
    rest = (pair[0] - quotient * divisor) - product_error(quotient, divisor)
    put_pair(pair, quotient, (rest + pair[1]) / divisor)


def logarithm(x: float, pair: list[float]) -> None:
    """The pair becomes log(x), for x from 1e-300 on, by the series of the inverse hyperbolic tangent."""
    ratio = [0.0] * 2
    square = [0.0] * 2
    doublings = math.floor(math.log(x) / LOG_TWO + 0.5)
    scaled = x * math.pow(2.0, -doublings)
    # (s - 1)/(s + 1), of which the numerator is exact
    ratio[0] = scaled - 1.0
    ratio[1] = 0.0
    total = scaled + 1.0
    quotient = ratio[0] / total
    rest = (ratio[0] - quotient * total) - product_error(quotient, total) - quotient * sum_error(scaled, 1.0)
    put_pair(ratio, quotient, rest / total)
    square[0] = ratio[0]
    square[1] = ratio[1]
    multiply_pair(square, ratio[0], ratio[1])
    pair[0] = 0.0
    pair[1] = 0.0
    for k in range(23, -1, -1):
        multiply_pair(pair, square[0], square[1])
        total = 2 * k + 1
        quotient = 2.0 / total
        add_pair(pair, quotient, ((2.0 - quotient * total) - product_error(quotient, total)) / total)
    multiply_pair(pair, ratio[0], ratio[1])
    add_pair(pair, doublings * LOG_TWO, product_error(doublings, LOG_TWO) + doublings * LOG_TWO_REST)


def exponential(x: float, pair: list[float]) -> None:
    """The pair becomes e^x, for x from -700 to 700: the series at a part of the remainder, squared eight times."""
    remainder = [0.0] * 2
    doublings = math.floor(x / LOG_TWO + 0.5)
    remainder[0] = x
    remainder[1] = 0.0
    add_pair(remainder, -doublings * LOG_TWO, -product_error(doublings, LOG_TWO) - doublings * LOG_TWO_REST)
    remainder[0] /= 256.0
    remainder[1] /= 256.0
    pair[0] = 1.0
    pair[1] = 0.0
    for k in range(11, 0, -1):
        multiply_pair(pair, remainder[0], remainder[1])
        divide_pair(pair, k)
        add_pair(pair, 1.0, 0.0)
    for _ in range(8):
        multiply_pair(pair, pair[0], pair[1])
    scale = math.pow(2.0, doublings)
    pair[0] *= scale
    pair[1] *= scale
