"""The public calls: derivatives of an expression at a point, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backprop.autodiff.derivatives.number_calls import recalled, remember, with_seeds
from backprop.autodiff.derivatives.programs import (
    AtNumbers,
    AtPoint,
    Derived,
    at_point,
    seed_input,
    seed_name,
    seeds_of,
)
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bound, check_seed, direction_values, names_in, selected, upstream_value
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array

UPSTREAM = "upstream gradient"  # the input for it; no variable's name has a blank


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
    wrt = None if wrt is None else names_in(wrt)
    if upstream is None and (answer := recalled(graph, ("gradient", wrt), given)) is not None:
        names, (value, *results) = answer
        return value, dict(zip(names, results, strict=True))
    names = selected(graph, given, wrt)
    arrays = bound(graph, given)
    if upstream is not None:
        arrays[UPSTREAM] = upstream_value(upstream)

    def make(typed: Graph) -> AtPoint | AtNumbers:
        output, seed = typed.result, None
        if upstream is not None:
            check_seed(np.shape(arrays[UPSTREAM]), output.shape)
            seed = seed_input(typed, UPSTREAM, arrays)
        return at_point([output, *gradients(output, [typed.named(name) for name in names], seed)])

    derived = Derived(graph, ("gradient", names), arrays, make)
    value, *results = as_results(derived.numbers())
    if upstream is None:
        remember(graph, ("gradient", wrt), given, names, derived.plain)
    return value, dict(zip(names, results, strict=True))


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

    given = {**(values or {}), **more_values}
    asked, numbers = ("tangent", *tangents), with_seeds("tangent", given, tangents)
    if (answer := recalled(graph, asked, numbers)) is not None:
        _, (value, tangent) = answer
        return value, tangent
    arrays = bound(graph, given)
    along = direction_values(graph, arrays, tangents, "tangent")
    arrays |= seeds_of("tangent", along)

    def make(typed: Graph) -> AtPoint | AtNumbers:
        seeds = {typed.inputs[name]: seed_input(typed, seed_name("tangent", name), arrays) for name in along}
        return at_point([typed.result, *tangents_of([typed.result], seeds)])

    derived = Derived(graph, asked, arrays, make)
    value, tangent = as_results(derived.numbers())
    remember(graph, asked, numbers, (), derived.plain)
    return value, tangent


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
    return as_results([value])[0]


def as_results(values: Sequence[Array]) -> list[Any]:
    """Floats for scalars, arrays of the caller's own for anything else; `values` come straight from a program.

    Those that have memory of their own are new, and are not copied: inputs and constants are views (binding.py,
    graph.py), and so is what a gate takes from them.
    """
    handed: set[int] = set()
    results: list[Any] = []
    for value in values:
        if isinstance(value, float) or np.ndim(value) == 0:
            results.append(float(value))
        else:
            is_own = value.flags.owndata and value.flags.writeable and id(value) not in handed
            handed.add(id(value))
            results.append(value if is_own else np.array(value))
    return results
