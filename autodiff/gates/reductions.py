"""Sums, means, products and extremes along axes; running sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.axes import AlongAxis, Reduction, kept
from backprop.autodiff.declaration.blocks import Reduced, is_of_all
from backprop.autodiff.declaration.gate import Attribute, Corner, Hazard, at
from backprop.autodiff.declaration.kinds import AXIS, Linear
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arithmetic, arrays, kinked, rows, shares
from backprop.autodiff.gates.polarized import Polarized, along_directions
from backprop.autodiff.gates.radial import Radius
from backprop.autodiff.gates.shares import DIRECTION, MATRIX, ROW
from backprop.autodiff.gates.units import direction_along
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import products, stable, turning
from backprop.autodiff.numerics.deviations import deviations as apart_from_mean
from backprop.autodiff.shapes import Axis, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def count(shape: Shape, axis: Axis) -> int:
    """How many entries are reduced to one."""
    lengths: list[int] = [shape[axis_index] for axis_index in shapes.normalized_axes(axis, len(shape))]
    return math.prod(lengths)


def not_empty(x: Shape, axis: Axis) -> Shape:
    """The rule of a reduction that needs an entry to start from."""
    result = shapes.reduced(x, axis)
    if count(x, axis) == 0 and 0 not in result:
        raise ExpressionError("there is no entry to reduce", cure="give an array that is not empty")
    return result


def others_rule(x: Shape, directions: Sequence[Shape], axis: Axis) -> Shape:
    shapes.normalized_axes(axis, len(x))
    return along_directions(x, directions)


def spread(upstream: Node, x: Node, out: Node) -> Node:
    """The upstream of a reduction, repeated to its operand's shape."""
    return kept(upstream, x, out.axis).broadcast_to(x.shape)


def running_sum(x: Any, axis: Any) -> Any:
    return np.cumsum(x, axis=axis).reshape(x.shape) if np.ndim(x) else x


def running_sum_over_rows(x: Any, axis: Any) -> Any:
    if axis is None:
        return np.cumsum(x.reshape(-1, x.shape[-1]), axis=0).reshape(x.shape)
    return np.cumsum(x, axis=axis % (x.ndim - 1)) if x.ndim > 1 else x


def one_axis_rule(x: Shape, axis: Axis) -> Shape:
    if isinstance(axis, tuple):
        raise ExpressionError("a running sum has one axis", cure="give one number, or no axis for all entries in order")
    return shares.axis_rule(x, axis=axis)


def written_axes(x: Node, axis: Axis) -> Axis:
    """The axes as a softmax can be given them: for all entries of a matrix the text must name them."""
    return -1 if len(x.shape) <= 1 else shapes.normalized_axes(axis, len(x.shape))


def backwards(x: Node, axis: Axis) -> Node:
    """The entries in reverse order along an axis, or all of them."""
    if not x.shape:
        return x
    if axis is None and len(x.shape) > 1:
        return backwards(x.reshape((math.prod(x.shape),)), 0).reshape(x.shape)
    axis_index = 0 if axis is None else shapes.normalized_axes(axis, len(x.shape))[0]
    return arrays.index(x, index=(*[Slice(None, None, None)] * axis_index, Slice(None, None, -1)))


