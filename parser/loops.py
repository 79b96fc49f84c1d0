"""What is repeated: `sum(i*x for i in 1:3)`, `[x^i for i in 0:3]`, `iterate(step, start, 10)`.

A loop is unrolled into a function of the text's own whose template calls another for each time: the body with its
index as the parameter, or the step. What bounds functions bounds loops; nothing is built before it is counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, show
from backprop.parser import arrays
from backprop.parser.calls import WrittenCall, called, sorted_out
from backprop.parser.constants import with_constants
from backprop.parser.functions import FunctionScope, OwnCall, count_nodes, expand, plain_name, refuse_recursion
from backprop.parser.operand import Argument, Keyword, Operand
from backprop.parser.scope import Function, Head, Scope

JOINED = {"sum": "+", "prod": "*"}  # functions that put an operator between the terms; others take them all


class IndexRange(NamedTuple):
    """What an index runs over: `first:last` with both ends or, without `last`, the entries of the list `first`."""

    first: Operand
    last: Operand | None

    @property
    def span(self) -> Span:
        return Span(self.first.start_pos, (self.last or self.first).end_pos)


def read_index(loop: Operand, scope: Scope) -> Head:
    """The parameters of the body of `for i in`. Raises ExpressionError."""
    return index_head(*index_of(loop), scope)


def index_head(name: str, span: Span, scope: Scope) -> Head:
    """The parameters of a body: its index and, so that it may use them, those of the bodies around it."""
    around = scope.head if isinstance(scope, FunctionScope) else Head("", (), span)
    if name in around.parameters:
        raise ExpressionError(f"'{name}' has a meaning around the loop", span, "give the index another name")
    count_nodes(scope, len(around.parameters), span)
    scope.indices.setdefault(name, span)
    return Head(around.name, (name, *around.parameters), span)


def index_of(loop: Operand) -> tuple[str, Span]:
    """The name in `for i in` and its place. Raises ExpressionError where it cannot be one."""
    return plain_name(loop.text[len("for") : -len("in")], loop.start_pos + len("for"), "loop's index")


def refuse_variables(scope: Scope) -> None:
    """Raise ExpressionError for an index whose name is, elsewhere in the text, a variable or what a statement names."""
    for name, span in scope.indices.items():
        if name in scope.used or name in scope.assigned:
            where = scope.place(scope.assigned.get(name) or scope.used[name])
            raise ExpressionError(
                f"'{name}' is an index here and has another meaning at {where}", span, "give one of them another name"
            )


def gathered(scope: Scope, name: Operand | None, body: Function, values: IndexRange, span: Span) -> Node:
    """The function of that name of the body's values, or the list of them. Raises ExpressionError."""
    around = [scope.visible[parameter] for parameter in body.parameters[1:]]
    index = body.parameters[0]

    def make(where: Scope, nodes: tuple[Node, ...], bounds: list[Array]) -> OwnCall:
        numbers = entries_of(values, bounds, index)
        count_nodes(where, 0, values.span, to_come=len(numbers) * max(len(body.steps), 1))
        numbers = tuple(numbers)
        key = (body, name and name.text, numbers)
        if key not in where.unrolled:
            count_nodes(where, len(numbers), values.span)
            where.unrolled[key] = unrolled(where, name, body, numbers, span)
        return OwnCall(where.unrolled[key], nodes)

    bounds = [bound for bound in values if bound is not None]
    return with_constants(scope, around, bounds, make, f"what '{index}' runs over", span)


def unrolled(scope: Scope, name: Operand | None, body: Function, numbers: Sequence[float], span: Span) -> Function:
    """The loop as a function of what the body takes beside its index."""
    template = FunctionScope(scope.text, Head("", body.parameters[1:], span))
    around = template.graph.nodes[:]
    terms: list[Operand] = []
    for number in numbers:
        term = Operand("TERM", "", *span)
        term.node = expand(template, body, [template.graph.constant(number), *around])
        terms.append(term)
    return template.finished(joined(template, name, terms, span))


def joined(scope: Scope, name: Operand | None, terms: Sequence[Operand], span: Span) -> Node:
    """The terms with an operator between them, as a list, or as the arguments of a function that reduces no list.

    `max` of many arguments compares each with every other; `max` of a list is linear.
    """
    if name is None:
        return scope.node(arrays.display(scope, terms, span))
    is_own = name.text in scope.functions
    if name.text in JOINED and not is_own:
        total = scope.node(terms[0])
        for term in terms[1:]:
            total = scope.graph.add(OPERATORS[JOINED[name.text]], (total, scope.node(term)), (), span)
        return total
    gates = () if is_own else FUNCTIONS.get(name.text, ())
    is_reduction = any(gate.most_operands == 1 and "axis" in gate.attributes for gate in gates)
    if not is_reduction and any(gate.most_operands is None for gate in gates):
        return called(scope, name, terms, span)
    arguments: list[Argument] = [arrays.display(scope, terms, span)]
    if is_reduction:
        axis = Operand("NUMBER", "0", *span)
        axis.value = 0.0
        arguments.append(Keyword(Operand("NAME", "axis", *span), axis))
    return called(scope, name, arguments, span)


