"""What functions of numbers, and of arrays of numbers, are: a sum of eye(3)[1] is 1."""

from __future__ import annotations

import math

from backprop.autodiff.declaration import leaves
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array

MOST_ENTRIES = 10_000  # of an array that is made
LONGEST_LIST = 16  # operands of a function that is computed


class Folded:
    """The values of nodes that depend on no variable and on no named constant, as far as they were asked for."""

    def __init__(self) -> None:
        self.values: dict[Node, Array] = {}

    def value(self, node: Node) -> Array | None:
        """The value of a node whose operands were asked for before it, or are numbers; None where it has none.

        A product, a quotient or a power that leaves the range of the doubles has none.
        """
        if not node.inputs and (node.gate is leaves.input or math.prod(node.shape) > MOST_ENTRIES):
            return None
        if node.is_constant:
            return number(node)
        numbers = [self.values.get(operand, number(operand)) for operand in node.inputs]
        if len(numbers) > LONGEST_LIST or any(known is None for known in numbers):
            return None
        value: Array = node.gate.value_of(numbers, node.settings)
        if node.gate.leaves_range(value, numbers):
            return None
        self.values[node] = value
        return value


def number(node: Node) -> Array | None:
    """The value of a number that has no name; None for any other node."""
    return node.value if node.is_constant and node.name is None else None
