"""A problem's objective and constraints as functions of one vector, with exact derivatives, compiled once.

Knows no bounds and no method. Entries of array variables are one behind the other, in the order of `layout`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.derivatives.coloring import Sparsity, count_of
from backprop.autodiff.derivatives.joint_sweep import JointColumns, columns_of
from backprop.autodiff.derivatives.sparse import SparseProgram, hessian_program
from backprop.autodiff.derivatives.sweeps import Sweep
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.optimize.residuals import Matrix, Places, Vector
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.passes.sparsity import TooDense
from backprop.autodiff.shapes import Array

MOST_SWEEPS = 64  # by which second derivatives are worth finding at every step
FACTOR = "factor of the objective"  # inputs that no variable can be, their names having blanks


class Functions:
    """`objective` is a scalar of the typed graph, `constraints` are arrays of it: of each entry one number.

    `sign` is -1 where the objective is to be as large as possible. `evaluations` counts points.
    """

    def __init__(
        self, typed: Graph, objective: Node | None, constraints: Sequence[Node], layout: Places, sign: float = 1.0
    ) -> None:
        typed.is_plain = not any([node.gate.is_selection for node in typed.nodes])
        self.layout = layout
        self.sign = sign
        self.evaluations = 0
        self._point = b""
        self._typed = typed
        self._objective = typed.constant(0.0) if objective is None else objective
        self._constraints = list(constraints)
        self._inputs = [typed.input(name, shape) for name, shape in layout.shapes.items()]
        self._last: dict[str, tuple[bytes, Matrix]] = {}

    @property
    def size(self) -> int:
        return self.layout.size

    @cached_property
    def count(self) -> int:
        """How many numbers the constraints are."""
        return sum(math.prod(node.shape) for node in self._constraints)

    def value(self, vector: Vector) -> float:
        """The objective, to be made least."""
        (value,) = run(self._value, self._values(vector))
        return self.sign * float(value)

    def gradient(self, vector: Vector) -> Vector:
        return self._kept("gradient", vector, lambda: self.sign * flat(run(self._gradient, self._values(vector))))

    def constraint_arrays(self, vector: Vector) -> list[Array]:
        """The constraints in their shapes."""
        return run(self._residuals, self._values(vector))

    @property
    def operations(self) -> int:
        """Of one value of all, about."""
        return len(self._value.instructions) + len(self._residuals.instructions)

    def constraints(self, vector: Vector) -> Vector:
        return self._kept("constraints", vector, lambda: flat(run(self._residuals, self._values(vector))))

    def jacobian(self, vector: Vector) -> Matrix:
        """A row for each number of the constraints, a column for each entry."""
        if not self._constraints:
            return np.zeros((0, self.size))
        return self._kept("jacobian", vector, lambda: self._matrix(vector))

    def hessian(self, vector: Vector, multipliers: Vector | None = None, factor: float = 1.0) -> Matrix:
        """The second derivatives of `factor` times the objective less multipliers times constraints."""
        values = self._values(vector)
        values[FACTOR] = np.float64(self.sign * factor)
        given = np.zeros(self.count) if multipliers is None else multipliers
        start = 0
        for number, node in enumerate(self._constraints):
            end = start + math.prod(node.shape)
            values[multiplier_name(number)] = given[start:end].reshape(node.shape)[()]
            start = end
        matrix = self._curvature.compute(values)
        return 0.5 * (matrix + matrix.T)

    @property
    def sparsity(self) -> Sparsity:
        """Which second derivatives of the objective may differ from 0; where it `is_sparse`."""
        assert self._sparse is not None
        return self._sparse.plan.structure

    @property
    def is_sparse(self) -> bool:
        """Whether few sweeps find all second derivatives."""
        return self._sparse is not None and count_of(self._sparse.plan.colors) <= MOST_SWEEPS

    def sparse_hessian(self, vector: Vector) -> Vector:
        """The entries of the objective's second derivatives."""
        assert self._sparse is not None
        (entries,) = self._sparse.compute(self._values(vector))
        return self.sign * entries

    def product(self, vector: Vector, direction: Vector) -> Vector:
        """The objective's second derivatives times a direction."""
        along = self.layout.values(direction)
        values = self.layout.values(vector) | {unit: along[name] for name, unit in self._directions.items()}
        return self.sign * flat(run(self._product, values))

    def _values(self, vector: Vector) -> dict[str, Array]:
        key = vector.tobytes()
        self.evaluations += key != self._point
        self._point = key
        return self.layout.values(vector)

    def _kept(self, what: str, vector: Vector, compute: Callable[[], Matrix]) -> Matrix:
        """What was computed last, where it is asked for at the same point again."""
        key = vector.tobytes()
        if what not in self._last or self._last[what][0] != key:
            self._last[what] = key, compute()
        return self._last[what][1]

    @cached_property
    def _value(self) -> Program:
        return lower([self._objective])

    @cached_property
    def _gradient(self) -> Program:
        return lower(gradients(self._objective, self._inputs))

    @cached_property
    def _directions(self) -> dict[str, str]:
        return {name: f"direction of {name}" for name in self.layout.shapes}

    @cached_property
    def _units(self) -> dict[Node, Node]:
        units = [self._typed.input(unit, self.layout.shapes[name]) for name, unit in self._directions.items()]
        return dict(zip(self._inputs, units, strict=True))

    @cached_property
    @without_collection
    def _product(self) -> Program:
        return lower(tangents_of(self._slopes(self._objective), self._units))

    def _weighted(self) -> Node:
        """The sum of the constraints, each times its multiplier."""
        parts = []
        for number, node in enumerate(self._constraints):
            part = self._typed.input(multiplier_name(number), node.shape) * node
            parts.append(part.sum() if node.shape else part)
        return add_up(parts)

    @cached_property
    def _residuals(self) -> Program:
        return lower(self._constraints)

    @cached_property
    def _rows(self) -> Program:
        """The Jacobian, row by row."""
        return lower([slope for row in self._numbers() for slope in gradients(row, self._inputs)])

    def _numbers(self) -> list[Node]:
        """The constraints, a number each."""
        rows: list[Node] = []
        for node in self._constraints:
            size = math.prod(node.shape)
            if not node.shape:
                rows.append(node)
            else:
                whole = node.reshape((size,))
                rows += [(whole * self._typed.constant(np.eye(size)[place])).sum() for place in range(size)]
        return rows

    @cached_property
    @without_collection
    def _columns(self) -> JointColumns | Sweep:
        return columns_of(self._constraints, self._inputs)

    def _matrix(self, vector: Vector) -> Matrix:
        values = self._values(vector)
        if self.count < self.size:
            return flat(run(self._rows, values)).reshape(self.count, self.size)
        return np.ascontiguousarray(self._columns.compute(values))

    def _slopes(self, node: Node) -> list[Node]:
        return to_differentiate(gradients(node, self._inputs), node, are_together=True)

    @cached_property
    @without_collection
    def _sparse(self) -> SparseProgram | None:
        try:
            return hessian_program(self._objective, self._slopes(self._objective), self._inputs, None)
        except TooDense:
            return None

    @cached_property
    @without_collection
    def _curvature(self) -> JointColumns | Sweep:
        whole = self._typed.input(FACTOR) * self._objective
        if self._constraints:
            whole = whole - self._weighted()
        return columns_of(self._slopes(whole), self._inputs)


def multiplier_name(number: int) -> str:
    return f"multiplier of constraint {number}"


def flat(arrays: Sequence[Array]) -> Vector:
    return np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.zeros(0)
