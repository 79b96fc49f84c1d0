"""Sparse Jacobians and Hessians at a point: the entries that may differ from 0, by few sweeps. Makes no full matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from backprop.autodiff.derivatives.asked import TooManyEntries, inputs_of, scalar_output, slopes_of
from backprop.autodiff.derivatives.coloring import (
    Numbers,
    Sparsity,
    are_alone,
    colored,
    colored_symmetric,
    count_of,
    places,
)
from backprop.autodiff.derivatives.compression import BYTES_AN_INSTRUCTION, Compressed, Vector, structure_of
from backprop.autodiff.derivatives.parts import with_parts
from backprop.autodiff.derivatives.programs import Derived
from backprop.autodiff.derivatives.sweeps import chosen_gradients, gradients_by_unit, tangents_along_units
from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bound
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.sparsity import MOST_LINKS, TooDense
from backprop.autodiff.shapes import Array

Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


class SparseMatrix(NamedTuple):
    """The entries that may differ from 0, row by row, each row from left to right.

    `starts` says where each row begins among them, and where the last ends.
    """

    rows: Numbers
    columns: Numbers
    starts: Numbers
    values: Vector
    shape: tuple[int, int]

    def in_scipy(self) -> Any:
        """A scipy.sparse.csr_array. Raises ExpressionError where SciPy is not installed."""
        try:
            from scipy.sparse import csr_array
        except ImportError:
            raise ExpressionError(
                "a sparse matrix is SciPy's, which is not installed",
                cure="install it: pip install scipy; `backprop hessian --sparse` needs none",
            ) from None
        return csr_array((self.values, self.columns, self.starts), shape=self.shape)


class SparseFirstOrder(NamedTuple):
    """The value of the typed `output`, and its Jacobian: a row for each of its entries, a column for each input's."""

    output: Node
    inputs: Sequence[Node]
    value: Array
    matrix: SparseMatrix


class SparseSecondOrder(NamedTuple):
    """Value, gradient and Hessian of a scalar, a row and a column for each entry of the inputs."""

    output: Node
    inputs: Sequence[Node]
    value: Array
    gradient: dict[str, Array]
    matrix: SparseMatrix


class SparsePlan(NamedTuple):
    """Where the entries are, a color for each unit, and where each entry is read among the results of the sweeps."""

    structure: Sparsity
    starts: Numbers
    colors: Numbers
    reads: Numbers
    is_by_rows: bool = False


class SparseProgram(NamedTuple):
    """How to compute a sparse matrix: rows for entries of `output` or, of a Hessian, of the inputs."""

    output: Node
    inputs: Sequence[Node]
    plan: SparsePlan
    sweep: Compressed

    @property
    def size(self) -> int:
        structure = self.plan.structure
        kept = (structure.rows, structure.columns, self.plan.starts, self.plan.reads, self.plan.colors)
        return self.sweep.size + sum([array.nbytes for array in kept]) // BYTES_AN_INSTRUCTION

    def compute(self, values: Mapping[str, Array]) -> list[Vector]:
        """The entries, in a list of one vector."""
        entries: Vector = self.sweep.compute(values)[self.plan.reads]
        entries += 0.0  # of -0.0, which is not to be seen
        return [entries]


class ExactZeros(NamedTuple):
    """The same where an entry is 0 that no path leads to, whatever is infinite: a color for each row."""

    structure: Sparsity
    sweep: Compressed
    colors: Numbers

    @property
    def size(self) -> int:
        return self.sweep.size

    def compute(self, values: Mapping[str, Array], wanted: Flags | None = None) -> Vector:
        """The entries that are wanted, or all."""
        rows, columns = self.structure.rows, self.structure.columns
        if wanted is not None:
            rows, columns = rows[wanted], columns[wanted]
        chosen = np.unique(self.colors[rows])
        swept = self.sweep.compute(values, chosen.tolist()).reshape(len(chosen), self.structure.width)
        entries: Vector = swept[np.searchsorted(chosen, self.colors[rows]), columns]
        return entries


def sparse_first_order(
    graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int | None
) -> SparseFirstOrder:
    """What `jacobian` gives, and the value beside it. Raises ExpressionError; TooManyEntries is one."""
    graph, values, names = with_parts(graph, values, wrt)
    arrays = bound(graph, values)

    def make(typed: Graph) -> SparseProgram:
        known = None if typed.is_plain else derived.plain.plan
        return jacobian_program(typed.result, inputs_of(typed, names), known)

    def make_exact(typed: Graph) -> ExactZeros:
        return exact_zeros(program.plan.structure, [typed.result], inputs_of(typed, names))

    with listing("Jacobian"):
        derived = Derived(graph, ("sparse Jacobian", names), arrays, make)
        exact = Derived(graph, ("exact sparse Jacobian", names), arrays, make_exact)
        program = checked(derived.plain, "Jacobian", maximum_entries)
        matrix = matrix_of(program, derived, exact)
    return SparseFirstOrder(program.output, program.inputs, evaluate([program.output], arrays)[0], matrix)


def sparse_second_order(
    graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int | None
) -> SparseSecondOrder:
    """What `hessian` gives, and the value and the gradient beside it. Raises ExpressionError as it does."""
    graph, values, names = with_parts(graph, values, wrt)
    program, matrix = sparse_hessian(graph, values, names, maximum_entries)
    value, gradient = value_and_grad(graph, values, wrt=names)
    return SparseSecondOrder(program.output, program.inputs, value, gradient, matrix)


