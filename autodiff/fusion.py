"""Spellings of one stable gate as several: the lecture's shortcut, made only where the user asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from backprop.autodiff.gates import activations, elementary, reductions
from backprop.autodiff.graph import Graph, Node


class Spelling(NamedTuple):
    """An expression of one operand as a textbook writes it, and the gate that computes it without loss."""

    written: Callable[[Node], Node]
    fused: Callable[[Node], Node]


SPELLINGS = (
    Spelling(lambda x: 1 / (1 + elementary.exp(-x)), lambda x: activations.sigmoid(x)),
    Spelling(lambda x: 1 / (elementary.exp(-x) + 1), lambda x: activations.sigmoid(x)),
    Spelling(lambda x: 1 / (1 + elementary.exp(x)), lambda x: activations.sigmoid(-x)),
    Spelling(lambda x: 1 / (elementary.exp(x) + 1), lambda x: activations.sigmoid(-x)),
    Spelling(lambda x: elementary.exp(x) / (1 + elementary.exp(x)), lambda x: activations.sigmoid(x)),
    Spelling(lambda x: elementary.exp(x) / (elementary.exp(x) + 1), lambda x: activations.sigmoid(x)),
    Spelling(lambda x: elementary.log(1 + elementary.exp(x)), lambda x: activations.softplus(x)),
    Spelling(lambda x: elementary.log(elementary.exp(x) + 1), lambda x: activations.softplus(x)),
    Spelling(lambda x: elementary.log1p(elementary.exp(x)), lambda x: activations.softplus(x)),
    Spelling(lambda x: elementary.log(elementary.exp(x).sum()), lambda x: reductions.logsumexp(x)),
)


def fuse(graph: Graph) -> Graph:
    """The untyped graph with every known spelling as the one gate it stands for."""
    patterns = Graph(is_typed=False)
    operand = patterns.input("x")
    spellings = [(written(operand), fused) for written, fused in SPELLINGS]
    result = Graph(is_typed=False, source=graph.source)
    twin: list[Node] = []
    for node in graph.nodes:
        made = None
        for pattern, fused in spellings:
            if node.gate is pattern.gate:
                matched = _match(pattern, node)
                if matched is not None:
                    result.place = node.span
                    made = fused(twin[matched.index])
                    result.place = None
                    break
        twin.append(made or result.copy(node, twin))
    result.names = {name: twin[node.index] for name, node in graph.names.items()}
    result.output = None if graph.output is None else twin[graph.output.index]
    return result


def _match(pattern: Node, node: Node) -> Node | None:
    """The node in the place of the pattern's operand, where `node` is an instance of the pattern."""
    found: Node | None = None
    pending = [(pattern, node)]
    while pending:
        form, one = pending.pop()
        if form.name is not None and not form.is_constant:
            if found is not None and found is not one:
                return None
            found = one
            continue
        if form.is_constant:
            if not one.is_scalar_constant or one.constant != form.constant:
                return None
            continue
        if form.gate is not one.gate or form.attributes != one.attributes:
            return None
        pending += zip(form.inputs, one.inputs, strict=True)
    return found
