"""Objectives that are sums of squares, as their graph shows: the search of a fit serves them, too.

Far from a minimum the squares' curvature by first derivatives is the better guide: it is never negative.
Source: Nocedal & Wright, Numerical Optimization (2006), chapter 10.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Matrix, Places, Residuals, Vector

ADDED, TIMES, OVER, RAISED, MATRIX = (OPERATORS[symbol] for symbol in ("+", "*", "/", "^", "@"))
SQUARED, SUMMED, DOTTED = (FUNCTIONS[name][0] for name in ("square", "sum", "dot"))


class SquaredTerms(Residuals):
    """Residuals whose squares make up an objective, each a number or an array of the typed graph; all are one row."""

    is_plain = False

    def __init__(self, typed: Graph, terms: Sequence[Node], layout: Places) -> None:
        super().__init__(typed, {}, layout.shapes, {}, 1)
        self.functions = Functions(typed, None, terms, layout)

    @cached_property
    def typed(self) -> Graph:
        return self.graph

    @property
    def responses(self) -> int:
        return self.functions.count

    def blocks(self, vector: Vector, names: Sequence[str] = ()) -> Iterator[tuple[Vector, Matrix]]:
        matrix = self.functions.jacobian(vector)[:, self.layout.places(names)] if names else np.zeros((self.count, 0))
        yield self.functions.constraints(vector), matrix


def squared_terms(objective: Node, layout: Places) -> SquaredTerms | None:
    """The residuals of an objective, with a graph of their own; None where it is no sum of squares."""
    typed = Graph(is_typed=True, source=objective.graph.source)
    twin: list[Node] = []
    for node in objective.graph.nodes[: objective.index + 1]:
        twin.append(typed.copy(node, twin))
    terms = residuals_of(twin[-1])
    if terms is None or sum(math.prod(node.shape) for node in terms) < layout.size:
        return None
    typed.output = add_up([node.sum() if node.shape else node for node in terms])
    return SquaredTerms(typed, terms, layout)


def residuals_of(objective: Node) -> list[Node] | None:
    """The residuals of whose squares a node of a typed graph is the sum; None where it is not such a sum."""
    graph = objective.graph
    residuals: list[Node] = []
    left = [(objective, 1.0)]
    while left:
        node, weight = left.pop()
        gate, inputs = node.gate, node.inputs
        if node.is_constant and not node.shape and node.value * weight >= 0.0:
            continue
        if gate is ADDED:
            left += [(operand, weight) for operand in inputs if operand.shape == node.shape]
            if any([operand.shape != node.shape for operand in inputs]):
                return None
        elif gate is SUMMED and node.axis is None:
            left.append((inputs[0], weight))
        elif gate is TIMES and inputs[0].is_scalar_constant and inputs[1].shape == node.shape:
            left.append((inputs[1], weight * float(inputs[0].value)))
        elif gate in (TIMES, OVER) and inputs[1].is_scalar_constant and inputs[0].shape == node.shape:
            factor = float(inputs[1].value)
            left.append((inputs[0], weight * factor if gate is TIMES else weight / factor if factor else 0.0))
        else:
            root = root_of(node)
            if root is None or not weight > 0.0:
                return None
            residuals.append(root if weight == 1.0 else graph.number(math.sqrt(weight)) * root)
    return residuals or None


def root_of(node: Node) -> Node | None:
    """What a node is the square of, or an array whose squares it is the sum of; None where it is neither."""
    gate, inputs = node.gate, node.inputs
    if gate in (TIMES, DOTTED, MATRIX) and inputs[0] is inputs[1] and len(inputs[0].shape) <= (gate is not TIMES or 9):
        return inputs[0]
    if gate is SQUARED:
        return inputs[0]
    if gate is RAISED and inputs[1].is_scalar_constant:
        power = float(inputs[1].value)
        if power > 0.0 and power % 2.0 == 0.0:
            return inputs[0] if power == 2.0 else inputs[0] ** (0.5 * power)
    return None