total = Linear(
    "sum",
    np.sum,
    lambda position, upstream, x, out: spread(upstream, x, out),
    attributes={"axis": AXIS},
    shape=shapes.reduced,
    over_rows=batching.along_axes(np.sum),
    in_blocks=lambda x, axis: Reduced(np.add) if is_of_all(axis, x) else None,
    methods=("sum",),
    hazard=Hazard.ADDS,
    summary="the sum of the entries",
    habit="distributes the gradient to every entry",
    source="the transpose of summing",
    samples=(at(ROW), at(MATRIX, axis=0), at(MATRIX, axis=-1)),
)
mean = Linear(
    "mean",
    np.mean,
    lambda position, upstream, x, out: spread(upstream, x, out) / count(x.shape, out.axis),
    attributes={"axis": AXIS},
    over_rows=batching.along_axes(np.mean),
    by_entries=rows.to_one(rows.mean),
    shape=not_empty,
    in_blocks=lambda x, axis: Reduced(np.add, np.true_divide) if is_of_all(axis, x) else None,
    summary="the mean of the entries",
    habit="distributes the gradient to every entry, divided by their number",
    source="the transpose of averaging",
    samples=(at(ROW), at(MATRIX, axis=0)),
)
product = Reduction(
    "prod",
    np.prod,
    lambda x, out, axis: product_of_others(x, axis=axis),
    by_entries=np.prod,
    hazard=Hazard.OVERFLOWS,
    summary="the product of the entries",
    habit="scales each entry's gradient by the product of the others",
    source="the product rule",
    samples=(at(ROW), at(MATRIX, axis=0)),
    corners=(
        Corner(((0.0, 2.0, 3.0),), 0.0, ((6.0, 0.0, 0.0),)),
        Corner(((0.0, 0.0, 3.0),), 0.0, ((0.0, 0.0, 0.0),)),
    ),
)
product_of_others: Polarized = Polarized(
    "product_of_others",
    products.product_of_others,
    over_rows=batching.along_axes(products.product_of_others),
    by_entries=rows.to_row(rows.product_of_others),
    attributes={"axis": AXIS},
    shape=lambda x, *directions, axis: others_rule(x, directions, axis),
    textbook=lambda x, *directions, axis: others_in_textbook(x, directions, axis),
    summary="for each entry the product of all others; with directions, its differential along them",
    habit="spreads the gradient over the other entries",
    source="the product rule; its differential is symmetric",
    samples=(at(ROW), at(MATRIX, axis=0), at(ROW, DIRECTION), at(MATRIX, MATRIX[::-1], axis=0), at(*[ROW] * 3)),
)


def others_in_textbook(x: Node, directions: Sequence[Node], axis: Axis) -> Node:
    """The differential of prod(x)/x, from that of x * (prod(x)/x) = prod(x), over the sets of directions."""
    differentials: dict[tuple[int, ...], Node] = {(): kept(product(x, axis=axis), x, axis) / x}
    places = range(len(directions))
    for some in chain.from_iterable(combinations(places, count) for count in range(1, len(directions) + 1)):
        parts = [
            directions[chosen] * differentials[tuple(other for other in some if other != chosen)] for chosen in some
        ]
        differentials[some] = (kept(parts[0].sum(axis), x, axis) - add_up(parts)) / x
    return differentials[tuple(places)]


