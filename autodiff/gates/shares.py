"""softmax and its logarithm, which share a whole out among entries, and their Jacobians times a vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.axes import AlongAxis, kept
from backprop.autodiff.declaration.gate import Attribute, Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import rows, slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import stable
from backprop.autodiff.shapes import Axis, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

LAST_AXIS = {"axis": Attribute(shapes.as_axis, -1)}
ROW = (0.5, -2.0, 1.5)
MATRIX = ((0.5, -2.0, 1.5), (3.0, 0.25, -1.0))
DIRECTION = (1.0, 0.25, -0.5)
SAMPLES = (at(ROW), at(MATRIX, axis=0), at((800.0, 799.0, -800.0)))
DIRECTED = (at(DIRECTION, ROW), at(MATRIX, MATRIX[::-1], axis=0), at(DIRECTION, (800.0, 799.0, -800.0)))


def axis_rule(*operands: Shape, axis: Axis) -> Shape:
    """The shape of the last operand, which has the axis; a scalar is a whole by itself."""
    if operands[-1]:
        shapes.normalized_axes(axis, len(operands[-1]))
    return shapes.broadcast(operands)


def whole(node: Node, out: Node) -> Node:
    """The sum along the axis, to broadcast again."""
    if not out.shape:
        return node
    return kept(node.sum(out.axis), out, out.axis)


def along(gate: AlongAxis, direction: Node, x: Node, out: Node) -> Node:
    return gate(direction, x, axis=out.axis)


def softmax_change(change: Node, direction: Node, x: Node, out: Node) -> Node:
    """The change of softmax_differential with x, along `change`: symmetric in it, the direction and the result."""
    both = along(log_softmax_differential, change, x, out) * along(log_softmax_differential, direction, x, out)
    return along(softmax_differential, both, x, out)


def differential(name: str, forward: Callable[..., Any], of: str, **declaration: Any) -> AlongAxis:
    return AlongAxis(
        name,
        forward,
        operands=("direction", "x"),
        attributes=LAST_AXIS,
        shape=axis_rule,
        samples=DIRECTED,
        summary=f"the {of} times a direction",
        habit="is linear in the direction",
        is_public=False,
        **declaration,
    )


exp_of_difference: Elementwise = slopes.slope(
    "exp_of_difference",
    stable.exp_of_difference,
    lambda a, b, out: out,
    lambda a, b, out: -out,
    of="exp between b and a",
    operands=("a", "b"),
    is_composed=True,
    textbook=lambda a, b: np.exp(a - b),
    source="by definition",
    samples=(at(2.5, 3.0), at(1600.1, 1600.7), at(-800.0, 0.25)),
)
softmax: AlongAxis = AlongAxis(
    "softmax",
    stable.softmax,
    by_entries=rows.to_row(rows.softmax),
    pullbacks=[lambda upstream, x, out: along(softmax_differential, upstream, x, out)],
    attributes=LAST_AXIS,
    shape=axis_rule,
    hazard=Hazard.SATURATES,
    summary="exp(x)/sum(exp(x)) along the last axis or the given one, without overflow",
    habit="subtracts the gradient's mean weighted by softmax(x), then scales by softmax(x)",
    source="its Jacobian diag(s) - outer(s, s) is symmetric",
    samples=SAMPLES,
)
log_softmax = AlongAxis(
    "log_softmax",
    stable.log_softmax,
    by_entries=rows.to_row(rows.log_softmax),
    pullbacks=[lambda upstream, x, out: along(log_softmax_transpose, upstream, x, out)],
    pushforwards=[lambda tangent, x, out: along(log_softmax_differential, tangent, x, out)],
    attributes=LAST_AXIS,
    shape=axis_rule,
    summary="x - logsumexp(x) along the last axis or the given one",
    habit="subtracts softmax(x) times the summed gradient from the gradient",
    source="the chain rule",
    samples=SAMPLES,
)
softmax_differential: AlongAxis = differential(
    "softmax_differential",
    stable.softmax_differential,
    "Jacobian of softmax",
    by_entries=rows.to_row(rows.softmax_differential),
    pullbacks=[
        lambda upstream, direction, x, out: along(softmax_differential, upstream, x, out),
        lambda upstream, direction, x, out: softmax_change(upstream, direction, x, out),
    ],
    textbook=lambda direction, x, axis: textbook_differential(direction, softmax(x, axis=axis), axis),
    source="(diag(s) - outer(s, s)) d for s = softmax(x)",
)
log_softmax_differential: AlongAxis = differential(
    "log_softmax_differential",
    stable.log_softmax_differential,
    "Jacobian of log_softmax",
    by_entries=rows.to_row(rows.log_softmax_differential),
    pullbacks=[
        lambda upstream, direction, x, out: along(log_softmax_transpose, upstream, x, out),
        lambda upstream, direction, x, out: -(whole(upstream, out) * along(softmax_differential, direction, x, out)),
    ],
    pushforwards=[
        lambda tangent, direction, x, out: along(log_softmax_differential, tangent, x, out),
        lambda tangent, direction, x, out: (
            -whole(direction * along(softmax_differential, tangent, x, out), out).broadcast_to(out.shape)
        ),
    ],
    textbook=lambda direction, x, axis: direction - textbook_sum(softmax(x, axis=axis) * direction, axis),
    source="d - sum(s*d) for s = softmax(x)",
)
log_softmax_transpose: AlongAxis = differential(
    "log_softmax_transpose",
    stable.log_softmax_transpose,
    "transposed Jacobian of log_softmax",
    by_entries=rows.to_row(rows.log_softmax_transpose),
    pullbacks=[
        lambda upstream, direction, x, out: along(log_softmax_differential, upstream, x, out),
        lambda upstream, direction, x, out: -(whole(direction, out) * along(softmax_differential, upstream, x, out)),
    ],
    pushforwards=[
        lambda tangent, direction, x, out: along(log_softmax_transpose, tangent, x, out),
        lambda tangent, direction, x, out: -(whole(direction, out) * along(softmax_differential, tangent, x, out)),
    ],
    textbook=lambda direction, x, axis: direction - softmax(x, axis=axis) * textbook_sum(direction, axis),
    source="u - s*sum(u) for s = softmax(x)",
)


def textbook_differential(direction: Node, shares: Node, axis: Axis) -> Node:
    return shares * (direction - textbook_sum(shares * direction, axis))


def textbook_sum(node: Node, axis: Axis) -> Node:
    return kept(node.sum(axis), node, axis) if len(node.shape) > 1 else node.sum()
