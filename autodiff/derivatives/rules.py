"""The rules by which an expression is differentiated, one for each of its gates, as formulas of symbols.

A formula is what the gate's own declaration pushes forward, and a rule's name follows from what that consists of or is
declared beside it: there is no second table of rules. Knows no text but the names.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import dependents, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.writing import simplified

MAXIMUM_RULES = 2000  # some seconds, and more than anybody reads
MAXIMUM_OPERANDS = 8  # of a gate of any number: the local gradients of a longer one fill pages
MAXIMUM_PARTS = 20  # operands and operators that are written out; a longer part goes by a label


SUM, FACTOR, PRODUCT, FLAT = "sum rule", "constant factor", "product rule", "constant between its steps"


class LabelledPart(NamedTuple):
    """A part of the expression in a graph of its own: the `node` and, where it has a label, the `symbol` for it.

    `symbols` are the inputs that stand for derivatives in formulas of that graph, each with the part that it is the
    derivative of; where the variable is an array they are differentials.
    """

    node: Node
    symbol: Node | None
    symbols: dict[Node, Node]

    @property
    def named(self) -> Node:
        """It as others have it."""
        return self.node if self.symbol is None else self.symbol


class AppliedRule(NamedTuple):
    """One rule: the derivative of `part` is `derivative`, a formula of the same graph; None: it would be too long.

    `name` is what the rule is called, None where it is the gate's own. `has_inner`: what is inside is differentiated
    by a rule of its own, as the chain rule says.
    """

    part: LabelledPart
    gate: Gate
    derivative: Node | None
    name: str | None
    has_inner: bool


def readable(node: Node) -> Node:
    """The node in gates that the language has, itself if it is: what a derivative inside it is made of is not."""
    is_plain = all(part.gate.is_public or not part.inputs for part in needed([node]))
    return node if is_plain else simplified(node)


@without_collection
def rules_of(
    output: Node, variable: Node, labels: Mapping[Node, str], name: str
) -> tuple[LabelledPart, list[AppliedRule]]:
    """The output, and the rules for its derivative by `variable` in the order of applying them, from the outside in.

    Both are nodes of one typed graph, of which `labels` names parts that are not written out. Where they would be long,
    the output gets `name`, and others n1, n2 … Raises ExpressionError for more than MAXIMUM_RULES.
    """
    writer = _RuleWriter(output, variable, labels, name)
    moving = [node for node in reversed(writer.nodes) if writer.active[node.index] and node is not variable]
    if len(moving) > MAXIMUM_RULES:
        raise ExpressionError(
            f"the derivative takes {len(moving)} rules, and at most {MAXIMUM_RULES} are written",
            cure="differentiate a part of the expression, or a lower order",
        )
    return writer.part(output)[0], [writer.rule(node) for node in moving]


class _RuleWriter:
    """Copies each part of an expression into a graph in which labelled ones are symbols, and applies its rule there.

    A graph a part: one for all would be looked through for each of them.
    """

    def __init__(self, output: Node, variable: Node, labels: Mapping[Node, str], name: str) -> None:
        self.nodes = needed([output])
        self.active = dependents(output.graph, output, [variable])
        self.variable = variable
        self.labels = self._labels(labels, name)

    def _labels(self, given: Mapping[Node, str], name: str) -> dict[Node, str]:
        """Those that are given, and more for what is long, of which the output is called `name`."""
        labels = {node: label for node, label in given.items() if node.inputs}
        taken = {*given.values(), *(str(node.name) for node in self.nodes if node.name is not None)}
        parts: dict[Node, int] = {}
        number = 0
        for node in self.nodes:
            parts[node] = 1 + sum(1 if operand in labels else parts[operand] for operand in node.inputs)
            if not node.inputs or node in labels or parts[node] <= MAXIMUM_PARTS:
                continue
            if node is self.nodes[-1] and name not in taken:
                labels[node] = name
            else:
                number += 1
                while f"n{number}" in taken:
                    number += 1
                labels[node] = f"n{number}"
        return labels

    def part(self, node: Node) -> tuple[LabelledPart, dict[int, Node]]:
        """A part in a graph of its own, and there the nodes of those that it is written with, by their old index."""
        graph = Graph(is_typed=True)
        members = {node}
        waiting = [node]
        while waiting:
            member = waiting.pop()
            if member is node or member not in self.labels:
                waiting += [operand for operand in member.inputs if operand not in members]
                members.update(member.inputs)
        twins: dict[int, Node] = {}
        for member in sorted(members, key=lambda inner: inner.index):
            is_symbol = member in self.labels and member is not node
            twins[member.index] = (
                graph.input(self.labels[member], member.shape) if is_symbol else graph.copy(member, twins)
            )
        symbol = graph.input(self.labels[node], node.shape) if node in self.labels else None
        return LabelledPart(twins[node.index], symbol, {}), twins

    def rule(self, node: Node) -> AppliedRule:
        gate = node.gate
        part, twins = self.part(node)
        places = tuple([slot for slot, operand in enumerate(node.inputs) if self.active[operand.index]])
        if gate.has_local and gate.is_variadic and len(node.inputs) > MAXIMUM_OPERANDS:
            return AppliedRule(part, gate, None, None, False)
        tangents: list[Node | None] = [None] * len(node.inputs)
        for position in places:
            tangents[position] = self.tangent(node.inputs[position], part.node.inputs[position], part)
        pushed = gate.push(tangents, part.node.inputs, part.node)
        derivative = part.node.graph.constant(0.0) if pushed is None else simplified(pushed)
        name = self.name(part.node, places, {twin for index, twin in twins.items() if self.active[index]})
        is_own = gate.has_local and name not in (SUM, FACTOR)
        has_inner = is_own and len(places) == 1 and node.inputs[places[0]] is not self.variable
        return AppliedRule(part, gate, derivative, name, has_inner)

    def tangent(self, operand: Node, twin: Node, part: LabelledPart) -> Node:
        """The derivative of an operand: a symbol, or 1 for a number that is the variable itself."""
        graph = part.node.graph
        if operand is self.variable and not operand.shape:
            return graph.constant(1.0)
        symbol = graph.input(f"derivative of {twin.index}", twin.shape)  # with spaces: no variable is called that
        part.symbols[symbol] = twin
        return symbol

    def name(self, node: Node, places: tuple[int, ...], moving: Set[Node]) -> str | None:
        """What the rule is called, by what it consists of; the operands at `places` are among the `moving` nodes."""
        gate = node.gate
        if gate.is_flat:
            return FLAT
        if gate.is_sum:
            return SUM
        if gate.has_local:
            slopes = [gate.local(position, node.inputs, node) for position in places]
            if len(node.inputs) > 1 and all(slope and (slope.is_number(1) or slope.is_number(-1)) for slope in slopes):
                return SUM
            if len(slopes) == 1 and slopes[0] and moving.isdisjoint(needed([slopes[0]])):
                return FACTOR
        elif gate.multiplies:
            return PRODUCT if len(places) > 1 else FACTOR
        return gate.rules.get(places)