def entries_of(values: IndexRange, bounds: Sequence[Array], index: str) -> Any:
    """The values of the index: whole numbers, or a list's entries. Raises ExpressionError where there is none."""
    if values.last is None:
        if np.ndim(bounds[0]) != 1:
            raise ExpressionError(
                f"'{index}' cannot run over {'an array of several axes' if np.ndim(bounds[0]) else 'a single number'}",
                values.span,
                "write first:last, as 1:3, or a list",
            )
        if not np.size(bounds[0]):
            raise ExpressionError(f"'{index}' runs over an empty list", values.span, "give one value at least")
        return bounds[0].tolist()
    cure = "write first:last, as 1:3"
    first = whole(bounds[0], values.first, "a bound", cure)
    last = whole(bounds[1], values.last, "a bound", cure)
    if first > last:
        raise ExpressionError(f"the range {first}:{last} is empty", values.span, "the first is at most the last")
    return range(first, last + 1)


def whole(value: Array, operand: Operand, role: str, cure: str) -> int:
    """A constant as a whole number. Raises ExpressionError."""
    if np.ndim(value) or not math.isfinite(value) or value != math.floor(value):
        shown = f"shape {show(np.shape(value))}" if np.ndim(value) else f"{float(value):g}"
        raise ExpressionError(f"{role} must be a whole number, not {shown}", operand.span, cure)
    return int(value)


def iterated(scope: Scope, name: Operand, arguments: Sequence[Argument], span: Span) -> Node:
    """`iterate(step, start, count)`: the step of the step of ... the start.

    A step with several parameters takes as many starts, and its value is the list of the next ones; one parameter
    more than starts is the number of the step, from 0. Raises ExpressionError.
    """
    step, starts, times = written_iteration(scope, WrittenCall(name, *sorted_out(arguments), span))
    has_number = len(step.parameters) > len(starts)

    def make(where: Scope, nodes: tuple[Node, ...], values: list[Array]) -> OwnCall:
        count = whole(values[0], times, "the number of steps", "the last argument is how often the step is done")
        if count < 0:
            raise ExpressionError(f"{count} steps are not possible", times.span, "give 0 or more")
        count_nodes(where, 0, times.span, to_come=count * max(len(step.steps), 1))
        key = (step, len(starts), count)
        if key not in where.unrolled:
            count_nodes(where, count * len(starts), times.span)
            where.unrolled[key] = repeated(where, step, len(starts), count, has_number=has_number, span=span)
        return OwnCall(where.unrolled[key], nodes)

    return with_constants(scope, [scope.node(start) for start in starts], [times], make, "the number of steps", span)


def written_iteration(scope: Scope, call: WrittenCall) -> tuple[Function, Sequence[Operand], Operand]:
    """The step, the starts and the number of steps of a call, if they fit. Raises ExpressionError."""
    form = "write step(s) = (s + 2/s)/2; iterate(step, 1, 6)"
    if call.keywords:
        raise ExpressionError("iterate has no named arguments", next(iter(call.keywords.values())).name.span, form)
    if len(call.positional) < 3:
        raise ExpressionError("iterate needs a step, a start and the number of steps", call.span, form)
    step, *starts, times = call.positional
    refuse_recursion(scope, step)
    if step.type != "FUNCTION":
        raise ExpressionError("iterate repeats a function that the text defines", step.span, form)
    function = scope.functions[step.text]
    count = len(function.parameters)
    if count not in (len(starts), len(starts) + 1):
        raise ExpressionError(
            f"'{function.name}' takes {count} value{'s' * (count > 1)}, and {len(starts)} are given to start with",
            Span(starts[0].start_pos, starts[-1].end_pos),
            "give one for each parameter; the last may be the number of the step",
        )
    return function, starts, times


def repeated(scope: Scope, step: Function, width: int, count: int, *, has_number: bool, span: Span) -> Function:
    """The loop as a function of its starts."""
    template = FunctionScope(scope.text, Head("", tuple(f"start {position}" for position in range(width)), span))
    graph = template.graph
    states = graph.nodes[:]
    value = states[0] if width == 1 else graph.add(OPERATORS["stack"], tuple(states), (0,), span)
    for number in range(count):
        value = expand(template, step, [*states, *([graph.constant(float(number))] if has_number else [])])
        states = [value]
        if width > 1:
            states = [graph.add(OPERATORS["index"], (value,), ((entry,),), span) for entry in range(width)]
    return template.finished(value)
