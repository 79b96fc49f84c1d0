"""Running a program at one point, and the values of constant expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import Program, lower, needed
from backprop.autodiff.evaluation.scalars import Refused, run_scalars, scalar_program
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array


def run(program: Program, values: Mapping[str, Array]) -> list[Array]:
    """The results for these inputs, by IEEE arithmetic: inf and nan come out, nothing is raised or warned of."""
    slots: list[Any] = [None] * program.slots
    for slot, constant in program.constants:
        slots[slot] = constant
    for slot, name in program.inputs:
        value = values[name]
        slots[slot] = np.float64(value) if type(value) is float else value
    with np.errstate(all="ignore"):
        for function, inputs, output in program.instructions:
            if len(inputs) == 2:
                slots[output] = function(slots[inputs[0]], slots[inputs[1]])
            else:
                slots[output] = function(*[slots[operand] for operand in inputs])
    return [slots[result] for result in program.results]


def evaluate(nodes: Sequence[Node], values: Mapping[str, Array]) -> list[Array]:
    """The values of these nodes of one typed graph."""
    return run(lower(nodes), values)


def evaluate_numbers(nodes: Sequence[Node], values: Mapping[str, Any]) -> list[Any]:
    """The same, and without NumPy where all are finite numbers: as floats of Python's."""
    if all([type(value) is float for value in values.values()]):
        with suppress(Refused):
            return run_scalars(scalar_program(nodes), values)
    return evaluate(nodes, values)


def constant_value(node: Node) -> Array:
    """The value of a node that depends on no variable but those with defaults, its graph typed or not.

    Of inputs of an assumed shape it may read that. Raises ExpressionError with the node's span where it depends on
    another variable, or where shapes do not fit.
    """
    graph = Graph(is_typed=True, source=node.graph.source)
    twin: dict[int, Node] = {}
    for original in needed([node]):
        if original.gate is leaves.input:
            name = str(original.name)
            known = node.graph.defaults.get(name, leaves.NAMED_CONSTANTS.get(name))
            shape = node.graph.assumed.get(name)
            if shape is not None and (known is None or np.shape(known) != shape):
                twin[original.index] = graph.input(name, shape, original.span)
            elif known is None:
                raise ExpressionError(f"'{name}' is not a constant", node.span, "write a number here", graph.source)
            else:
                twin[original.index] = graph.constant(known, name, original.span)
        else:
            twin[original.index] = graph.copy(original, twin)
    value: Array = evaluate_numbers([twin[node.index]], {})[0]
    return value
