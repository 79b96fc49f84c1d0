"""Bessel functions of whole order, of a number: the methods of numerics/bessel.py, one entry at a time."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.exact import add_pair, divide_pair, logarithm, multiply_pair, put_pair

EULER = 0.5772156649015329
EULER_REST = -4.942915152430645e-18
FAR = 25.0  # from here on Hankel's expansions of orders 0 and 1 have 17 digits
NEAR = 2.0  # up to here the power series of Y does not cancel
HUGE = 1e200
STEP = 1.3407807929942597e154  # 2^512
NEXT_TO_ZERO = 0.25  # of the envelope: what is less is computed to 32 digits
FARTHEST = 130.0  # beyond the first forty zeros of orders 0 and 1


def bessel_series(n: int, x: float, sign: float) -> float:
    """DLMF 10.2.2 and 10.25.2, the power series of J (sign -1) and of I (sign 1)."""
    square = sign * 0.25 * x * x
    total = 1.0
    for k in range(40, 0, -1):
        total = 1.0 + total * square / (k * (n + k))
    for k in range(1, n + 1):
        total *= 0.5 * x / k
    return total


def logarithmic_series(n: int, x: float, sign: float) -> float:
    """(x/2)^n times the sum of (psi(k + 1) + psi(n + k + 1)) (sign x^2/4)^k / (k! (n + k)!), for n = 0 and 1."""
    term = 0.5 * x if n == 1 else 1.0
    harmonic = 0.0
    total = 0.0
    for k in range(20):
        total += term * (2.0 * (harmonic - EULER) + (1.0 / (k + 1) if n == 1 else 0.0))
        harmonic += 1.0 / (k + 1)
        term *= sign * 0.25 * x * x / ((k + 1) * (n + k + 1.0))
    return total


def log_of_half(x: float) -> float:
    """log(x/2), x/2 being 0 for the least of all doubles; rounded alike by every language, for here terms cancel."""
    pair = [0.0] * 2
    if x < 1e-290:
        return math.log(x) - math.log(2.0)
    logarithm(0.5 * x, pair)
    return pair[0]


def hankel(n: int, x: float, is_second: int) -> float:
    """J or Y of order 0 or 1 for large x. Source: DLMF 10.17.3 and 10.17.4."""
    p = 0.0
    q = 0.0
    term = 1.0
    for k in range(26):
        sign = -1.0 if k % 4 > 1 else 1.0
        if k % 2 == 0:
            p += sign * term
        else:
            q += sign * term
        term *= (4.0 * n * n - (2.0 * k + 1.0) * (2.0 * k + 1.0)) / (8.0 * (k + 1.0)) / x
    sine = math.sin(x)
    cosine = math.cos(x)
    of_cosine = sine - cosine if n == 1 else cosine + sine
    of_sine = -sine - cosine if n == 1 else sine - cosine
    amplitude = math.sqrt(1.0 / x / math.pi)
    return amplitude * (p * of_sine + q * of_cosine) if is_second else amplitude * (p * of_cosine - q * of_sine)


def bessel_downwards(n: int, x: float, sums: list[float]) -> float:
    """J of order n; sums gets J of orders 0 and 1 and the sums that Y of 0 and 1 have. Source: DLMF 3.6 (v)."""
    most = max(1.0 * n, FAR)
    k = int(most + 10.0 * math.sqrt(most)) + 22
    above = 0.0
    value = 1e-290
    wanted = 0.0
    whole = 0.0
    of_y0 = 0.0
    of_y1 = 0.0
    while k >= 0:
        half = math.floor(0.5 * k)
        sign = -1.0 if math.fmod(half, 2.0) == 1.0 else 1.0
        if k == n:
            wanted = value
        if k % 2 == 1 and half > 0.0:
            of_y1 += sign * (2.0 * half + 1.0) / (half * (half + 1.0)) * value
        if k % 2 == 0:
            whole += value if k == 0 else 2.0 * value
            of_y0 -= 0.0 if k == 0 else sign / half * value
        if k > 0:
            below = 2.0 * k / x * value - above
            above = value
            value = below
        if math.fabs(value) > HUGE:
            above /= HUGE
            value /= HUGE
            wanted /= HUGE
            whole /= HUGE
            of_y0 /= HUGE
            of_y1 /= HUGE
        k -= 1
    sums[0] = value / whole
    sums[1] = above / whole
    sums[2] = of_y0 / whole
    sums[3] = of_y1 / whole
    return wanted / whole


def bessel_exactly(n: int, x: float, is_second: int) -> float:
    """J or Y of order n to all digits next to a zero, too: the same sums by pairs of doubles, for x up to FARTHEST."""
    value = [0.0] * 2
    above = [0.0] * 2
    below = [0.0] * 2
    part = [0.0] * 2
    wanted = [0.0] * 2
    whole = [0.0] * 2
    of_y0 = [0.0] * 2
    of_y1 = [0.0] * 2
    value[0] = 1e-290
    most = max(1.0 * n, FARTHEST if x > FAR else FAR)
    for k in range(int(most + 14.0 * math.sqrt(most)) + 30, -1, -1):
        half = math.floor(0.5 * k)
        sign = -1.0 if math.fmod(half, 2.0) == 1.0 else 1.0
        if k == n:
            put_pair(wanted, value[0], value[1])
        put_pair(part, value[0], value[1])
        if k % 2 == 0:
            add_pair(whole, value[0] * (2.0 if k > 0 else 1.0), value[1] * (2.0 if k > 0 else 1.0))
        if is_second and k > 1:
            if k % 2 == 1:
                multiply_pair(part, sign * (2.0 * half + 1.0), 0.0)
                divide_pair(part, half * (half + 1.0))
                add_pair(of_y1, part[0], part[1])
            else:
                divide_pair(part, -0.5 * sign * half)
                add_pair(of_y0, part[0], part[1])
        if k > 0:
            to_next_order(above, value, 2.0 * k, x, below)
        if math.fabs(value[0]) > STEP:
            shrink(value)
            shrink(above)
            shrink(wanted)
            shrink(whole)
            shrink(of_y0)
            shrink(of_y1)
    if not is_second:
        return wanted[0] / whole[0]
    logarithm(0.5 * x, part)
    add_pair(part, EULER, EULER_REST)
    # 2/pi ((log(x/2) + gamma) J0 + of_y0), and 2/pi ((log(x/2) + gamma - 1) J1 - J0/x - of_y1)
    put_pair(below, value[0], value[1])
    multiply_pair(below, part[0], part[1])
    add_pair(below, of_y0[0], of_y0[1])
    add_pair(part, -1.0, 0.0)
    multiply_pair(above, part[0], part[1])
    add_pair(above, -of_y1[0], -of_y1[1])
    divide_pair(value, x)
    add_pair(above, -value[0], -value[1])
    for k in range(1, n):
        to_next_order(below, above, 2.0 * k, x, part)
    return 2.0 / math.pi * ((below[0] if n == 0 else above[0]) / whole[0])


def to_next_order(before: list[float], value: list[float], factor: float, x: float, part: list[float]) -> None:
    """A step of the recurrence DLMF 10.6.1: factor/x value - before, and the value before it. `part` is for scratch."""
    put_pair(part, value[0], value[1])
    multiply_pair(part, factor, 0.0)
    divide_pair(part, x)
    add_pair(part, -before[0], -before[1])
    put_pair(before, value[0], value[1])
    put_pair(value, part[0], part[1])


def shrink(pair: list[float]) -> None:
    pair[0] /= STEP
    pair[1] /= STEP


def is_next_to_zero(value: float, n: int, x: float) -> bool:
    """Whether a value is small for its envelope sqrt(2/(pi x)), and x within the reach of bessel_exactly."""
    return n < x + 1.0 and 0.5 < x < FARTHEST and math.fabs(value) < NEXT_TO_ZERO * math.sqrt(2.0 / math.pi / x)


def bessel_upwards(n: int, x: float, zeroth: float, first: float) -> float:
    """By the recurrence DLMF 10.6.1, stable for J where the order is less than x, and for Y everywhere."""
    if n == 0:
        return zeroth
    before = zeroth
    value = first
    for k in range(1, n):
        if not math.isinf(value):
            above = 2.0 * k / x * value - before
            before = value
            value = above
    return value


def jn(x: float, n: int) -> float:
    """The Bessel function of the first kind."""
    size = math.fabs(x)
    sums = [0.0] * 4
    sign = -1.0 if x < 0.0 and n % 2 == 1 else 1.0
    if x != x:
        return x
    if math.isinf(x):
        return 0.0
    if size * size <= 4.0 * (n + 1):
        return bessel_series(n, x, -1.0)
    if size <= max(FAR, 1.0 * n):
        rough = bessel_downwards(n, size, sums)
    else:
        rough = bessel_upwards(n, size, hankel(0, size, 0), hankel(1, size, 0))
    return sign * (bessel_exactly(n, size, 0) if is_next_to_zero(rough, n, size) else rough)


def y_of_first_orders(x: float, n: int) -> float:
    """Y of order 0 or 1: DLMF 10.8.1; Neumann's series, Abramowitz & Stegun 9.1.88; Hankel's expansion."""
    sums = [0.0] * 4
    if x <= NEAR:
        rest = logarithmic_series(n, x, -1.0)
        head = -2.0 / math.pi / x if n == 1 else 0.0
        return head + 2.0 / math.pi * (log_of_half(x) * bessel_series(n, x, -1.0) - 0.5 * rest)
    if x > FAR:
        return hankel(n, x, 1)
    bessel_downwards(0, x, sums)
    if n == 0:
        return 2.0 / math.pi * ((log_of_half(x) + EULER) * sums[0] + 2.0 * sums[2])
    return 2.0 / math.pi * ((log_of_half(x) + EULER - 1.0) * sums[1] - sums[0] / x - sums[3])


def yn(x: float, n: int) -> float:
    """The Bessel function of the second kind, -inf at 0 and nan below."""
    if x != x or x < 0.0:
        return math.nan
    if x == 0.0 or x == math.inf:
        return 0.0 if x > 0.0 else -math.inf
    if n > 0 and x < 1e-307:
        return -math.inf
    rough = bessel_upwards(n, x, y_of_first_orders(x, 0), y_of_first_orders(x, 1))
    return bessel_exactly(n, x, 1) if is_next_to_zero(rough, n, x) else rough


def yn_slope(x: float, n: int) -> float:
    """The derivative of the same."""
    before = yn(x, n - 1) if n > 0 else -yn(x, 1)
    above = yn(x, n + 1)
    return -above if math.isinf(above) else 0.5 * (before - above)


def iv(x: float, n: int) -> float:
    """The modified Bessel function of the first kind, by Miller's algorithm, the sum of all orders being e^x."""
    if x != x:
        return x
    if x * x <= 4.0 * (n + 1):
        return bessel_series(n, x, 1.0)
    most = 800.0 + 2.0 * n
    size = min(math.fabs(x), most)
    k = n + int(10.0 * math.sqrt(50.0 if size <= 50.0 else most)) + 40
    above = 0.0
    value = 1e-290
    wanted = 0.0
    whole = 0.0
    while k >= 0:
        if k == n:
            wanted = value
        whole += value if k == 0 else 2.0 * value
        below = 2.0 * k / size * value + above
        above = value
        value = below
        if value > HUGE:
            above /= HUGE
            value /= HUGE
            wanted /= HUGE
            whole /= HUGE
        k -= 1
    root = math.exp(0.5 * size)
    return (-1.0 if x < 0.0 and n % 2 == 1 else 1.0) * (wanted / whole) * root * root


