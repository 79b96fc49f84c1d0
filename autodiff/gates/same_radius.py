"""Radii of one vector in several notations, as hypot(x, y) and norm([y, -x]), read as one where they meet.

At 0 a radius has no derivative, and one by another radius of the same vector is found only where they are one node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from backprop.autodiff.gates import arithmetic, arrays
from backprop.autodiff.gates.factors import is_zero
from backprop.autodiff.gates.limits import between

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph, Node

MOST_ENTRIES = 64  # of a vector that is compared with others

Legs = tuple[tuple[int, float], ...]  # an entry's node and its factor over that of the first, in order


class Radii:
    """The radii of one graph by what their vectors are made of, so far as it was looked at."""

    def __init__(self) -> None:
        self.seen = 0
        self.alike: dict[Legs, dict[int, float]] = {}  # indices: nodes would keep the graph alive

    def others(self, radius: Node) -> dict[Node, float]:
        """The radii of the same vector that are other nodes, and how many times as large they are."""
        nodes = radius.graph.nodes
        for node in nodes[self.seen :]:
            legs_and_size = legs_of(node)
            if legs_and_size is not None:
                self.alike.setdefault(legs_and_size[0], {})[node.index] = legs_and_size[1]
        self.seen = len(nodes)
        own = legs_of(radius)
        if own is None:
            return {}
        alike = self.alike[own[0]].items()
        return {nodes[index]: size / own[1] for index, size in alike if index != radius.index}


RADII: WeakKeyDictionary[Graph, Radii] = WeakKeyDictionary()


def legs_of(node: Node) -> tuple[Legs, float] | None:
    """What the vector of a radius is made of, but for signs, order, zeros and a common factor; and that factor.

    None for what is no single radius, or is not written entry by entry.
    """
    vector = getattr(node.gate, "written_vector", None)
    if vector is None or node.shape:
        return None
    legs: list[tuple[int, float]] = []
    waiting = list(vector(node))
    while waiting:
        leg = waiting.pop()
        if leg.gate in (arrays.stack, arrays.concat, arrays.reshape):
            waiting += leg.inputs
        elif leg.shape or len(legs) > MOST_ENTRIES:
            return None
        elif not is_zero(leg):
            legs.append(_with_factor(leg))
    if not legs:
        return None
    legs.sort()
    size = legs[0][1]
    return tuple([(index, factor / size) for index, factor in legs]), size


def _with_factor(leg: Node) -> tuple[int, float]:
    """The index of what an entry is a multiple of, and the factor's size."""
    size = 1.0
    while True:
        if leg.gate is arithmetic.negative:
            (leg,) = leg.inputs
            continue
        factors = [factor for factor in leg.inputs if factor.is_literal] if leg.gate is arithmetic.multiply else []
        if len(factors) != 1 or not factors[0].value:
            return leg.index, size
        (leg,) = [factor for factor in leg.inputs if factor is not factors[0]]
        size *= abs(float(factors[0].value))


def in_terms_of(upstream: Node, radius: Node) -> Node:
    """The upstream gradient with this radius in place of others of the same vector."""
    graph = upstream.graph
    if graph not in RADII:
        RADII[graph] = Radii()
    for other, size in RADII[graph].others(radius).items():
        twin = {other: radius if size == 1.0 else radius * size}
        for node in between(upstream, other) or ():
            twin[node] = node.gate(*[twin.get(operand, operand) for operand in node.inputs], **node.settings)
        upstream = twin.get(upstream, upstream)
    return upstream
