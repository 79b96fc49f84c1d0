"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.gate import Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import kernels, slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals, odd, stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


PAIR = ("y", "x")


def pi_of(x: Node) -> Node:
    """pi, in the graph of x."""
    return x.graph.constant(math.pi, "pi")


def reciprocal_of(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: 1.0 / function(x)


deg2rad = Elementwise(
    "deg2rad",
    np.deg2rad,
    lambda x, out: pi_of(x) / 180,
    kernel=lambda x: x * (math.pi / 180.0),
    enclosure=intervals.between(),
    summary="degrees as radians",
    source="by definition",
    samples=(at(30.0), at(-720.5)),
)

rad2deg = Elementwise(
    "rad2deg",
    np.rad2deg,
    lambda x, out: 180 / pi_of(x),
    kernel=lambda x: x * (180.0 / math.pi),
    enclosure=intervals.between(),
    summary="radians as degrees",
    source="by definition",
    samples=(at(0.5), at(-7.5)),
)

sin = Elementwise(
    "sin",
    np.sin,
    lambda x, out: cos(x),
    squared=lambda x: 1 - cos(x) ** 2,
    partners=lambda x: [(1 / cos(x), tan(x))],
    odd=odd.SIN,
    code={"math": "sin", "latex": r"\sin"},
    enclosure=intervals.wave(math.pi / 2),
    summary="the sine",
    source="DLMF 4.20.1",
    samples=(at(-2.0), at(0.5), at(1e-9)),
)

cos: Elementwise = Elementwise(
    "cos",
    np.cos,
    lambda x, out: -sin(x),
    squared=lambda x: 1 - sin(x) ** 2,
    code={"math": "cos", "latex": r"\cos"},
    hazard=Hazard.SATURATES,
    enclosure=intervals.wave(0.0),
    summary="the cosine",
    source="DLMF 4.20.2",
    samples=(at(-2.0), at(0.5), at(1e-9)),
)

tan: Elementwise = Elementwise(
    "tan",
    np.tan,
    lambda x, out: 1 + out**2,
    odd=odd.TAN,
    code={"math": "tan", "latex": r"\tan"},
    enclosure=intervals.between_poles(math.pi / 2, math.pi),
    summary="the tangent",
    source="DLMF 4.20.3",
    samples=(at(-2.0), at(0.5), at(1.5707)),
)

sec = Elementwise(
    "sec",
    reciprocal_of(np.cos),
    lambda x, out: out * tan(x),
    is_composed=True,
    code={"latex": r"\sec"},
    has_no_zero=True,
    enclosure=intervals.inverse_of(intervals.wave(0.0), np.cos),
    summary="the secant, 1/cos(x)",
    source="DLMF 4.20.5",
    samples=(at(-2.0), at(0.5)),
)

csc = Elementwise(
    "csc",
    reciprocal_of(np.sin),
    lambda x, out: -(out * cot(x)),
    is_composed=True,
    code={"latex": r"\csc"},
    has_no_zero=True,
    enclosure=intervals.inverse_of(intervals.wave(math.pi / 2), np.sin),
    summary="the cosecant, 1/sin(x)",
    habit="scales the gradient by -csc(x)*cot(x)",
    source="DLMF 4.20.4",
    samples=(at(-2.0), at(0.5)),
)

cot: Elementwise = Elementwise(
    "cot",
    reciprocal_of(np.tan),
    lambda x, out: -(1 + out**2),
    is_composed=True,
    code={"latex": r"\cot"},
    enclosure=intervals.between_poles(0.0, math.pi),
    summary="the cotangent, 1/tan(x)",
    source="DLMF 4.20.6",
    samples=(at(-2.0), at(0.5)),
)

asin = Elementwise(
    "asin",
    np.arcsin,
    lambda x, out: asin_slope(x),
    aliases=("arcsin",),
    odd=odd.ASIN,
    code={"math": "asin", "latex": r"\arcsin"},
    enclosure=intervals.between(low=-1.0, high=1.0),
    summary="the inverse sine",
    source="DLMF 4.24.7",
    samples=(at(0.5), at(-0.999999), at(1e-9)),
)

acos = Elementwise(
    "acos",
    np.arccos,
    lambda x, out: -asin_slope(x),
    aliases=("arccos",),
    code={"math": "acos", "latex": r"\arccos"},
    enclosure=intervals.between(low=-1.0, high=1.0),
    summary="the inverse cosine",
    habit="divides the gradient by -sqrt(1 - x^2)",
    source="DLMF 4.24.8",
    samples=(at(0.5), at(-0.999999)),
)

atan = Elementwise(
    "atan",
    np.arctan,
    lambda x, out: atan_slope(x),
    aliases=("arctan",),
    odd=odd.ATAN,
    code={"math": "atan", "latex": r"\arctan"},
    enclosure=intervals.between(),
    summary="the inverse tangent",
    source="DLMF 4.24.9",
    samples=(at(0.5), at(-3.0), at(1e10)),
)

atan2 = Elementwise(
    "atan2",
    np.arctan2,
    lambda y, x, out: atan2_slope_y(y, x),
    lambda y, x, out: atan2_slope_x(y, x),
    operands=PAIR,
    aliases=("arctan2",),
    code={"math": "atan2"},
    summary="the angle of the point (x, y), from -pi to pi",
    habit="gives y x/(x^2 + y^2) of the gradient, and x -y/(x^2 + y^2) of it",
    source="the chain rule on atan(y/x)",
    samples=(at(1.0, 2.0), at(-1.0, -2.0), at(1e-200, 3e-200), at(1e200, -3e200)),
)

sinh = Elementwise(
    "sinh",
    np.sinh,
    lambda x, out: cosh(x),
    squared=lambda x: cosh(x) ** 2 - 1,
    partners=lambda x: [(1 / cosh(x), tanh(x))],
    odd=odd.SINH,
    code={"math": "sinh", "latex": r"\sinh"},
    hazard=Hazard.SATURATES,
    enclosure=intervals.between(),
    summary="the hyperbolic sine",
    source="DLMF 4.34.1",
    samples=(at(-2.0), at(1e-9)),
)

cosh: Elementwise = Elementwise(
    "cosh",
    np.cosh,
    lambda x, out: sinh(x),
    squared=lambda x: 1 + sinh(x) ** 2,
    code={"math": "cosh", "latex": r"\cosh"},
    hazard=Hazard.SATURATES,
    has_no_zero=True,
    enclosure=intervals.between(0.0),
    summary="the hyperbolic cosine",
    source="DLMF 4.34.2",
    samples=(at(-2.0), at(1e-9)),
)

tanh: Elementwise = Elementwise(
    "tanh",
    np.tanh,
    lambda x, out: tanh_slope(x),
    odd=odd.TANH,
    code={"math": "tanh", "latex": r"\tanh"},
    hazard=Hazard.SATURATES,
    enclosure=intervals.between(),
    summary="the hyperbolic tangent",
    habit="squashes into (-1, 1); scales the gradient by 1 - tanh(x)^2, at most 1",
    source="DLMF 4.34.3",
    samples=(at(-2.0), at(1e-9), at(20.0), at(-300.0)),
)

asinh = Elementwise(
    "asinh",
    np.arcsinh,
    lambda x, out: asinh_slope(x),
    aliases=("arcsinh",),
    odd=odd.ASINH,
    code={"math": "asinh", "latex": r"\operatorname{arsinh}"},
    enclosure=intervals.between(),
    summary="the inverse hyperbolic sine",
    source="DLMF 4.38.10",
    samples=(at(-2.0), at(1e-9), at(1e200)),
)

acosh = Elementwise(
    "acosh",
    np.arccosh,
    lambda x, out: acosh_slope(x),
    aliases=("arccosh",),
    code={"math": "acosh", "latex": r"\operatorname{arcosh}"},
    enclosure=intervals.between(low=1.0),
    summary="the inverse hyperbolic cosine",
    source="DLMF 4.38.11",
    samples=(at(2.0), at(1.0000001), at(1e200)),
)

atanh = Elementwise(
    "atanh",
    np.arctanh,
    lambda x, out: atanh_slope(x),
    aliases=("arctanh",),
    odd=odd.ATANH,
    code={"math": "atanh", "latex": r"\operatorname{artanh}"},
    enclosure=intervals.between(low=-1.0, high=1.0),
    summary="the inverse hyperbolic tangent",
    source="DLMF 4.38.12",
    samples=(at(0.5), at(-0.9999999), at(1e-9)),
)

asin_slope: Elementwise = slopes.slope(
    "asin_slope",
    stable.asin_slope,
    lambda x, out: x * out**3,
    is_composed=True,
    enclosure=intervals.between(0.0, low=-1.0, high=1.0),
    of="asin",
    textbook=lambda x: 1 / np.sqrt(1 - x**2),
    source="(1 - x^2)^(-1/2)",
    samples=(at(0.5), at(-0.999999)),
)

atan_slope: Elementwise = slopes.slope(
    "atan_slope",
    stable.atan_slope,
    lambda x, out: -(2 * (slopes.held(x) * out) * out),
    is_composed=True,
    enclosure=intervals.between(0.0),
    of="atan",
    textbook=lambda x: 1 / (1 + x**2),
    source="(1 + x^2)^(-1)",
    samples=(at(0.5), at(-3.0)),
)

atan2_slope_y: Elementwise = slopes.slope(
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

atan2_slope_x: Elementwise = slopes.slope(
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

atan2_turn: Elementwise = slopes.slope(
    "atan2_turn",
    stable.atan2_turn,
    # by real and imaginary parts of 1/(x + iy)^3: those of (y - x)(y + x) would cancel where y or x is small
    lambda y, x, out: -2 * atan2_slope_x(y, x) * (3 * atan2_slope_y(y, x) ** 2 - atan2_slope_x(y, x) ** 2),
    lambda y, x, out: 2 * atan2_slope_y(y, x) * (atan2_slope_y(y, x) ** 2 - 3 * atan2_slope_x(y, x) ** 2),
    kernel=kernels.atan2_turn,
    of="atan2 by y and x",
    operands=("y", "x"),
    textbook=lambda y, x: (y - x) * (y + x) / np.hypot(x, y) ** 4,
    source="(y^2 - x^2)/(x^2 + y^2)^2",
    samples=(at(1.0, 2.0), at(-1.5, -0.25)),
)

tanh_slope: Elementwise = slopes.slope(
    "tanh_slope",
    stable.tanh_slope,
    lambda x, out: -(2 * tanh(x) * out),
    is_composed=True,
    enclosure=intervals.between(0.0),
    of="tanh",
    textbook=lambda x: 1 - tanh(x) ** 2,
    source="1/cosh(x)^2; 1 - tanh(x)^2 is 0 from x = 20",
    samples=(at(-2.0), at(0.01), at(20.0), at(-300.0)),
)

asinh_slope: Elementwise = slopes.slope(
    "asinh_slope",
    stable.asinh_slope,
    lambda x, out: -(slopes.held(x) * out * out * out),  # out^3 alone underflows where the product does not
    is_composed=True,
    enclosure=intervals.between(0.0),
    of="asinh",
    textbook=lambda x: 1 / np.sqrt(1 + x**2),
    source="(1 + x^2)^(-1/2)",
    samples=(at(2.0), at(-0.01)),
)

acosh_slope: Elementwise = slopes.slope(
    "acosh_slope",
    stable.acosh_slope,
    lambda x, out: -(slopes.held(x) * out * out * out),  # out^3 alone underflows where the product does not
    is_composed=True,
    enclosure=intervals.between(low=1.0),
    of="acosh",
    textbook=lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)),  # nan below -1, as acosh is
    source="(x^2 - 1)^(-1/2)",
    samples=(at(2.0), at(1.000001)),
)

atanh_slope: Elementwise = slopes.slope(
    "atanh_slope",
    stable.atanh_slope,
    lambda x, out: 2 * (slopes.held(x) * out) * out,  # out^2 alone underflows from 1e81
    is_composed=True,
    of="atanh",
    textbook=lambda x: 1 / (1 - x**2),
    source="(1 - x^2)^(-1)",
    samples=(at(0.5), at(-0.999999)),
)
