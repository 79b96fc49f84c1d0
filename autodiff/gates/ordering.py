"""Entries in ascending order: a permutation, which routes gradients as it routes entries.

Where entries are tied, each of them has a share in all of their places: the mean over the orders that they may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.axes import AlongAxis, kept, shared_along
from backprop.autodiff.declaration.gate import at
from backprop.autodiff.declaration.kinds import AXIS, Slope
from backprop.autodiff.declaration.notation import Call
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arrays, rows, shares
from backprop.autodiff.gates.shares import DIRECTION, LAST_AXIS, MATRIX, ROW
from backprop.autodiff.numerics import orders
from backprop.autodiff.shapes import Axis, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

SOURCE = "by definition; the mean over all orders of what is tied"


def one_axis_rule(*operands: Shape, axis: Axis) -> Shape:
    if isinstance(axis, tuple) or (axis is None and operands[-1]):
        raise ExpressionError("entries are sorted along one axis", cure="give one number; reshape(x, -1) is one axis")
    if len(set(operands)) > 1:
        raise ExpressionError(
            f"shapes {' and '.join(map(shapes.show, operands))} differ", cure="give a key for each entry"
        )
    return shares.axis_rule(*operands, axis=axis)


class Arrangement(AlongAxis):
    """A permutation of the entries along its axis, by a key that nothing flows back to."""

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return self.pull(position, test, inputs, out) or test.sum()

    def uses(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return shared_along(out.axis, test, out)

    def moved(self, tests: Any, inputs: tuple[Node, ...], out: Node) -> Node:
        return self.push(tests, inputs, out) or out.zeros


class Ranking(AlongAxis):
    """Constant but for where the order changes."""

    is_flat = True


def unmoved(x: Node, key: Node, axis: Axis) -> Node | None:
    """Equal entries are in every order."""
    is_constant = x.is_constant and (not x.shape or not x.value.size or (x.value == x.value.flat[0]).all())
    is_repeated = x.gate is arrays.broadcast_to and not x.inputs[0].shape
    return x if is_constant or is_repeated else None


def is_tied(x: Node, axis: Axis) -> Node:
    """Whether any two entries along the axis are equal, the axis kept as 1."""
    if not x.shape or x.shape[shapes.normalized_axes(axis, len(x.shape))[0]] < 2:
        return x.graph.constant(0.0)
    (axis_index,) = shapes.normalized_axes(axis, len(x.shape))
    ordered, before = sort(x, axis=axis_index), (arrays.EVERYTHING,) * axis_index
    first = arrays.index(ordered, index=(*before, Slice(None, -1, None)))
    second = arrays.index(ordered, index=(*before, Slice(1, None, None)))
    return kept(first.equals(second).sum(axis_index), x, axis_index) > 0.0


def by_order_of(gate: AlongAxis, x: Node, key: Node, out: Node) -> Node:
    return gate(x, order(key, axis=out.axis), axis=out.axis)


def sorting(name: str, forward: Any, **declaration: Any) -> Arrangement:
    return Arrangement(
        name,
        forward,
        pullbacks=[lambda upstream, x, out: by_order_of(unsort_by, upstream, x, out)],
        pushforwards=[lambda tangent, x, out: by_order_of(sort_by, tangent, x, out)],
        attributes=LAST_AXIS,
        shape=one_axis_rule,
        has_kink=True,
        notation=Call("sort"),
        habit="routes the gradient of each place to the entry that is there; tied ones share theirs equally",
        source=SOURCE,
        samples=(at(ROW), at(MATRIX, axis=0)),
        **declaration,
    )


def arrangement(name: str, forward: Any, transposed: Any, again: Any, **declaration: Any) -> Arrangement:
    """Linear in its first operand, with that map and its transpose, `(x, key, axis=)` both."""
    return Arrangement(
        name,
        forward,
        pullbacks=[
            lambda upstream, x, key, out: transposed(upstream, key, axis=out.axis),
            lambda upstream, x, key, out: None,
        ],
        pushforwards=[
            lambda tangent, x, key, out: again(tangent, key, axis=out.axis),
            lambda tangent, x, key, out: None,
        ],
        operands=("x", "key"),
        attributes=LAST_AXIS,
        shape=one_axis_rule,
        shortcut=unmoved,
        source=SOURCE,
        samples=(at(ROW, DIRECTION), at(MATRIX, MATRIX[::-1], axis=0)),
        **declaration,
    )


sort = sorting(
    "sort",
    orders.in_order,
    by_entries=rows.to_row(rows.ordered),
    summary="the entries in ascending order along the last axis or the given one",
)
sort_or_nan = sorting(
    "sort_or_nan",
    orders.sorted_or_nan,
    by_entries=rows.to_row(rows.ordered_or_nan),
    textbook=lambda x, axis: sort(x, axis=axis),
    summary="the entries in ascending order, all nan where one is: no median is known then",
    is_public=False,
)
sort_by: Arrangement = arrangement(
    "sort_by",
    orders.sorted_by,
    lambda *operands, axis: unsort_by(*operands, axis=axis),
    lambda *operands, axis: sort_by(*operands, axis=axis),
    by_entries=rows.to_row(rows.sorted_by),
    summary="the entries in the order in which those of the key ascend; the mean of those with equal keys",
    habit="sends the gradient of each place back to the entry that is there",
)
unsort_by: Arrangement = arrangement(
    "unsort_by",
    orders.unsorted_by,
    lambda *operands, axis: sort_by(*operands, axis=axis),
    lambda *operands, axis: unsort_by(*operands, axis=axis),
    by_entries=rows.to_row(rows.unsorted_by),
    summary="the entries put back from the order in which those of the key ascend: the transpose of sort_by",
    habit="takes the gradient in the order of key",
)
ranks = Ranking(
    "ranks",
    orders.ranks,
    by_entries=rows.to_row(rows.ranks),
    pullbacks=[lambda upstream, x, out: None],
    attributes=LAST_AXIS,
    shape=one_axis_rule,
    summary="the place of each entry in ascending order, from 0; tied ones have the mean of theirs",
    habit="stops the gradient: it is constant between ties",
    source="by definition",
    samples=(at(ROW), at(MATRIX, axis=0)),
)
order = Slope(
    "order",
    orders.ranks,
    hits=lambda x, axis: orders.ties(x, axis=axis) > 0.0,
    kink=is_tied,
    leading=lambda *series, axis: (orders.places_beside_ties([x for (x,) in series], axis),),
    attributes={"axis": AXIS},
    shape=one_axis_rule,
    notation=Call("ranks"),
    textbook=lambda x, axis: ranks(x, axis=axis),
    kernel=lambda x, axis: ranks(x, axis=axis),
    summary="the derivative of sort, as the places of the entries",
    source=SOURCE,
    samples=(at(ROW, axis=-1), at(MATRIX, axis=0)),
    is_public=False,
)
