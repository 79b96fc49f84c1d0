"""Full matrices of arrays' derivatives that are mostly zeros: by the few sweeps of a sparse matrix, and spread out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backprop.autodiff.derivatives.coloring import Sparsity, count_of
from backprop.autodiff.derivatives.compression import Compressed, structure_of
from backprop.autodiff.derivatives.sparse import SparseProgram, jacobian_program, plan_of_symmetric
from backprop.autodiff.derivatives.sweeps import Matrix, size, tangents_along_units
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.sparsity import TooDense
from backprop.autodiff.shapes import Array

LEAST_ZEROS = 7 / 8  # of all entries; finding and coloring more entries than the rest may take more than it saves
LEAST_SAVED = 1 / 2  # of the sweeps


class Spread:
    """Computes the sparse matrix, and makes a full one of it."""

    def __init__(self, program: SparseProgram) -> None:
        self.program = program

    @property
    def size(self) -> int:
        return self.program.size

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        structure = self.program.plan.structure
        matrix = np.zeros((structure.height, structure.width))
        (matrix[structure.rows, structure.columns],) = self.program.compute(values)
        return matrix


def spread_hessian(output: Node, slopes: Sequence[Node], inputs: Sequence[Node]) -> Spread | None:
    """The Hessian by the derivatives of the gradients `slopes`, None where that does not promise to save much."""
    tangents, units = tangents_along_units(slopes, inputs)
    structure = structure_if_sparse(tangents, units)
    if structure is None:
        return None
    plan = plan_of_symmetric(structure.symmetric())
    return spread_if_quicker(SparseProgram(output, inputs, plan, Compressed(tangents, units, plan.colors)))


def spread_jacobian(output: Node, inputs: Sequence[Node]) -> Spread | None:
    """The same for the Jacobian of an array."""
    structure = structure_if_sparse(*tangents_along_units([output], inputs))
    return None if structure is None else spread_if_quicker(jacobian_program(output, inputs, None))


def structure_if_sparse(tangents: Sequence[Node], units: Sequence[Node]) -> Sparsity | None:
    """Where there may be entries, None where they are too many."""
    most_links = int((1 - LEAST_ZEROS) * sum(map(size, tangents)) * sum(map(size, units)))
    try:
        return structure_of(tangents, units, most_links)
    except TooDense:
        return None


def spread_if_quicker(program: SparseProgram) -> Spread | None:
    structure = program.plan.structure
    sweeps = min(structure.height, structure.width)
    return Spread(program) if count_of(program.plan.colors) <= (1 - LEAST_SAVED) * sweeps else None
