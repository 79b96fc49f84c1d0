"""Where the values of a function of one number lie, and those of its derivatives, in many intervals at once.

By the enclosures of its gates, which leave nothing out. Where a gate has none, by samples with room around them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.intervals import Ends, Interval
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.passes.spelling import spelled

SAMPLES = 9  # of an interval, for a function without enclosures
ROOM = 2.0  # how much farther than the samples its second derivative may go

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Enclosed(NamedTuple):
    """Of each interval: of the function and its first derivative the least and largest values that there may be.

    Where it is not `is_smooth` it may jump, and its derivative says nothing.
    """

    value: Interval
    slope: Interval
    is_smooth: Mask


class OneVariable:
    """A scalar node of a typed graph as a function of one scalar input; the others have `values`."""

    def __init__(self, output: Node, variable: Node, values: Mapping[str, Any]) -> None:
        self._name = str(variable.name)
        (slope,) = gradients(output, [variable])
        (bend,) = gradients(slope, [variable])
        self._program = RowProgram(plan_rows([output, slope, bend], [self._name]), values)
        self._results = spelled([output, slope, bend], lambda node: node.gate.enclosure is None and not node.shape)
        self._used = [needed([node]) for node in self._results]
        self._constant = constants_of(self._results, self._name, values)
        self.without = names_of(self._used[0])
        self.evaluations = 0

    @property
    def is_enclosed(self) -> bool:
        return not self.without

    def at(self, points: Ends) -> list[Ends]:
        """The value and the first two derivatives."""
        self.evaluations += points.size
        found = self._program.run({self._name: np.ravel(points)})
        return [np.asarray(one, dtype=np.float64).reshape(points.shape) for one in found]

    def enclosed(self, low: Ends, high: Ends) -> Enclosed:
        return self._by_gates(low, high) if self.is_enclosed else self._by_samples(low, high)

    def rounding(self, points: Ends) -> Ends:
        """By how much rounding may change the value."""
        value = self.at(points)[0]
        if not self.is_enclosed:
            return np.asarray(8.0 * np.finfo(float).eps * np.maximum(np.abs(value), 1.0))
        low, high = self._walk(points, points)[0][self._results[0].index]
        return np.asarray(np.maximum(high - value, value - low))

    def _walk(self, low: Ends, high: Ends) -> tuple[dict[int, Interval], list[Mask]]:
        """The intervals of all nodes, and for the value and the slope where what is piecewise constant may jump."""
        self.evaluations += low.size
        anywhere = np.full(low.shape, -np.inf), np.full(low.shape, np.inf)
        known: dict[int, Interval] = {}
        jumps = []
        with np.errstate(all="ignore"):
            for used in self._used:
                jump = np.zeros(low.shape, bool)
                for node in used:
                    if node.index not in known:
                        known[node.index] = self._interval(node, known, (low, high), anywhere)
                    if node.gate.is_flat and node.inputs:
                        ends = known[node.index]
                        jump |= ends[0] != ends[1]
                jumps.append(jump)
        return known, jumps

    def _interval(self, node: Node, known: dict[int, Interval], given: Interval, anywhere: Interval) -> Interval:
        if node.name == self._name:
            return given
        if node.index in self._constant:
            ends = np.full(given[0].shape, self._constant[node.index])
            return ends, ends
        if node.shape or node.gate.enclosure is None:
            return anywhere
        operands = [known[operand.index] for operand in node.inputs]
        low, high = node.gate.enclosure(node.gate.forward, *operands, **node.settings)
        return np.broadcast_to(low, given[0].shape), np.broadcast_to(high, given[0].shape)

    def _by_gates(self, low: Ends, high: Ends) -> Enclosed:
        """The natural enclosure, cut by the Taylor polynomials around the middle."""
        known, (jumps, slope_jumps, _) = self._walk(low, high)
        value, slope, bend = (known[node.index] for node in self._results)
        middle = low + 0.5 * (high - low)
        there, steep, _ = self.at(middle)
        off = np.maximum(high - middle, middle - low)
        with np.errstate(all="ignore"):
            spread = np.maximum(np.abs(bend[0]), np.abs(bend[1])) * off
            spread = np.where(slope_jumps | np.isnan(spread), np.inf, spread) * (1.0 + 1e-12)
            room = 1e-14 * np.abs(steep)
            slope = cut(slope, steep - spread - room, steep + spread + room)
            reach = np.maximum(np.abs(slope[0]), np.abs(slope[1])) * off
            reach = np.fmin(reach, np.abs(steep) * off + 0.5 * spread * off)
            error = self._error(middle)
            reach = np.where(jumps | np.isnan(reach), np.inf, reach) * (1.0 + 1e-12) + error
            value = cut(value, there - reach, there + reach)
        return Enclosed(value, slope, ~jumps)

    def _error(self, points: Ends) -> Ends:
        low, high = self._walk(points, points)[0][self._results[0].index]
        return np.where(np.isfinite(high - low), high - low, np.inf)

    def _by_samples(self, low: Ends, high: Ends) -> Enclosed:
        share = np.linspace(0.0, 1.0, SAMPLES)
        points = low[:, None] + (high - low)[:, None] * share
        value, slope, bend = self.at(points)
        with np.errstate(all="ignore"):
            step = (high - low) / (SAMPLES - 1)
            spread = ROOM * np.max(np.abs(bend), axis=1) * step
            spread = np.where(np.isfinite(spread), spread, np.inf)
            slopes = np.min(slope, axis=1) - spread, np.max(slope, axis=1) + spread
            reach = spread * step
            values = np.fmin.reduce(value, axis=1) - reach, np.fmax.reduce(value, axis=1) + reach
        is_smooth = np.isfinite(spread)
        return Enclosed(values, slopes, is_smooth)


def constants_of(nodes: Sequence[Node], name: str, values: Mapping[str, Any]) -> dict[int, float]:
    """The numbers that do not depend on the input `name`, by index."""
    used = needed(nodes)
    moving = {node.index for node in used if node.name == name and not node.is_constant}
    for node in used:
        if any([operand.index in moving for operand in node.inputs]):
            moving.add(node.index)
    held = [node for node in used if node.index not in moving and not node.shape]
    return {node.index: float(value) for node, value in zip(held, run(lower(held), values), strict=True)}


def names_of(nodes: Sequence[Node]) -> list[str]:
    """The functions among them of which no enclosure is known, those of arrays among them."""
    unknown = [node for node in nodes if node.inputs and (node.shape or node.gate.enclosure is None)]
    return list(dict.fromkeys(node.gate.called for node in unknown))


def cut(interval: Interval, low: Ends, high: Ends) -> Interval:
    """What both hold; where they share nothing but for rounding, the first."""
    least = np.where(np.isnan(low), interval[0], np.maximum(interval[0], low))
    most = np.where(np.isnan(high), interval[1], np.minimum(interval[1], high))
    is_empty = least > most
    return np.where(is_empty, interval[0], least), np.where(is_empty, interval[1], most)
