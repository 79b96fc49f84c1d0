"""The gamma function, its logarithm and their derivatives, of a number."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.exact import add_pair, divide_pair, logarithm, multiply_pair, sum_error

SQRT_TWO_PI = 2.5066282746310002
LOG_SQRT_TWO_PI = 0.9189385332046728
LOG_SQRT_TWO_PI_REST = -3.8782941580672414e-17
LARGE = 10.0  # from here on Stirling's series has 17 digits
BERNOULLI = (
    0.16666666666666666, -0.03333333333333333, 0.023809523809523808, -0.03333333333333333, 0.07575757575757576,
    -0.2531135531135531, 1.1666666666666667, -7.092156862745098, 54.971177944862156, -529.1242424242424,
)  # fmt: skip
# 1/gamma(1 + d) - 1 by powers of d, from d on. Source: DLMF 5.7.1.
RECIPROCAL_GAMMA = (
    0.5772156649015329, -0.6558780715202539, -0.04200263503409524, 0.16653861138229148, -0.04219773455554433,
    -0.009621971527876973, 0.0072189432466631, -0.0011651675918590652, -0.00021524167411495098,
    0.0001280502823881162, -2.013485478078824e-05, -1.2504934821426706e-06, 1.133027231981696e-06,
    -2.056338416977607e-07, 6.116095104481416e-09, 5.002007644469223e-09, -1.1812745704870201e-09,
    1.0434267116911005e-10, 7.782263439905071e-12, -3.6968056186422057e-12, 5.100370287454476e-13,
)  # fmt: skip
DIGAMMA_ROOT = 1.4616321449683622
DIGAMMA_ROOT_REST = 9.549995429965697e-17
DIGAMMA_NUMERATOR = (
    0.9510558760318328, 1.1081309317902872, 0.45063782810808406,
    0.07704961854855738, 0.005137061772318643, 8.885474045639627e-05,
)  # fmt: skip
DIGAMMA_DENOMINATOR = (
    1.0, 1.610587129184067, 0.938308924472472, 0.24765453685506994,
    0.02983787824819011, 0.0014107905243022098, 1.568122537910356e-05,
)  # fmt: skip

NEXT_TO_ROOT = 2.0  # what is less, on the left, is a difference that cancels
FARTHEST_ROOT = -100.0
# The terms of Stirling's series of digamma as quotients: that of 1/(2x), then those of B_2j/(2j x^2j).
QUOTIENTS = (
    1.0, 2.0, 1.0, 12.0, -1.0, 120.0, 1.0, 252.0, -1.0, 240.0, 5.0, 660.0, -691.0, 32760.0, 7.0, 84.0,
    -3617.0, 8160.0, 43867.0, 14364.0, -174611.0, 6600.0, 854513.0, 3036.0, -236364091.0, 65520.0,
    8553103.0, 156.0, -23749461029.0, 24360.0, 8615841276005.0, 429660.0,
)  # fmt: skip


def sine_of_pi(x: float) -> float:
    """sin(pi x), with relative accuracy at its roots."""
    rest = math.fmod(x, 2.0)
    if math.fabs(rest) > 1.0:
        rest -= math.copysign(2.0, rest)
    if math.fabs(rest) > 0.5:
        rest = math.copysign(1.0, rest) - rest
    return math.sin(math.pi * rest)


def is_pole(x: float) -> bool:
    """Whether gamma has a pole at x."""
    return not math.isinf(x) and x <= 0.0 and x == math.floor(x)


def stirling_rest(x: float) -> float:
    """log gamma(x) - (x - 1/2) log x + x - log sqrt(2 pi) for large x. Source: DLMF 5.11.1."""
    square = 1.0 / x / x
    total = 0.0
    for j in range(9, 0, -1):
        total = total * square + BERNOULLI[j - 1] / (2 * j * (2 * j - 1))
    return total / x


def gamma(x: float) -> float:
    """The gamma function: Stirling's series, the recurrence and the reflection, DLMF 5.11.3, 5.5.1 and 5.5.3."""
    if x != x or x == -math.inf or (is_pole(x) and x != 0.0):
        return math.nan
    if x > 180.0 or math.fabs(x) < 6e-309:
        return math.copysign(math.inf, x)
    if x < -190.0:
        return 0.0
    if x < -LARGE:
        half = math.pow(-x, -0.5 * x - 0.25) * math.exp(0.5 * x)
        return math.pi / (x * sine_of_pi(x)) / (SQRT_TWO_PI * half * math.exp(stirling_rest(-x))) / half * -1.0
    product = 1.0
    if x < LARGE:
        nearest = math.floor(x + 0.5)
        d = x - nearest
        total = 0.0
        for k in range(20, -1, -1):
            total = total * d + RECIPROCAL_GAMMA[k]
        product = 1.0 / (1.0 + d * total)
        step = 1
        while step < nearest:
            product *= d + step
            step += 1
        while step > nearest:
            step -= 1
            product /= d + step
        return product
    half = math.pow(x, 0.5 * x - 0.25) * math.exp(-0.5 * x)
    if half > 1e154:
        return math.inf if x > 171.7 else half * (SQRT_TWO_PI * math.exp(stirling_rest(x))) * half
    return SQRT_TWO_PI * half * math.exp(stirling_rest(x)) * half


