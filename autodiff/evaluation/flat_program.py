"""Scalar programs laid out for calls that come again and again: each costs a few microseconds, most of them its steps.

What a program is of floats, and what is left to NumPy, is in scalars.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from typing import Any, SupportsFloat

from backprop.autodiff.evaluation.program import Program
from backprop.autodiff.evaluation.scalars import Refused, scalar_program
from backprop.autodiff.graph import Node
from backprop.autodiff.numerics.elementary import REFUSALS

ONE, MORE = -1, -2  # in place of a second operand's slot: there is none; the first's is a function that takes all

Step = tuple[Callable[..., float], Any, int, int]  # the function, its operands' slots, its result's slot


def flat_program(
    results: Sequence[Node], names: Sequence[str] | None = None, held: Mapping[str, Any] | None = None
) -> FlatProgram | None:
    """The program for `results`, nodes of one typed graph, None where they are not all computed of floats.

    Its numbers come in the order of `names`, by default of those that it needs; `held` are the values of others.
    """
    if any([node.shape for node in (*results, *results[0].graph.inputs.values())]):
        return None
    try:
        return FlatProgram(scalar_program(results), names, held or {})
    except Refused:
        return None


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether all are floats or integers: of Python's, or doubles of NumPy's, which are floats."""
    return all([kind is int or issubclass(kind, float) for kind in set(map(type, values))])


def is_run_by_gates(node: Node) -> bool:
    """Whether its function of floats runs the gates of its kernel: spelled out they are shared, and run sooner."""
    gate = node.gate
    return gate.elementary is None and gate.routine is None and gate.is_entrywise and gate.kernel is gate.forward


class FlatProgram:
    """A scalar program with its slots filled in but for those of `names`, whose numbers come in this order."""

    __slots__ = ("_inputs", "_results", "_start", "_steps", "names")

    def __init__(self, program: Program, names: Sequence[str] | None, held: Mapping[str, Any]) -> None:
        slots = {name: slot for slot, name in program.inputs}
        unused = program.slots
        self.names = tuple(slots if names is None else names)
        self._start: list[Any] = [None] * (unused + 1)
        for slot, constant in program.constants:
            self._start[slot] = constant
        for name in held.keys() & slots.keys():
            self._start[slots[name]] = float(held[name])
        self._inputs = tuple([slots.get(name, unused) for name in self.names])
        self._steps = tuple([step(one.function, one.inputs, one.output) for one in program.instructions])
        self._results = program.results

    @property
    def size(self) -> int:
        return len(self._steps)

    def run(self, numbers: Iterable[SupportsFloat]) -> list[float] | None:
        """The results, all of them finite; None where NumPy is to compute them."""
        slots = self._start.copy()
        try:
            for slot, number in zip(self._inputs, numbers, strict=True):
                slots[slot] = float(number)
            for function, first, second, output in self._steps:
                if second >= 0:
                    slots[output] = function(slots[first], slots[second])
                elif second == ONE:
                    slots[output] = function(slots[first])
                else:
                    slots[output] = function(*first(slots))
        except REFUSALS:
            return None
        results = [slots[slot] for slot in self._results]
        return results if isfinite(sum(results)) else None


def step(function: Callable[..., float], inputs: tuple[int, ...], output: int) -> Step:
    if len(inputs) > 2:
        return function, itemgetter(*inputs), MORE, output
    return function, inputs[0], inputs[1] if len(inputs) == 2 else ONE, output
