"""Nodes of large arrays with fewer and simpler steps, and the same bits: no array of one number, no composed gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backprop.autodiff.declaration.blocks import BlockForm, Repeated
from backprop.autodiff.evaluation.needs import given_name
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.shapes import is_large


def comes_by_entries(node: Node) -> bool:
    """Whether it is a large array whose entries come of the same entries of what it reads."""
    return node.gate.has_local and not node.gate.unread and is_large(node.shape)


def block_form(node: Node) -> BlockForm | None:
    """How blocks of its only operand give it, where its gate has said so."""
    form = node.gate.in_blocks
    return form(node.inputs[0].shape, **node.settings) if form else None


def narrowed(results: Sequence[Node], nodes: Sequence[Node], given: Collection[Node]) -> list[Node]:
    """What has the same values as `results` in fewer steps, in a graph of its own; `nodes` are those that they need.

    What repeats a number is that number to the gates that broadcast it again. A gate that is quicker as a graph of
    others is that graph, parts of which others may have, too. The `given` are inputs.
    """
    graph = Graph(is_typed=True, source=results[0].graph.source)
    twin: dict[Node, Node] = {}
    number: dict[Node, Node] = {}  # of large arrays whose entries are all equal
    for node in nodes:
        if node in given:
            twin[node] = graph.input(given_name(node), node.shape)
            continue
        if comes_by_entries(node):
            plain = [number.get(operand, twin[operand]) for operand in node.inputs]
            made = simplest(node, plain)
            if not any([operand.shape for operand in plain]):
                number[node] = made
            elif made.shape == node.shape:
                twin[node] = made
                continue
        elif is_large(node.shape) and isinstance(block_form(node), Repeated):
            number[node] = twin[node.inputs[0]]
        twin[node] = copied(node, graph, twin)
    return [twin[node] for node in results]


def simplest(node: Node, operands: Sequence[Node]) -> Node:
    """The gate of a node with these operands, in the simplest form that computes exactly the same."""
    quick: Node | None = node.gate.quick(*operands, **node.settings) if node.gate.quick else None
    return node.gate(*operands, **node.settings) if quick is None else quick


def copied(node: Node, graph: Graph, twin: Mapping[Node, Node]) -> Node:
    """A node of another graph in this one, of the twins of what it reads."""
    if not node.inputs:
        return graph.copy(node, ())
    # What is not read need not be computed, and is only there to be differentiated.
    operands = tuple([twin.get(operand) or graph.input(given_name(operand), operand.shape) for operand in node.inputs])
    attributes = (*node.attributes[:-1], twin[node.reads[-1]].index) if node.gate.is_informed else node.attributes
    return graph.add(node.gate, operands, attributes, node.span)
