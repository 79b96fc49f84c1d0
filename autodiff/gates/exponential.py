"""Roots, exponentials and logarithms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backprop.autodiff.declaration.gate import Corner, Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.notation import POWER, PRODUCT, Template
from backprop.autodiff.gates import arithmetic, kernels, radial
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals, powers

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def log_of(base: float, x: Node) -> Node:
    """log(2) and the like, in the graph of x."""
    return log(x.graph.constant(base))


sqrt: Elementwise = Elementwise(
    "sqrt",
    np.sqrt,
    lambda x, out: 1 / (2 * out),
    squared=lambda x: x,
    code={"math": "sqrt", "latex": r"\sqrt{{0}}"},
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.between(low=0.0),
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
    enclosure=intervals.between(),
    summary="the real cube root",
    habit="divides the gradient by three times the root squared",
    source="the power rule",
    samples=(at(2.0), at(-0.3), at(1e-9)),
    corners=(Corner((0.0,), 0.0, (np.inf,)),),
)

hypot: radial.Hypotenuse = radial.Hypotenuse(
    "hypot",
    np.hypot,
    lambda x, y, out: radial.hypot_slope(x, y),
    lambda x, y, out: radial.hypot_slope(y, x),
    operands=("x", "y"),
    squared=lambda x, y: x**2 + y**2,
    code={"math": "hypot"},
    summary="sqrt(x^2 + y^2) without overflow",
    habit="scales the gradient by the direction x/hypot(x, y)",
    source="the chain rule; 0 at the origin",
    samples=(at(3.0, 4.0), at(-1e200, 1e200), at(1e-200, 2e-200)),
    corners=(Corner((0.0, 0.0), 0.0, (0.0, 0.0)),),
    has_kink=True,
)

exp: Elementwise = Elementwise(
    "exp",
    np.exp,
    lambda x, out: out,
    code={"math": "exp", "latex": Template(r"e^{{0}}", POWER)},
    hazard=Hazard.SATURATES,
    has_no_zero=True,
    enclosure=intervals.between(),
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
    },
    has_no_zero=True,
    enclosure=intervals.between(),
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
    enclosure=intervals.between(),
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
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.between(low=0.0),
    summary="the natural logarithm",
    source="DLMF 4.2.2",
    samples=(at(1.5), at(1e-12), at(1e300)),
    corners=(Corner((0.0,), -np.inf, (np.inf,)),),
)

xlogy = Elementwise(
    "xlogy",
    powers.xlogy,
    lambda x, y, out: log(y),
    lambda x, y, out: arithmetic.ratio(x, y),
    operands=("x", "y"),
    kernel=kernels.xlogy,
    keeps_digits=True,
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
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.between(low=0.0),
    summary="the logarithm to base 2",
    source="DLMF 4.2.10",
    samples=(at(1.5), at(1e-12)),
)

log10 = Elementwise(
    "log10",
    np.log10,
    lambda x, out: 1 / (x * log_of(10, x)),
    code={"math": "log10", "latex": r"\log_{10}"},
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.between(low=0.0),
    summary="the logarithm to base 10",
    source="DLMF 4.2.10",
    samples=(at(1.5), at(1e-12)),
)

log1p = Elementwise(
    "log1p",
    np.log1p,
    lambda x, out: 1 / (1 + x),
    code={"math": "log1p"},
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.between(low=-1.0),
    summary="log(1 + x), exact near 0",
    source="DLMF 4.2.2",
    samples=(at(1.5), at(1e-12), at(-0.75)),
)
