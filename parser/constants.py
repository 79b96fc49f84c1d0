"""Parts of an expression that must be constant: indices, and settings of a function such as its axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.parser.functions import DEFERRED
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope

Make = Callable[[Scope, tuple[Node, ...], list[Array]], Node]


def with_constants(
    scope: Scope, operands: Sequence[Node], constants: Sequence[Operand], make: Make, role: str, span: Span
) -> Node:
    """The node that `make` gives for the operands and the values of the constants.

    In the body of a function a constant may be a parameter: then the node waits for the call.
    """
    if scope.is_body and not all(one.is_literal for one in constants):
        count = len(operands)

        def resume(where: Scope, nodes: tuple[Node, ...]) -> Node:
            given = []
            for one, node in zip(constants, nodes[count:], strict=True):
                again = Operand(one.type, one.text, one.start_pos, one.end_pos)
                again.node = node
                given.append(again)
            return with_constants(where, nodes[:count], given, make, role, span)

        waiting = (*operands, *[scope.node(one) for one in constants])
        return scope.graph.add(DEFERRED, waiting, (resume,), span)
    return make(scope, tuple(operands), [value(one, role) for one in constants])


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
    from backprop.autodiff.evaluation.program import needed

    for one in needed([node]):
        name = str(one.name) if one.gate is leaves.input else None
        if name in one.graph.defaults:
            one.graph.fix(name)
        elif name is not None and name not in leaves.NAMED_CONSTANTS:
            raise ExpressionError(
                f"{role} must be constant, and '{one.name}' is a variable", one.span, "write a number"
            )
    return constant_value(node)
