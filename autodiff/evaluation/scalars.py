"""Gates as functions of Python floats, and programs of them: what is a number needs no array, and no NumPy.

A gate's function follows from its declaration: it is the one of `math` or the operator that its NumPy function or its
name in math libraries stands for, else its routine, else its kernel, of which it runs the gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.numerics.elementary import REFUSALS

MOST_KERNELS = 512  # of gates and their settings, kept


class Refused(Exception):
    """What a number is to be computed with is left to NumPy: it has no function of floats, or is not finite."""


def scalar_program(results: Sequence[Node]) -> Program:
    """The program for `results`, nodes of one typed graph, by functions of Python floats. Raises Refused.

    `run_scalars` runs it.
    """
    if any([node.shape for node in results]):
        raise Refused
    return lower(results, function_of=function_of, number=float)


def run_scalars(program: Program, values: Mapping[str, float]) -> list[float]:
    """The results of a scalar program for these inputs, all of them finite. Raises Refused."""
    slots: list[Any] = [None] * program.slots
    for slot, constant in program.constants:
        slots[slot] = constant
    for slot, name in program.inputs:
        slots[slot] = values[name]
    try:
        for function, inputs, output in program.instructions:
            slots[output] = function(*[slots[operand] for operand in inputs])
    except REFUSALS:
        raise Refused from None
    results = [slots[result] for result in program.results]
    if not all(map(math.isfinite, results)):
        raise Refused
    return results


def function_of(node: Node) -> Callable[..., float]:
    """The function of floats that computes a node of a typed graph. Raises Refused where it has none."""
    if node.shape or any([operand.shape for operand in node.reads]):
        raise Refused
    return scalar_function(node.gate, len(node.reads), node.attributes)


def scalar_function(gate: Gate, count: int, attributes: tuple[Any, ...]) -> Callable[..., float]:
    """A gate's function of `count` floats with these attributes. Raises Refused where it has none."""
    if gate.elementary is not None:
        return gate.elementary
    own = (gate.forward, getattr(gate.forward, "routine", None))
    if gate.routine is not None and (gate.keeps_digits or gate.routine in own):
        return partial(_routine, gate.routine, attributes) if attributes else gate.routine
    if gate.kernel is not None and gate.has_local and (gate.keeps_digits or gate.kernel in own):
        return _kernel(gate, count, attributes)
    raise Refused


def values_at(gate: Gate, points: Iterable[tuple[float, ...]]) -> Iterator[float]:
    """The values of a gate without attributes at some points; what is not finite there is some number that is not."""
    for point in points:
        try:
            yield scalar_function(gate, len(point), ())(*point)
        except (Refused, *REFUSALS):
            yield math.nan if gate.elementary else float(gate.value_of(point))


def _routine(routine: Callable[..., float], attributes: tuple[Any, ...], *operands: float) -> float:
    return routine(*operands, *attributes)


@lru_cache(MOST_KERNELS)
def _kernel(gate: Gate, count: int, attributes: tuple[Any, ...]) -> Callable[..., float]:
    """The kernel's gates, one after another."""
    assert gate.kernel is not None
    graph = Graph(is_typed=True)
    names = [f"x{position}" for position in range(count)]
    try:
        result = gate.kernel(
            *[graph.input(name) for name in names], **dict(zip(gate.attributes, attributes, strict=True))
        )
    except ExpressionError:
        raise Refused from None
    program = scalar_program([result])
    is_for_finite = gate.kernel is not gate.forward  # what is infinite may have a limit, which its other form lacks
    places = [names.index(name) for _, name in program.inputs]
    instructions, constants = program.instructions, program.constants
    inputs = [(slot, place) for (slot, _), place in zip(program.inputs, places, strict=True)]
    (last,) = program.results

    def function(*operands: float) -> float:
        if is_for_finite and not all(map(math.isfinite, operands)):
            raise OverflowError
        slots: list[Any] = [None] * program.slots
        for slot, constant in constants:
            slots[slot] = constant
        for slot, place in inputs:
            slots[slot] = operands[place]
        for step, read, output in instructions:
            slots[output] = step(*[slots[operand] for operand in read])
        value: float = slots[last]
        return value

    return function
