"""Matrices of derivatives by sweeps: one program run once for each unit vector, a hidden input of the graph.

Knows nodes only; what is asked for and how it is handed out is in matrices.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import Any, TypeAlias

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.derivatives.programs import AtPoint
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import Program, given_name, lower, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array

MOST_KEPT = 2**15  # instructions of a sweep's programs: those of many variables together may be many times the graph

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


def by_reverse(output: Node, inputs: Sequence[Node]) -> Sweep:
    """The Jacobian row by row: one reverse pass, run for each output entry."""
    return Sweep(*gradients_by_unit(output, inputs))


def by_forward(outputs: Sequence[Node], inputs: Sequence[Node]) -> Sweep:
    """The Jacobian of several outputs column by column: one forward pass, run for each input entry."""
    return Sweep(*tangents_along_units(outputs, inputs), is_by_columns=True)


def with_exact_zeros(outputs: Sequence[Node], inputs: Sequence[Node]) -> Sweep:
    """The Jacobian of several outputs, row by row, an entry being 0 where its output does not use its input.

    A unit vector's zeros times an infinite slope elsewhere are nan: [sqrt(x), y] at x = 0 would have nan for
    dy/dx. Here each entry is chosen by a branch, and a branch not taken gives zero. It costs more.
    """
    return Sweep(*chosen_gradients(outputs, inputs))


def chosen_gradients(outputs: Sequence[Node], inputs: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The gradients of the sum of those entries of the outputs that hidden inputs choose, and these inputs."""
    graph = outputs[0].graph
    masks = [hidden(graph, f"choice {number}", node) for number, node in enumerate(outputs)]
    chosen = add_up([mask.where(node, 0.0).sum() for mask, node in zip(masks, outputs, strict=True)])
    return gradients(chosen, inputs), masks


def gradients_by_unit(output: Node, inputs: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The gradients of the entry of the output that a unit vector chooses, and the hidden input for that vector."""
    unit = hidden(output.graph, "upstream gradient", output)
    return gradients(output, inputs, unit), [unit]


def tangents_along_units(outputs: Sequence[Node], inputs: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The outputs' tangents along a unit vector of the inputs, and the hidden inputs for its parts."""
    units = [hidden(node.graph, "direction", node) for node in inputs]
    return tangents_of(outputs, dict(zip(inputs, units, strict=True))), units


def hidden(graph: Graph, what: str, node: Node) -> Node:
    """An input of a node's shape for a unit vector; no variable can have its name, which has blanks."""
    return graph.input(f"{what} of node {node.index}", node.shape)


class _Part(NamedTuple):
    """What one unit's node moves: where each moved result's entries begin and end, and the program for them.

    `border` has the names and nodes of what it computes them from.
    """

    program: Program
    columns: tuple[tuple[int, int], ...]
    border: tuple[tuple[str, Node], ...]


class Sweep:
    """The results' entries side by side, one row (or column) for each unit vector of all `units` together.

    What does not depend on a unit's node is computed once: of a long sum of few variables each, nearly all.
    """

    def __init__(self, results: Sequence[Node], units: Sequence[Node], *, is_by_columns: bool = False) -> None:
        self.results = results
        self.units = units
        ends = list(accumulate(map(size, results)))
        self.columns = [(node, end - size(node), end) for node, end in zip(results, ends, strict=True)]
        self.is_by_columns = is_by_columns
        self.users: dict[Node, list[Node]] = {}
        self.fixed: list[Node] = []
        self.base = AtPoint(lower([]))
        self._parts: dict[Node, _Part] = {}
        self._kept = 0
        if results and units:
            for node in needed(results, is_read=True):
                for operand in node.reads:
                    self.users.setdefault(operand, []).append(node)
            fixed = set(results)
            for node in units:  # one at a time: they are large
                fixed |= border_of(depending([node], self.users))
            self.fixed = list(fixed)
            self.base = AtPoint(lower(self.fixed))

    @property
    def size(self) -> int:
        """How many instructions it may come to keep."""
        return self.base.size + MOST_KEPT

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        """The matrix for these inputs."""
        matrix = np.empty((sum(map(size, self.units)), sum(map(size, self.results))))
        if self.results and self.units:
            self._fill(matrix, values)
            matrix += 0.0  # -0.0, of which a matrix mostly of zeros would be full, becomes 0.0
        return matrix.T if self.is_by_columns else matrix

    def _fill(self, matrix: Matrix, values: Mapping[str, Array]) -> None:
        zeros: dict[str, Array] = {str(node.name): np.zeros(node.shape)[()] for node in self.units}
        base = dict(zip(self.fixed, self.base.compute({**values, **zeros}), strict=True))
        matrix[:] = np.concatenate([base[node].ravel() for node in self.results])
        row = 0
        for unit in self.units:
            part = self._part(unit)
            given = {name: base[node] for name, node in part.border}
            for entry in range(size(unit)):
                vector = np.zeros(unit.shape)
                vector.flat[entry] = 1.0
                given[str(unit.name)] = vector[()]
                for (start, end), result in zip(part.columns, run(part.program, given), strict=True):
                    matrix[row, start:end] = result.ravel()
                row += 1

    def _part(self, unit: Node) -> _Part:
        """What a unit's node moves, kept unless there is too much of it."""
        part = self._parts.get(unit)
        if part is None:
            moved = depending([unit], self.users)
            border = border_of(moved)
            results = [column for column in self.columns if column[0] in moved]
            program = lower([node for node, _, _ in results], border)
            columns = tuple([(start, end) for _, start, end in results])
            part = _Part(program, columns, tuple([(given_name(node), node) for node in border]))
            self._kept += len(program.instructions)
            if self._kept <= MOST_KEPT:
                self._parts[unit] = part
        return part


def depending(sources: Collection[Node], users: Mapping[Node, Sequence[Node]]) -> set[Node]:
    """Some nodes and all that depends on them."""
    dependents = set(sources)
    left = [*dependents]
    while left:
        for node in users.get(left.pop(), ()):
            if node not in dependents:
                dependents.add(node)
                left.append(node)
    return dependents


def border_of(part: set[Node]) -> set[Node]:
    """The operands of some nodes that are not among them."""
    return {operand for node in part for operand in node.reads} - part


def size(node: Node) -> int:
    """How many entries a node has."""
    return prod(node.shape)
