"""Arrays as their entries: nodes of a typed graph in a graph of scalars, for languages that have no arrays.

Knows gates by their kind alone: elementwise ones go entry by entry; linear and bilinear ones are their coefficients,
found by applying them to unit vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff.declaration import kinds, leaves
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node

MAXIMUM_UNITS = 4096  # unit vectors, or pairs of them, that one gate is applied to
Entries = np.ndarray[Any, np.dtype[np.object_]]  # of nodes


def in_scalars(nodes: Sequence[Node]) -> list[list[Node]]:
    """Each node's entries, in the order of its flattened value, as scalar nodes of one graph.

    Its inputs are those of the nodes' graph, in their order, entry by entry. Raises ExpressionError for a gate that
    is not a sum of products of its operands' entries.
    """
    order = needed(list(nodes))
    if all(not node.shape and (node.gate.has_local or not node.inputs) for node in order):
        return [[node] for node in nodes]
    source = nodes[0].graph
    graph = Graph(is_typed=True, source=source.source)
    entries: dict[Node, Entries] = {}
    for name, node in source.inputs.items():
        entries[node] = input_entries(graph, name, node, source)
    for node in order:
        if node not in entries:
            entries[node] = entries_of(graph, node, [entries[operand] for operand in node.inputs])
    return [entries[node].ravel().tolist() for node in nodes]


def input_entries(graph: Graph, name: str, node: Node, source: Graph) -> Entries:
    """An input for each entry, under a name that nothing else has."""
    result = np.empty(node.shape, dtype=object)
    for index in np.ndindex(node.shape):
        own = "_".join([name, *map(str, index)])
        while index and (own in source.inputs or own in graph.inputs):
            own += "_"
        result[index] = graph.input(own, (), node.span)
    return result


def entries_of(graph: Graph, node: Node, operands: Sequence[Entries]) -> Entries:
    gate = node.gate
    result = np.empty(node.shape, dtype=object)
    if not node.inputs:
        value = node.value if gate is leaves.constant else gate.forward(**node.settings)
        name = node.name if not node.shape else None
        for index in np.ndindex(node.shape):
            result[index] = graph.constant(float(np.asarray(value)[index]), name)
    elif gate.has_local:
        spread = [np.broadcast_to(operand, node.shape).ravel().tolist() for operand in operands]
        for index, inputs in zip(np.ndindex(node.shape), zip(*spread, strict=True), strict=True):
            result[index] = graph.add(gate, inputs, node.attributes, node.span)
    elif isinstance(gate, kinds.Linear | kinds.Bilinear):
        terms = bilinear_terms if isinstance(gate, kinds.Bilinear) else linear_terms
        sums: list[list[Node]] = [[] for _ in range(result.size)]
        for factor, coefficients in terms(node, operands):
            for position in np.flatnonzero(coefficients).tolist():
                sums[position].append(factor * float(coefficients[position]))
        flat = [add_up(several) if several else graph.constant(0.0) for several in sums]
        for index, entry in zip(np.ndindex(node.shape), flat, strict=True):
            result[index] = entry
    else:
        raise unknown(node)
    return result


def linear_terms(node: Node, operands: Sequence[Entries]) -> list[tuple[Node, Any]]:
    """Each entry of each operand with what a 1 there makes of the whole output."""
    check_units(node, sum(operand.size for operand in operands))
    terms = []
    for position, operand in enumerate(operands):
        for index, entry in enumerate(operand.ravel()):
            values = [np.zeros(array.shape) for array in operands]
            values[position].reshape(-1)[index] = 1.0
            terms.append((entry, np.ravel(node.gate.forward(*values, **node.settings))))
    return terms


def bilinear_terms(node: Node, operands: Sequence[Entries]) -> list[tuple[Node, Any]]:
    """Each product of an entry of one and an entry of the other, with what ones there make of the whole output."""
    left, right = operands
    check_units(node, left.size * right.size)
    terms = []
    for first, entry in enumerate(left.ravel()):
        for second, other in enumerate(right.ravel()):
            coefficients = np.ravel(node.gate.forward(unit(left, first), unit(right, second), **node.settings))
            if np.any(coefficients):
                terms.append((entry * other, coefficients))
    return terms


def unit(like: Entries, index: int) -> Any:
    result = np.zeros(like.shape)
    result.reshape(-1)[index] = 1.0
    return result


def check_units(node: Node, count: int) -> None:
    if count > MAXIMUM_UNITS:
        raise ExpressionError(f"'{node.gate.name}' has too many entries", node.span, None, node.graph.source)


def unknown(node: Node) -> ExpressionError:
    return ExpressionError(
        f"JavaScript code for '{node.gate.name}' of arrays is not known", node.span, None, node.graph.source
    )
