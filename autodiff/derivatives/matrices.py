"""Jacobians, Hessians and Hessian-vector products at a point, as numbers. How they are swept is in sweeps.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from backprop.autodiff.derivatives.asked import TooManyEntries, inputs_of, scalar_output, slopes_of
from backprop.autodiff.derivatives.number_calls import recalled, remember, with_seeds
from backprop.autodiff.derivatives.number_matrix import rows_of_numbers
from backprop.autodiff.derivatives.parts import with_parts
from backprop.autodiff.derivatives.programs import (
    AtNumbers,
    AtPoint,
    Derived,
    at_point,
    seed_input,
    seed_name,
    seeds_of,
)
from backprop.autodiff.derivatives.sweeps import Matrix, Sweep, size, with_exact_zeros
from backprop.autodiff.derivatives.values import as_result, as_results
from backprop.autodiff.derivatives.ways import MatrixComputation, way_to_hessian, way_to_jacobian
from backprop.autodiff.evaluation.binding import bind, bound, direction_values, names_in
from backprop.autodiff.evaluation.execution import evaluate_numbers
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.shapes import Array, Shape, bounded

MAXIMUM_RESULT = 10**6 - 1  # entries of all blocks together: a million is refused unless it is asked for


class MatrixProgram(NamedTuple):
    """How to compute a matrix: rows for the entries of `output` or, of a Hessian, of the inputs; columns for theirs."""

    output: Node
    inputs: Sequence[Node]
    sweep: MatrixComputation

    @property
    def size(self) -> int:
        return self.sweep.size

    def compute(self, values: Mapping[str, Array]) -> Matrix:
        return self.sweep.compute(values)


class FirstOrder(NamedTuple):
    """The value of the typed `output`, and its Jacobian: a row for each of its entries, a column for each input's."""

    output: Node
    inputs: Sequence[Node]
    value: Array
    matrix: Matrix

    @property
    def jacobian(self) -> dict[str, Array]:
        return blocks(self.matrix, self.output.shape, self.inputs)


class SecondOrder(NamedTuple):
    """Value, gradient and Hessian of a scalar, a row and a column for each entry of the inputs.

    `scale` is as large as the terms that each gradient is the sum of, `slopes` are the gradients' nodes.
    """

    output: Node
    inputs: Sequence[Node]
    value: Array
    gradient: dict[str, Array]
    scale: dict[str, Array]
    slopes: Sequence[Node]
    matrix: Matrix

    @property
    def hessian(self) -> dict[str, dict[str, Array]]:
        return hessian_blocks(self.matrix, self.inputs)


def blocks(matrix: Matrix, shape: Shape, inputs: Sequence[Node]) -> dict[str, Array]:
    """The columns by variable, each block of the rows' shape followed by the variable's."""
    ends = accumulate(map(size, inputs))
    return {
        str(node.name): matrix[:, end - size(node) : end].reshape((*shape, *node.shape))[()]
        for node, end in zip(inputs, ends, strict=True)
    }


def hessian_blocks(matrix: Matrix, inputs: Sequence[Node]) -> dict[str, dict[str, Array]]:
    """The same for rows of the inputs' entries, by variable too."""
    ends = accumulate(map(size, inputs))
    return {
        str(node.name): blocks(matrix[end - size(node) : end], node.shape, inputs)
        for node, end in zip(inputs, ends, strict=True)
    }


def jacobian(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    maximum_entries: int | None = None,
    sparse: bool = False,
    **more_values: Any,
) -> Any:
    """The derivative of every output entry by every entry of the variables (or of those of `wrt`).

    Shapes: a variable's block has the output's shape followed by the variable's; floats for scalars by scalars.
    One reverse pass for each output entry or one forward pass for each input entry, whichever are fewer.
    `sparse`: instead a scipy.sparse.csr_array of the entries that may differ from 0, by few passes; its rows are the
    output's entries, its columns those of all variables in their order. Raises ExpressionError as `value_and_grad`
    does, and TooManyEntries (one of them) for more than `maximum_entries` (a million) in all. Source: Griewank &
    Walther (2008), chapters 3 and 8.
    """
    if sparse:
        from backprop.autodiff.derivatives.sparse import sparse_first_order  # here, not above: few matrices are

        return sparse_first_order(graph, {**(values or {}), **more_values}, wrt, maximum_entries).matrix.in_scipy()
    given, wrt = {**(values or {}), **more_values}, wrt if wrt is None else names_in(wrt)
    if (answer := recalled(graph, ("Jacobian", wrt, maximum_entries), given)) is not None:
        return rows_of_numbers(*answer)[0]
    cut, arrays, names = with_parts(graph, given, wrt)
    program, matrix = _jacobian(cut, names, bound(cut, arrays), most_of(maximum_entries))
    if cut is graph:
        remember(graph, ("Jacobian", wrt, maximum_entries), given, names, program.sweep)
    named_blocks = blocks(matrix, program.output.shape, program.inputs)
    return {name: as_result(block) for name, block in named_blocks.items()}