def k_of_first_orders(x: float, n: int) -> float:
    """e^x K(x) of order 0 or 1: DLMF 10.31.1, and from 1 on the integral DLMF 10.32.9."""
    if x < 1.0:
        sign = -1.0 if n == 1 else 1.0
        head = 1.0 / x if n == 1 else 0.0
        series = log_of_half(x) * bessel_series(n, x, 1.0) - 0.5 * logarithmic_series(n, x, 1.0)
        return (head - sign * series) * math.exp(x)
    step = min(0.18, 0.6 / math.sqrt(x))
    total = 0.5
    for k in range(1, 31):
        half = 0.5 * k * step
        sine = math.sinh(half)
        total += math.exp(-2.0 * x * sine * sine) * math.cosh(2.0 * n * half)
    return step * total


def kn(x: float, n: int) -> float:
    """The modified Bessel function of the second kind, inf at 0 and nan below."""
    if x != x or x < 0.0:
        return math.nan
    if x == 0.0 or x == math.inf:
        return 0.0 if x > 0.0 else math.inf
    if n > 0 and x < 1e-307:
        return math.inf
    before = k_of_first_orders(x, 0)
    value = k_of_first_orders(x, 1)
    for k in range(1, n):
        above = before + 2.0 * k / x * value
        before = value
        value = above
    root = math.exp(-0.5 * x)
    return (before if n == 0 else value) * root * root


def j0(x: float) -> float:
    return jn(x, 0)


def j1(x: float) -> float:
    return jn(x, 1)


def y0(x: float) -> float:
    return yn(x, 0)


def y1(x: float) -> float:
    return yn(x, 1)


def i0(x: float) -> float:
    return iv(x, 0)


def i1(x: float) -> float:
    return iv(x, 1)


def k0(x: float) -> float:
    return kn(x, 0)


def k1(x: float) -> float:
    return kn(x, 1)
