"""The direction of two numbers that are not both 0, and how it turns, entry by entry: units.py for a hypotenuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.gate import Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.gates import arithmetic, logic, slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import stable, turning

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def both_vanish(x: Node, y: Node) -> Node:
    """The condition that a hypotenuse is 0, for a reader."""
    first, second = sorted((x, y), key=lambda leg: leg.index)
    return logic.all_of(first.equals(0.0), second.equals(0.0))


def of_legs(name: str, forward: Callable[..., Any], *gradients: Any, **declaration: Any) -> Elementwise:
    return slopes.slope(
        name,
        forward,
        *gradients,
        operands=("x", "y"),
        gap=Gap(both_vanish),
        samples=(at(3.0, 4.0), at(-0.5, 1e-12)),
        **declaration,
    )


def share_in_others(x: Any, y: Any) -> Any:
    """The share of x, with its limit where x alone is infinite."""
    is_far = np.logical_and(np.equal(np.abs(x), math.inf), np.less(np.abs(y), math.inf))
    elsewhere: Any = arithmetic.ratio(x, np.hypot(x, y))
    return np.where(is_far, np.sign(x), elsewhere)


def slope_of_hypot(name: str, **more: Any) -> Elementwise:
    return of_legs(
        name,
        stable.hypot_slope,
        lambda x, y, out: along(x, y),
        lambda x, y, out: across(x, y),
        kernel=share_in_others,
        keeps_digits=True,
        of="hypot by x",
        textbook=lambda x, y: x / np.hypot(x, y),
        source="x/sqrt(x^2 + y^2)",
        **more,
    )


def along_changed(x: Node, y: Node) -> Node:
    """The derivative of `along` by y. Divided last, or parts of either sign would overflow."""
    radius = METHODS[np.hypot](x, y)
    return -((share(y, x) * along(x, y) + 2 * share(x, y) * across(x, y)) / radius)


share: Elementwise = slope_of_hypot("hypot_share")
along: Elementwise = of_legs(
    "hypot_along",
    turning.hypot_along,
    lambda x, y, out: -3 * (share(x, y) * out / np.hypot(x, y)),
    lambda x, y, out: along_changed(x, y),
    of="hypot by x twice",
    textbook=lambda x, y: y**2 / np.hypot(x, y) ** 3,
    kernel=lambda x, y: arithmetic.ratio(y, np.hypot(x, y)) ** 2 / np.hypot(x, y),
    source="y^2/sqrt(x^2 + y^2)^3, where 1/r - x^2/r^3 would cancel if y is small",
)
across: Elementwise = of_legs(
    "hypot_across",
    turning.hypot_across,
    lambda x, y, out: along_changed(x, y),
    lambda x, y, out: along_changed(y, x),
    of="hypot by x and y",
    textbook=lambda x, y: -x * y / np.hypot(x, y) ** 3,
    kernel=lambda x, y: -(arithmetic.ratio(x, np.hypot(x, y)) * arithmetic.ratio(y, np.hypot(x, y)) / np.hypot(x, y)),
    source="-x*y/sqrt(x^2 + y^2)^3",
)
