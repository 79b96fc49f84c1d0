"""Matrices of derivatives by one pass for all unit vectors at once, as rows of a batch: it takes little more than one.

That is for arrays, and for few numbers. Of many, each moves little, and sweeps.py computes only what it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np

from backprop.autodiff.derivatives.sweeps import (
    Matrix,
    Sweep,
    by_forward,
    gradients_by_unit,
    size,
    tangents_along_units,
)
from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array

MOST_COLUMNS = 48


class JointSweep:
    """The results' entries side by side, one row (or column) for each unit vector of all `units` together."""

    def __init__(self, results: Sequence[Node], units: Sequence[Node], *, is_by_columns: bool = False) -> None:
        self.units = units
        self.is_by_columns = is_by_columns
        self._plan = plan_rows(results, [str(unit.name) for unit in units])
        self._ends = list(accumulate(map(size, results), initial=0))

    @property
    def size(self) -> int:
        return len(self._plan.steps)

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        """The matrix for these inputs. An infinite slope times the zeros of a unit vector is nan."""
        count, start, columns = sum(map(size, self.units)), 0, {}
        whole = np.eye(count)
        for unit in self.units:
            columns[str(unit.name)] = whole[start : start + size(unit)].reshape((*unit.shape, count))
            start += size(unit)
        matrix = np.empty((self._ends[-1], count))
        parts = zip(self._plan.result_shapes, self._ends, self._ends[1:], strict=False)
        RowProgram(self._plan, values).run(
            columns, [matrix[first:last].reshape((*shape, count)) for shape, first, last in parts]
        )
        matrix += 0.0  # of -0.0, as in sweeps
        return matrix if self.is_by_columns else matrix.T


def jointly_by_reverse(output: Node, inputs: Sequence[Node]) -> JointSweep:
    """The Jacobian row by row."""
    return JointSweep(*gradients_by_unit(output, inputs))


def jointly_by_forward(outputs: Sequence[Node], inputs: Sequence[Node]) -> JointSweep:
    """The Jacobian of several outputs column by column."""
    return JointSweep(*tangents_along_units(outputs, inputs), is_by_columns=True)


class JointColumns:
    """The columns of the outputs' Jacobian by some inputs, apart where that may be what is finite."""

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self._outputs, self._inputs = outputs, inputs
        self._together = jointly_by_forward(outputs, inputs)

    @cached_property
    def _apart(self) -> Sweep:
        return by_forward(self._outputs, self._inputs)

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        """The matrix for these inputs; one unit at a time where an infinite slope times 0 might be in the way."""
        matrix = self._together.compute(values)
        return matrix if np.isfinite(matrix).all() else self._apart.compute(values)


def columns_of(outputs: Sequence[Node], inputs: Sequence[Node]) -> JointColumns | Sweep:
    """What computes the Jacobian by columns, the quicker way."""
    few = outputs and 0 < sum(map(size, inputs)) <= MOST_COLUMNS
    return JointColumns(outputs, inputs) if few else by_forward(outputs, inputs)
