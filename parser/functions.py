"""Functions of the text's own: `sq(t) = t^2`, built once as a template and expanded at each call.

A call replays the template's nodes with its arguments for the parameters, so it costs what it adds to the graph.
There is no recursion: a function is known only after its definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.names import KEYWORDS, canonical
from backprop.parser.operand import Operand
from backprop.parser.scope import Function, Head, Scope

# Stands in a template for a node that has to wait for an argument's value, as in `row(i) = W[i]`. Its attribute
# is what to do then, a function of the scope and of the nodes it waits for.
DEFERRED = Gate("deferred", None, operands=(), summary="", habit="", source="", samples=(), is_public=False)  # type: ignore[arg-type]
# Stands in a template for the call of another function, which is its attribute.
CALL = Gate("call", None, operands=(), summary="", habit="", source="", samples=(), is_public=False)  # type: ignore[arg-type]


class OwnCall(NamedTuple):
    """The call of a function of the text's own that is still to be expanded."""

    function: Function
    arguments: Sequence[Node]


MAXIMUM_REPLAYED = 1_000_000  # nodes of templates that the calls of a text go through: about 300 MB


class FunctionScope(Scope):
    """The names inside a definition: the parameters first, then those of the text around it."""

    is_body = True

    def __init__(self, outer: Scope, head: Head) -> None:
        self.outer = outer
        self.text = outer.text
        self.head = head
        self.graph = Graph(is_typed=False, source=outer.graph.source)
        # No name of the text has a blank in it: a parameter never meets a name of the text around it.
        self.visible = {name: self.graph.input(f"parameter {name}") for name in head.parameters}
        self.assigned, self.used, self.functions = outer.assigned, outer.used, outer.functions
        self.indices, self.unrolled = outer.indices, outer.unrolled
        self.expanded = {}

    def resolve(self, name: str, span: Span | None) -> Node:
        if name not in self.assigned:
            self.used.setdefault(name, span or Span(0, 0))
        return self.graph.input(name, (), span)

    def finished(self, result: Node) -> Function:
        count = len(self.head.parameters)
        return Function(self.head, self.graph.nodes[count:], result.index)


def read_head(token: Operand, scope: Scope) -> Head:
    """The name and the parameters of a definition. Raises ExpressionError where they are not plain new names."""
    opening, closing = token.text.index("("), token.text.rindex(")")
    name, span = plain_name(token.text[:opening], token.start_pos, "function's name")
    if name in scope.functions:
        defined = scope.place(scope.functions[name].span)
        raise ExpressionError(
            f"'{name}' is defined twice", span, f"it has a meaning from {defined}: choose another name"
        )
    if not token.text[opening + 1 : closing].strip():
        brackets = Span(token.start_pos + opening, token.start_pos + closing + 1)
        raise ExpressionError(f"'{name}' has no parameter", brackets, f"a plain value is written {name} = ...")
    parameters: list[str] = []
    start = token.start_pos + opening + 1
    for part in token.text[opening + 1 : closing].split(","):
        parameter, place_in_text = plain_name(part, start, "parameter")
        if parameter in parameters:
            raise ExpressionError(
                f"two parameters are called '{parameter}'", place_in_text, "give each a name of its own"
            )
        parameters.append(parameter)
        start += len(part) + 1
    return Head(name, tuple(parameters), span)


def plain_name(part: str, start: int, role: str) -> tuple[str, Span]:
    """A new name and its place. Raises ExpressionError where the text of `role`, from `start` on, is none."""
    word = part.strip()
    start += len(part) - len(part.lstrip())
    span = Span(start, start + max(len(word), 1))
    if not word:
        raise ExpressionError(f"a {role} is missing", span, "write names with commas between them: f(a, b) = ...")
    if word in KEYWORDS:
        raise ExpressionError(f"'{word}' cannot be a {role}", span, "choose another name")
    has_sign = not word.isidentifier() and any(char.isascii() and not char.isalnum() and char != "_" for char in word)
    if word[0].isdigit() or has_sign:
        raise ExpressionError(f"'{word}' cannot be a {role}", span, "a definition is written f(x) = x^2; '==' compares")
    return canonical(word, start), span


def refuse_recursion(scope: Scope, name: Operand) -> None:
    """Raise ExpressionError where the function whose body this is has that name."""
    if isinstance(scope, FunctionScope) and name.text == scope.head.name:
        raise ExpressionError(
            f"'{name.text}' calls itself", name.span, "a function is expanded at its call and cannot recur"
        )


def expand(scope: Scope, function: Function, arguments: Sequence[Node]) -> Node:
    """The node of a call: the template's, with these arguments for its parameters.

    In the body of another function it is a step of that template, which is replayed when that one is called: a chain
    of functions takes no more memory than its text. Raises ExpressionError where all calls together make too much.
    """
    if scope.is_body:
        return scope.graph.add(CALL, tuple(arguments), (function,))
    key = key_of_call(function, arguments)
    if key in scope.expanded:
        return scope.expanded[key]
    replays = [Replay(scope, function, arguments)]  # not recursive: a chain may be as long as the text
    while True:
        waits_for = replays[-1].run(scope)
        if waits_for is not None:
            replays.append(waits_for)
            continue
        done = replays.pop()
        result = scope.expanded[done.key] = done.nodes[done.function.result]
        if not replays:
            return result


class Replay:
    """A template that is replayed: `nodes` has the twins of its first nodes, the arguments before all."""

    __slots__ = ("function", "key", "nodes")

    def __init__(self, scope: Scope, function: Function, arguments: Sequence[Node]) -> None:
        self.function = function
        self.key = key_of_call(function, arguments)
        self.nodes = list(arguments)
        count_nodes(scope, len(function.steps), function.span)

    def run(self, scope: Scope) -> Replay | None:
        """Make the nodes that are left. Returns the call that has to be replayed before the next one can be made."""
        nodes = self.nodes
        steps = self.function.steps
        for position in range(len(nodes) - len(self.function.parameters), len(steps)):
            node = steps[position]
            operands = [nodes[operand.index] for operand in node.inputs]
            made: Node | OwnCall
            if node.gate is leaves.input:
                made = scope.resolve(str(node.name), node.span)
            elif node.gate is DEFERRED:
                made = node.attributes[0](scope, tuple(operands))
            elif node.gate is CALL:
                made = OwnCall(node.attributes[0], operands)
            else:
                made = scope.graph.copy(node, nodes)
            if isinstance(made, OwnCall):
                expansion = scope.expanded.get(key_of_call(*made))
                if expansion is None:
                    return Replay(scope, *made)
                made = expansion
            nodes.append(made)
        return None


def count_nodes(scope: Scope, count: int, span: Span, *, to_come: int = 0) -> None:
    """Count nodes of templates. Raises ExpressionError where all so far, and those `to_come`, are too many."""
    scope.text.replayed += count
    if scope.text.replayed + to_come > MAXIMUM_REPLAYED:
        raise ExpressionError(
            f"the functions and loops of the text take more than {MAXIMUM_REPLAYED} steps to write out",
            span,
            "write a smaller expression",
        )


def key_of_call(function: Function, arguments: Sequence[Node]) -> tuple[Any, ...]:
    return (function, *[node.index for node in arguments])
