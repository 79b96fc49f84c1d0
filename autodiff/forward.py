"""Forward mode: the tangent of every node along a direction of the inputs, as more nodes of the same graph.

Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.graph import Graph, Node


def tangents(graph: Graph, output: Node, seeds: Mapping[Node, Node]) -> dict[Node, Node]:
    """Append the tangents of the nodes up to `output` to the typed `graph`; one that is missing is zero.

    `seeds` gives the tangents to start from, each of its node's shape.
    """
    found = dict(seeds)
    for node in graph.nodes[: output.index + 1]:
        if node in found or not any(operand in found for operand in node.inputs):
            continue
        graph.place = node.span
        tangent = node.gate.push([found.get(operand) for operand in node.inputs], node.inputs, node)
        if tangent is not None:
            found[node] = tangent.broadcast_to(node.shape)
    graph.place = None
    return found
