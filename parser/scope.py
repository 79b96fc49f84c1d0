"""The names of a text and what they mean: nodes of its graph, or functions. Assigns once, and guesses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.evaluation.binding import as_value, value_of
from backprop.autodiff.evaluation.execution import constant_value
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, Shape
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

    def __init__(self, source: str, shapes: Mapping[str, Shape] | None = None) -> None:
        self.text: Scope = self
        self.graph = Graph(is_typed=False, source=source)
        self.graph.assumed.update(shapes or {})
        self.visible: dict[str, Node] = {}
        self.assigned: dict[str, Span] = {}
        self.used: dict[str, Span] = {}
        self.functions: dict[str, Function] = {}
        self.indices: dict[str, Span] = {}  # the names of indices: `for i in`
        self.expanded: dict[tuple[Any, ...], Node] = {}  # calls of the text's own functions, by their arguments
        self.unrolled: dict[tuple[Any, ...], Function] = {}  # loops, by what they repeat and how often
        self.replayed = 0  # nodes of templates that those calls went through
        self._constant: list[bool] = []  # of the graph's first nodes, whether no variable is in them

    def node(self, operand: Operand) -> Node:
        """The operand's node. A literal gets one here. Raises ExpressionError for None, which has no value."""
        if operand.type == "NONE":
            raise ExpressionError("None has no value", operand.span, "it makes a new axis in an index: x[:, None]")
        if operand.type == "FUNCTION":
            operand.node = self.resolve(operand.text, operand.span)
        elif operand.node is None:
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

    def assign(self, name: str, span: Span, operand: Operand) -> Node:
        """The node of a name from here on: an input with that default where the operand is constant, else its node.

        Raises ExpressionError where the name has a meaning already.
        """
        if operand.is_literal:
            return self.define(name, span, operand.value)
        node = self.node(operand)
        if self._is_constant(node):
            for constant in needed([node]):
                if constant.gate is leaves.input:  # pi, which cannot be given another value any more
                    self.graph.fix(str(constant.name))
            return self.define(name, span, constant_value(node))
        self._check_new(name, span)
        self.visible[name] = self.graph.names[name] = node
        return node

    def define(self, name: str, span: Span, default: Array) -> Node:
        """The node of a new input that has a default. Raises ExpressionError where the name has a meaning already."""
        self._check_new(name, span)
        node = self.visible[name] = self.graph.input(name, (), span)
        self.graph.defaults[name] = as_value(default, value_of(name))
        return node

    def _is_constant(self, node: Node) -> bool:
        """Whether no variable is in it; constants such as pi may be. Each node of the text is looked at once."""
        for new in self.graph.nodes[len(self._constant) :]:
            is_input = new.gate is leaves.input
            self._constant.append(
                new.name in leaves.NAMED_CONSTANTS and new.name not in self.assigned
                if is_input
                else all([self._constant[operand.index] for operand in new.inputs])
            )
        return self._constant[node.index]

    def _check_new(self, name: str, span: Span) -> None:
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

    def place(self, span: Span) -> str:
        """Where something is, in words."""
        from backprop.parser.diagnostics.rendering import line_and_column

        return "line {}, column {}".format(*line_and_column(self.graph.source or "", span.start))
