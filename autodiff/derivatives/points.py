"""The values of an expression at several points in one run, which costs little more than a run at one of them.

The points lie along one more axis, the last, as the rows of a batch do (declaration/batching.py). Judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.needs import needed
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape

MOST_NUMBERS = 2**13  # of all steps at one point: of more, the memory of many points would count


def is_small(output: Node) -> bool:
    """Whether many points at once need no memory to speak of."""
    return sum([math.prod(node.shape) for node in needed([output], is_read=True)]) <= MOST_NUMBERS


class Points:
    """The output of a typed graph at several points; `shapes` are those of its steps' results at one."""

    def __init__(self, output: Node) -> None:
        self.shapes: list[Shape] = []

        def function_of(node: Node) -> Callable[..., Any]:
            self.shapes.append(node.shape)
            return node.gate.row_function(node)

        program = lower([output], function_of=function_of)
        held = [(slot, one_more_axis(constant)) for slot, constant in program.constants]
        self.program = program._replace(constants=tuple(held))
        self.shape = output.shape

    def at(self, values: Mapping[str, Array], moved: Mapping[str, Any]) -> Any:
        """The output, (*its shape, points), where some variables, at least one, are (*their shape, points)."""
        return self.results(self.program, values, moved, max([array.shape[-1] for array in moved.values()]))

    def disturbed(self, moved: Mapping[str, Any], factors: Sequence[Any], points: int) -> Any:
        """The same where every step's result is multiplied by its factors, (*its shape, points)."""

        def times(function: Callable[..., Any], factor: Any) -> Callable[..., Any]:
            return lambda *operands: function(*operands) * factor

        steps = zip(self.program.instructions, factors, strict=True)
        instructions = tuple([step._replace(function=times(step.function, factor)) for step, factor in steps])
        return self.results(self.program._replace(instructions=instructions), {}, moved, points)

    def results(self, program: Program, values: Mapping[str, Array], moved: Mapping[str, Any], points: int) -> Any:
        held = {name: one_more_axis(value) for name, value in values.items()}
        (result,) = run(program, {**held, **moved})
        return np.broadcast_to(np.asarray(result, dtype=np.float64), (*self.shape, points))


def one_more_axis(value: Any) -> Any:
    return np.asarray(value)[..., np.newaxis]
