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

PLAIN = {float, int}
ONE, MORE = -1, -2  # in place of a second operand's slot: there is none; the first's is a function that takes all

Step = tuple[Callable[..., float], Any, int]  # the function, its operands' slots


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
    kinds = set(map(type, values))
    return kinds <= PLAIN or all([kind is int or issubclass(kind, float) for kind in kinds])


def is_run_by_gates(node: Node) -> bool:
    """Whether its function of floats runs the gates of its kernel: spelled out they are shared, and run sooner."""
    gate = node.gate
    return gate.elementary is None and gate.routine is None and gate.is_entrywise and gate.kernel is gate.forward


class FlatProgram:
    """A scalar program for the numbers of `names`, in this order. Each step's result comes behind all before it."""

    __slots__ = ("_constants", "_steps", "_take", "names")

    def __init__(self, program: Program, names: Sequence[str] | None, held: Mapping[str, Any]) -> None:
        inputs = {name: slot for slot, name in program.inputs}
        self.names = tuple(inputs if names is None else names)
        fixed: dict[int, Any] = {inputs[name]: float(held[name]) for name in inputs if name not in self.names}
        fixed |= dict(program.constants)
        self._constants = tuple(fixed.values())
        place = {slot: number for number, slot in enumerate(fixed)}
        place |= {inputs[name]: number for number, name in enumerate(self.names, len(fixed)) if name in inputs}
        steps = []
        for number, (function, operands, output) in enumerate(program.instructions, len(fixed) + len(self.names)):
            steps.append(step(function, [place[operand] for operand in operands]))
            place[output] = number
        self._steps = tuple(steps)
        self._take = taker([place[slot] for slot in program.results])

    @property
    def size(self) -> int:
        return len(self._steps)

    def run(self, numbers: Iterable[SupportsFloat]) -> Sequence[float] | None:
        """The results, all of them finite; None where NumPy is to compute them."""
        try:
            slots = [*self._constants, *map(float, numbers)]
            for function, first, second in self._steps:
                # Python finds a method that is called by its name sooner than one that is held
                if second >= 0:
                    slots.append(function(slots[first], slots[second]))
                elif second == ONE:
                    slots.append(function(slots[first]))
                else:
                    slots.append(function(*first(slots)))
        except REFUSALS:
            return None
        results = self._take(slots)
        return results if isfinite(sum(results)) else None


def step(function: Callable[..., float], operands: Sequence[int]) -> Step:
    if len(operands) > 2:
        return function, itemgetter(*operands), MORE
    return function, operands[0], operands[1] if len(operands) == 2 else ONE


def taker(places: Sequence[int]) -> Callable[[Sequence[float]], Sequence[float]]:
    """What takes the numbers at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda slots: [slots[place] for place in places]
