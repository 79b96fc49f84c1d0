"""(exp(x) - 1)/x and sinh(x)/x, which are 1 at 0, and their derivatives."""

from __future__ import annotations

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.numerics import exponential_moments

ORDER = {"order": Attribute(shapes.as_order, REQUIRED)}

exprel = Elementwise(
    "exprel",
    lambda x: exponential_moments.exprel_derivative(0, x),
    lambda x, out: exprel_derivative(x, order=1),
    is_composed=True,
    summary="(exp(x) - 1)/x, and 1 at 0",
    habit="scales the gradient by the derivative of exprel",
    source="the quotient rule",
    samples=(at(1.5), at(-3.0), at(1e-9), at(300.0)),
    corners=(Corner((0.0,), 1.0, (0.5,)),),
)
exprel_derivative: Elementwise = Elementwise(
    "exprel_derivative",
    lambda x, order: exponential_moments.exprel_derivative(order, x),
    lambda x, out: exprel_derivative(x, order=out.settings["order"] + 1),
    attributes=ORDER,
    is_composed=True,
    code={"latex": r"\operatorname{exprel}^{(<order>)}\left({0}\right)"},
    summary="the derivative of exprel of that order",
    habit="scales the gradient by the next derivative of exprel",
    source="x*f(n) + n*f(n-1) = exp(x), f(n) being the derivative of order n",
    samples=(at(0.5, order=1), at(-3.0, order=2), at(1e-9, order=1), at(30.0, order=2)),
)
sinhc = Elementwise(
    "sinhc",
    lambda x: exponential_moments.sinhc_derivative(0, x),
    lambda x, out: sinhc_derivative(x, order=1),
    is_composed=True,
    summary="sinh(x)/x, and 1 at 0",
    habit="scales the gradient by the derivative of sinhc",
    source="the quotient rule",
    samples=(at(1.5), at(-3.0), at(1e-9), at(300.0)),
    corners=(Corner((0.0,), 1.0, (0.0,)),),
)
sinhc_derivative: Elementwise = Elementwise(
    "sinhc_derivative",
    lambda x, order: exponential_moments.sinhc_derivative(order, x),
    lambda x, out: sinhc_derivative(x, order=out.settings["order"] + 1),
    attributes=ORDER,
    is_composed=True,
    code={"latex": r"\operatorname{sinhc}^{(<order>)}\left({0}\right)"},
    summary="the derivative of sinhc of that order",
    habit="scales the gradient by the next derivative of sinhc",
    source="x*f(n) + n*f(n-1) = sinh(x) or cosh(x), f(n) being the derivative of order n",
    samples=(at(0.5, order=1), at(-3.0, order=2), at(1e-9, order=1), at(30.0, order=2)),
)
