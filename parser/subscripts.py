"""What stands in the brackets behind an array: `x[0, 1:3]`, `x[:, None]`, `x[[0, 2]]`, `scores[label]`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Slice
from backprop.parser.constants import with_constants
from backprop.parser.operand import Bounds, Index, Operand
from backprop.parser.scope import Scope

EVERYTHING = Slice(None, None, None)


def index(scope: Scope, operand: Operand, items: Sequence[Index], span: Span) -> Node:
    """`x[items]`; an item is a whole number, a slice, None, a list of whole numbers, or an index that varies."""
    parts = [part for item in items for part in (item if isinstance(item, Bounds) else (item,))]
    given = [part for part in parts if part is not None and part.type != "NONE"]

    def make(where: Scope, operands: tuple[Node, ...], values: list[Any]) -> Node:
        return WrittenIndex(items, iter(values)).of(operands[0], span)

    return with_constants(scope, (scope.node(operand),), given, make, "an index", span, may_vary=True)


class WrittenIndex:
    """The items of an index, sorted out.

    `places` are the whole numbers and slices, a slice of everything for the axis `chosen_axis` of what they leave:
    along that one `chosen`, a list of places or the node of an index that varies, takes entries. `new_axes` are those
    of the result, which None makes.
    """

    def __init__(self, items: Sequence[Index], values: Iterator[Any]) -> None:
        self.places: list[int | Slice] = []
        self.new_axes: list[int] = []
        self.chosen: list[int] | Node | None = None
        self.chosen_name: str | None = None  # how that is called
        self.chosen_axis = 0
        self.chosen_place = 0  # of it among the places
        left = 0  # axes that the items so far leave
        taking: list[int] = []  # positions of the items that take entries
        for position, item in enumerate(items):
            if isinstance(item, Bounds):
                self.places.append(slice_of(item, values))
                left += 1
            elif item.type == "NONE":
                self.new_axes.append(left + len(self.new_axes) - isinstance(self.chosen, Node))
            elif isinstance(value := next(values), Node) or np.ndim(value) == 1:
                self._choose(value, item, left)
                taking.append(position)
                left += 1
            else:
                self.places.append(whole(value, item))
                taking.append(position)
        if self.chosen is not None and taking[-1] - taking[0] >= len(taking):  # NumPy moves the axis to the front then
            raise ExpressionError(
                "a list or a variable and a whole number in an index, and not side by side",
                items[0].span,
                "index twice: x[0][:, [1, 2]]",
            )

    def _choose(self, value: Any, item: Operand, axis: int) -> None:
        if self.chosen is not None:
            raise ExpressionError("two lists or variables in an index", item.span, f"index twice: {self._twice(item)}")
        self.chosen_name = item.text if item.type == "NAME" else None
        self.chosen = value if isinstance(value, Node) else [whole(position, item) for position in value]
        if self.chosen == []:
            raise ExpressionError("an empty list of indices", item.span, "name the entries to take")
        self.chosen_axis, self.chosen_place = axis, len(self.places)
        self.places.append(EVERYTHING)

    def _twice(self, item: Operand) -> str:
        """Two indices as one after the other."""
        if self.chosen_name is not None and item.type == "NAME" and not self.chosen_axis:
            return f"x[{self.chosen_name}][{item.text}], where each is a number"
        return "x[[0, 1]][:, [2, 3]]"

    def of(self, node: Node, span: Span) -> Node:
        """The entries of an array."""
        graph, before = node.graph, (EVERYTHING,) * self.chosen_axis
        if isinstance(self.chosen, Node) and any(isinstance(part, int) for part in self.places):
            # It goes first: an error names its axis, and counts those that the whole numbers take.
            node = graph.add(OPERATORS["entry"], (node, self.chosen), (self.chosen_place,), span)
            rest = (*self.places[: self.chosen_place], *self.places[self.chosen_place + 1 :])
            node = graph.add(OPERATORS["index"], (node,), (rest,), span)
            return graph.add(OPERATORS["new_axes"], (node,), (tuple(self.new_axes),), span) if self.new_axes else node
        if self.chosen is None or any(part != EVERYTHING for part in self.places):
            node = graph.add(OPERATORS["index"], (node,), (tuple(self.places),), span) if self.places else node
        if isinstance(self.chosen, Node):
            node = graph.add(OPERATORS["entry"], (node, self.chosen), (self.chosen_axis,), span)
        elif self.chosen is not None:
            entries = [graph.add(OPERATORS["index"], (node,), ((*before, position),), span) for position in self.chosen]
            node = graph.add(OPERATORS["stack"], tuple(entries), (self.chosen_axis,), span)
        return graph.add(OPERATORS["new_axes"], (node,), (tuple(self.new_axes),), span) if self.new_axes else node


def slice_of(bounds: Bounds, values: Iterator[Any]) -> Slice:
    """A slice with constant bounds. Raises ExpressionError."""
    numbers = [None if bound is None else whole(next(values), bound) for bound in bounds]
    if numbers[2] == 0 and bounds.step is not None:
        raise ExpressionError("the step of a slice is 0", bounds.step.span, "use 1, or -1 to go back")
    return Slice(*numbers)


def whole(value: Array | Node, operand: Operand) -> int:
    """A constant as an index. Raises ExpressionError where it is no whole number."""
    if isinstance(value, Node):
        raise ExpressionError("the bounds of a slice must be constant", operand.span, "write numbers")
    if np.ndim(value) or not math.isfinite(value) or value != math.floor(value):
        shown = f"shape {shapes.show(np.shape(value))}" if np.ndim(value) else f"{float(value):g}"
        raise ExpressionError(
            f"an index must be a whole number, not {shown}", operand.span, "indices start at 0; -1 is the last"
        )
    return int(value)