def sparse_hessian(
    graph: Graph, values: Mapping[str, Any], names: tuple[str, ...], maximum_entries: int | None
) -> tuple[SparseProgram, SparseMatrix]:
    """The Hessian alone, and what computed it; `names` are inputs of the graph."""
    arrays = bound(graph, values)

    def make(typed: Graph) -> SparseProgram:
        output, inputs = scalar_output(typed), inputs_of(typed, names)
        known = None if typed.is_plain else derived.plain.plan
        return hessian_program(output, slopes_of(typed, inputs), inputs, known)

    def make_exact(typed: Graph) -> ExactZeros:
        inputs = inputs_of(typed, names)
        return exact_zeros(program.plan.structure, slopes_of(typed, inputs), inputs)

    with listing("Hessian"):
        derived = Derived(graph, ("sparse Hessian", names), arrays, make)
        exact = Derived(graph, ("exact sparse Hessian", names), arrays, make_exact)
        program = checked(derived.plain, "Hessian", maximum_entries)
        return program, matrix_of(program, derived, exact)


@contextmanager
def listing(what: str) -> Iterator[None]:
    """Raises ExpressionError where the entries are too many to be listed."""
    try:
        yield
    except TooDense:
        raise ExpressionError(
            f"the {what} has more than {MOST_LINKS} entries that may differ from 0, or needs more to find them",
            cure="choose fewer variables by wrt, or ask for a product with it instead: hvp, jvp or vjp",
        ) from None


def checked(program: SparseProgram, what: str, maximum_entries: int | None) -> SparseProgram:
    """The program itself. Raises TooManyEntries where it finds more than are allowed."""
    count = len(program.plan.structure.rows)
    if maximum_entries is not None and count > maximum_entries:
        raise TooManyEntries(what, f"{count} entries that may differ from 0", count)
    return program


def matrix_of(program: SparseProgram, derived: Derived[SparseProgram], exact: Derived[ExactZeros]) -> SparseMatrix:
    (entries,) = derived.numbers()
    doubtful = np.isnan(entries)
    if doubtful.any():
        entries[doubtful] = exact.masked.compute(exact.arrays, doubtful)
    structure = program.plan.structure
    return SparseMatrix(
        structure.rows, structure.columns, program.plan.starts, entries, (structure.height, structure.width)
    )


def jacobian_program(output: Node, inputs: Sequence[Node], known: SparsePlan | None) -> SparseProgram:
    """By columns or by rows, whichever need fewer sweeps. Raises TooDense."""
    if known is None or not known.is_by_rows:
        tangents, units = tangents_along_units([output], inputs)
        plan = known or plan_by_columns(tangents, units)
        if plan is not None:
            return SparseProgram(output, inputs, plan, Compressed(tangents, units, plan.colors))
    results, units = gradients_by_unit(output, inputs)
    plan = known or plan_by_rows(results, units)
    return SparseProgram(output, inputs, plan, Compressed(results, units, plan.colors))


def plan_by_columns(tangents: Sequence[Node], units: Sequence[Node]) -> SparsePlan | None:
    """None where rows promise to need fewer sweeps."""
    structure = structure_of(tangents, units)
    if structure.most_in_row > structure.most_in_column:
        return None
    colors = colored(structure)
    return SparsePlan(
        structure, structure.starts(), colors, reading(colors[structure.columns], structure.rows, structure.height)
    )


def plan_by_rows(results: Sequence[Node], units: Sequence[Node]) -> SparsePlan:
    turned = structure_of(results, units)
    colors, order = colored(turned), turned.by_columns()
    reads = reading(colors[turned.columns], turned.rows, turned.height)[order]
    structure = turned.transposed()
    return SparsePlan(structure, structure.starts(), colors, reads, is_by_rows=True)


def hessian_program(
    output: Node, slopes: Sequence[Node], inputs: Sequence[Node], known: SparsePlan | None
) -> SparseProgram:
    """By the derivatives of the gradients `slopes`. Raises TooDense."""
    tangents, units = tangents_along_units(slopes, inputs)
    plan = known or plan_of_symmetric(structure_of(tangents, units).symmetric())
    return SparseProgram(output, inputs, plan, Compressed(tangents, units, plan.colors))


def plan_of_symmetric(structure: Sparsity) -> SparsePlan:
    """Of each entry and its mirror image, one is read that is alone in its row among those of its color."""
    colors = colored_symmetric(structure)
    rows, columns, size = structure.rows, structure.columns, structure.width
    own = colors[columns]
    reads = reading(own, rows, size)
    if not are_alone(rows, own, size, count_of(colors)):
        is_alone = np.bincount(reads, minlength=size * count_of(colors))[reads] == 1
        reads = np.where(is_alone, reads, reading(colors[rows], columns, size))
    return SparsePlan(structure, structure.starts(), colors, reads)


def reading(colors: Numbers, rows: Numbers, height: int) -> Numbers:
    """Where the entries of some rows are among the results of the sweeps of some colors."""
    if count_of(colors) * height < 2**31:
        return colors.astype(np.int32, copy=False) * np.int32(height) + rows
    return places(colors, rows, height)


def exact_zeros(structure: Sparsity, outputs: Sequence[Node], inputs: Sequence[Node]) -> ExactZeros:
    """Rows whose entries are in no column together are chosen together."""
    colors = colored(structure.transposed())
    return ExactZeros(structure, Compressed(*chosen_gradients(outputs, inputs), colors), colors)
