"""Gates that are made of gates, as what they are made of: the same numbers, in more steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node

MOST_LAYERS = 4  # of gates that are made of gates


def spelled(results: Sequence[Node], opens: Callable[[Node], bool]) -> list[Node]:
    """The results in a graph of their own, where nodes that `opens` tells are the graph of their gate's kernel.

    The same nodes where there are none, or where one reads a node by its index.
    """
    for _ in range(MOST_LAYERS):
        nodes = needed(results)
        opened = {node for node in nodes if node.inputs and node.gate.kernel is not None and opens(node)}
        if not opened or any([node.gate.is_informed for node in nodes]):
            break
        graph, twin = Graph(is_typed=True), dict[int, Node]()
        for node in nodes:
            if node in opened:
                assert node.gate.kernel is not None
                twin[node.index] = node.gate.kernel(*[twin[one.index] for one in node.inputs], **node.settings)
            else:
                twin[node.index] = graph.copy(node, twin)
        results = [twin[node.index] for node in results]
    return list(results)
