"""Derivatives that need a form of their own to keep their digits where the textbook's form loses them.

None is a function of the language; a reader sees the `textbook` form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff.declaration.gate import Attribute, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.notation import Postfix
from backprop.autodiff.gates import activations, elementary, kernels, radial, special
from backprop.autodiff.numerics import stable
from backprop.autodiff.numerics.special import TWO_OVER_SQRT_PI


def slope(name: str, forward: Callable[..., Any], *gradients: Any, of: str, **declaration: Any) -> Elementwise:
    """The declaration of the derivative of the gate `of`."""
    return Elementwise(
        name,
        forward,
        *gradients,
        summary=f"the derivative of {of}",
        habit=f"scales the gradient by the second derivative of {of}",
        is_public=False,
        **declaration,
    )


ANY = 1.7976931348623157e308
EXPONENTIAL = 1000.0  # exp(-1000) is 0 in doubles, and so are products of it with powers of 1000
held: Elementwise = Elementwise(
    "held",
    lambda x, bound: np.minimum(np.maximum(x, -bound), bound),
    lambda x, out: 1,
    attributes={"bound": Attribute(float, ANY)},
    notation=Postfix(""),
    textbook=lambda x, bound: x,
    is_composed=True,
    summary="x as the factor of what vanishes faster than x grows: beyond the bound the product is 0, not inf*0",
    habit="passes the gradient on",
    source="the limit of the product",
    samples=(at(2.0), at(-1e300)),
    is_public=False,
)
asin_slope = slope(
    "asin_slope",
    stable.asin_slope,
    lambda x, out: x * out**3,
    is_composed=True,
    of="asin",
    textbook=lambda x: 1 / elementary.sqrt(1 - x**2),
    source="(1 - x^2)^(-1/2)",
    samples=(at(0.5), at(-0.999999)),
)
acosh_slope = slope(
    "acosh_slope",
    stable.acosh_slope,
    lambda x, out: -(held(x) * out * out * out),  # out^3 alone underflows where the product does not
    is_composed=True,
    of="acosh",
    textbook=lambda x: 1 / (elementary.sqrt(x - 1) * elementary.sqrt(x + 1)),  # nan below -1, as acosh is
    source="(x^2 - 1)^(-1/2)",
    samples=(at(2.0), at(1.000001)),
)
asinh_slope = slope(
    "asinh_slope",
    stable.asinh_slope,
    lambda x, out: -(held(x) * out * out * out),  # out^3 alone underflows where the product does not
    is_composed=True,
    of="asinh",
    textbook=lambda x: 1 / elementary.sqrt(1 + x**2),
    source="(1 + x^2)^(-1/2)",
    samples=(at(2.0), at(-0.01)),
)
atanh_slope = slope(
    "atanh_slope",
    stable.atanh_slope,
    lambda x, out: 2 * (held(x) * out) * out,  # out^2 alone underflows from 1e81
    is_composed=True,
    of="atanh",
    textbook=lambda x: 1 / (1 - x**2),
    source="(1 - x^2)^(-1)",
    samples=(at(0.5), at(-0.999999)),
)
atan_slope = slope(
    "atan_slope",
    stable.atan_slope,
    lambda x, out: -(2 * (held(x) * out) * out),
    is_composed=True,
    of="atan",
    textbook=lambda x: 1 / (1 + x**2),
    source="(1 + x^2)^(-1)",
    samples=(at(0.5), at(-3.0)),
)


atan2_slope_y = slope(
    "atan2_slope_y",
    stable.atan2_slope_y,
    lambda y, x, out: 2 * atan2_slope_x(y, x) * out,
    lambda y, x, out: atan2_turn(y, x),
    kernel=lambda y, x: kernels.over_squared_radius(x, y),
    of="atan2 by y",
    operands=("y", "x"),
    textbook=lambda y, x: x / (x**2 + y**2),
    source="x/(x^2 + y^2)",
    samples=(at(1.0, 2.0), at(-1.5, -0.25)),
)
atan2_slope_x: Elementwise = slope(
    "atan2_slope_x",
    stable.atan2_slope_x,
    lambda y, x, out: atan2_turn(y, x),
    lambda y, x, out: -(2 * atan2_slope_y(y, x) * out),
    kernel=lambda y, x: kernels.over_squared_radius(-y, x),
    of="atan2 by x",
    operands=("y", "x"),
    textbook=lambda y, x: -y / (x**2 + y**2),
    source="-y/(x^2 + y^2)",
    samples=(at(1.0, 2.0), at(-1.5, -0.25)),
)
atan2_turn: Elementwise = slope(
    "atan2_turn",
    stable.atan2_turn,
    # by real and imaginary parts of 1/(x + iy)^3: those of (y - x)(y + x) would cancel where y or x is small
    lambda y, x, out: -2 * atan2_slope_x(y, x) * (3 * atan2_slope_y(y, x) ** 2 - atan2_slope_x(y, x) ** 2),
    lambda y, x, out: 2 * atan2_slope_y(y, x) * (atan2_slope_y(y, x) ** 2 - 3 * atan2_slope_x(y, x) ** 2),
    kernel=kernels.atan2_turn,
    of="atan2 by y and x",
    operands=("y", "x"),
    textbook=lambda y, x: (y - x) * (y + x) / elementary.hypot(x, y) ** 4,
    source="(y^2 - x^2)/(x^2 + y^2)^2",
    samples=(at(1.0, 2.0), at(-1.5, -0.25)),
)


def over_radius(a: Any, x: Any, y: Any) -> Any:
    """a/hypot(x, y), and 0 where that is 0: opposite sides have opposite slopes there."""
    return radial.quotient(a, elementary.hypot(x, y), 0.0)


hypot_slope = slope(
    "hypot_slope",
    stable.hypot_slope,
    # (1 - out^2)/hypot(x, y) would cancel where y is small
    lambda x, y, out: over_radius(radial.direction(y, elementary.hypot(x, y)) ** 2, x, y),
    lambda x, y, out: over_radius(-(out * radial.direction(y, elementary.hypot(x, y))), x, y),
    kernel=lambda x, y: elementary.ratio(x, elementary.hypot(x, y)),
    of="hypot by x",
    operands=("x", "y"),
    textbook=lambda x, y: x / elementary.hypot(x, y),
    gap=Gap(lambda x, y: radial.vanishes(elementary.hypot(x, y))),
    source="x/sqrt(x^2 + y^2)",
    samples=(at(3.0, 4.0), at(-0.5, 1e-12)),
)
erf_slope: Elementwise = slope(
    "erf_slope",
    lambda x: TWO_OVER_SQRT_PI * np.exp(-(x * x)),
    lambda x, out: -(2 * held(x, bound=EXPONENTIAL) * out),
    kernel=lambda x: special.error_slope(x),
    of="erf",
    textbook=lambda x: special.error_slope(x),
    source="DLMF 7.10.1",
    samples=(at(0.5), at(-2.0), at(20.0)),
)
tanh_slope = slope(
    "tanh_slope",
    stable.tanh_slope,
    lambda x, out: -(2 * elementary.tanh(x) * out),
    is_composed=True,
    of="tanh",
    textbook=lambda x: 1 - elementary.tanh(x) ** 2,
    source="1/cosh(x)^2; 1 - tanh(x)^2 is 0 from x = 20",
    samples=(at(-2.0), at(0.01), at(20.0), at(-300.0)),
)
sigmoid_slope = slope(
    "sigmoid_slope",
    stable.sigmoid_slope,
    # 1 - 2*sigmoid(x) would cancel near 0
    lambda x, out: -(out * elementary.tanh(x / 2)),
    is_composed=True,
    of="sigmoid",
    textbook=lambda x: activations.sigmoid(x) * (1 - activations.sigmoid(x)),
    source="sigmoid(x)*sigmoid(-x); 1 - sigmoid(x) is 0 from x = 37",
    samples=(at(-3.0), at(0.01), at(40.0), at(-700.0)),
)
logaddexp_slope: Elementwise = slope(
    "logaddexp_slope",
    stable.logaddexp_slope,
    lambda x, y, out: out * logaddexp_slope(y, x),
    lambda x, y, out: -(out * logaddexp_slope(y, x)),
    kernel=lambda x, y: stable.sigmoid(x - y),
    of="logaddexp by x",
    operands=("x", "y"),
    textbook=lambda x, y: activations.sigmoid(x - y),
    source="sigmoid(x - y)",
    samples=(at(0.5, -2.0), at(800.0, 799.0), at(-800.0, -100.0)),
)
