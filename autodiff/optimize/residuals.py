"""The residuals of a model in rows of data, and their derivatives by its parameters, a block of rows at a time.

A model is a graph whose output is the response less the prediction. Parameters are one vector: their entries one
behind the other, each array in C order.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from backprop.autodiff.evaluation.batched_lowering import RowPlan, plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array, Shape, entry_name

BLOCK_ENTRIES = 2**19  # numbers of a block's Jacobian: 4 MB

Matrix = np.ndarray[Any, np.dtype[np.float64]]
Vector = np.ndarray[Any, np.dtype[np.float64]]


class Places:
    """Where the entries of each parameter are in the vector of all."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = dict(shapes)
        ends = list(accumulate(map(math.prod, self.shapes.values())))
        self.slices = {
            name: slice(end - math.prod(shape), end)
            for (name, shape), end in zip(self.shapes.items(), ends, strict=True)
        }
        self.size = ends[-1] if ends else 0

    def values(self, vector: Vector) -> dict[str, Array]:
        """The parameters' values in it."""
        return {name: vector[self.slices[name]].reshape(shape)[()] for name, shape in self.shapes.items()}

    def vector(self, values: Mapping[str, Any]) -> Vector:
        return np.concatenate([np.ravel(values[name]) for name in self.shapes] or [np.empty(0)]).astype(np.float64)

    def places(self, names: Sequence[str]) -> list[int]:
        """The positions of all entries of some parameters."""
        return [place for name in names for place in range(self.slices[name].start, self.slices[name].stop)]

    @cached_property
    def entries(self) -> list[str]:
        """What each entry is called: `a`, `W[0,1]`."""
        return [
            entry_name(name, index) if shape else name
            for name, shape in self.shapes.items()
            for index in np.ndindex(shape)
        ]


