"""The direction of a vector at 0: opposite on opposite sides, 0 as their mean. Knows no radius and no limit.

What is a multiple of it is opposite there, too. So it counts in no mean, and only tells whether the sides differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprop.autodiff.declaration.axes import Reduction, kept
from backprop.autodiff.declaration.kinds import AXIS, Elementwise, Slope
from backprop.autodiff.declaration.table import NAMED
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import stable
from backprop.autodiff.shapes import Axis


def along_axis(x: Any, axis: Axis) -> Any:
    return stable.ratio(x, stable.norm(x, axis=axis, keepdims=True))


def leading_vector(*series: Sequence[Any], axis: Axis) -> tuple[Any]:
    """The vector, or where it is 0 the first of its derivatives that is not."""
    (leading,) = series[0]
    for (x,) in series[1:]:
        leading = np.where(np.any(leading, axis=axis, keepdims=True), leading, x)
    return (leading,)


def leading_legs(*series: Sequence[Any]) -> tuple[Any, Any]:
    x, y = series[0]
    for first, second in series[1:]:
        is_zero = (x == 0.0) & (y == 0.0)
        x, y = np.where(is_zero, first, x), np.where(is_zero, second, y)
    return x, y


side: Slope = Slope(
    "side",
    along_axis,
    hits=lambda x, axis: ~np.any(x, axis=axis, keepdims=True),
    kink=lambda x, axis: kept(NAMED["norm"](x, axis=axis), x, axis).equals(0.0),
    leading=leading_vector,
    only_tells=True,
    attributes={"axis": AXIS},
    shape=lambda x, axis: x,
    textbook=lambda x, axis: x * 0,
    kernel=lambda x, axis: x * 0,
    summary="the direction of a vector that is 0: 0, and on each side another",
    source="the convention for the norm of zeros",
    samples=(),
    is_public=False,
)
side_of_leg: Slope = Slope(
    "side_of_leg",
    stable.hypot_slope,
    hits=lambda x, y: (x == 0.0) & (y == 0.0),
    kink=lambda x, y: np.hypot(x, y).equals(0.0),
    leading=leading_legs,
    only_tells=True,
    operands=("x", "y"),
    textbook=lambda x, y: x * 0,
    kernel=lambda x, y: x * 0,
    summary="the share of x in the direction of two numbers that are 0: 0, and on each side another",
    source="the convention for the norm of zeros",
    samples=(),
    is_public=False,
)
kink: Reduction = Reduction(
    "kink",
    lambda x, axis: np.sum(x, axis=axis) * 0.0,
    lambda x, out, axis: side(x, axis=axis),
    textbook=lambda x, axis: x.sum(axis) * 0,
    kernel=lambda x, axis: x.sum(axis) * 0,
    summary="a radius that is 0, with the direction on each side for its gradient",
    habit="passes the gradient to what tells the sides apart",
    source="the convention for the norm of zeros",
    samples=(),
    is_public=False,
)
kink_of_legs: Elementwise = Elementwise(
    "kink_of_legs",
    lambda x, y: (x + y) * 0.0,
    lambda x, y, out: side_of_leg(x, y),
    lambda x, y, out: side_of_leg(y, x),
    operands=("x", "y"),
    textbook=lambda x, y: (x + y) * 0,
    kernel=lambda x, y: (x + y) * 0,
    summary="a hypotenuse that is 0, with the direction on each side for its gradient",
    habit="passes the gradient to what tells the sides apart",
    source="the convention for the norm of zeros",
    samples=(),
    is_public=False,
)
GATES = (side, side_of_leg, kink, kink_of_legs)