def lgamma(x: float) -> float:
    """log |gamma(x)|, with relative accuracy at its roots 1 and 2."""
    if x != x:
        return x
    if is_pole(x) or math.isinf(x):
        return math.inf
    if math.fabs(x) < 1e-300:
        return -math.log(math.fabs(x))
    if x > LARGE:
        return (x - 0.5) * (math.log(x) - 1.0) - 0.5 + LOG_SQRT_TWO_PI + stirling_rest(x)
    if x < -LARGE:
        return math.log(math.pi / math.fabs(sine_of_pi(x))) - math.log(-x) - lgamma(-x)
    if x <= 0.0:
        rough = math.log(math.fabs(gamma(x)))
        return lgamma_exactly(x) if math.fabs(rough) < NEXT_TO_ROOT else rough
    if x <= 0.5:
        return lgamma(1.0 + x) - math.log(x)
    product = 1.0
    while x >= 2.5:
        x -= 1.0
        product *= x
    if product > 1.0:
        return math.log(product) + lgamma(x)
    nearest = math.floor(x + 0.5)
    d = x - nearest
    total = 0.0
    for k in range(20, -1, -1):
        total = total * d + RECIPROCAL_GAMMA[k]
    return math.log1p((nearest - 1.0) * d) - math.log1p(d * total)


def power(x: float, n: int) -> float:
    """x^n for a whole n >= 0."""
    total = 1.0
    for _ in range(n):
        total *= x
    return total


def polygamma_right(order: int, x: float) -> float:
    """The derivative of digamma of that order for x > 0: DLMF 5.15.5, 5.11.2 and 5.15.9."""
    steps = 12 + order
    factorial = 1.0
    for k in range(1, order + 1):
        factorial *= k
    near = 0.0
    for step in range(steps - 1, -1, -1):
        root = x + step
        near += factorial / power(root, order + 1) if power(root, order + 1) > 0.0 else math.inf
    far = x + steps
    square = 1.0 / far / far
    tail = 0.0
    for j in range(9, 0, -1):
        weight = BERNOULLI[j - 1] / (1 if order else 2 * j)
        for k in range(1, order):
            weight *= (2 * j + k) / k
        tail = (tail + weight) * square
    tail += 0.5 * max(order, 1) / far
    if order == 0:
        return math.log(far) - tail - near
    total = near + factorial / order / power(far, order) * (1.0 + tail)
    return total if order % 2 else -total


def polygamma(x: float, order: int) -> float:
    """The derivative of digamma of that order; nan at the poles on the left where it has both signs there."""
    if x != x or x == -math.inf:
        return math.nan
    if x == math.inf:
        return 0.0 if order else x
    is_odd = order % 2 == 1
    if is_pole(x):
        return math.inf if is_odd else math.copysign(math.inf, -x) if x == 0.0 else math.nan
    if order == 0 and 1.0 <= x <= 2.0:
        top = 0.0
        bottom = 0.0
        for k in range(6, -1, -1):
            if k < 6:
                top = top * (x - 1.5) + DIGAMMA_NUMERATOR[k]
            bottom = bottom * (x - 1.5) + DIGAMMA_DENOMINATOR[k]
        return ((x - DIGAMMA_ROOT) - DIGAMMA_ROOT_REST) * top / bottom
    if x > 0.0:
        return polygamma_right(order, x)
    if order == 0:
        rough = polygamma_left(x, 0)
        return digamma_exactly(x) if math.fabs(rough) < NEXT_TO_ROOT and x > FARTHEST_ROOT else rough
    return polygamma_left(x, order)


