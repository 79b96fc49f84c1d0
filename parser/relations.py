"""Comparisons as the equations and inequalities that a text states: `x + y <= 1` is 1 - (x + y), at least 0."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.relation import Relation

EXAMPLE = "x + y <= 1"
SIDES = {OPERATORS["=="]: (0, 1), OPERATORS[">="]: (0, 1), OPERATORS["<="]: (1, 0)}  # the one less the other
STRICT = {OPERATORS["<"]: "<=", OPERATORS[">"]: ">="}


def read(graph: Graph, statement: Node) -> list[Relation]:
    """The relations of a statement, of which `a <= b <= c` has two. Raises ExpressionError for what is none."""
    found = []
    left = [statement]
    while left:
        node = left.pop()
        if node.gate is OPERATORS["and"]:
            left += reversed(node.inputs)
        elif node.gate in STRICT:
            loose = STRICT[node.gate]
            raise ExpressionError("a strict inequality, which has no border", node.span, f"write {loose}", graph.source)
        elif node.gate not in SIDES:
            raise ExpressionError(
                "neither an equation nor an inequality", node.span, "write ==, <= or >= between two sides", graph.source
            )
        else:
            first, second = (node.inputs[place] for place in SIDES[node.gate])
            difference = graph.add(OPERATORS["-"], (first, second), (), node.span)
            found.append(Relation(difference, node.gate is OPERATORS["=="], node.span))
    return found
