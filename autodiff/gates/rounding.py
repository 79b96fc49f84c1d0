"""Gates that are piecewise constant, or made of straight pieces: signs, roundings and absolute values."""

from __future__ import annotations

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Elementwise, Flat
from backprop.autodiff.declaration.notation import PRODUCT, Infix
from backprop.autodiff.gates import kernels, kinked
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals

absolute: Elementwise = Elementwise(
    "abs",
    np.absolute,
    lambda x, out: kinked.absolute_slope(x),
    has_kink=True,
    even_of=lambda x: x,
    partners=lambda x: [(sign(x), x), (kinked.absolute_slope(x), x)],
    code={"latex": r"\left|{0}\right|"},
    enclosure=intervals.between(0.0),
    summary="the absolute value",
    habit="passes the gradient, with its sign flipped where x is negative",
    source="subgradient 0 at 0",
    samples=(at(2.5), at(-0.5)),
    corners=(Corner((0.0,), 0.0, (0.0,)),),
)
sign: Flat = Flat(
    "sign",
    np.sign,
    partners=lambda x: [(x, absolute(x))],
    kernel=kernels.sign,
    enclosure=intervals.steps,
    summary="-1, 0 or 1: the sign of x",
    source="by definition",
    samples=(at(2.5), at(-0.5)),
    corners=(Corner((0.0,), 0.0, (0.0,)),),
)
floor = Flat(
    "floor",
    np.floor,
    code={"math": "floor", "latex": r"\left\lfloor {0} \right\rfloor"},
    enclosure=intervals.steps,
    summary="the largest whole number that is at most x",
    source="by definition",
    samples=(at(2.5), at(-0.3)),
    corners=(Corner((2.0,), 2.0, (0.0,)),),
)
ceil = Flat(
    "ceil",
    np.ceil,
    code={"math": "ceil", "latex": r"\left\lceil {0} \right\rceil"},
    enclosure=intervals.steps,
    summary="the smallest whole number that is at least x",
    source="by definition",
    samples=(at(2.5), at(-0.3)),
    corners=(Corner((2.0,), 2.0, (0.0,)),),
)
nearest = Flat(
    "round",
    np.rint,
    code={"math": "rint"},
    enclosure=intervals.steps,
    summary="the nearest whole number, halves to the even one",
    source="IEEE 754 roundTiesToEven",
    samples=(at(2.4), at(-0.3)),
    corners=(Corner((2.5,), 2.0, (0.0,)),),
)
truncate = Flat(
    "trunc",
    np.trunc,
    code={"math": "trunc"},
    enclosure=intervals.steps,
    summary="the nearest whole number towards 0",
    source="by definition",
    samples=(at(2.5), at(-1.3)),
    corners=(Corner((2.0,), 2.0, (0.0,)),),
)
floor_divide = Flat(
    "floordiv",
    np.floor_divide,
    operands=("x", "y"),
    notation=Infix("//", PRODUCT),
    code={"math": "floor_div", "latex": r"\left\lfloor \frac{{0}}{{1}} \right\rfloor"},
    summary="x // y, the quotient rounded down",
    source="by definition",
    samples=(at(7.3, 2.0), at(-7.3, 2.0)),
    corners=(Corner((4.0, 2.0), 2.0, (0.0, 0.0)),),
)