def hessian(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    maximum_entries: int | None = None,
    sparse: bool = False,
    **more_values: Any,
) -> Any:
    """The second derivatives of a scalar output by each pair of variables (or of those of `wrt`).

    Shapes: the block of x and y has x's shape followed by y's; floats for scalars. Forward over reverse: the
    gradient's tangent along each unit vector. Symmetric to rounding, not made so. `sparse`: instead a
    scipy.sparse.csr_array of the entries that may differ from 0, by few tangents; its rows and columns are the entries
    of all variables in their order. Raises ExpressionError as `value_and_grad` does, for an output that is no scalar,
    and TooManyEntries (one of them) for more than `maximum_entries` (a million) in all. Source: Griewank & Walther
    (2008), chapters 3 and 8.
    """
    if sparse:
        from backprop.autodiff.derivatives.sparse import sparse_hessian  # here, not above: few matrices are

        graph, given, names = with_parts(graph, {**(values or {}), **more_values}, wrt)
        return sparse_hessian(graph, given, names, maximum_entries)[1].in_scipy()
    given, wrt = {**(values or {}), **more_values}, wrt if wrt is None else names_in(wrt)
    if (answer := recalled(graph, ("Hessian", wrt, maximum_entries), given)) is not None:
        return dict(zip(answer[0], rows_of_numbers(*answer), strict=True))
    cut, arrays, names = with_parts(graph, given, wrt)
    program, matrix = _hessian(cut, names, bound(cut, arrays), most_of(maximum_entries))
    if cut is graph:
        remember(graph, ("Hessian", wrt, maximum_entries), given, names, program.sweep)
    rows = hessian_blocks(matrix, program.inputs)
    return {name: {other: as_result(block) for other, block in row.items()} for name, row in rows.items()}


def hvp(
    graph: Graph,
    direction: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    **more_values: Any,
) -> tuple[Any, dict[str, Any]]:
    """The value of a scalar output and its Hessian times `direction`, by variable (or those of `wrt`).

    Shapes: a direction has its variable's shape, and so has each product; a direction left out is zero. One
    forward pass over the reverse pass: a small multiple of the gradient's time and memory. Raises
    ExpressionError as `hessian` does, and with the variable's span for a direction of the wrong shape. Where a kink
    is hit exactly it is the Hessian's mean over all sides times the direction, whatever the sides along that are.
    Source: Pearlmutter (1994), Fast exact multiplication by the Hessian.
    """
    given, wrt = {**(values or {}), **more_values}, wrt if wrt is None else names_in(wrt)
    asked, numbers = ("Hessian times", wrt, *direction), with_seeds("direction", given, direction)
    if (answer := recalled(graph, asked, numbers)) is not None:
        known, (value, *products) = answer
        return value, dict(zip(known, products, strict=True))
    cut, given, names = with_parts(graph, given, wrt)
    arrays = bound(cut, given)
    along = direction_values(cut, arrays, direction, "direction")
    arrays |= seeds_of("direction", along)

    def make(typed: Graph) -> AtPoint | AtNumbers:
        seeds = {typed.inputs[name]: seed_input(typed, seed_name("direction", name), arrays) for name in along}
        return at_point([scalar_output(typed), *tangents_of(slopes_of(typed, inputs_of(typed, names)), seeds)])

    derived = Derived(cut, ("Hessian times", names, *along), arrays, make)
    value, *products = as_results(derived.numbers())
    if cut is graph:
        remember(graph, asked, numbers, names, derived.plain)
    return value, dict(zip(names, products, strict=True))


