"""A graph with the slopes of kinks as they are on one side of them. Knows no mean and no direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from backprop.autodiff.declaration.kinds import Slope
from backprop.autodiff.graph import Graph, Node


def beside(
    graph: Graph,
    results: Sequence[Node],
    tangents: Sequence[Mapping[Node, Node]],
    has_side: Callable[[Slope], bool],
) -> list[Node]:
    """The results in another graph, with the slopes that have a side as they are on that which the steps lead to.

    `tangents` gives the first derivatives along the steps, then those of the first ones, and so on.
    """
    twin: dict[int, Node] = {}
    waiting = list(results)
    while waiting:
        node = waiting[-1]
        is_sided = isinstance(node.gate, Slope) and has_side(node.gate)
        operands = _series(node, tangents) if is_sided else node.inputs
        missing = [operand for operand in operands if operand.index not in twin]
        if node.index in twin or not missing:
            waiting.pop()
        if missing:
            waiting.extend(missing)
        elif node.index not in twin and is_sided:
            assert isinstance(node.gate, Slope)
            moved = tuple([twin[operand.index] for operand in operands])
            twin[node.index] = graph.add(node.gate.beside, moved, (*node.attributes, len(tangents)))
        elif node.index not in twin:
            twin[node.index] = graph.copy(node, twin)
    return [twin[node.index] for node in results]


def family(slope: Node) -> list[Node]:
    """The slopes of the same gate by each of its operands, which together tell the sides apart."""
    if "position" not in slope.gate.attributes:
        return [slope]
    return [slope.graph.add(slope.gate, slope.inputs, (position,)) for position in range(len(slope.inputs))]


def _series(slope: Node, tangents: Sequence[Mapping[Node, Node]]) -> tuple[Node, ...]:
    """The operands of a slope, then their first derivatives, and so on."""
    level: tuple[Node, ...] = slope.inputs
    series = level
    for tangent_of in tangents:
        level = tuple([tangent_of.get(node) or node.zeros for node in level])
        series += level
    return series
