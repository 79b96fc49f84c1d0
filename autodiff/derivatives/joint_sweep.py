"""The Jacobian by one forward pass for all unit vectors at once: as rows of a batch, which takes about as long as one.

That is for few columns. Of many, each moves little, and sweeps.py computes only what it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from backprop.autodiff.derivatives.sweeps import Matrix, Sweep, by_forward, size
from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.shapes import Array

MOST_COLUMNS = 48


class JointSweep:
    """The columns of the outputs' Jacobian by some inputs."""

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self._outputs, self._inputs = outputs, inputs
        self._units = [node.graph.input(f"unit of node {node.index}", node.shape) for node in inputs]
        self._plan = plan_rows(
            tangents_of(outputs, dict(zip(inputs, self._units, strict=True))), [str(unit.name) for unit in self._units]
        )
        self._columns: dict[str, Array] = {}
        whole, start = np.eye(sum(map(size, inputs))), 0
        for unit in self._units:
            end = start + size(unit)
            self._columns[str(unit.name)] = whole[start:end].reshape((*unit.shape, len(whole)))
            start = end

    @cached_property
    def _apart(self) -> Sweep:
        return by_forward(self._outputs, self._inputs)

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        """The matrix for these inputs; one unit at a time where an infinite slope times 0 might be in the way."""
        results = RowProgram(self._plan, values).run(self._columns)
        matrix: Matrix = np.concatenate([result.reshape(-1, result.shape[-1]) for result in results])
        return matrix + 0.0 if np.isfinite(matrix).all() else self._apart.compute(values)


def columns_of(outputs: Sequence[Node], inputs: Sequence[Node]) -> JointSweep | Sweep:
    """What computes the Jacobian by columns, the quicker way."""
    few = outputs and 0 < sum(map(size, inputs)) <= MOST_COLUMNS
    return JointSweep(outputs, inputs) if few else by_forward(outputs, inputs)
