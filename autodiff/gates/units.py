"""The direction of a vector off zero, and how it turns: what a radius is differentiated by, to any order.

A turn is symmetric in what it is multiplied with, and its own derivative is made of turns and of directions: no
difference of a radius's large derivatives is taken at any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.axes import AlongAxis, kept
from backprop.autodiff.declaration.gate import Gap, at
from backprop.autodiff.declaration.kinds import AXIS
from backprop.autodiff.declaration.table import NAMED
from backprop.autodiff.gates.shares import DIRECTION, MATRIX, ROW
from backprop.autodiff.numerics import turning
from backprop.autodiff.shapes import Axis

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def direction_along(
    name: str,
    forward: Callable[..., Any],
    turn: Callable[..., Any],
    radius: str,
    vector: Callable[[Node, Axis], Node],
    weight: Callable[[Node, Axis], float],
) -> tuple[AlongAxis, AlongAxis]:
    """The gates of e = v/r, for a vector v and a radius r whose gradient is e/n, and of the Jacobian of e times w."""

    def radius_of(x: Node, axis: Axis) -> Node:
        return NAMED[radius](x, axis=axis)

    def kept_radius(x: Node, axis: Axis) -> Node:
        return kept(radius_of(x, axis), x, axis)

    def total(product: Node, x: Node, axis: Axis) -> Node:
        return kept(product.sum(axis), x, axis)

    def turned_again(direction: Node, x: Node, w: Node, out: Node) -> Node:
        """The change of the turn with x along a direction, symmetric in it, w and the result."""
        axis = out.axis
        e = unit(x, axis=axis)
        other = turns(x, direction, axis=axis)
        parts = (
            total(e * w, x, axis) * other + total(e * direction, x, axis) * out + total(direction * out, x, axis) * e
        )
        return -(parts / weight(x, axis) / kept_radius(x, axis))  # last, or parts of either sign would overflow

    def textbook_turn(x: Node, w: Node, axis: Axis) -> Node:
        v, r, n = vector(x, axis), kept_radius(x, axis), weight(x, axis)
        return (vector(w, axis) - v * total(v * w, x, axis) / (n * r**2)) / r

    def textbook(x: Node, axis: Axis) -> Node:
        return vector(x, axis) / kept_radius(x, axis)

    turns: AlongAxis = AlongAxis(
        f"{name}_turn",
        turn,
        operands=("x", "w"),
        pullbacks=[turned_again, lambda upstream, x, w, out: turns(x, upstream, axis=out.axis)],
        attributes={"axis": AXIS},
        shape=lambda x, w, axis: x,
        textbook=textbook_turn,
        gap=Gap(lambda x, w, axis: radius_of(x, axis).equals(0.0)),
        kernel=textbook_turn,
        summary=f"the Jacobian of {name} times w",
        habit="is linear in w",
        source="(w - e sum(e*w)/n)/r for the direction e, by sums over the other entries",
        samples=(at(ROW, DIRECTION), at(MATRIX, MATRIX[::-1], axis=0)),
        is_public=False,
    )
    unit: AlongAxis = AlongAxis(
        name,
        forward,
        pullbacks=[lambda upstream, x, out: turns(x, upstream, axis=out.axis)],
        attributes={"axis": AXIS},
        shape=lambda x, axis: x,
        textbook=textbook,
        gap=Gap(lambda x, axis: radius_of(x, axis).equals(0.0)),
        kernel=textbook,
        summary="the direction of a vector that is not 0",
        habit="turns the gradient into how the direction changes",
        source="its Jacobian is symmetric",
        samples=(at(ROW), at(MATRIX, axis=0)),
        is_public=False,
    )
    return unit, turns


unit, unit_turn = direction_along(
    "unit", turning.unit, turning.unit_turn, "norm", vector=lambda x, axis: x, weight=lambda x, axis: 1.0
)