class Residuals:
    """The residuals of a model, each times the weight of its response: the response less the prediction, over sigma.

    `columns` are arrays of shape (*shape, rows), `fixed` what holds for all rows, `parameters` the shapes of the
    others. `weights` are of shape (responses, rows), None: ones.
    """

    is_plain = True  # whether they are the model's own: another kind has no pairs, no curvature, no linear parameters

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[str, Any],
        parameters: Mapping[str, Shape],
        fixed: Mapping[str, Array],
        rows: int,
        weights: Matrix | None = None,
    ) -> None:
        self.graph = graph
        self.columns = dict(columns)
        self.layout = Places(parameters)
        self.fixed = dict(fixed)
        self.rows = rows
        self.weights = weights
        self._plans: dict[Any, RowPlan] = {}

    @cached_property
    def typed(self) -> Graph:
        shapes = {name: column.shape[:-1] for name, column in self.columns.items()}
        held = {name: np.shape(value) for name, value in self.fixed.items()}
        typed = self.graph.typed({**shapes, **held, **self.layout.shapes})
        typed.is_plain = True
        return typed

    @property
    def responses(self) -> int:
        return math.prod(self.typed.result.shape)

    @property
    def count(self) -> int:
        """How many residuals there are."""
        return self.responses * self.rows

    def inputs(self, names: Sequence[str]) -> list[Node]:
        """The nodes of some parameters; one that the text names but does not use has none."""
        return [self.typed.inputs[name] for name in names]

    def by_response(self) -> list[Node]:
        """The typed graph's nodes of the residuals, a number each."""
        return entries_of(self.typed.result)

    def derivatives(self, names: Sequence[str]) -> list[list[Node]]:
        """For each residual of a row, its derivatives by some parameters, each of the parameter's shape."""
        return [gradients(node, self.inputs(names)) for node in self.by_response()]

    def row_blocks(self, entries: int) -> Iterator[slice]:
        """Rows after rows, of so many entries each as are computed at once; then columns in files leave the memory."""
        step = max(1, min(BLOCK_ENTRIES // max(entries, 1), max(self.rows, 1)))
        for start in range(0, self.rows, step):
            yield slice(start, min(start + step, self.rows))
            for column in self.columns.values():
                if is_in_file(column):
                    leave_memory(column)

    def columns_in(self, rows: slice) -> dict[str, Any]:
        return {name: column[..., rows] for name, column in self.columns.items()}

    def blocks(self, vector: Vector, names: Sequence[str] = ()) -> Iterator[tuple[Vector, Matrix]]:
        """The residuals of some rows and their derivatives by the entries of some parameters, until none are left."""
        plan = self._plan(tuple(names))
        program = RowProgram(plan, {**self.fixed, **self.layout.values(vector)})
        width = sum(math.prod(self.layout.shapes[name]) for name in names)
        for rows in self.row_blocks(max(width, 1) * self.responses):
            count = rows.stop - rows.start
            results = [np.empty((*shape, count)) for shape in plan.result_shapes]
            program.run(self.columns_in(rows), results)
            residuals = results[0].reshape(self.responses, count)
            matrix = np.empty((self.responses, count, width))
            for place in range(self.responses):
                column = 0
                for part in results[1 + place * len(names) : 1 + (place + 1) * len(names)]:
                    flat = part.reshape(-1, count)
                    matrix[place, :, column : column + len(flat)] = flat.T
                    column += len(flat)
            if self.weights is not None:
                residuals = residuals * self.weights[:, rows]
                matrix *= self.weights[:, rows, None]
            yield residuals.ravel(), matrix.reshape(residuals.size, width)

    def _plan(self, names: tuple[str, ...]) -> RowPlan:
        plan = self._plans.get(names)
        if plan is None:
            slopes = [slope for row in self.derivatives(names) for slope in row] if names else []
            plan = self._plans[names] = plan_rows([self.typed.result, *slopes], list(self.columns))
        return plan

    def thinned(self, most: int) -> Residuals:
        """The same of every second row, or third and so on: of no more rows than that."""
        step = -(-self.rows // most)
        columns = {name: column[..., ::step] for name, column in self.columns.items()}
        weights = None if self.weights is None else self.weights[:, ::step]
        rows = -(-self.rows // step)
        return Residuals(self.graph, columns, self.layout.shapes, self.fixed, rows, weights)

    def drawn(self, rows: Sequence[int]) -> Residuals:
        """The same of these rows, each as often as it is among them."""
        twin = copy(self)
        twin.columns = {name: column[..., rows] for name, column in self.columns.items()}
        twin.weights = None if self.weights is None else self.weights[:, rows]
        twin.rows = len(rows)
        return twin

    def values(self, vector: Vector) -> Matrix:
        """All residuals at once, (responses, rows)."""
        parts = [residuals.reshape(self.responses, -1) for residuals, _ in self.blocks(vector)]
        return np.concatenate(parts, axis=1) if parts else np.empty((self.responses, 0))

    def curvature(self, vector: Vector, names: Sequence[str]) -> Matrix:
        """The sum of each residual times its second derivatives by the entries of some scalar parameters."""
        program = RowProgram(self._curvature_plan(tuple(names)), {**self.fixed, **self.layout.values(vector)})
        total = np.zeros((len(names), len(names)))
        for rows in self.row_blocks(len(names) ** 2 * self.responses + 1):
            residuals, *seconds = program.run(self.columns_in(rows))
            weighted = residuals.reshape(self.responses, -1)
            if self.weights is not None:
                weighted = weighted * self.weights[:, rows] ** 2
            # not by BLAS, whose threads wait for each other longer than this takes
            sums = [
                np.einsum("r,r->", weighted[place // len(names) ** 2], second) for place, second in enumerate(seconds)
            ]
            total += np.reshape(sums, (self.responses, len(names), len(names))).sum(axis=0)
        return total

    def _curvature_plan(self, names: tuple[str, ...]) -> RowPlan:
        key = ("curvature", names)
        if key not in self._plans:
            inputs = self.inputs(names)
            seconds = [
                second for slopes in self.derivatives(names) for slope in slopes for second in gradients(slope, inputs)
            ]
            self._plans[key] = plan_rows([self.typed.result, *seconds], list(self.columns))
        return self._plans[key]


def is_in_file(column: Any) -> bool:
    """Whether a column is a map of a file: what of it was read need not stay in memory."""
    return isinstance(column, np.memmap)


def leave_memory(column: Any) -> None:
    """Give the pages of a column back that were read: the file has them."""
    pages = column._mmap
    if hasattr(pages, "madvise"):  # Windows has no such call, and takes the pages back by itself
        pages.madvise(mmap.MADV_DONTNEED)


def entries_of(node: Node) -> list[Node]:
    """The nodes of an array's entries, a number each."""
    if not node.shape:
        return [node]
    size = math.prod(node.shape)
    flat = node.reshape((size,))
    return [(flat * node.graph.constant(np.eye(size)[place])).sum() for place in range(size)]
