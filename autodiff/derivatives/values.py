"""The public calls: derivatives of an expression at a point, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from backprop.autodiff.derivatives.plain_first import plain_first
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, direction_values, seed_value, selected
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array


@without_collection
def value_and_grad(
    graph: Graph,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    upstream: Any = None,
    **more_values: Any,
) -> tuple[Any, dict[str, Any]]:
    """The output and its gradient by every variable (or those of `wrt`), in one reverse pass.

    Variables are keywords or, where a name is none (`wrt`), entries of `values`. Shapes: each gradient has its
    variable's shape. A non-scalar output gets an `upstream` gradient of ones, or the one given, of its shape.
    Scalars come back as floats, arrays as numpy.ndarray. Raises ExpressionError for a missing, unknown or
    unusable value and for shapes that do not fit. Source: Griewank & Walther (2008), section 3.2.
    """
    given = {**(values or {}), **more_values}
    names = selected(graph, given, wrt)
    typed, arrays = bind(graph, given)
    output = typed.result
    inputs = [typed.inputs[name] for name in names]
    seed = typed.constant(seed_value(upstream, output.shape))
    value, *results = plain_first(typed, lambda: evaluate([output, *gradients(output, inputs, seed)], arrays))
    return as_result(value), {name: as_result(one) for name, one in zip(names, results, strict=True)}


@without_collection
def jvp(
    graph: Graph,
    tangents: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    /,
    **more_values: Any,
) -> tuple[Any, Any]:
    """The output and its derivative along `tangents`, the Jacobian times them, in one forward pass.

    Shapes: a tangent has its variable's shape, both results the output's; a tangent left out is zero. Raises
    ExpressionError as `value_and_grad` does, for a tangent of no variable, and with the variable's span for one
    of another shape. Source: Griewank & Walther (2008), section 3.1.
    """
    from backprop.autodiff.passes.forward import tangents_of  # here, not above: reverse mode does without

    typed, arrays = bind(graph, {**(values or {}), **more_values})
    output = typed.result
    along = direction_values(typed, tangents, "tangent")
    seeds = {typed.inputs[name]: typed.constant(one) for name, one in along.items()}
    value, tangent = plain_first(typed, lambda: evaluate([output, *tangents_of([output], seeds)], arrays))
    return as_result(value), as_result(tangent)


def vjp(
    graph: Graph,
    upstream: Any,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    **more_values: Any,
) -> tuple[Any, dict[str, Any]]:
    """The output, and `upstream` times the Jacobian by every variable (or those of `wrt`), in one reverse pass.

    Shapes: `upstream` has the output's shape, each gradient its variable's. Raises ExpressionError as
    `value_and_grad` does, of which this is the form that never assumes ones. Source: Griewank & Walther (2008),
    section 3.2.
    """
    if upstream is None:
        raise ExpressionError("no upstream gradient", cure="give one of the output's shape")
    return value_and_grad(graph, {**(values or {}), **more_values}, wrt=wrt, upstream=upstream)


def as_result(value: Array) -> Any:
    """A float for a scalar, an array of the caller's own for anything else."""
    return float(value) if np.ndim(value) == 0 else np.array(value)
