"""The names of a text and what they mean: nodes of its graph, or functions. Assigns once, and guesses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph, Node
from backprop.parser.operand import Operand


class Head(NamedTuple):
    """`f(a, b) =`, with the place of the name."""

    name: str
    parameters: tuple[str, ...]
    span: Span


class Function:
    """A definition: the parameters are the template's first nodes, `steps` the others, `result` the value's index."""

    __slots__ = ("name", "parameters", "result", "span", "steps")

    def __init__(self, head: Head, steps: Sequence[Node], result: int) -> None:
        self.name, self.parameters, self.span = head
        self.steps = steps
        self.result = result


class Scope:
    """The graph of the whole text and what its names mean so far.

    `visible` has the names that were assigned or used; `assigned` and `used` where that was first done.
    """

    is_body = False  # whether this is the body of a function, whose parameters have no value yet

    def __init__(self, source: str) -> None:
        self.text: Scope = self
        self.graph = Graph(is_typed=False, source=source)
        self.visible: dict[str, Node] = {}
        self.assigned: dict[str, Span] = {}
        self.used: dict[str, Span] = {}
        self.functions: dict[str, Function] = {}
        self.expanded: dict[tuple[Any, ...], Node] = {}  # calls of the text's own functions, by their arguments
        self.replayed = 0  # nodes of templates that those calls went through

    def node(self, operand: Operand) -> Node:
        """The operand's node. A literal gets one here."""
        if operand.node is None:
            operand.node = self.graph.constant(operand.value, None, operand.span)
        return operand.node

    def first_use(self, name: str, span: Span) -> Node:
        """The node of a name that is not visible yet: a variable, or a constant such as pi."""
        node = self.visible[name] = self.resolve(name, span)
        return node

    def resolve(self, name: str, span: Span | None) -> Node:
        """The node that a name means where it is not a parameter."""
        if name in self.visible:
            return self.visible[name]
        self.used.setdefault(name, span or Span(0, 0))
        return self.graph.input(name, (), span)

    def assign(self, name: str, span: Span, node: Node) -> None:
        """Name a node. Raises ExpressionError where the name has a meaning already."""
        if name in self.assigned:
            raise ExpressionError(
                f"'{name}' is assigned twice",
                span,
                f"it has a value from {self.place(self.assigned[name])}: choose another name",
            )
        if name in self.used:
            raise ExpressionError(
                f"'{name}' is assigned after it was used",
                span,
                f"{self.place(self.used[name])} takes it for a variable: assign it before, or choose another name",
            )
        self.assigned[name] = span
        self.visible[name] = self.graph.names[name] = node

    def place(self, span: Span) -> str:
        """Where something is, in words."""
        from backprop.parser.diagnostics.rendering import line_and_column

        return "line {}, column {}".format(*line_and_column(self.graph.source or "", span.start))
