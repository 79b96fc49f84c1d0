"""The numbers that a page shows: each is the value of a node, at the point given and, by a script, at any other.

The script is the code that the generator writes for these very nodes. Knows neither pages nor pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.execution import evaluate_numbers
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.parser.printers.expression import show
from backprop.parser.printers.languages import javascript
from backprop.parser.printers.languages.javascript import JAVASCRIPT
from backprop.parser.printers.scalars import MOST_ENTRIES
from backprop.parser.visible import brief, visible

MAXIMUM_NUMBERS = 20_000  # on a page that computes
LONGEST_NAME = 40  # characters of what it cannot compute


class NotComputedError(Exception):
    """A page that cannot compute: `word` names the sentence that says why, with what is `given` in its places."""

    def __init__(self, word: str, *given: object) -> None:
        super().__init__(word)
        self.word, self.given = word, given


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
        return evaluate_numbers(list(self.nodes), self.point)

    def data(self) -> dict[str, Any]:
        """Their shapes and their numbers at the point, one after another."""
        values = self.values()
        return {
            "shapes": [list(np.shape(value)) for value in values],
            "numbers": [JAVASCRIPT.number(number) for value in values for number in np.ravel(value).tolist()],
        }

    def script(self) -> str:
        """The function `compute` of the inputs, whose `gradient` has every quantity by its number.

        Raises NotComputedError for what is too large, and for what JavaScript cannot say.
        """
        for node in needed(list(self.nodes)):
            if np.prod(node.shape) > MOST_ENTRIES:
                what = brief(visible(show(node, {})), LONGEST_NAME)
                raise NotComputedError("long array", MOST_ENTRIES, what, int(np.prod(node.shape)))
        total = sum(int(np.prod(node.shape)) for node in self.nodes)
        if total > MAXIMUM_NUMBERS:
            raise NotComputedError("many numbers", MAXIMUM_NUMBERS, total)
        try:
            return javascript.write("compute", self.output, {f"q{number}": node for node, number in self.nodes.items()})
        except ExpressionError as error:
            source, span = error.source or "", error.span
            what = source[span.start : span.end] if span else show(self.output, {})
            raise NotComputedError("no script", brief(visible(what), LONGEST_NAME)) from None
