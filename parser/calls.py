"""Calls: which gate a name means for these arguments, and which argument is which operand or setting of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Gate
from backprop.autodiff.declaration.notation import Binding
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.parser.constants import with_constants
from backprop.parser.functions import expand, refuse_recursion
from backprop.parser.operand import Argument, Keyword, Operand
from backprop.parser.scope import Scope


class WrittenCall(NamedTuple):
    """`name(positional, keyword=...)`, as it is written."""

    name: Operand
    positional: Sequence[Operand]
    keywords: Mapping[str, Keyword]
    span: Span


class Parameters(NamedTuple):
    """What a function takes: operands (`*more`: any number), their defaults, and constant settings."""

    operands: Sequence[str]
    defaults: Mapping[str, float]
    settings: Mapping[str, Attribute]


def called(scope: Scope, name: Operand, arguments: Sequence[Argument], span: Span) -> Node:
    """The node of `name(arguments)`. Raises ExpressionError for an unknown function or unfit arguments."""
    refuse_recursion(scope, name)
    function = scope.functions.get(name.text)
    if function is not None:
        call = WrittenCall(name, *sorted_out(arguments), span)
        given, _ = bound(scope, call, Parameters(function.parameters, {}, {}))
        return expand(scope, function, [scope.node(given[argument][0]) for argument in function.parameters])
    if name.text not in FUNCTIONS:
        from backprop.parser.diagnostics.suggestions import unknown_function

        raise unknown_function(scope, name, span)
    notation = FUNCTIONS[name.text][0].notation
    if isinstance(notation, Binding):
        raise ExpressionError(f"'{name.text}' needs a variable", span, notation.cure)
    plain = plain_gate(name.text, len(arguments)) if Keyword not in map(type, arguments) else None
    if plain is not None:
        gate, settings = plain
        return scope.graph.add(gate, tuple([scope.node(argument) for argument in arguments]), settings, span)  # type: ignore[arg-type]
    call = WrittenCall(name, *sorted_out(arguments), span)
    return applied(scope, meant(FUNCTIONS[name.text], call), call)


@functools.lru_cache(256)
def plain_gate(name: str, count: int) -> tuple[Gate, tuple[Any, ...]] | None:
    """The gate of a call with an argument for each operand and no more, and its settings; None for any other call."""
    for gate in FUNCTIONS.get(name, ()):
        settings = tuple([setting.default for setting in gate.attributes.values()])
        fits = gate.least_operands <= count if gate.most_operands is None else count == gate.most_operands
        if fits and REQUIRED not in settings:
            return gate, settings
    return None


def sorted_out(arguments: Sequence[Argument]) -> tuple[list[Operand], dict[str, Keyword]]:
    """The arguments without a name, and those with one."""
    positional: list[Operand] = []
    keywords: dict[str, Keyword] = {}
    is_named = False
    for argument in arguments:
        if isinstance(argument, Keyword):
            is_named = is_named or argument.name.type != "TEXT"
            if argument.name.text in keywords:
                raise ExpressionError(f"'{argument.name.text}' is given twice", argument.name.span, "give it once")
            keywords[argument.name.text] = argument
        elif is_named:
            raise ExpressionError(
                "an argument without a name follows one with a name", argument.span, "give the named ones last"
            )
        else:
            positional.append(argument)
    return positional, keywords


def meant(gates: Sequence[Gate], call: WrittenCall) -> Gate:
    """The first gate that takes as many operands as are given, and all that is named.

    Else one that has settings for the others, and all that is named; else one that takes as many, or has settings.
    """
    count = len(call.positional)
    fitting = []
    for gate in gates:
        given = count + sum(name in gate.operands for name in call.keywords)
        most = gate.most_operands
        if given >= gate.least_operands and (most is None or given <= most):
            fitting.append(gate)
    with_settings = [gate for gate in gates if gate.attributes and count >= gate.least_operands]

    def knows_names(gate: Gate) -> bool:
        return all(name in gate.operands or name in gate.attributes for name in call.keywords)

    return (*filter(knows_names, [*fitting, *with_settings]), *fitting, *with_settings, gates[-1])[0]


def applied(scope: Scope, gate: Gate, call: WrittenCall) -> Node:
    """The gate's node, its settings converted from the arguments' values."""
    given, more = bound(scope, call, Parameters(gate.operands, gate.defaults, gate.attributes))
    operands = [
        scope.node(given[name][0]) if name in given else scope.graph.constant(gate.defaults[name], None, call.span)
        for name in gate.operands
        if not name.startswith("*")
    ]
    operands += [scope.node(operand) for operand in more]
    settings = {name: given[name] for name in gate.attributes if name in given}

    def make(where: Scope, nodes: tuple[Node, ...], values: list[Array]) -> Node:
        rest = iter(values)
        chosen = {name: converted(call.name.text, gate, name, arguments, rest) for name, arguments in settings.items()}
        attributes = gate.settings(chosen)
        return where.graph.add(gate, nodes, attributes, call.span)

    constants = [argument for arguments in settings.values() for argument in arguments]
    return with_constants(scope, operands, constants, make, f"a setting of {call.name.text}", call.span)


def converted(function: str, gate: Gate, setting: str, arguments: Sequence[Operand], values: Iterator[Array]) -> Any:
    """The setting from the next values, one for each of these arguments."""
    numbers = [next(values) for _ in arguments]
    for number, argument in zip(numbers, arguments, strict=True):
        if len(numbers) > 1 and np.ndim(number):
            raise ExpressionError(
                f"'{setting}' of {function} is given as several lists", argument.span, "give one list, or numbers"
            )
    try:
        return gate.attributes[setting].convert(np.array(numbers) if len(numbers) > 1 else numbers[0])
    except ExpressionError as error:
        error.reason = f"'{setting}' of {function}: {error.reason}"
        if error.span is not None:  # a place in a text, which begins behind its quote
            start = arguments[0].start_pos + 1
            error.span = Span(start + error.span.start, start + error.span.end)
        raise error.located(Span(arguments[0].start_pos, arguments[-1].end_pos), None) from None


def bound(scope: Scope, call: WrittenCall, takes: Parameters) -> tuple[dict[str, list[Operand]], Sequence[Operand]]:
    """The arguments of each operand and setting by name, and those of an operand that takes any number."""

    def unfit(reason: str, where: Span, surplus: Operand | None = None) -> ExpressionError:
        from backprop.parser.diagnostics.suggestions import signature, written_out

        texts = [source_of(scope, argument) for argument in (*call.positional[:1], surplus) if argument is not None]
        cure = (
            written_out(call.name.text, texts)
            if surplus is not None and call.name.text not in scope.functions
            else None
        )
        return ExpressionError(reason, where, cure or signature(scope, call.name.text))

    plain = [name for name in takes.operands if not name.startswith("*")]
    positional = list(call.positional)
    leading = [name for name, setting in takes.settings.items() if setting.leads and name not in call.keywords]
    given = {name: [positional.pop(0)] for name in leading if len(positional) > len(plain)}
    given |= {name: [argument] for name, argument in zip(plain, positional, strict=False)}
    rest = positional[len(plain) :]
    more: list[Operand] = []
    if len(plain) < len(takes.operands):
        more, rest = rest, []
    for name, setting in takes.settings.items():
        if rest and setting.elsewhere is not None:
            text = source_of(scope, rest[0])
            is_number = text.lstrip("-") not in leaves.NAMED_CONSTANTS  # inf is none of its values
            cure = f"write {name}={text}; {setting.elsewhere}" if is_number else setting.elsewhere
            raise ExpressionError(f"'{call.name.text}' takes its {name} by name only", rest[0].span, cure)
        if rest:
            given[name], rest = (rest, []) if setting.takes_rest else (rest[:1], rest[1:])
    if rest:
        raise unfit(f"'{call.name.text}' has too many arguments", rest[0].span, rest[0])
    texts = [name for name, setting in takes.settings.items() if setting.takes_text]
    for written, keyword in call.keywords.items():
        name = texts[0] if keyword.name.type == "TEXT" and texts else written
        if name in given:
            raise unfit(f"'{name}' is given twice", keyword.name.span)
        if name not in plain and name not in takes.settings:
            is_text = keyword.name.type == "TEXT"
            raise unfit(
                f"'{call.name.text}' takes no text" if is_text else f"'{call.name.text}' has no argument '{name}'",
                keyword.name.span,
                None if takes.settings else keyword.operand,
            )
        given[name] = [keyword.operand]
    needed = [name for name in plain if name not in takes.defaults]
    needed += [name for name, setting in takes.settings.items() if setting.default is REQUIRED]
    for name in needed:
        if name not in given:
            raise unfit(f"'{call.name.text}' needs a value for '{name}'", call.span)
    return given, more


def source_of(scope: Scope, operand: Operand) -> str:
    """What the user wrote there."""
    return (scope.graph.source or "")[operand.start_pos : operand.end_pos]
