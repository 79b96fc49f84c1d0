"""The formulas of an explanation: a gate's local gradient and its share, in the names that the reader sees.

They are built by the gates' own declarations, as the passes build theirs, in a graph where every operand is a symbol:
once for all nodes of a gate, since from one to the next only the names of the symbols differ.
Knows no gate, no number and no format.
"""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.declaration.notation import Infix
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.side_gates import differentiated
from backprop.autodiff.passes.textbook import in_textbook_form
from backprop.autodiff.passes.writing import contains_decimals, in_fractions
from backprop.autodiff.shapes import Shape
from backprop.cli.reports.functions import effect
from backprop.parser.printers.expression import pieces
from backprop.parser.printers.latex import show_latex
from backprop.parser.printers.latex_names import name

MAXIMUM_SPELLED = 30  # characters of a local gradient that spells out the gate's own value
OPERATORS = ("+", "-", "*", "/", "%", "@")  # behind which a negative number stands in parentheses
MAXIMUM_OPERANDS = 8  # of a gate of any number of operands: the local gradients of a longer one fill pages


class Formula:
    """A node of symbols, and what they are called here."""

    __slots__ = ("_text", "names", "node", "symbols")

    def __init__(self, node: Node, names: Names, symbols: Symbols) -> None:
        self.node = node
        self.names = names
        self.symbols = symbols
        self._text: str | None = None

    @property
    def text(self) -> str:
        """In the language of expressions."""
        if self._text is None:
            known = self.names.texts
            parts = self.symbols.parts(self.node)
            self._text = "".join([part if isinstance(part, str) else known[part] for part in parts])
        return self._text

    @property
    def latex(self) -> str:
        twins = self.named()
        sources = self.names.sources
        labels = {twins[node]: self.symbols.derivative_latex(sources[node]) for node in twins if node in sources}
        node = twins[self.node]
        return labels[node] if node in labels else show_latex(node, labels)

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
        return [node.shape for node in self.nodes if node in self.names.texts]

    @property
    def said(self) -> tuple[str, Formula | None]:
        """What a gate of this local gradient does to a gradient, in words, and the formula that they end with."""
        node = in_textbook_form(self.node)
        if node.is_number(1.0):
            return "passes the gradient on", None
        if node.is_number(-1.0):
            return "flips the sign of the gradient", None
        words, factor = effect(node)
        return f"{words} {{0}}", Formula(factor, self.names, self.symbols)

    @property
    def is_readable(self) -> bool:
        """Whether it is made of what the language has, and decides nothing, which words say better."""
        waiting, seen = [in_textbook_form(self.node)], set[Node]()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(node.inputs)
        return all(node.gate.is_public and not node.gate.is_indicator for node in seen if node.inputs)

    def named(self) -> dict[Node, Node]:
        """For each of its nodes the same of variables that are called as the symbols are."""
        graph, texts = self.symbols.graph, self.names.texts
        twins: dict[Node, Node] = {}
        for node in sorted(self.nodes, key=lambda node: node.index):
            if node in texts:
                twins[node] = graph.input(texts[node], node.shape)
            else:
                operands = tuple([twins[operand] for operand in node.inputs])
                twins[node] = graph.add(node.gate, operands, node.attributes) if operands else node
        return twins


class Names:
    """What the symbols in the formulas of one gate are called; `sources`: whose derivatives those are that are one.

    `nodes` are the nodes that they stand for, of a derivative the one that is differentiated.
    """

    __slots__ = ("nodes", "sources", "texts")

    def __init__(self) -> None:
        self.texts: dict[Node, str] = {}
        self.sources: dict[Node, str] = {}
        self.nodes: dict[Node, Node] = {}


