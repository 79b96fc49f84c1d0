"""The formulas of an explanation: a gate's local gradient and its share, in the names that the reader sees.

They are built by the gates' own declarations, as the passes build theirs, in a graph where every operand is a symbol.
Knows no gate, no number and no format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.sides import differentiated
from backprop.autodiff.shapes import Shape
from backprop.cli.reports.formula import formula
from backprop.parser.printers.latex import show_latex
from backprop.parser.printers.latex_names import name

MAXIMUM_SPELLED = 30  # characters of a local gradient that spells out the gate's own value
MAXIMUM_OPERANDS = 8  # of a gate of any number of operands: the local gradients of a longer one fill pages


class Formula(NamedTuple):
    """A formula of symbols."""

    node: Node
    symbols: Symbols

    @property
    def text(self) -> str:
        """In the language of expressions."""
        texts = self.symbols.texts
        if self.node not in texts:
            texts[self.node] = formula(self.node, {})
        return texts[self.node]

    @property
    def latex(self) -> str:
        known = self.symbols.derivatives
        labels = {node: self.symbols.derivative_latex(known[node]) for node in self.nodes if node in known}
        return labels[self.node] if self.node in labels else show_latex(self.node, labels)

    @property
    def nodes(self) -> list[Node]:
        """Its nodes, each once, in the order in which they stand in it."""
        seen: dict[Node, None] = {}
        waiting = [self.node]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen[node] = None
                waiting.extend(reversed(node.inputs))
        return list(seen)

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of its symbols, in the order in which they stand in it."""
        return [node.shape for node in self.nodes if node.name is not None and not node.is_constant]


class Symbols:
    """The symbols of one trace: each node's label, and the name of its derivative.

    `output` is the label of what is differentiated; None in forward mode, where derivatives are tangents.
    """

    def __init__(self, labels: Mapping[Node, str], output: str | None) -> None:
        self.labels = labels
        self.output = output
        self.graph = Graph(is_typed=True)
        self.texts: dict[Node, str] = {}  # of formulas: a gate's is used for each of its operands
        self.derivatives: dict[Node, str] = {}  # the symbols of derivatives, each with its node's label
        self._applications: dict[Node, Node] = {}
        words = set(labels.values())
        # `dx` is the gradient of x, unless the reader calls something else so.
        self._pattern = "d({})" if any(f"d{word}" in words for word in words) else "d{}"

    def derivative_name(self, node: Node) -> str:
        """`dx`: the gradient of x or, in forward mode, its tangent."""
        return self.derivative_word(self.labels[node])

    def derivative_word(self, label: str) -> str:
        return self._pattern.format(label)

    def derivative_latex(self, label: str) -> str:
        mine = name(label)
        return (
            rf"\dot{{{mine}}}" if self.output is None else rf"\frac{{\partial {name(self.output)}}}{{\partial {mine}}}"
        )

    def formula(self, node: Node) -> Formula:
        return Formula(node, self)

    def expression(self, node: Node) -> Formula:
        """What a node computes, by the labels of its operands."""
        return self.formula(self._application(node))

    def local(self, user: Node, position: int) -> Formula | None:
        """The local gradient, None where the gate has none entry by entry or where it would be too long.

        It is spelled out in the gate's operands (`d(exp(x))/dx = exp(x)`), where it is long with the gate's label.
        """
        if not user.gate.has_local or self._is_too_long(user):
            return None
        out = self._application(user)
        local = user.gate.local(position, out.inputs, out)
        if local is None:
            return None
        spelled = self.formula(local)
        if len(spelled.text) <= MAXIMUM_SPELLED:
            return spelled
        short = user.gate.local(position, out.inputs, self._twin(user))
        return spelled if short is None else self.formula(short)

    def share(self, user: Node, position: int, local: Formula | None, *, is_product: bool) -> Formula | None:
        """What an operand gets of the user's gradient or, in forward mode, what its tangent adds to the user's.

        It is the product as it stands, or as the pass builds it.
        """
        if user.gate.has_local and self._is_too_long(user):
            return None
        out = self._application(user)
        derivative = self._derivative(user.inputs[position] if self.output is None else user)
        if is_product and local is not None:  # a factor 1 is not left out: the reader shall see it
            return self.formula(self.graph.add(METHODS["*"], (derivative, local.node)))
        share = (self._pulled if self.output is not None else self._pushed)(derivative, position, out)
        return None if share is None else self.formula(share)

    def _pulled(self, upstream: Node, position: int, out: Node) -> Node | None:
        share = out.gate.pull(position, upstream, out.inputs, out)
        if share is None:
            return None
        route = out.gate.route(position, out.inputs, out)
        share = share if route is None else route.settle(share)
        shape = out.inputs[position].shape
        return share if share.shape == shape else share.sum_to(shape)

    def _pushed(self, tangent: Node, position: int, out: Node) -> Node | None:
        alone = [tangent if other == position else None for other in range(len(out.inputs))]
        return out.gate.push(alone, out.inputs, out)

    def _is_too_long(self, node: Node) -> bool:
        return node.gate.is_variadic and len(node.inputs) > MAXIMUM_OPERANDS

    def _twin(self, node: Node) -> Node:
        if node.is_constant:
            return self.graph.constant(*node.attributes)
        if not node.inputs and node.name is None:
            return self.graph.add(node.gate, (), node.attributes)  # an array made of constants: eye(3)
        return self.graph.input(self.labels[node], node.shape)

    def _derivative(self, node: Node) -> Node:
        symbol = self.graph.input(self.derivative_name(node), node.shape)
        self.derivatives[symbol] = self.labels[node]
        return symbol

    def _application(self, node: Node) -> Node:
        application = self._applications.get(node)
        if application is None:
            twins = tuple([self._twin(operand) for operand in node.inputs])
            if node.gate.is_informed:  # what it reads besides is in the graph of the numbers only
                application = self.graph.add(differentiated, twins, (node.settings["order"],))
            else:
                application = self.graph.add(node.gate, twins, node.attributes) if twins else self._twin(node)
            self._applications[node] = application
        return application