deviations: AlongAxis = AlongAxis(
    "deviations",
    apart_from_mean,
    pullbacks=[lambda upstream, x, out: deviations(upstream, axis=out.axis)],
    by_entries=rows.to_row(rows.deviations),
    attributes={"axis": AXIS},
    shape=lambda x, axis: x,
    textbook=lambda x, axis: x - kept(mean(x, axis=axis), x, axis),
    summary="how far each entry is from the mean",
    habit="subtracts the gradient's mean from it",
    source="a projection, which is its own transpose",
    samples=(at(ROW), at(MATRIX, axis=0), at((1700000000.123, 1700000000.223, 1700000000.523))),
    is_public=False,
)
variance = Reduction(
    "var",
    stable.variance,
    lambda x, out, axis: 2 * deviations(x, axis=axis) / count(x.shape, axis),
    by_entries=rows.to_one(rows.variance),
    summary="the population variance of the entries",
    habit="scales each entry's gradient by 2/n times its distance from the mean",
    source="the chain rule",
    samples=(at(ROW), at(MATRIX, axis=0)),
    rule=not_empty,
)
scores, scores_turn = direction_along(
    "scores",
    turning.scores,
    turning.scores_turn,
    "std",
    vector=lambda x, axis: deviations(x, axis=axis),
    weight=lambda x, axis: count(x.shape, axis),
)
deviation = Radius(
    "std",
    stable.std,
    lambda x, out, axis: arithmetic.ratio(deviations(x, axis=axis), count(x.shape, axis) * out),
    by_entries=rows.to_one(rows.std),
    vector=lambda x, axis: deviations(x, axis=axis),
    weight=lambda x, axis: count(x.shape, axis),
    unit=scores,
    summary="the population standard deviation of the entries",
    habit="scales each entry's gradient by its distance from the mean over n*std",
    source="the chain rule; 0 where all entries are equal",
    samples=(at(ROW), at(MATRIX, axis=0)),
    corners=(Corner(((2.0, 2.0),), 0.0, ((0.0, 0.0),)),),
    rule=not_empty,
)
smallest = Reduction(
    "min",
    np.min,
    lambda x, out, axis: kinked.smallest_entry_share(x, axis=axis),
    by_entries=rows.to_one(rows.smallest),
    is_selection=True,
    choice=("the smallest", "the smallest"),
    methods=(np.min,),
    code={"latex": r"\min"},
    summary="the smallest entry; of several arguments, the smallest entry by entry",
    habit="routes the gradient to the smallest entry; tied ones share it equally",
    source="subgradient, shared at ties",
    samples=(at(ROW), at(MATRIX, axis=0)),
    corners=(Corner(((2.0, 1.0, 1.0),), 1.0, ((0.0, 0.5, 0.5),)),),
    rule=not_empty,
)
largest = Reduction(
    "max",
    np.max,
    lambda x, out, axis: kinked.largest_entry_share(x, axis=axis),
    by_entries=rows.to_one(rows.largest),
    is_selection=True,
    choice=("the largest", "the largest"),
    methods=(np.max,),
    code={"latex": r"\max"},
    summary="the largest entry; of several arguments, the largest entry by entry",
    habit="routes the gradient to the largest entry; tied ones share it equally",
    source="subgradient, shared at ties",
    samples=(at(ROW), at(MATRIX, axis=0)),
    corners=(Corner(((2.0, 1.0, 2.0),), 2.0, ((0.5, 0.0, 0.5),)),),
    aliases=("maxout",),
    rule=not_empty,
)
norm = Radius(
    "norm",
    stable.norm,
    lambda x, out, axis: arithmetic.ratio(x, out),
    by_entries=rows.to_one(rows.norm),
    axis=Attribute(
        shapes.as_axis,
        elsewhere="NumPy has the order there: norm(x) is of order 2, sum(abs(x)) of 1, max(abs(x)) of inf",
    ),
    summary="the Euclidean norm, without overflow",
    habit="scales the gradient by the direction x/norm(x)",
    source="the chain rule; 0 at the origin",
    samples=(at(ROW), at(MATRIX, axis=0), at((1e200, -2e200))),
    corners=(Corner(((0.0, 0.0),), 0.0, ((0.0, 0.0),)),),
)
logsumexp = Reduction(
    "logsumexp",
    stable.logsumexp,
    lambda x, out, axis: shares.softmax(x, axis=written_axes(x, axis)),
    by_entries=rows.to_one(rows.logsumexp),
    summary="log(sum(exp(x))), without overflow",
    habit="shares the gradient out by softmax(x)",
    source="the chain rule",
    samples=(at(ROW), at(MATRIX, axis=0), at((800.0, 799.0, -800.0))),
    rule=not_empty,
)
cumsum: Linear = Linear(
    "cumsum",
    running_sum,
    lambda position, upstream, x, out: backwards(cumsum(backwards(upstream, out.axis), axis=out.axis), out.axis),
    attributes={"axis": AXIS},
    over_rows=running_sum_over_rows,
    shape=one_axis_rule,
    summary="the running sum, of all entries in order or along an axis",
    habit="gives each entry the sum of the gradients from its place on",
    source="the transpose of the running sum",
    samples=(at(ROW), at(MATRIX, axis=0)),
)