def first_order(graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int) -> FirstOrder:
    """What `jacobian` gives, and the value beside it."""
    graph, values, names = with_parts(graph, values, wrt)
    arrays = bound(graph, values)
    program, matrix = _jacobian(graph, names, arrays, maximum_entries)
    return FirstOrder(program.output, program.inputs, evaluate_numbers([program.output], arrays)[0], matrix)


@without_collection
def second_order(
    graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int
) -> SecondOrder:
    """What `hessian` gives, and the value and the gradient beside it."""
    graph, values, names = with_parts(graph, values, wrt)
    typed, arrays = bind(graph, values)
    output, inputs = scalar_output(typed), inputs_of(typed, names)
    _, matrix = _hessian(graph, names, arrays, maximum_entries)
    reverse_pass = adjoints(typed, output, typed.constant(1.0), inputs)
    slopes = to_differentiate(reverse_pass.by(inputs), output, are_together=True)
    terms = [[share.settled for share in reverse_pass.shares.get(node, ())] for node in inputs]
    value, *gradient = evaluate_numbers([output, *slopes], arrays)
    scale = [np.sum([np.abs(term) for term in evaluate_numbers(some, arrays)], axis=0) for some in terms]
    return SecondOrder(
        output,
        inputs,
        value,
        dict(zip(names, gradient, strict=True)),
        dict(zip(names, scale, strict=True)),
        slopes,
        matrix,
    )


def _jacobian(
    graph: Graph, names: Sequence[str], arrays: Mapping[str, Array], maximum_entries: int
) -> tuple[MatrixProgram, Matrix]:
    """The Jacobian, by rows or by columns, whichever are fewer."""

    def make(typed: Graph) -> MatrixProgram:
        output, inputs = typed.result, inputs_of(typed, names)
        _check("Jacobian", [output], inputs, maximum_entries)
        return MatrixProgram(output, inputs, way_to_jacobian(output, inputs))

    def make_exact(typed: Graph) -> Sweep:
        return with_exact_zeros([typed.result], inputs_of(typed, names))

    derived = Derived(graph, ("Jacobian", names, maximum_entries), arrays, make)
    exact = Derived(graph, ("exact Jacobian", names), arrays, make_exact)
    return derived.plain, _mended(derived.numbers(), exact)


def _hessian(
    graph: Graph, names: Sequence[str], arrays: Mapping[str, Array], maximum_entries: int
) -> tuple[MatrixProgram, Matrix]:
    """The Hessian of a scalar, forward over reverse."""

    def make(typed: Graph) -> MatrixProgram:
        output, inputs = scalar_output(typed), inputs_of(typed, names)
        _check("Hessian", inputs, inputs, maximum_entries)
        return MatrixProgram(output, inputs, way_to_hessian(output, slopes_of(typed, inputs), inputs))

    def make_exact(typed: Graph) -> Sweep:
        inputs = inputs_of(typed, names)
        return with_exact_zeros(slopes_of(typed, inputs), inputs)

    derived = Derived(graph, ("Hessian", names, maximum_entries), arrays, make)
    exact = Derived(graph, ("exact Hessian", names), arrays, make_exact)
    return derived.plain, _mended(derived.numbers(), exact)


def _mended(matrix: Matrix, exact: Derived[Sweep]) -> Matrix:
    """The matrix, what is nan only for want of `with_exact_zeros` taken from there."""
    doubtful = np.isnan(matrix)
    return np.where(doubtful, exact.masked.compute(exact.arrays), matrix) if doubtful.any() else matrix


def most_of(maximum_entries: int | None) -> int:
    return MAXIMUM_RESULT if maximum_entries is None else maximum_entries


def _check(what: str, outputs: Sequence[Node], inputs: Sequence[Node], maximum_entries: int) -> None:
    """Refuse a matrix that is too large before any of it is computed."""
    rows, columns = sum(map(size, outputs)), sum(map(size, inputs))
    entries = rows * columns
    if entries > maximum_entries:
        raise TooManyEntries(what, f"{rows} x {columns} = {entries} entries", entries)
    bounded((rows, columns))
    longest = max([len(node.shape) for node in inputs], default=0)
    for node in outputs:
        bounded((1,) * (len(node.shape) + longest))
