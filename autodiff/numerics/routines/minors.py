"""Determinants of two and of three rows, of their entries: rounded once, whatever cancels in them."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.exact import product_error, sum_error

STEP = 18446744073709551616.0  # 2^64, whose third power is far from the ends of the range


def add_product(sums: list[float], a: float, b: float, c: float) -> None:
    """Add a * b * c to the pair of numbers, whose sum is the total."""
    pair = a * b
    product = pair * c
    low = product_error(pair, c) + product_error(a, b) * c
    sums[1] += sum_error(sums[0], product) + low
    sums[0] += product


def unit_scale(size: float) -> float:
    """The power of 2 times which a number is near 1; 1 for 0, for what is not finite and for what is near 1 itself."""
    scale = 1.0
    if not 0.0 < size < math.inf:
        return scale
    while size * scale > STEP:
        scale /= STEP
    while size * scale < 1.0 / STEP:
        scale *= STEP
    return scale


def det_of_two(a: float, b: float, c: float, d: float, added: float) -> float:
    """The determinant of ((a, b), (c, d)) and a number."""
    sums = [0.0] * 2
    scale = unit_scale(max(math.fabs(a), math.fabs(b), math.fabs(c), math.fabs(d)))
    sums[0] = added * scale * scale
    add_product(sums, a * scale, d * scale, 1.0)
    add_product(sums, -b * scale, c * scale, 1.0)
    exact = (sums[0] + sums[1]) / scale / scale
    return exact if math.fabs(exact) < math.inf else a * d - b * c + added


def det_of_three(
    a: float, b: float, c: float, d: float, e: float, f: float, g: float, h: float, i: float, added: float
) -> float:
    """The determinant of ((a, b, c), (d, e, f), (g, h, i)) and a number."""
    sums = [0.0] * 2
    first = max(math.fabs(a), math.fabs(b), math.fabs(c))
    second = max(math.fabs(d), math.fabs(e), math.fabs(f))
    third = max(math.fabs(g), math.fabs(h), math.fabs(i))
    scale = unit_scale(max(first, second, third))
    a *= scale
    b *= scale
    c *= scale
    d *= scale
    e *= scale
    f *= scale
    g *= scale
    h *= scale
    i *= scale
    sums[0] = added * scale * scale * scale
    add_product(sums, a, e, i)
    add_product(sums, -a, f, h)
    add_product(sums, -b, d, i)
    add_product(sums, b, f, g)
    add_product(sums, c, d, h)
    add_product(sums, -c, e, g)
    total = sums[0] + sums[1]
    if not math.fabs(total) < math.inf:
        total = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return total / scale / scale / scale
