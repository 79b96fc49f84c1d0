"""The gradients of functions that are linear in each part, and their differentials of every order.

The product of the entries and the determinant are such functions f. The gate stands for the gradient by x of the k-th
differential of f along k directions, f^(k+1)(x; ., d1 ... dk), in which the directions and the gradient's place change
freely: its own differential is the same gate with one direction more, and no order ever divides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.axes import shared_along
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Shape, show

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_ENTRIES = 2**21  # 16 MB


def along_directions(shape: Shape, directions: Sequence[Shape]) -> Shape:
    """The shape of x, which is that of each direction. Raises ExpressionError for a direction of another one."""
    for direction in directions:
        if direction != shape:
            raise ExpressionError(f"a direction of shape {show(direction)}", cure=f"give it that of x, {show(shape)}")
    return shape


class Polarized(Gate):
    """`gradient(x, *directions)`, of the shape of x: symmetric in the directions and what it is multiplied with.

    `entries` gives how many numbers one evaluation takes for a shape and a number of directions; above
    MOST_ENTRIES its textbook form, which divides, takes its place. Source: Greub, Multilinear Algebra, on polar forms.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *,
        operand: str = "x",
        entries: Callable[[Shape, int], int] | None = None,
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, operands=(operand, "*directions"), **declaration)
        self.entries = entries

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self._along(position, upstream, inputs, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        return add_up(
            [
                self._along(position, tangent, inputs, out)
                for position, tangent in enumerate(tangents)
                if tangent is not None
            ]
        )

    def _along(self, position: int, direction: Node, inputs: tuple[Node, ...], out: Node) -> Node:
        x, *directions = inputs
        if position:
            directions[position - 1] = direction
        else:
            directions.append(direction)
        # In one order: the same differential, met on two ways, is one node.
        directions.sort(key=lambda node: node.index)
        if self.entries and self.textbook and self.entries(x.shape, len(directions)) > MOST_ENTRIES:
            return self.textbook(x, *directions, **out.settings)
        return self(x, *directions, **out.settings)

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return shared_along(out.settings.get("axis"), test, out)
