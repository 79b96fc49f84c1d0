"""Values for an expression's variables: checked, made arrays, and the graph typed by their shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from numbers import Real
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array

CHANGE = "change its value in the text"


def as_array(value: Any, what: str) -> Array:
    """`value` as a double or an array of them. Raises ExpressionError, naming `what` it is, for anything else."""
    if isinstance(value, float):
        return np.float64(value)
    numbers = as_numbers(value, what)
    shapes.bounded(numbers.shape)
    result: Array = numbers.astype(np.float64)[()]
    return result


def as_value(value: Any, what: str) -> Any:
    """A float of Python's as it is, anything else as `as_array` has it."""
    return value if type(value) is float else as_array(value, what)


def lent(value: Any, what: str) -> Array:
    """What `as_value` gives, for a call that keeps none of it: a view of an array of doubles, not a copy."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim:
        shapes.bounded(value.shape)
        return np.asarray(value)[...]
    known: Array = as_value(value, what)
    return known


def as_numbers(value: Any, what: str) -> np.ndarray[Any, Any]:
    """`value` as an array of numbers of any kind, itself where it is one. Raises as `as_array` does.

    Arrays of other libraries are taken where they speak `__array__` or DLPack.
    """
    cure = "give a number or equally long lists of numbers"
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":
            array = numbers_in(value, array)
        elif array.dtype.kind == "V" and array.dtype.type is not np.void:  # bfloat16 and its like, of JAX
            array = array.astype(np.float64)
    except Exception as fault:
        if is_foreign(value):  # it says why, as one does that is on an accelerator
            cure = " ".join(str(fault).split()) or cure
        elif not isinstance(fault, TypeError | ValueError | OverflowError):
            raise
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        raise ExpressionError(f"{what} is neither a number nor an array of numbers", cure=cure)
    return array


def is_foreign(value: Any) -> bool:
    """Whether a value is an array of another library."""
    return not isinstance(value, np.ndarray) and (hasattr(value, "__array__") or hasattr(value, "__dlpack__"))


def numbers_in(value: Any, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What NumPy takes for objects as numbers, where it is some: a DLPack array, a column that may have gaps."""
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    if array.ndim and all(isinstance(entry, Real) for entry in array.flat):
        return array.astype(np.float64)
    return array


def bind(graph: Graph, values: Mapping[str, Any]) -> tuple[Graph, dict[str, Array]]:
    """The graph typed by the shapes of `values`, and the values as arrays, with the defaults of what is not given.

    Raises ExpressionError for variables without a value (all of them at once), for values of no variable, for
    values that are no numbers, and for shapes that do not fit.
    """
    check_names(graph, values)
    arrays = {name: as_value(value, value_of(name)) for name, value in values.items()} | defaults_beside(graph, values)
    return graph.typed(shapes_of(arrays)), arrays


def bound(graph: Graph, values: Mapping[str, Any]) -> dict[str, Array]:
    """The values of a graph's variables as arrays, which are the caller's own where they are arrays of doubles.

    Raises as `bind` does, but for shapes that do not fit.
    """
    check_names(graph, values)
    arrays = {name: lent(value, value_of(name)) for name, value in values.items()}
    return arrays | defaults_beside(graph, values)


def shapes_of(arrays: Mapping[str, Array]) -> dict[str, shapes.Shape]:
    return {name: np.shape(array) for name, array in arrays.items()}


def defaults_beside(graph: Graph, given: Collection[str]) -> dict[str, Array]:
    """The defaults of the inputs that are not given and may be."""
    return {name: value for name, value in graph.defaults.items() if name not in given and name not in graph.fixed}


def value_of(name: str) -> str:
    """What an error calls a variable's value."""
    return f"the value of '{name}'"


def check_names(graph: Graph, values: Collection[str]) -> None:
    """Raise ExpressionError for values of no variable, and for variables without a value, all of them at once."""
    inputs = graph.inputs
    for name in values:
        if name in graph.fixed:
            raise ExpressionError(f"'{name}' is a constant of the expression", inputs[name].span, CHANGE, graph.source)
        if name not in inputs:
            known = f"its variables are {', '.join(graph.variables)}" if graph.variables else "it has no variables"
            raise ExpressionError(f"'{name}' is not in the expression", cure=known, source=graph.source)
    missing = [name for name in graph.variables if name not in values and name not in graph.defaults]
    if missing:
        quoted = " and ".join(f"'{name}'" for name in missing)
        raise ExpressionError(
            f"no value for {quoted}", inputs[missing[0]].span, "give every variable a value", graph.source
        )


def selected(graph: Graph, values: Collection[str], wrt: Iterable[str] | None) -> tuple[str, ...]:
    """The names to differentiate by: `wrt`, or every input that has a value. Raises ExpressionError.

    What a statement computes may be chosen, too.
    """
    variables = {*graph.variables}
    given = dict.fromkeys(name for name in graph.inputs if name in values or name in variables)
    if wrt is None:
        return tuple(given)
    chosen = names_in(wrt)
    for name in chosen:
        if name not in given and name not in graph.names:
            known = f"its variables are {', '.join(given)}" if given else "it has no variables"
            raise ExpressionError(f"'{name}' is not in the expression", cure=known, source=graph.source)
    return chosen


def names_in(wrt: Iterable[str]) -> tuple[str, ...]:
    """The names of a `wrt`, each once; one alone needs no list."""
    return tuple(dict.fromkeys([wrt] if isinstance(wrt, str) else wrt))


def seed_value(upstream: Any, shape: shapes.Shape) -> Array:
    """The output's upstream gradient: ones, or `upstream` in the output's shape. Raises ExpressionError."""
    if upstream is None:
        ones: Any = np.ones(shape) if shape else 1.0
        seed: Array = ones
        return seed
    array = upstream_value(upstream)
    check_seed(np.shape(array), shape)
    array = array if type(array) is float else np.array(array)[()]
    return array


def upstream_value(upstream: Any) -> Array:
    """The upstream gradient that was given, as an array."""
    return lent(upstream, "the upstream gradient")


def check_seed(given: shapes.Shape, shape: shapes.Shape) -> None:
    """Raise ExpressionError where an upstream gradient has not the output's shape."""
    if given != shape:
        raise ExpressionError(
            f"the upstream gradient has shape {shapes.show(given)}, the output {shapes.show(shape)}",
            cure="give it the output's shape",
        )


def direction_values(
    graph: Graph, arrays: Mapping[str, Array], given: Mapping[str, Any], what: str
) -> dict[str, Array]:
    """The tangents or directions that are `given` for some variables, as arrays of the shapes that their `arrays` have.

    Raises ExpressionError for one of no variable and, with the variable's span, for one of another shape.
    """
    directions = {}
    for name, value in given.items():
        if name not in arrays:
            inputs = [name for name in graph.inputs if name in arrays]
            known = f"its variables are {', '.join(inputs)}" if inputs else "it has no variables"
            raise ExpressionError(f"a {what} for '{name}', which is not a variable", cure=known, source=graph.source)
        array = lent(value, f"the {what} of '{name}'")
        if np.shape(array) != np.shape(arrays[name]):
            raise ExpressionError(
                f"the {what} of '{name}' has shape {shapes.show(np.shape(array))}, "
                f"the variable {shapes.show(np.shape(arrays[name]))}",
                graph.inputs[name].span,
                "give it the variable's shape",
                graph.source,
            )
        directions[name] = array
    return directions
