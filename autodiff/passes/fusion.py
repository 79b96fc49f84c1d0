"""Compositions that lose digits, each as the one gate that keeps them: made only where the user asks for it.

A node is recognised whatever the order of its terms and factors, numbers folded together (algebra.py). The rules are
in cancellation.py, quotients.py and logarithms.py. Each gives the same function of the same operands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.gates import arithmetic, exponential, reductions, rounding
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.algebra import number_of, squared, terms
from backprop.autodiff.passes.cancellation import of_sum
from backprop.autodiff.passes.logarithms import logarithm, logarithm_of_one_plus
from backprop.autodiff.passes.quotients import of_product

Rule = Callable[[Node], Node | None]


class Fused(NamedTuple):
    """The new graph, its node for each node of the old one, and the old nodes that became others.

    `advised` are those that the rules given as advice changed.
    """

    graph: Graph
    twin: list[Node]
    compositions: list[Node]
    advised: set[Node]


def fuse(graph: Graph, given: Collection[str] | None = None) -> Graph:
    """The graph with every known composition as the one gate that computes it without loss.

    `given` are the names that have values: another one that is a constant's is that constant (`e` in `e^x`).
    """
    return fused(graph, given).graph


@without_collection
def fused(graph: Graph, given: Collection[str] | None = None, advice: Mapping[Gate, Rule] | None = None) -> Fused:
    """The same, with what became of each node, and with more rules where `advice` gives some."""
    result = Graph(is_typed=graph.is_typed, source=graph.source, reader=graph.reader)
    twin: list[Node] = []
    compositions = []
    advised = set()
    for node in graph.nodes:
        name = node.name if node.gate is leaves.input else None
        if given is not None and name is not None and name in leaves.NAMED_CONSTANTS and name not in given:
            twin.append(result.constant(leaves.NAMED_CONSTANTS[name], name, node.span))
            continue
        copied = result.copy(node, twin)
        result.place = node.span
        made = RULES[node.gate](copied) if node.gate in RULES else None
        if made is None and advice is not None and node.gate in advice:
            made = advice[node.gate](copied)
            advised.add(node)
        result.place = None
        if made is not None and made is not copied and made.shape == copied.shape:
            compositions.append(node)
            copied = made
        twin.append(copied)
    result.names = {name: twin[node.index] for name, node in graph.names.items()}
    result.output = None if graph.output is None else twin[graph.output.index]
    return Fused(result, twin, compositions, advised)


def of_root(node: Node) -> Node | None:
    """sqrt(x^2 + y^2), sqrt(sum(x^2))."""
    if node.gate is arithmetic.power and number_of(node.inputs[1]) != 0.5:
        return None
    (inside, *_) = node.inputs
    if inside.gate is reductions.total and (base := squared(inside.inputs[0])) is not None:
        return reductions.norm(base, axis=inside.axis)
    addends = terms(inside, most=3)
    if addends is None or len(addends) > 3 or any(factor != 1.0 for factor in addends.values()):
        return None
    sides = [inside.graph.constant(1.0) if addend is None else squared(addend) for addend in addends]
    if any(side is None for side in sides) or not any(addends):
        return None
    total: Node | None = None
    for operand in sides:
        assert operand is not None
        total = operand if total is None else exponential.hypot(total, operand)
    assert total is not None
    return rounding.absolute(total) if len(sides) == 1 else total


def of_logarithm(base: float | None) -> Rule:
    """log, or that to a base."""

    def rule(node: Node) -> Node | None:
        result = logarithm(node.inputs[0])
        if result is None or base is None:
            return result
        return result / exponential.log_of(base, node)

    return rule


def of_log1p(node: Node) -> Node | None:
    (operand,) = node.inputs
    whole = 1 + operand
    return logarithm_of_one_plus(of_sum(whole) or whole)


RULES: dict[Gate, Rule] = {
    arithmetic.add: of_sum,
    arithmetic.subtract: of_sum,
    arithmetic.multiply: of_product,
    arithmetic.divide: of_product,
    arithmetic.power: lambda node: of_product(node) if number_of(node.inputs[1]) == -1.0 else of_root(node),
    exponential.sqrt: of_root,
    exponential.log: of_logarithm(None),
    exponential.log2: of_logarithm(2.0),
    exponential.log10: of_logarithm(10.0),
    exponential.log1p: of_log1p,
}