def digamma_exactly(x: float) -> float:
    """digamma for x < 0 by the recurrence DLMF 5.5.2 and Stirling's series 5.11.2, by pairs of doubles."""
    total = [0.0] * 2
    part = [0.0] * 2
    steps = math.floor(-x) + 32.0
    far = x + steps
    rest = sum_error(x, steps)
    logarithm(far, total)
    add_pair(total, rest / far, 0.0)
    for j in range(16):
        part[0] = QUOTIENTS[2 * j]
        part[1] = 0.0
        divide_pair(part, QUOTIENTS[2 * j + 1])
        for _ in range(2 * j if j > 0 else 1):
            divide_pair(part, far)
            add_pair(part, -part[0] * (rest / far), 0.0)
        add_pair(total, -part[0], -part[1])
    step = 0.0
    while step < steps:
        root = x + step
        part[0] = 1.0
        part[1] = 0.0
        divide_pair(part, root)
        add_pair(part, -part[0] * (sum_error(x, step) / root), 0.0)
        add_pair(total, -part[0], -part[1])
        step += 1.0
    return total[0]


def lgamma_exactly(x: float) -> float:
    """log |gamma(x)| for -10 < x < 0 by the recurrence DLMF 5.5.1 and Stirling's series 5.11.1, by pairs of doubles."""
    total = [0.0] * 2
    part = [0.0] * 2
    product = [0.0] * 2
    steps = math.floor(-x) + 32.0
    far = x + steps
    rest = sum_error(x, steps)
    logarithm(far, total)
    add_pair(total, rest / far, 0.0)
    multiply_pair(total, far - 0.5, rest)
    add_pair(total, -far, -rest)
    add_pair(total, LOG_SQRT_TWO_PI, LOG_SQRT_TWO_PI_REST)
    for j in range(1, 16):
        part[0] = QUOTIENTS[2 * j]
        part[1] = 0.0
        divide_pair(part, QUOTIENTS[2 * j + 1] * (2 * j - 1))
        for _ in range(2 * j - 1):
            divide_pair(part, far)
            add_pair(part, -part[0] * (rest / far), 0.0)
        add_pair(total, part[0], part[1])
    product[0] = 1.0
    step = 0.0
    while step < steps:
        multiply_pair(product, x + step, sum_error(x, step))
        step += 1.0
    logarithm(math.fabs(product[0]), part)
    add_pair(part, product[1] / product[0], 0.0)
    add_pair(total, -part[0], -part[1])
    return total[0]


def polygamma_left(x: float, order: int) -> float:
    """The same for x < 0."""
    is_odd = order % 2 == 1
    if x > -LARGE:
        steps = math.floor(-x) + 1.0
        total = 0.0
        step = 0.0
        while step < steps:  # in pairs, which cancel each other half-way between two poles
            before = 1.0
            after = 1.0
            for k in range(order + 1):
                before *= max(k, 1) / (x + (steps - 1.0 - step))
                after *= max(k, 1) / (x + (steps + step))
            total += before + after
            step += 1.0
        return polygamma_right(order, x + 2.0 * steps) + (total if is_odd else -total)
    # DLMF 5.15.6, the derivatives of the cotangent being the sum over all its poles, DLMF 4.22.3
    rest = x - math.floor(x + 0.5)
    sign = -1.0 if is_odd else 1.0
    own = 1.0
    for k in range(order + 1):
        own *= max(k, 1) / rest
    left = polygamma_right(order, 1.0 - rest)
    right = polygamma_right(order, 1.0 + rest)
    return sign * (polygamma_right(order, 1.0 - x) - own - left) + right


def digamma(x: float) -> float:
    """The derivative of lgamma."""
    return polygamma(x, 0)


def digamma_rise(x: float, h: float) -> float:
    """digamma(x + h) - digamma(x) for x > 0 and h >= 0, of which no term cancels."""
    return digamma_change(x, h, x + h, 0.0, 0.0)


def digamma_change(x: float, h: float, y: float, x_rest: float, y_rest: float) -> float:
    """digamma(y) - digamma(x) for y = x + h and h >= 0, neither a pole: DLMF 5.5.2 and 5.11.2 for the difference.

    The rests are what x and y leave out, which counts next to a pole.
    """
    steps = 12 if x > 0.0 else 13 + int(-x)
    total = 0.0
    for step in range(steps - 1, -1, -1):
        total += h / ((x + step) + x_rest) / ((y + step) + y_rest)
    far = x + steps
    further = far + h
    between = 1.0 / far + 1.0 / further
    rise = h / far / further
    tail = 0.0
    square = 1.0 / far / far
    other = 1.0 / further / further
    first = 0.0
    for j in range(9, 0, -1):
        # the divided difference of s^j, s = 1/x^2, by Horner's rule
        first = tail + other * first
        tail = tail * square + BERNOULLI[j - 1] / (2 * j)
    slope = tail + other * first
    return total + math.log1p(h / far) + 0.5 * rise + rise * between * slope
