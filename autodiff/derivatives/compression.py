"""Sparse matrices of derivatives by few sweeps: the unit vectors of one color are added up, and swept at once.

Knows nodes and structures only; what is asked for and how it is handed out is in sparse.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from backprop.autodiff.derivatives.coloring import Numbers, Sparsity, count_of
from backprop.autodiff.derivatives.programs import AtPoint
from backprop.autodiff.derivatives.sweeps import border_of, depending, size
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import given_name, lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.sparsity import dependence
from backprop.autodiff.shapes import Array

BYTES_AN_INSTRUCTION = 230  # that a kept program takes: the measure of what is kept with a graph

Vector = np.ndarray[Any, np.dtype[np.float64]]


def structure_of(results: Sequence[Node], units: Sequence[Node]) -> Sparsity:
    """A row for each entry of the results, a column for each of the units'. Raises TooDense."""
    rows, columns = dependence(results, units)
    height, width = sum(map(size, results)), sum(map(size, units))
    return Sparsity(rows.astype(np.int32), columns.astype(np.int32), height, width)


class Compressed:
    """Runs the results once for each color of their units' entries.

    What depends on no unit is computed once.
    """

    def __init__(self, results: Sequence[Node], units: Sequence[Node], colors: Numbers) -> None:
        self.units = units
        self.height = sum(map(size, results))
        self.colors = colors
        users: dict[Node, list[Node]] = {}
        for node in needed(results, is_read=True):
            for operand in node.reads:
                users.setdefault(operand, []).append(node)
        moved = depending(units, users)
        border = list(border_of(moved))
        self._given = [given_name(node) for node in border]
        self._base = AtPoint(lower(border))
        ends = list(accumulate(map(size, results)))
        places = zip(results, ends, strict=True)
        self._moving = [(node, end - size(node), end) for node, end in places if node in moved]
        self._program = lower([node for node, _, _ in self._moving], border)

    @property
    def size(self) -> int:
        """About how many instructions take as much memory."""
        return self._base.size + len(self._program.instructions)

    def compute(self, values: Mapping[str, Array], chosen: Sequence[int] | None = None) -> Vector:
        """The results for the sum of the unit vectors of each color, color by color; of those that are chosen."""
        chosen = range(count_of(self.colors)) if chosen is None else chosen
        swept = np.zeros((len(chosen), self.height))
        zeros: dict[str, Array] = {str(node.name): np.zeros(node.shape)[()] for node in self.units}
        given = dict(zip(self._given, self._base.compute({**values, **zeros}), strict=True))
        for row, color in zip(swept, chosen, strict=True):
            seeds = (self.colors == color).astype(np.float64)
            start = 0
            for unit in self.units:
                end = start + size(unit)
                given[str(unit.name)] = seeds[start:end].reshape(unit.shape)[()]
                start = end
            for result, (_, first, last) in zip(run(self._program, given), self._moving, strict=True):
                row[first:last] = result.ravel()
        return swept.ravel()
