"""Lists and indices: `[1, x]`, `x[0, 1:3]`. What they compute is the gates' business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.parser.constants import with_constants
from backprop.parser.operand import Bounds, Display, Index, Operand
from backprop.parser.scope import Scope

MAXIMUM_DEPTH = 32  # the dimensions that every NumPy from 1.26 on can hold


def display(scope: Scope, entries: Sequence[Operand], span: Span) -> Display:
    """A list: one constant where every entry is a literal, else its entries stacked."""
    lists = [entry for entry in entries if isinstance(entry, Display)]
    result = Display("ARRAY", "", *span)
    result.length = len(entries)
    result.depth = 1 + max((entry.depth for entry in lists), default=0)
    if result.depth > MAXIMUM_DEPTH:
        raise ExpressionError(f"lists are nested more than {MAXIMUM_DEPTH} deep", span, "an array has fewer dimensions")
    if lists:
        refuse_ragged(entries)
    if all(entry.is_literal for entry in entries):
        result.value = np.array([entry.value for entry in entries], dtype=np.float64)
    else:
        nodes = tuple([scope.node(entry) for entry in entries])
        result.node = scope.graph.add(OPERATORS["stack"], nodes, (0,), span)
    return result


def refuse_ragged(entries: Sequence[Operand]) -> None:
    """Raise ExpressionError at the first entry that is written in another shape than an earlier one."""
    literals = [(np.shape(entry.value), entry) for entry in entries if entry.is_literal]
    lists = [((entry.length,), entry) for entry in entries if isinstance(entry, Display)]
    outermost = [(shape[:1], entry) for shape, entry in literals if not shape]
    for shapes_and_entries in (sorted(lists + outermost, key=lambda pair: pair[1].start_pos), literals):
        for shape, entry in shapes_and_entries:
            expected = shapes_and_entries[0][0]
            if shape != expected:
                raise ExpressionError(
                    f"ragged list: an entry of shape {shapes.show(shape)} after one of {shapes.show(expected)}",
                    entry.span,
                    "every row of an array has the same length",
                )


def index(scope: Scope, operand: Operand, items: Sequence[Index], span: Span) -> Node:
    """`x[items]`; an item is a whole number or a slice."""
    parts = [bound for item in items for bound in (item if isinstance(item, Bounds) else (item,))]
    given = [bound for bound in parts if bound is not None]

    def make(where: Scope, operands: tuple[Node, ...], values: list[Array]) -> Node:
        numbers = iter([whole(value, bound) for value, bound in zip(values, given, strict=True)])
        indices: list[Any] = []
        for item in items:
            if isinstance(item, Bounds):
                bounds = shapes.Slice(*[None if bound is None else next(numbers) for bound in item])
                if bounds.step == 0 and item.step is not None:
                    raise ExpressionError("the step of a slice is 0", item.step.span, "use 1, or -1 to go back")
                indices.append(bounds)
            else:
                indices.append(next(numbers))
        return where.graph.add(OPERATORS["index"], operands, (tuple(indices),), span)

    return with_constants(scope, (scope.node(operand),), given, make, "an index", span)


def whole(value: Array, operand: Operand) -> int:
    """A constant as an index. Raises ExpressionError where it is not a whole number."""
    if np.ndim(value) or not np.isfinite(value) or value != np.floor(value):
        shown = f"shape {shapes.show(np.shape(value))}" if np.ndim(value) else f"{float(value):g}"
        raise ExpressionError(
            f"an index must be a whole number, not {shown}", operand.span, "indices start at 0; -1 is the last"
        )
    return int(value)
