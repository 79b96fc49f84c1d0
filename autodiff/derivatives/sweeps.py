"""Matrices of derivatives by sweeps: one program run once for each unit vector, a hidden input of the graph.

Knows nodes only; what is asked for and how it is handed out is in matrices.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.evaluation.execution import evaluate, run
from backprop.autodiff.evaluation.program import given_name, lower, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array

Matrix = np.ndarray[Any, np.dtype[np.float64]]


def by_reverse(output: Node, inputs: Sequence[Node], arrays: Mapping[str, Array]) -> Matrix:
    """The Jacobian row by row: one reverse pass, run for each output entry."""
    seed = _hidden(output.graph, "upstream gradient", output)
    return _sweep(gradients(output, inputs, seed), [seed], arrays)


def by_forward(outputs: Sequence[Node], inputs: Sequence[Node], arrays: Mapping[str, Array]) -> Matrix:
    """The Jacobian of several outputs column by column: one forward pass, run for each input entry."""
    units = [_hidden(node.graph, "direction", node) for node in inputs]
    return _sweep(tangents_of(outputs, dict(zip(inputs, units, strict=True))), units, arrays).T


def with_zeros_mended(
    matrix: Matrix, outputs: Sequence[Node], inputs: Sequence[Node], arrays: Mapping[str, Array]
) -> Matrix:
    """The Jacobian, what is nan only for want of `with_exact_zeros` taken from there."""
    doubtful = np.isnan(matrix)
    return np.where(doubtful, with_exact_zeros(outputs, inputs, arrays), matrix) if doubtful.any() else matrix


def with_exact_zeros(outputs: Sequence[Node], inputs: Sequence[Node], arrays: Mapping[str, Array]) -> Matrix:
    """The Jacobian of several outputs, row by row, an entry being 0 where its output does not use its input.

    A unit vector's zeros times an infinite slope elsewhere are nan: [sqrt(x), y] at x = 0 would have nan for
    dy/dx. Here each entry is chosen by a branch, and a branch not taken gives zero. It costs more.
    """
    graph = outputs[0].graph
    masks = [_hidden(graph, f"choice {place}", node) for place, node in enumerate(outputs)]
    chosen = add_up([mask.where(node, 0.0).sum() for mask, node in zip(masks, outputs, strict=True)])
    return _sweep(gradients(chosen, inputs), masks, arrays)


def _hidden(graph: Graph, what: str, node: Node) -> Node:
    """An input of a node's shape for a unit vector; no variable can have its name, which has blanks."""
    return graph.input(f"{what} of node {node.index}", node.shape)


def _sweep(results: Sequence[Node], units: Sequence[Node], arrays: Mapping[str, Array]) -> Matrix:
    """The results' entries side by side, one row for each unit vector of all `units` together.

    What does not depend on a unit's node is computed once: of a long sum of few variables each, nearly all.
    """
    matrix = np.empty((sum(map(size, units)), sum(map(size, results))))
    if not results or not units:
        return matrix
    ends = list(accumulate(map(size, results)))
    users: dict[Node, list[Node]] = {}
    for node in needed(results, is_read=True):
        for operand in node.reads:
            users.setdefault(operand, []).append(node)
    fixed = set(results).union(*(_border(_depending(node, users)) for node in units))  # one at a time: they are large
    zeros: dict[str, Array] = {str(node.name): np.zeros(node.shape)[()] for node in units}
    base = dict(zip(fixed, evaluate(list(fixed), {**arrays, **zeros}), strict=True))
    matrix[:] = np.concatenate([base[node].ravel() for node in results])
    row = 0
    for unit in units:
        part = _depending(unit, users)
        border = _border(part)
        moved = [(node, end) for node, end in zip(results, ends, strict=True) if node in part]
        program = lower([node for node, _ in moved], border)
        values = {given_name(node): base[node] for node in border}
        for entry in range(size(unit)):
            vector = np.zeros(unit.shape)
            vector.flat[entry] = 1.0
            values[str(unit.name)] = vector[()]
            for (node, end), result in zip(moved, run(program, values), strict=True):
                matrix[row, end - size(node) : end] = result.ravel()
            row += 1
    return matrix + 0.0  # -0.0, of which a matrix mostly of zeros would be full, becomes 0.0


def _depending(source: Node, users: Mapping[Node, Sequence[Node]]) -> set[Node]:
    """A node and all that depends on it."""
    found = {source}
    left = [source]
    while left:
        for node in users.get(left.pop(), ()):
            if node not in found:
                found.add(node)
                left.append(node)
    return found


def _border(part: set[Node]) -> set[Node]:
    """The operands of some nodes that are not among them."""
    return {one for node in part for one in node.reads} - part


def size(node: Node) -> int:
    """How many entries a node has."""
    return prod(node.shape)
