"""The accurate forms of numerics/ by gates that every language's math library has: what the code generators write.

Each keeps the digits of the function of the same name there, which gives the reasons. Evaluates nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backprop.autodiff.gates import elementary, logic, rounding, selection, special
from backprop.autodiff.numerics import normal
from backprop.autodiff.numerics.double_double import two_product
from backprop.autodiff.numerics.special import NORMAL_LIMIT, SQRT_HALF, SQRT_TWO_PI, TWO_OVER_SQRT_PI
from backprop.autodiff.numerics.stable import LARGEST, SELU_SCALE, SELU_SCALED_ALPHA

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def decay(x: Node) -> Node:
    """exp(-|x|)."""
    return elementary.exp(-rounding.absolute(x))


def bounded(x: Node, bound: float) -> Node:
    return selection.minimum(selection.maximum(x, -bound), bound)


def squared(x: Node) -> Node:
    return x * x


def sign(x: Node) -> Node:
    return logic.not_equal(x, x).where(x, x.exceeds(0.0) - logic.less(x, 0.0))


def ratio(x: Node, r: Node) -> Node:
    return logic.logical_and(x.equals(0.0), r.equals(0.0)).where(0.0, x / r)


def limit_product(x: Node, y: Node) -> Node:
    return x.equals(0.0).where(0.0, x * y)


def sigmoid(x: Node) -> Node:
    return elementary.exp(selection.minimum(x, 0.0)) / (1.0 + decay(x))


def sigmoid_slope(x: Node) -> Node:
    return decay(x) / squared(1.0 + decay(x))


def softplus(x: Node) -> Node:
    return selection.maximum(x, 0.0) + elementary.log1p(decay(x))


def logsigmoid(x: Node) -> Node:
    return selection.minimum(x, 0.0) - elementary.log1p(decay(x))


def xlogy(x: Node, y: Node) -> Node:
    return y.equals(y).where(limit_product(x, elementary.log(y)), y)


def logaddexp(x: Node, y: Node) -> Node:
    apart = x.equals(y).where(0.0, x - y)
    return selection.maximum(x, y) + elementary.log1p(decay(apart))


def logaddexp_slope(x: Node, y: Node) -> Node:
    return sigmoid(x - y)


def logit(x: Node) -> Node:
    around_root = logic.less(rounding.absolute(x - 0.5), 0.25)
    return around_root.where(elementary.log1p((2.0 * x - 1.0) / (1.0 - x)), elementary.log(x / (1.0 - x)))


def tanh_slope(x: Node) -> Node:
    return squared(2.0 * decay(x) / (1.0 + squared(decay(x))))


def softsign(x: Node) -> Node:
    held = bounded(x, LARGEST)
    return held / (1.0 + rounding.absolute(held))


def silu(x: Node) -> Node:
    held = selection.maximum(x, -LARGEST)
    root = elementary.exp(0.5 * selection.minimum(held, 0.0))
    return held * root * root / (1.0 + decay(held))


def gelu(x: Node) -> Node:
    return selection.maximum(x, -LARGEST) * special.normcdf(x)


def mish(x: Node) -> Node:
    held = selection.maximum(x, -LARGEST)
    half = elementary.exp(-0.5 * rounding.absolute(held))
    whole = half * half
    falling = held * half * (half * (whole + 2.0)) / (whole * (whole + 2.0) + 2.0)
    rising = held * ((1.0 + 2.0 * whole) / (1.0 + 2.0 * whole * (1.0 + whole)))
    return logic.less(x, 0.0).where(falling, rising)


def elu(x: Node, a: Node) -> Node:
    return x.exceeds(0.0).where(x, a * elementary.expm1(selection.minimum(x, 0.0)))


def selu(x: Node) -> Node:
    below = SELU_SCALED_ALPHA * elementary.expm1(selection.minimum(x, 0.0))
    return x.exceeds(0.0).where(SELU_SCALE * x, below)


def asin_slope(x: Node) -> Node:
    return 1.0 / elementary.sqrt((1.0 - x) * (1.0 + x))


def acosh_slope(x: Node) -> Node:
    return 1.0 / (elementary.sqrt(x - 1.0) * elementary.sqrt(x + 1.0))


def asinh_slope(x: Node) -> Node:
    return 1.0 / elementary.hypot(1.0, x)


def atanh_slope(x: Node) -> Node:
    return 1.0 / (1.0 - x) / (1.0 + x)


def atan_slope(x: Node) -> Node:
    return logic.less(rounding.absolute(x), 1e100).where(1.0 / (1.0 + x * x), 1.0 / x / x)


def atan2_slope_y(y: Node, x: Node) -> Node:
    return over_squared_radius(x, y)


def atan2_slope_x(y: Node, x: Node) -> Node:
    return over_squared_radius(-y, x)


def atan2_turn(y: Node, x: Node) -> Node:
    radius = elementary.hypot(x, y)
    return ((y - x) / radius / radius) * ((y + x) / radius / radius)


def over_squared_radius(numerator: Node, other: Node) -> Node:
    """a / (a^2 + b^2), by the larger of the two, so that no square overflows; 0 where a or b is infinite."""
    largest = selection.maximum(rounding.absolute(numerator), rounding.absolute(other))
    a, b = numerator / largest, other / largest
    quotient = a / (a * a + b * b) / largest
    return largest.equals(math.inf).where(rounding.sign(numerator) / largest, quotient)


def hypot_slope(x: Node, y: Node) -> Node:
    return elementary.ratio(x, elementary.hypot(x, y))


def normpdf(x: Node) -> Node:
    held = bounded(x, NORMAL_LIMIT)
    square, error = two_product(held, held)
    result: Node = elementary.exp(-0.5 * square) * (1.0 - 0.5 * error) / SQRT_TWO_PI
    return result


def normcdf(x: Node) -> Node:
    held = -bounded(x, NORMAL_LIMIT)
    high, error = two_product(held, held.graph.constant(SQRT_HALF.high))
    low = error + held * SQRT_HALF.low
    slope = TWO_OVER_SQRT_PI * elementary.exp(-high * high)
    result: Node = 0.5 * (special.erfc(high) - slope * low)
    return result


def lognormcdf(x: Node) -> Node:
    far = selection.minimum(x, normal.TAIL)
    tail = far * (-0.5 * far) - normal.LOG_SQRT_TWO_PI - elementary.log(mean_below(far) - far)
    near = logic.less(x, 0.0).where(elementary.log(special.normcdf(x)), elementary.log1p(-special.normcdf(-x)))
    return logic.less(x, normal.TAIL).where(tail, near)


def logerfc(x: Node) -> Node:
    far = selection.maximum(x, -normal.TAIL)
    moment = mean_below(far * -normal.SQRT_TWO) / normal.SQRT_TWO
    tail = far * -far - elementary.log(normal.SQRT_PI * (far + moment))
    near = x.exceeds(0.5).where(elementary.log(special.erfc(x)), elementary.log1p(-special.erf(x)))
    return x.exceeds(-normal.TAIL).where(tail, near)


def mean_below(x: Node) -> Node:
    """normal.first_moment(-x), for x <= TAIL."""
    result: Node = normal.scaled_moments(1, -x, normal.steps_for(1, -normal.TAIL))[0] / -x
    return result


def lognormcdf_derivative(x: Node, order: int) -> Node:
    held = bounded(x, NORMAL_LIMIT)
    return log_cdf_derivative(order, x, special.normpdf(held) / special.normcdf(held))


def logerfc_derivative(x: Node, order: int) -> Node:
    held = bounded(x, NORMAL_LIMIT)
    square, error = two_product(held, held)
    density = (TWO_OVER_SQRT_PI / normal.SQRT_TWO) * (elementary.exp(-square) * (1.0 - error))
    hazard = density / special.erfc(held)
    return (-normal.SQRT_TWO) ** order * log_cdf_derivative(order, -normal.SQRT_TWO * x, hazard)


def log_cdf_derivative(order: int, y: Node, hazard: Node) -> Node:
    """The derivative of log Φ at y: by moments left of TAIL, by its polynomial elsewhere."""
    t = selection.maximum(-y, -normal.TAIL)
    tail = normal.cumulants(normal.scaled_moments(order, t, normal.steps_for(order, -normal.TAIL)))[-1]
    for _ in range(order):
        tail = tail / t
    tail = t + tail if order == 1 else tail - 1.0 if order == 2 else tail
    near = normal.value_of(normal.hazard_polynomial(order), bounded(y, NORMAL_LIMIT), hazard)
    return logic.less(y, normal.TAIL).where(tail, near)


def relu(x: Node) -> Node:
    return selection.maximum(x, 0.0)


def leaky_relu(x: Node, a: Node) -> Node:
    return x.exceeds(0.0).where(x, a * x)


def hard_tanh(x: Node) -> Node:
    return bounded(x, 1.0)


def hard_sigmoid(x: Node) -> Node:
    return selection.minimum(selection.maximum(x / 6.0 + 0.5, 0.0), 1.0)


def sec(x: Node) -> Node:
    return 1.0 / elementary.cos(x)


def csc(x: Node) -> Node:
    return 1.0 / elementary.sin(x)


def cot(x: Node) -> Node:
    return 1.0 / elementary.tan(x)


def deg2rad(x: Node) -> Node:
    return x * (math.pi / 180.0)


def rad2deg(x: Node) -> Node:
    return x * (180.0 / math.pi)


def square(x: Node) -> Node:
    return x * x
