"""Which nodes some results need, in which order, and what is known of their values. Knows no program."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backprop.autodiff.graph import Node


def given_name(node: Node) -> str:
    """What a program calls an input that is no variable; a variable's name has no blank."""
    return f"node {node.index}"


def needed(results: Sequence[Node], given: Collection[Node] = (), *, is_read: bool = False) -> list[Node]:
    """The nodes that the results depend on and the results, in topological order; of `given` nodes only themselves.

    `is_read`: also what is read to compute them, though no expression shows it.
    """
    if not results:
        return []
    nodes = results[0].graph.nodes
    last = max(node.index for node in results)
    wanted = bytearray(last + 1)
    for node in results:
        wanted[node.index] = 1
    for index in range(last, -1, -1):
        if wanted[index] and not (given and nodes[index] in given):
            for operand in nodes[index].reads if is_read else nodes[index].inputs:
                wanted[operand.index] = 1
    return [node for node in nodes[: last + 1] if wanted[node.index]]


def is_view(node: Node) -> bool:
    """Whether the value may lie in the memory of an operand's."""
    return not node.gate.has_local or node.gate.returns_operand
