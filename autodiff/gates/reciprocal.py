"""Secant, cosecant and cotangent of the hyperbola, and the inverses of all six."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import exponential, rounding, slopes, trigonometric
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import reciprocal

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def asec_textbook(x: Node) -> Node:
    return 1 / (rounding.absolute(x) * exponential.sqrt(x**2 - 1))


def acsch_textbook(x: Node) -> Node:
    return 1 / (rounding.absolute(x) * exponential.sqrt(1 + x**2))


asec_slope: Elementwise = slopes.slope(
    "asec_slope",
    reciprocal.asec_slope,
    lambda x, out: -(out * (1 / x + 0.5 / (x - 1) + 0.5 / (x + 1))),  # three terms of one sign
    is_composed=True,
    of="asec",
    textbook=asec_textbook,
    source="1/(|x|*sqrt(x^2 - 1))",
    samples=(at(2.0), at(-1.000001)),
)
acsch_slope: Elementwise = slopes.slope(
    "acsch_slope",
    reciprocal.acsch_slope,
    lambda x, out: -(out * (1 / x + slopes.held(x) * trigonometric.atan_slope(x))),
    is_composed=True,
    of="-acsch",
    textbook=acsch_textbook,
    source="1/(|x|*sqrt(1 + x^2))",
    samples=(at(2.0), at(-0.01)),
)
sech: Elementwise = Elementwise(
    "sech",
    reciprocal.sech,
    lambda x, out: -(out * trigonometric.tanh(x)),
    is_composed=True,
    has_no_zero=True,
    summary="the hyperbolic secant, 1/cosh(x)",
    source="DLMF 4.34.5",
    samples=(at(-2.0), at(0.5), at(300.0)),
)
csch: Elementwise = Elementwise(
    "csch",
    reciprocal.csch,
    lambda x, out: -(out * coth(x)),
    is_composed=True,
    has_no_zero=True,
    summary="the hyperbolic cosecant, 1/sinh(x)",
    source="DLMF 4.34.4",
    samples=(at(-2.0), at(1e-9), at(300.0)),
)
coth: Elementwise = Elementwise(
    "coth",
    reciprocal.coth,
    lambda x, out: -(csch(x) ** 2),
    is_composed=True,
    code={"latex": r"\coth"},
    has_no_zero=True,
    summary="the hyperbolic cotangent, 1/tanh(x)",
    source="DLMF 4.34.6",
    samples=(at(-2.0), at(1e-9), at(20.0)),
)
asec = Elementwise(
    "asec",
    reciprocal.asec,
    lambda x, out: asec_slope(x),
    aliases=("arcsec",),
    is_composed=True,
    code={"latex": r"\operatorname{arcsec}"},
    summary="the inverse secant, acos(1/x)",
    source="DLMF 4.24.11",
    samples=(at(2.0), at(-1.5), at(1.000001), at(1e200)),
    corners=(Corner((1.0,), 0.0, (np.inf,)),),
)
acsc = Elementwise(
    "acsc",
    reciprocal.acsc,
    lambda x, out: -asec_slope(x),
    aliases=("arccsc",),
    is_composed=True,
    code={"latex": r"\operatorname{arccsc}"},
    summary="the inverse cosecant, asin(1/x)",
    source="DLMF 4.24.10",
    samples=(at(2.0), at(-1.5), at(1.000001), at(1e200)),
    corners=(Corner((1.0,), math.pi / 2, (-np.inf,)),),
)
acot = Elementwise(
    "acot",
    reciprocal.acot,
    lambda x, out: -trigonometric.atan_slope(x),
    aliases=("arccot",),
    is_composed=True,
    code={"latex": r"\operatorname{arccot}"},
    summary="the inverse cotangent, atan(1/x)",
    source="DLMF 4.24.12",
    samples=(at(0.5), at(-3.0), at(1e10)),
    corners=(Corner((0.0,), math.pi / 2, (-1.0,)),),
)
asech = Elementwise(
    "asech",
    reciprocal.asech,
    lambda x, out: -(trigonometric.asin_slope(x) / x),
    aliases=("arcsech",),
    is_composed=True,
    code={"latex": r"\operatorname{arsech}"},
    summary="the inverse hyperbolic secant, acosh(1/x)",
    source="DLMF 4.38.14",
    samples=(at(0.5), at(0.999999), at(1e-9)),
    corners=(Corner((1.0,), 0.0, (-np.inf,)),),
)
acsch = Elementwise(
    "acsch",
    reciprocal.acsch,
    lambda x, out: -acsch_slope(x),
    aliases=("arccsch",),
    is_composed=True,
    code={"latex": r"\operatorname{arcsch}"},
    summary="the inverse hyperbolic cosecant, asinh(1/x)",
    source="DLMF 4.38.13",
    samples=(at(0.5), at(-2.0), at(1e-9), at(1e200)),
)
acoth = Elementwise(
    "acoth",
    reciprocal.acoth,
    lambda x, out: trigonometric.atanh_slope(x),
    aliases=("arccoth",),
    is_composed=True,
    code={"latex": r"\operatorname{arcoth}"},
    summary="the inverse hyperbolic cotangent, atanh(1/x)",
    source="DLMF 4.38.15",
    samples=(at(2.0), at(-1.000001), at(1e10)),
    corners=(Corner((1.0,), np.inf, (np.inf,)),),
)
