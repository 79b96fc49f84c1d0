"""The tangents of all nodes along a direction of the inputs, as more nodes: the loop of forward mode.

A tangent comes with its mask, outside of which it is exactly zero; forward.py settles them.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.declaration.masks import Masked, both, pushed, total
from backprop.autodiff.graph import Graph, Node


def pushforward(graph: Graph, output: Node, seeds: Mapping[Node, Node]) -> dict[Node, Masked]:
    """Append the tangents of the nodes up to `output` to the typed `graph`; one that is missing is zero."""
    tangent_of = {node: Masked(seed, None) for node, seed in seeds.items()}
    for node in graph.nodes[: output.index + 1]:
        if node in tangent_of or not any(operand in tangent_of for operand in node.inputs):
            continue
        graph.place = node.span
        tangent = _pushed(node, [tangent_of.get(operand) for operand in node.inputs])
        if tangent is not None:
            tangent_of[node] = _whole(tangent, node)
    graph.place = None
    return tangent_of


def _pushed(node: Node, moving: list[Masked | None]) -> Masked | None:
    """The tangent of a node whose operands move so; None: it is zero."""
    gate = node.gate
    if gate.has_local:
        parts = []
        for position, tangent in enumerate(moving):
            part = None if tangent is None else contribution(node, position, tangent)
            if part is not None:
                parts.append(part)
        return total(parts) if parts else None
    value = gate.push([None if tangent is None else tangent.settled for tangent in moving], node.inputs, node)
    if value is None:
        return None
    moved = {position: tangent.mask for position, tangent in enumerate(moving) if tangent is not None}
    return Masked(value, pushed(moved, node))


def pushed_alone(node: Node, position: int, tangent: Node) -> Masked | None:
    """What the tangent of the operand at `position` adds to that of the node."""
    moving: list[Masked | None] = [None] * len(node.inputs)
    moving[position] = Masked(tangent, None)
    pushed = _pushed(node, moving)
    return None if pushed is None else _whole(pushed, node)


def _whole(tangent: Masked, node: Node) -> Masked:
    """A tangent in the shape of its node."""
    if tangent.value.shape == node.shape:
        return tangent
    return Masked(tangent.value.broadcast_to(node.shape), tangent.mask)


def contribution(node: Node, position: int, tangent: Masked) -> Masked | None:
    """What the tangent of one operand adds to that of a node that has a local gradient; None: nothing."""
    value = node.gate.push_along(position, tangent.value, node.inputs, node)
    if value is None:
        return None
    return Masked(value, both(tangent.mask, node.gate.route(position, node.inputs, node)))
