"""Where the values of nodes lie, whatever the columns hold: what can leave the range of doubles, and what cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple

LEAST_FACTOR, LARGEST_FACTOR = 2.0**-50, 16.0  # a factor between them takes no number out of the range but at its ends
LEAST, LARGEST = 1e-290, 1e300


class Magnitude(NamedTuple):
    """The least and the largest absolute value; `is_step`: it is 0 or 1."""

    least: float = 0.0
    largest: float = math.inf
    is_step: bool = False

    @property
    def is_harmless(self) -> bool:
        return self.is_step or (self.least >= LEAST_FACTOR and self.largest <= LARGEST_FACTOR)


def ranges(results: Sequence[Node]) -> dict[Node, Magnitude]:
    """Of each node, by the enclosures of its gates."""
    everything = np.float64(-math.inf), np.float64(math.inf)
    known: dict[Node, tuple[np.float64, np.float64]] = {}
    with np.errstate(all="ignore"):
        for node in needed(results):
            if node.is_scalar_constant:
                known[node] = (np.float64(node.value),) * 2
            elif node.shape or not node.inputs or node.gate.enclosure is None:
                known[node] = everything
            else:
                operands = [known[operand] for operand in node.inputs]
                low, high = node.gate.enclosure(node.gate.forward, *operands, **node.settings)
                is_known = not (np.isnan(low) or np.isnan(high))
                known[node] = (np.float64(low), np.float64(high)) if is_known else everything
    return {node: sized(float(low), float(high), node.gate.is_indicator) for node, (low, high) in known.items()}


def sized(low: float, high: float, is_step: bool) -> Magnitude:
    least = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    return Magnitude(least, max(abs(low), abs(high)), is_step or low == high == 0.0)


class Escape(NamedTuple):
    """Whether a result can be larger than all doubles, and whether it can be too small for one without being 0."""

    above: bool
    below: bool


def of_product(node: Node, known: Mapping[Node, Magnitude]) -> Escape:
    left, right = [known[operand] for operand in node.inputs]
    if left.is_harmless or right.is_harmless:
        return Escape(False, False)
    is_small = left.largest * right.largest <= LARGEST or min(left.largest, right.largest) <= LARGEST_FACTOR
    is_large = left.least * right.least >= LEAST or max(left.least, right.least) >= LEAST_FACTOR
    return Escape(not is_small, not is_large)


def of_quotient(node: Node, known: Mapping[Node, Magnitude]) -> Escape:
    """The same of a quotient that is not by 0."""
    over, under = [known[operand] for operand in node.inputs]
    if under.is_step:
        return Escape(False, False)
    is_small = over.largest <= LARGEST * under.least or under.least >= LEAST_FACTOR
    is_large = over.least >= LEAST * under.largest or under.largest <= LARGEST_FACTOR
    return Escape(not is_small, not is_large)


def has_zero(node: Node, known: Mapping[Node, Magnitude]) -> bool:
    return known[node].least == 0.0
