"""The numbers that a page shows: each is the value of a node, at the point given and, by a script, at any other.

The script is the code that the generator writes for these very nodes. Knows neither pages nor pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.parser.printers import javascript
from backprop.parser.printers.javascript import JAVASCRIPT

MAXIMUM_NUMBERS = 20_000  # on a page that computes


class Quantities:
    """The quantities of one page, in the order in which they are asked for; `point` are the inputs' values."""

    def __init__(self, output: Node, point: Mapping[str, Array]) -> None:
        self.output = output
        self.point = point
        self.nodes: dict[Node, int] = {}

    def of(self, node: Node) -> int:
        """The number of the quantity that is this node's value."""
        return self.nodes.setdefault(node, len(self.nodes))

    def values(self) -> list[Array]:
        return evaluate(list(self.nodes), self.point)

    def data(self) -> dict[str, Any]:
        """Their shapes and their numbers at the point, one after another."""
        values = self.values()
        return {
            "shapes": [list(np.shape(value)) for value in values],
            "numbers": [JAVASCRIPT.number(number) for value in values for number in np.ravel(value).tolist()],
        }

    def script(self) -> str:
        """The function `compute` of the inputs, whose `gradient` has every quantity by its number.

        Raises ExpressionError for what JavaScript cannot say.
        """
        total = sum(int(np.prod(node.shape)) for node in self.nodes)
        if total > MAXIMUM_NUMBERS:
            raise ExpressionError(f"it has {total} numbers, more than {MAXIMUM_NUMBERS}")
        return javascript.write("compute", self.output, {f"q{number}": node for node, number in self.nodes.items()})
