"""Medians and quantiles: entries of what is sorted, and lines between two of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Attribute
from backprop.autodiff.declaration.kinds import AXIS
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arrays, contraction, labels, logic, ordering, rounding, selection
from backprop.autodiff.gates.compositions import as_flag, composition
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Axis

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

SETTINGS = {"axis": AXIS, "keepdims": Attribute(as_flag, False)}
OUTSIDE = "a quantile is asked for outside of 0 to 1"


def in_order(x: Node, axis: Axis) -> Node:
    """The entries along the axes as one last axis, in ascending order."""
    if not math.prod(x.shape):
        raise ExpressionError("there is no entry to choose", cure="give an array that is not empty")
    reduced = shapes.normalized_axes(axis, len(x.shape))
    others = tuple(other for other in range(len(x.shape)) if other not in reduced)
    x = contraction.permuted(x, (*others, *reduced))
    x = x.reshape((*x.shape[: len(others)], math.prod(x.shape[len(others) :])))
    return ordering.sort_or_nan(x, axis=-1)


def entry(ordered: Node, position: int) -> Node:
    return arrays.index(ordered, index=(*[arrays.EVERYTHING] * (len(ordered.shape) - 1), position))


def reshaped(result: Node, x: Node, axis: Axis, *, keepdims: bool) -> Node:
    """With the axes that were reduced away kept as 1, behind an axis of several quantiles, if so wanted."""
    if not keepdims:
        return result
    kept = shapes.reduced(x.shape, axis, keepdims=True)
    several = len(result.shape) - len(shapes.reduced(x.shape, axis))
    return result.reshape((*result.shape[:several], *kept))


def between(low: Node, high: Node, part: float) -> Node:
    """The point at that part of the way: from the nearer end, so that it is exact at both."""
    if part == 0.0:
        return low
    if part == 0.5:
        return (low + high) / 2
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


def median_of(x: Node, axis: Axis, keepdims: bool) -> Node:
    return reshaped(at_part(in_order(x, axis), 0.5), x, axis, keepdims=keepdims)


def at_part(ordered: Node, q: float) -> Node:
    """The quantile of sorted entries for a constant q. Raises ExpressionError where q is not from 0 to 1."""
    if not 0.0 <= q <= 1.0:
        raise ExpressionError(f"{OUTSIDE}: {q:g}", cure="q = 0.5 is the median")
    position = q * (ordered.shape[-1] - 1)
    below = math.floor(position)
    return between(entry(ordered, below), entry(ordered, min(below + 1, ordered.shape[-1] - 1)), position - below)


def at_variable(ordered: Node, q: Node) -> Node:
    """The same for a q that varies: nan outside of 0 to 1, and from knot to knot a line in q."""
    last = float(ordered.shape[-1] - 1)
    known = logic.logical_and(q >= 0.0, logic.less_equal(q, 1.0)).where(1.0, math.nan)  # of gradients, too
    if not last:
        return known * entry(ordered, 0)
    below = rounding.floor(selection.clip(q * last, 0.0, last - 1.0))
    low, high = (labels.entry(ordered, position, axis=-1) for position in (below, below + 1.0))
    return known * (low + (high - low) * (q * last - below))


def known_value(node: Node) -> Array | None:
    """The value of an expression without variables."""
    from backprop.autodiff.evaluation.execution import constant_value  # here, not above: it reads the gates
    from backprop.autodiff.evaluation.program import needed

    return None if any(part.gate is leaves.input for part in needed([node])) else constant_value(node)


def quantile_of(x: Node, q: Node, axis: Axis, keepdims: bool) -> Node:
    ordered = in_order(x, axis)
    if len(q.shape) > 1:
        raise ExpressionError(
            f"q of quantile has shape {shapes.show(q.shape)}", cure="give a number, or a list of numbers"
        )
    several = [q] if not q.shape else [arrays.index(q, index=(position,)) for position in range(q.shape[0])]
    known = known_value(q)
    if known is not None:
        quantiles = [at_part(ordered, float(value)) for value in np.ravel(known)]
    else:
        quantiles = [at_variable(ordered, level) for level in several]
    result = arrays.stack(*quantiles, axis=0) if q.shape else quantiles[0]
    return reshaped(result, x, axis, keepdims=keepdims)


median = composition(
    "median",
    median_of,
    "the middle entry in ascending order, or the mean of the two in the middle",
    attributes=SETTINGS,
    shape=lambda x, axis, keepdims: shapes.reduced(x, axis, keepdims=keepdims),
    source="numpy.median",
)
quantile = composition(
    "quantile",
    quantile_of,
    "the entry at that part q of the way up, between two of them on the line from one to the other",
    operands=("x", "q"),
    attributes=SETTINGS,
    shape=lambda x, q, axis, keepdims: (*q, *shapes.reduced(x, axis, keepdims=keepdims)),
    source="numpy.quantile, method linear",
)
