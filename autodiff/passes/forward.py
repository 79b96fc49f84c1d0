"""Forward mode: the tangent of every node along a direction of the inputs, as more nodes of the same graph.

Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.pushforward import pushforward
from backprop.autodiff.passes.sides import with_sides


def tangents_of(nodes: Sequence[Node], seeds: Mapping[Node, Node]) -> list[Node]:
    """The tangents of some nodes of one typed graph, each of its node's shape; `seeds` are those to start from."""
    if not nodes:
        return []
    tangent_of = tangents(nodes[0].graph, nodes, seeds)
    return [tangent_of.get(node) or node.zeros for node in nodes]


def tangents(graph: Graph, outputs: Collection[Node], seeds: Mapping[Node, Node]) -> dict[Node, Node]:
    """Append the tangents of the nodes up to the last of `outputs` to the typed `graph`; one that is missing is zero.

    `seeds` gives the tangents to start from, each of its node's shape. Those of `outputs` are the mean of both sides
    where they are of second or higher order and a kink is hit exactly.
    """
    pushed = pushforward(graph, max(outputs, key=lambda node: node.index), seeds)
    settled = {node: tangent.settled for node, tangent in pushed.items()}
    return {**settled, **with_sides({node: settled[node] for node in outputs if node in settled}, outputs, seeds)}
