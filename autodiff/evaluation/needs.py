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
    found = {node.index for node in results}  # not all nodes up to the last: many small results ask this of one graph
    open_nodes = [results[0].graph.nodes[index] for index in found]
    while open_nodes:
        node = open_nodes.pop()
        if not (given and node in given):
            for operand in node.reads if is_read else node.inputs:
                if operand.index not in found:
                    found.add(operand.index)
                    open_nodes.append(operand)
    nodes = results[0].graph.nodes
    return [nodes[index] for index in sorted(found)]


def is_view(node: Node) -> bool:
    """Whether the value may lie in the memory of an operand's."""
    return not node.gate.has_local or node.gate.returns_operand
