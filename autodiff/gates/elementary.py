"""Roots, exponentials, logarithms, circular and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.declaration.gate import Corner, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.notation import POWER, PRODUCT, Template
from backprop.autodiff.gates import kernels, logic, slopes
from backprop.autodiff.gates.radial import Hypotenuse
from backprop.autodiff.numerics import odd, powers, stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

PAIR = ("y", "x")


def log_of(base: float, x: Node) -> Node:
    """log(2) and the like, in the graph of x."""
    return log(x.graph.constant(base))


def pi_of(x: Node) -> Node:
    """pi, in the graph of x."""
    return x.graph.constant(math.pi, "pi")


def reciprocal_of(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: 1.0 / function(x)


sqrt: Elementwise = Elementwise(
    "sqrt",
    np.sqrt,
    lambda x, out: 1 / (2 * out),
    code={"math": "sqrt", "latex": r"\sqrt{{0}}"},
    summary="the square root",
    habit="divides the gradient by twice the root",
    source="DLMF 4.4.8",
    samples=(at(2.0), at(1e-8), at(1e300)),
    corners=(Corner((0.0,), 0.0, (np.inf,)),),
)
cbrt = Elementwise(
    "cbrt",
    np.cbrt,
    lambda x, out: 1 / (3 * out) / out,  # the square's own derivative is infinite at infinity
    code={"math": "cbrt", "latex": r"\sqrt[3]{{0}}"},
    summary="the real cube root",
    habit="divides the gradient by three times the root squared",
    source="the power rule",
    samples=(at(2.0), at(-0.3), at(1e-9)),
    corners=(Corner((0.0,), 0.0, (np.inf,)),),
)
square = Elementwise(
    "square",
    np.square,
    lambda x, out: 2 * x,
    textbook=lambda x: x**2,
    kernel=lambda x: x * x,
    code={"latex": Template(r"{0}^2", POWER)},
    summary="x squared",
    source="the power rule",
    samples=(at(2.0), at(-0.3)),
)
hypot: Hypotenuse = Hypotenuse(
    "hypot",
    np.hypot,
    lambda x, y, out: slopes.hypot_slope(x, y),
    lambda x, y, out: slopes.hypot_slope(y, x),
    operands=("x", "y"),
    code={"math": "hypot"},
    summary="sqrt(x^2 + y^2) without overflow",
    habit="scales the gradient by the direction x/hypot(x, y)",
    source="the chain rule; 0 at the origin",
    samples=(at(3.0, 4.0), at(-1e200, 1e200), at(1e-200, 2e-200)),
    corners=(Corner((0.0, 0.0), 0.0, (0.0, 0.0)),),
)
ratio: Elementwise = Elementwise(
    "ratio",
    stable.ratio,
    lambda x, r, out: 1 / r,
    lambda x, r, out: -(out / r),
    operands=("x", "r"),
    textbook=lambda x, r: x / r,
    gap=Gap(lambda x, r: logic.all_of(x.equals(0.0), r.equals(0.0))),
    kernel=kernels.ratio,
    summary="x / r, and 0 where both are 0",
    habit="divides the gradient by r",
    source="the convention for the norm of zeros",
    samples=(at(3.0, 5.0), at(-0.5, 0.75)),
    is_public=False,
)
exp: Elementwise = Elementwise(
    "exp",
    np.exp,
    lambda x, out: out,
    code={"math": "exp", "latex": Template(r"e^{{0}}", POWER)},
    summary="e to the power x",
    habit="scales the gradient by its own value",
    source="DLMF 4.2.19",
    samples=(at(1.5), at(-30.0)),
)
exp2 = Elementwise(
    "exp2",
    np.exp2,
    lambda x, out: out * log_of(2, x),
    code={
        "math": "exp2",
        "latex": Template(r"2^{{0}}", POWER),
        "python": "_pow(2.0, {0})",
        "javascript": "_pow(2, {0})",
    },
    summary="2 to the power x",
    habit="scales the gradient by log(2) times its own value",
    source="DLMF 4.2.26",
    samples=(at(1.5), at(-30.0)),
)
expm1: Elementwise = Elementwise(
    "expm1",
    np.expm1,
    lambda x, out: exp(x),
    code={"math": "expm1"},
    summary="exp(x) - 1, exact near 0",
    source="DLMF 4.2.19",
    samples=(at(1.5), at(1e-12), at(-30.0)),
)
log: Elementwise = Elementwise(
    "log",
    np.log,
    lambda x, out: 1 / x,
    aliases=("ln",),
    code={"math": "log", "latex": r"\log"},
    summary="the natural logarithm",
    source="DLMF 4.2.2",
    samples=(at(1.5), at(1e-12), at(1e300)),
    corners=(Corner((0.0,), -np.inf, (np.inf,)),),
)
xlogy = Elementwise(
    "xlogy",
    powers.xlogy,
    lambda x, y, out: log(y),
    lambda x, y, out: ratio(x, y),
    operands=("x", "y"),
    kernel=kernels.xlogy,
    code={"latex": Template(r"{0} \log\left({1}\right)", PRODUCT)},
    summary="x*log(y), and 0 where x is 0",
    habit="scales the gradient by log(y) for x and by x/y for y",
    source="DLMF 4.2.2; x*log(x) has the limit 0 at 0",
    samples=(at(2.0, 3.0), at(-1.5, 0.25), at(0.5, 1e-300), at(3.0, 1.0000001)),
    corners=(
        Corner((0.0, 2.0), 0.0, (math.log(2.0), 0.0)),
        Corner((0.0, 0.0), 0.0, (-np.inf, 0.0)),
        Corner((2.0, 0.0), -np.inf, (-np.inf, np.inf)),
    ),
)
log2 = Elementwise(
    "log2",
    np.log2,
    lambda x, out: 1 / (x * log_of(2, x)),
    code={"math": "log2", "latex": r"\log_{2}"},
    summary="the logarithm to base 2",
    source="DLMF 4.2.10",
    samples=(at(1.5), at(1e-12)),
)
log10 = Elementwise(
    "log10",
    np.log10,
    lambda x, out: 1 / (x * log_of(10, x)),
    code={"math": "log10", "latex": r"\log_{10}"},
    summary="the logarithm to base 10",
    source="DLMF 4.2.10",
    samples=(at(1.5), at(1e-12)),
)
log1p = Elementwise(
    "log1p",
    np.log1p,
    lambda x, out: 1 / (1 + x),
    code={"math": "log1p"},
    summary="log(1 + x), exact near 0",
    source="DLMF 4.2.2",
    samples=(at(1.5), at(1e-12), at(-0.75)),
)
deg2rad = Elementwise(
    "deg2rad",
    np.deg2rad,
    lambda x, out: pi_of(x) / 180,
    kernel=lambda x: x * (math.pi / 180.0),
    summary="degrees as radians",
    source="by definition",
    samples=(at(30.0), at(-720.5)),
)
rad2deg = Elementwise(
    "rad2deg",
    np.rad2deg,
    lambda x, out: 180 / pi_of(x),
    kernel=lambda x: x * (180.0 / math.pi),
    summary="radians as degrees",
    source="by definition",
    samples=(at(0.5), at(-7.5)),
)
sin = Elementwise(
    "sin",
    np.sin,
    lambda x, out: cos(x),
    odd=odd.SIN,
    code={"math": "sin", "latex": r"\sin"},
    summary="the sine",
    source="DLMF 4.20.1",
    samples=(at(-2.0), at(0.5), at(1e-9)),
)
cos: Elementwise = Elementwise(
    "cos",
    np.cos,
    lambda x, out: -sin(x),
    code={"math": "cos", "latex": r"\cos"},
    summary="the cosine",
    source="DLMF 4.20.2",
    samples=(at(-2.0), at(0.5), at(1e-9)),
)
tan = Elementwise(
    "tan",
    np.tan,
    lambda x, out: 1 + out**2,
    odd=odd.TAN,
    code={"math": "tan", "latex": r"\tan"},
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
    summary="the cotangent, 1/tan(x)",
    source="DLMF 4.20.6",
    samples=(at(-2.0), at(0.5)),
)
asin = Elementwise(
    "asin",
    np.arcsin,
    lambda x, out: slopes.asin_slope(x),
    aliases=("arcsin",),
    odd=odd.ASIN,
    code={"math": "asin", "latex": r"\arcsin"},
    summary="the inverse sine",
    source="DLMF 4.24.7",
    samples=(at(0.5), at(-0.999999), at(1e-9)),
)
acos = Elementwise(
    "acos",
    np.arccos,
    lambda x, out: -slopes.asin_slope(x),
    aliases=("arccos",),
    code={"math": "acos", "latex": r"\arccos"},
    summary="the inverse cosine",
    habit="divides the gradient by -sqrt(1 - x^2)",
    source="DLMF 4.24.8",
    samples=(at(0.5), at(-0.999999)),
)
atan = Elementwise(
    "atan",
    np.arctan,
    lambda x, out: slopes.atan_slope(x),
    aliases=("arctan",),
    odd=odd.ATAN,
    code={"math": "atan", "latex": r"\arctan"},
    summary="the inverse tangent",
    source="DLMF 4.24.9",
    samples=(at(0.5), at(-3.0), at(1e10)),
)
atan2 = Elementwise(
    "atan2",
    np.arctan2,
    lambda y, x, out: slopes.atan2_slope_y(y, x),
    lambda y, x, out: slopes.atan2_slope_x(y, x),
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
    odd=odd.SINH,
    code={"math": "sinh", "latex": r"\sinh"},
    summary="the hyperbolic sine",
    source="DLMF 4.34.1",
    samples=(at(-2.0), at(1e-9)),
)
cosh: Elementwise = Elementwise(
    "cosh",
    np.cosh,
    lambda x, out: sinh(x),
    code={"math": "cosh", "latex": r"\cosh"},
    summary="the hyperbolic cosine",
    source="DLMF 4.34.2",
    samples=(at(-2.0), at(1e-9)),
)
tanh: Elementwise = Elementwise(
    "tanh",
    np.tanh,
    lambda x, out: slopes.tanh_slope(x),
    odd=odd.TANH,
    code={"math": "tanh", "latex": r"\tanh"},
    summary="the hyperbolic tangent",
    habit="squashes into (-1, 1); scales the gradient by 1 - tanh(x)^2, at most 1",
    source="DLMF 4.34.3",
    samples=(at(-2.0), at(1e-9), at(20.0), at(-300.0)),
)
asinh = Elementwise(
    "asinh",
    np.arcsinh,
    lambda x, out: slopes.asinh_slope(x),
    aliases=("arcsinh",),
    odd=odd.ASINH,
    code={"math": "asinh", "latex": r"\operatorname{arsinh}"},
    summary="the inverse hyperbolic sine",
    source="DLMF 4.38.10",
    samples=(at(-2.0), at(1e-9), at(1e200)),
)
acosh = Elementwise(
    "acosh",
    np.arccosh,
    lambda x, out: slopes.acosh_slope(x),
    aliases=("arccosh",),
    code={"math": "acosh", "latex": r"\operatorname{arcosh}"},
    summary="the inverse hyperbolic cosine",
    source="DLMF 4.38.11",
    samples=(at(2.0), at(1.0000001), at(1e200)),
)
atanh = Elementwise(
    "atanh",
    np.arctanh,
    lambda x, out: slopes.atanh_slope(x),
    aliases=("arctanh",),
    odd=odd.ATANH,
    code={"math": "atanh", "latex": r"\operatorname{artanh}"},
    summary="the inverse hyperbolic tangent",
    source="DLMF 4.38.12",
    samples=(at(0.5), at(-0.9999999), at(1e-9)),
)
