"""The function inside a gate, for a reader: with what its gate's operands are in it, and a name for its variable."""

from __future__ import annotations

from collections.abc import Iterable

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.inner_function import InnerFunction
from backprop.autodiff.named_tuple import NamedTuple


class Inside(NamedTuple):
    """The body, in a graph of its own, and the name that its variable has there."""

    body: Node
    variable: str


def inside(node: Node) -> Inside:
    """What is inside a node's gate. Its variable has its own name unless something else there is called that."""
    function: InnerFunction = node.attributes[0]
    given = function.given(node.inputs)
    function = function.typed_for(node.inputs) if node.graph.is_typed else function
    graph = Graph(is_typed=node.graph.is_typed, source=node.graph.source)
    twins = {name: graph.add(leaves.stand_in, (), (value.original,)) for name, value in given.items()}
    variable = free_name(function.variable, names_in(given.values()))
    twins[function.variable] = graph.input(variable, function.input(function.variable).shape)
    return Inside(function.opened(function.result, twins, graph), variable)


def names_in(nodes: Iterable[Node]) -> set[str]:
    """The names that are written in some nodes."""
    names: set[str] = set()
    waiting = [node.original for node in nodes]
    while waiting:
        for part in needed([waiting.pop()]):
            if part.gate is leaves.stand_in:
                waiting.append(part.original)
            elif part.name is not None:
                names.add(part.name)
    return names


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found
