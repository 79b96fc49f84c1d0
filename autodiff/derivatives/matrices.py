"""Jacobians, Hessians and Hessian-vector products at a point, as numbers. How they are swept is in sweeps.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from backprop.autodiff.derivatives.plain_first import plain_first
from backprop.autodiff.derivatives.sweeps import (
    Matrix,
    by_forward,
    by_reverse,
    size,
    with_zeros_mended,
)
from backprop.autodiff.derivatives.values import as_result
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, direction_values, selected
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import adjoints, gradients
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.shapes import Array, Shape, bounded, show

MAXIMUM_RESULT = 10**6 - 1  # entries of all blocks together: a million is refused unless it is asked for


class TooManyEntries(ExpressionError):
    """A matrix was asked for that has more `entries` than allowed."""

    def __init__(self, what: str, rows: int, columns: int) -> None:
        self.entries = rows * columns
        reason = f"the {what} has {rows} x {columns} = {self.entries} entries"
        super().__init__(reason, cure=f"allow it: maximum_entries={self.entries}")


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
    maximum_entries: int = MAXIMUM_RESULT,
    **more_values: Any,
) -> dict[str, Any]:
    """The derivative of every output entry by every entry of the variables (or of those of `wrt`).

    Shapes: a variable's block has the output's shape followed by the variable's; floats for scalars by scalars.
    One reverse pass for each output entry or one forward pass for each input entry, whichever are fewer.
    Raises ExpressionError as `value_and_grad` does, and TooManyEntries (one of them) for more than
    `maximum_entries` in all. Source: Griewank & Walther (2008), chapter 3.
    """
    found = first_order(graph, {**(values or {}), **more_values}, wrt, maximum_entries)
    return {name: as_result(block) for name, block in found.jacobian.items()}


@without_collection
def hessian(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    maximum_entries: int = MAXIMUM_RESULT,
    **more_values: Any,
) -> dict[str, dict[str, Any]]:
    """The second derivatives of a scalar output by each pair of variables (or of those of `wrt`).

    Shapes: the block of x and y has x's shape followed by y's; floats for scalars. Forward over reverse: the
    gradient's tangent along each unit vector. Symmetric to rounding, not made so. Raises ExpressionError as
    `value_and_grad` does, for an output that is no scalar, and TooManyEntries (one of them) for more than
    `maximum_entries` in all. Source: Griewank & Walther (2008), chapters 3 and 8.
    """
    typed, arrays, inputs = _bound(graph, {**(values or {}), **more_values}, wrt)
    output = _scalar(typed)
    _check("Hessian", inputs, inputs, maximum_entries)
    found = hessian_blocks(_hessian(output, inputs, arrays), inputs)
    return {name: {other: as_result(one) for other, one in row.items()} for name, row in found.items()}


@without_collection
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
    typed, arrays, inputs = _bound(graph, {**(values or {}), **more_values}, wrt)
    along = direction_values(typed, direction, "direction")
    output = _scalar(typed)
    seeds = {typed.inputs[name]: typed.constant(one) for name, one in along.items()}

    def compute() -> list[Array]:
        slopes = to_differentiate(gradients(output, inputs), output, are_together=True)
        return evaluate([output, *tangents_of(slopes, seeds)], arrays)

    value, *products = plain_first(typed, compute)
    return as_result(value), {str(node.name): as_result(one) for node, one in zip(inputs, products, strict=True)}


@without_collection
def first_order(graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int) -> FirstOrder:
    """What `jacobian` gives, and the value beside it."""
    typed, arrays, inputs = _bound(graph, values, wrt)
    output = typed.result
    rows, columns = size(output), sum(map(size, inputs))
    _check("Jacobian", [output], inputs, maximum_entries)

    def compute() -> Matrix:
        return by_reverse(output, inputs, arrays) if rows <= columns else by_forward([output], inputs, arrays)

    matrix = with_zeros_mended(plain_first(typed, compute), [output], inputs, arrays)
    return FirstOrder(output, inputs, evaluate([output], arrays)[0], matrix)


@without_collection
def second_order(
    graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None, maximum_entries: int
) -> SecondOrder:
    """What `hessian` gives, and the value and the gradient beside it."""
    typed, arrays, inputs = _bound(graph, values, wrt)
    output = _scalar(typed)
    _check("Hessian", inputs, inputs, maximum_entries)
    matrix = _hessian(output, inputs, arrays)
    found = adjoints(typed, output, typed.constant(1.0), inputs)
    slopes = to_differentiate(found.by(inputs), output, are_together=True)
    terms = [[share.settled for share in found.shares.get(node, ())] for node in inputs]
    value, *gradient = evaluate([output, *slopes], arrays)
    scale = [np.sum([np.abs(one) for one in evaluate(some, arrays)], axis=0) for some in terms]
    names = [str(node.name) for node in inputs]
    return SecondOrder(
        output,
        inputs,
        value,
        dict(zip(names, gradient, strict=True)),
        dict(zip(names, scale, strict=True)),
        slopes,
        matrix,
    )


def _hessian(output: Node, inputs: Sequence[Node], arrays: Mapping[str, Array]) -> Matrix:
    """The Hessian of a scalar, forward over reverse."""
    slopes: list[Node] = []

    def compute() -> Matrix:
        slopes[:] = to_differentiate(gradients(output, inputs), output, are_together=True)
        return by_forward(slopes, inputs, arrays)

    return with_zeros_mended(plain_first(output.graph, compute), slopes, inputs, arrays)


def _bound(
    graph: Graph, given: Mapping[str, Any], wrt: Iterable[str] | None
) -> tuple[Graph, dict[str, Array], list[Node]]:
    names = selected(graph, given, wrt)
    typed, arrays = bind(graph, given)
    return typed, arrays, [typed.inputs[name] for name in names]


def _scalar(typed: Graph) -> Node:
    output = typed.result
    if output.shape:
        raise ExpressionError(
            f"only a scalar has a Hessian, the output has shape {show(output.shape)}",
            output.span,
            "make it one number, for example by sum(...)",
            typed.source,
        )
    return output


def _check(what: str, outputs: Sequence[Node], inputs: Sequence[Node], maximum_entries: int) -> None:
    """Refuse a matrix that is too large before any of it is computed."""
    rows, columns = sum(map(size, outputs)), sum(map(size, inputs))
    if rows * columns > maximum_entries:
        raise TooManyEntries(what, rows, columns)
    bounded((rows, columns))
    longest = max([len(node.shape) for node in inputs], default=0)
    for node in outputs:
        bounded((1,) * (len(node.shape) + longest))
