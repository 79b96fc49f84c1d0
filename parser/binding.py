"""What has a variable of its own: `integral(x^2, x, 0, 1)`, `root(x^2 - a, x, 1)`, `argmin((x - a)^2, x, 0)`.

The first argument is read as the body of a function of that variable, and becomes the graph inside the gate. The
variable is known there and nowhere else, whatever its name means around.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import Binding
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.inner_function import bound
from backprop.parser.calls import sorted_out
from backprop.parser.functions import DEFERRED, FunctionScope, expand, plain_name
from backprop.parser.operand import Argument, Operand
from backprop.parser.scope import Function, Head, Scope

MOST_NESTED = 50  # each multiplies the time by that of all around it


class InnerScope(Scope):
    """The names inside a gate. Those of the text around are inputs, which the gate's operands are given to.

    `given` has the node of the text around for each input, for the variable the one that has its shape.
    """

    def __init__(self, outer: Scope, variable: str, like: Node) -> None:
        self.outer = outer
        self.depth: int = outer.depth + 1 if isinstance(outer, InnerScope) else 1
        self.given = {variable: like}
        self.text = outer.text
        self.graph = Graph(is_typed=False, source=outer.graph.source)
        # What must be constant there, the end of a loop, may be a constant of the text, which is then fixed.
        self.graph.defaults, self.graph.fixed = outer.graph.defaults, outer.graph.fixed
        self.graph.assumed = outer.graph.assumed
        self.visible = {}
        self.assigned, self.used, self.functions = outer.assigned, outer.used, outer.functions
        self.indices, self.unrolled = outer.indices, outer.unrolled
        self.expanded = {}

    def resolve(self, name: str, span: Span | None) -> Node:
        if name not in self.given:
            self.given[name] = self.outer.resolve(name, span)
        return self.graph.input(name, (), span)


def read_variable(variable: Operand, scope: Scope) -> Head:
    """The parameters of what is inside: the variable, and those of the bodies around it. Raises ExpressionError."""
    if variable.type != "NAME":
        raise ExpressionError("the second argument is the variable", variable.span, notation_of(variable.value).cure)
    name, span = plain_name(variable.text, variable.start_pos, "variable")
    around = scope.head if isinstance(scope, FunctionScope) else Head("", (), span)
    return Head(around.name, (name, *[one for one in around.parameters if one != name]), span)


def read_inside(scope: Scope, body: Function) -> Function:
    """The body itself, after the names that it has from the text around: they come before those of the ends."""
    for step in body.steps:
        if step.gate is leaves.input and str(step.name) not in scope.visible:
            scope.first_use(str(step.name), step.span or body.span)
    return body


def defined(scope: Scope, name: Operand, body: Function, arguments: Sequence[Argument], span: Span) -> Node:
    """The node of the gate of that name, of what is inside and of the arguments behind the variable."""
    gate = FUNCTIONS[name.text][0]
    ends = [scope.node(argument) for argument in ends_of(gate, arguments, span)]
    around = [scope.visible[parameter] for parameter in body.parameters[1:]]

    def make(where: Scope, nodes: tuple[Node, ...]) -> Node:
        variable = f"variable {body.parameters[0]}"  # no name of the text has a blank in it
        inner = InnerScope(where, variable, nodes[0])  # an end of an integral is a number, as its variable is
        if inner.depth > MOST_NESTED:
            raise ExpressionError(
                f"more than {MOST_NESTED} are inside one another here",
                span,
                f"nest '{gate.name}' and its like less deep",
            )
        parameters = [inner.graph.input(variable)]
        for parameter, node in zip(body.parameters[1:], nodes[len(ends) :], strict=True):
            outer = f"parameter {parameter}"
            inner.given[outer] = node
            is_known = node.is_constant
            parameters.append(inner.graph.constant(node.value) if is_known else inner.graph.input(outer))
        result = expand(inner, body, parameters)
        function, values = bound(result, variable, inner.given, body.parameters[0])
        return where.graph.add(gate, (*nodes[: len(ends)], *values), (function,), span)

    if scope.is_body:
        return scope.graph.add(DEFERRED, (*ends, *around), (make,), span)
    return make(scope, (*ends, *around))


def ends_of(gate: Gate, arguments: Sequence[Argument], span: Span) -> list[Operand]:
    """The arguments for the gate's own operands, in their order. Raises ExpressionError where they do not fit."""
    positional, keywords = sorted_out(arguments)
    names = [name for name in gate.operands if not name.startswith("*")]
    cure = notation_of(gate.name).cure
    if len(positional) > len(names):
        raise ExpressionError(f"'{gate.name}' has too many arguments", positional[len(names)].span, cure)
    given = dict(zip(names, positional, strict=False))
    for word, keyword in keywords.items():
        if word not in names or word in given:
            reason = f"'{word}' is given twice" if word in given else f"'{gate.name}' has no argument '{word}'"
            raise ExpressionError(reason, keyword.name.span, cure)
        given[word] = keyword.operand
    for name in names:
        if name not in given:
            raise ExpressionError(f"'{gate.name}' needs a value for '{name}'", span, cure)
    return [given[name] for name in names]


def notation_of(name: str) -> Binding:
    notation = FUNCTIONS[name][0].notation
    assert isinstance(notation, Binding)
    return notation
