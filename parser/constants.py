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
    if scope.is_body and not all(constant.is_literal for constant in constants):
        count = len(operands)

        def resume(where: Scope, nodes: tuple[Node, ...]) -> Node:
            given = []
            for constant, node in zip(constants, nodes[count:], strict=True):
                again = Operand(constant.type, constant.text, constant.start_pos, constant.end_pos)
                again.node = node
                given.append(again)
            return with_constants(where, nodes[:count], given, make, role, span)

        waiting = (*operands, *[scope.node(constant) for constant in constants])
        return scope.graph.add(DEFERRED, waiting, (resume,), span)
    return make(scope, tuple(operands), [value(constant, role) for constant in constants])


def value(operand: Operand, role: str) -> Array:
    """The value of an expression whose `role` is to be constant. Raises ExpressionError for a variable in it."""
    node = operand.node
    if node is None:
        return operand.value  # type: ignore[no-any-return]
    if node.is_constant:
        return node.value  # type: ignore[no-any-return]
    from backprop.autodiff.evaluation.execution import constant_value
    from backprop.autodiff.evaluation.program import needed

    for part in needed([node]):
        if part.gate is leaves.input and part.name not in leaves.NAMED_CONSTANTS:
            raise ExpressionError(
                f"{role} must be constant, and '{part.name}' is a variable", part.span, "write a number"
            )
    return constant_value(node)
