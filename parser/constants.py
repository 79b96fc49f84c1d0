"""Parts of an expression that must be constant: indices, and settings of a function such as its axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.parser.functions import DEFERRED, OwnCall, expand
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope


class UnknownShape(ExpressionError):
    """What must be constant follows from the shape of a variable, for which the text must be read again."""


Make = Callable[[Scope, tuple[Node, ...], list[Any]], Node | OwnCall]


def with_constants(
    scope: Scope,
    operands: Sequence[Node],
    constants: Sequence[Operand],
    make: Make,
    role: str,
    span: Span,
    *,
    may_vary: bool = False,
) -> Node:
    """The node that `make` gives for the operands and the values of the constants, or that of the call it gives.

    In the body of a function a constant may be a parameter: then the node waits for the call. What depends on a
    variable is an error or, where it `may_vary`, given as its node.
    """
    if scope.is_body and not all(constant.is_literal for constant in constants):
        count = len(operands)

        def resume(where: Scope, nodes: tuple[Node, ...]) -> Node | OwnCall:
            given = []
            for constant, node in zip(constants, nodes[count:], strict=True):
                again = Operand(constant.type, constant.text, constant.start_pos, constant.end_pos)
                again.node = node
                given.append(again)
            return make(where, nodes[:count], values_of(where, given, role, may_vary=may_vary))

        waiting = (*operands, *[scope.node(constant) for constant in constants])
        return scope.graph.add(DEFERRED, waiting, (resume,), span)
    made = make(scope, tuple(operands), values_of(scope, constants, role, may_vary=may_vary))
    return expand(scope, *made) if isinstance(made, OwnCall) else made


def values_of(scope: Scope, constants: Sequence[Operand], role: str, *, may_vary: bool) -> list[Any]:
    """The values of the constants; where they `may_vary`, the nodes of those that do."""
    for constant in constants:
        if constant.type == "FUNCTION":
            scope.node(constant)
    return [constant.node if may_vary and varies(constant) else value(constant, role) for constant in constants]


def varies(operand: Operand) -> bool:
    """Whether it depends on a variable that has no default."""
    return operand.node is not None and variable_in(operand.node) is not None


def variable_in(node: Node) -> Node | None:
    """A variable that the node depends on and that has no default, if there is one; its shape alone may be known."""
    return next((part for part in inputs_of(node, by_shape=False) if is_variable(part)), None)


def inputs_of(node: Node, *, by_shape: bool) -> list[Node]:
    """The inputs on whose values the node depends or, `by_shape`, on whose shapes it does: x in len(x)."""
    from backprop.autodiff.evaluation.program import needed

    parts = needed([node])
    readers = [part for part in parts if part.gate.reads_shape]
    if by_shape:
        parts = needed(readers) if readers else []
    elif readers:
        parts = needed([node], given={*readers})
    return [part for part in parts if part.gate is leaves.input]


def is_variable(node: Node) -> bool:
    name = node.name
    is_known = name in node.graph.defaults or name in leaves.NAMED_CONSTANTS
    return node.gate is leaves.input and not is_known


def value(operand: Operand, role: str) -> Array:
    """The value of an expression whose `role` is to be constant. Raises ExpressionError for a variable in it.

    A name that has a default counts as that from now on: what it sets could not follow another value.
    """
    node = operand.node
    if node is None:
        return operand.value  # type: ignore[no-any-return]
    if node.is_constant:
        return node.value  # type: ignore[no-any-return]
    from backprop.autodiff.evaluation.execution import constant_value

    graph = node.graph
    variable = variable_in(node)
    if variable is not None:
        raise ExpressionError(
            f"{role} must be constant, and '{variable.name}' is a variable", variable.span, "write a number"
        )
    for part in inputs_of(node, by_shape=True):
        name = str(part.name)
        if name in graph.defaults:
            graph.assumed.setdefault(name, shapes.of(graph.defaults[name]))
        elif name not in graph.assumed:
            raise UnknownShape(
                f"{role} follows from the shape of '{name}', which is not known",
                part.span,
                f"give {name} a value or, in diff, its shape: --shape {name}=5",
            )
    for part in inputs_of(node, by_shape=False):
        if part.name in graph.defaults:
            graph.fix(str(part.name))
    return constant_value(node)
