"""Matrices of the derivatives of numbers by numbers: a node for each entry, all of them in one program of floats.

It is for few variables. Of many, each moves little, and sweeps.py computes only what it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backprop.autodiff.derivatives.programs import AtNumbers
from backprop.autodiff.derivatives.sweeps import MOST_KEPT, Matrix
from backprop.autodiff.evaluation.flat_program import FlatProgram, flat_program
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array

MOST_DIRECTIONS = 16


class NumberMatrix(AtNumbers):
    """A row of as many entries as there are inputs for each number that is differentiated."""

    def __init__(self, flat: FlatProgram, entries: Sequence[Node], width: int) -> None:
        super().__init__(flat, entries)
        self.width = width

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        """The matrix for these inputs; -0.0 becomes 0.0, as in sweeps."""
        matrix: Matrix = np.array(super().compute(values), dtype=np.float64)
        return matrix.reshape(-1, self.width) + 0.0


def rows_of_numbers(names: Sequence[str], entries: Sequence[float]) -> list[dict[str, float]]:
    """The same entries row by row, by the names of the inputs."""
    numbers, width = [entry + 0.0 for entry in entries], len(names)
    return [dict(zip(names, numbers[start : start + width], strict=True)) for start in range(0, len(numbers), width)]


def gradient_of_number(output: Node, inputs: Sequence[Node]) -> NumberMatrix | None:
    """The one row of a number's Jacobian, None where it is not computed of floats."""
    if not inputs or any([node.shape for node in (output, *inputs)]):
        return None
    return _of_floats(gradients(output, inputs), len(inputs))


def tangents_of_numbers(outputs: Sequence[Node], inputs: Sequence[Node]) -> NumberMatrix | None:
    """The Jacobian of several numbers, None where it is not computed of floats, or would be a long program."""
    if not outputs or not 0 < len(inputs) <= MOST_DIRECTIONS or any([node.shape for node in (*outputs, *inputs)]):
        return None
    nodes = outputs[0].graph.nodes
    if len(inputs) * len(nodes) > MOST_KEPT or any([node.gate.has_kink or node.gate.has_sides for node in nodes]):
        return None
    columns: list[list[Node]] = []
    for node in inputs:
        columns.append(tangents_of(outputs, {node: node.graph.constant(1.0)}))
        if len(columns) == 1 and flat_program(columns[0]) is None:
            return None
    return _of_floats([column[row] for row in range(len(outputs)) for column in columns], len(inputs))


def _of_floats(entries: Sequence[Node], width: int) -> NumberMatrix | None:
    flat = flat_program(entries)
    return None if flat is None else NumberMatrix(flat, entries, width)