class Symbols:
    """The symbols of one trace: each node's label, and the name of its derivative.

    `output` is the label of what is differentiated; None in forward mode, where derivatives are tangents.
    """

    def __init__(self, labels: Mapping[Node, str], output: str | None) -> None:
        self.labels = labels
        self.output = output
        self.graph = Graph(is_typed=True)
        self._symbols: dict[Node, Node] = {}
        self._parts: dict[Node, list[str | Node]] = {}
        self._expressions: dict[Node, Formula] = {}
        self._locals: dict[tuple[Node, int, Node], Node | None] = {}
        self._shares: dict[tuple[Node, int, Node], Node | None] = {}
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

    def parts(self, node: Node) -> list[str | Node]:
        """A node of symbols in the language of expressions, the symbols as they are."""
        parts = self._parts.get(node)
        if parts is None:
            form = in_textbook_form(node)
            parts = [form] if form in self._symbols else pieces(form, self._symbols)
            if isinstance(form.gate.notation, Infix) and form.gate.notation.symbol in OPERATORS:
                right = pieces(form.inputs[1], self._symbols) if form.inputs[1] not in self._symbols else [""]
                if right[0] == "-" and parts[-len(right) :] == right:
                    parts[-len(right) :] = ["(", *right, ")"]
            parts = [
                bracketed(before, part) if isinstance(part, str) else part
                for before, part in zip(["", *parts], parts, strict=False)
            ]
            self._parts[node] = parts
        return parts

    def expression(self, node: Node) -> Formula:
        """What a node computes, by the labels of its operands."""
        expression = self._expressions.get(node)
        if expression is None:
            names = Names()
            symbols: dict[Node, Node] = {}
            for operand in node.inputs:
                if operand not in symbols:
                    symbols[operand] = self._twin(operand, str(len(symbols)), names)
            twins = tuple([symbols[operand] for operand in node.inputs])
            if node.gate.is_informed:  # what it reads besides is in the graph of the numbers only
                twin = self.graph.add(differentiated, twins, (node.settings["order"],))
            else:
                twin = self.graph.add(node.gate, twins, node.attributes) if twins else self._twin(node, "", names)
            expression = self._expressions[node] = Formula(twin, names, self)
        return expression

    def local(self, user: Node, position: int) -> Formula | None:
        """The local gradient, None where the gate has none entry by entry or where it would be too long.

        It is spelled out in the gate's operands (`d(exp(x))/dx = exp(x)`), where it is long with the gate's label.
        """
        if not user.gate.has_local or self._is_too_long(user):
            return None
        expression = self.expression(user)
        spelled = self._local(expression, position, expression.node)
        if spelled is None or len(spelled.text) <= MAXIMUM_SPELLED or user.gate.attributes:  # which no symbol has
            return spelled
        return self._local(expression, position, self._twin(user, "", expression.names)) or spelled

    def share(self, user: Node, position: int, local: Formula | None, *, is_product: bool) -> Formula | None:
        """What an operand gets of the user's gradient or, in forward mode, what its tangent adds to the user's.

        It is the product as it stands, or as the pass builds it.
        """
        if user.gate.has_local and self._is_too_long(user):
            return None
        expression = self.expression(user)
        out, names = expression.node, expression.names
        source = user if self.output is not None else user.inputs[position]
        word = "d" if self.output is not None else f"d{position}"
        symbol = self._symbol(word, source, self.derivative_name(source), names)
        names.sources[symbol] = self.labels[source]
        if is_product and local is not None:  # a factor 1 is not left out: the reader shall see it
            return Formula(self.graph.add(METHODS["*"], (symbol, local.node)), names, self)
        key = (out, position, symbol)
        if key not in self._shares:
            self._shares[key] = (self._pulled if self.output is not None else self._pushed)(symbol, position, out)
        share = self._shares[key]
        return None if share is None else Formula(share, names, self)

    def _local(self, expression: Formula, position: int, result: Node) -> Formula | None:
        """The local gradient in the operands of an expression, and in what stands for its value."""
        out = expression.node
        key = (out, position, result)
        if key not in self._locals:
            local = out.gate.local(position, out.inputs, result)
            is_quotient = local is not None and local.is_literal and not contains_decimals(out)
            self._locals[key] = in_fractions(local) if is_quotient and local is not None else local
        local = self._locals[key]
        return None if local is None else Formula(local, expression.names, self)

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

    def _twin(self, node: Node, word: str, names: Names) -> Node:
        """A node as an operand: a constant as it is, else a symbol."""
        if node.is_constant:
            return self.graph.constant(*node.attributes)
        if not node.inputs and node.name is None:
            return self.graph.add(node.gate, (), node.attributes)  # an array made of constants: eye(3)
        return self._symbol(word, node, self.labels[node], names)

    def _symbol(self, word: str, node: Node, text: str, names: Names) -> Node:
        """The symbol of this word with the shape of `node`, to be called `text`; \\0: no variable is called so."""
        symbol = self.graph.input(f"\0{word}{node.shape}", node.shape)
        self._symbols[symbol] = symbol
        names.texts[symbol] = text
        names.nodes[symbol] = node
        return symbol


def bracketed(before: object, part: str) -> str:
    """A piece of a formula, a negative number behind an operator in parentheses."""
    return f"({part})" if part.startswith("-") and part != "-" and ends_with_operator(before) else part


def ends_with_operator(before: object) -> bool:
    return isinstance(before, str) and before.rstrip().endswith(OPERATORS)
