"""How a dialect computes a gate: by a function that it has, by its signs, with guards where those are errors."""

from __future__ import annotations

import math
from collections.abc import Mapping

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import PRODUCT, SUM, UNARY, Template
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.graph import Node
from backprop.parser.printers.languages.sql.dialect import SqlDialect, with_numbers
from backprop.parser.printers.languages.sql.ranges import Magnitude, has_zero, of_product, of_quotient

LEAST_ROOT, LARGEST_ROOT = "1.4916681462400413e-154", "1.3407807929942e154"  # of the smallest and largest doubles


def is_spelled(dialect: SqlDialect, node: Node) -> bool:
    """Whether the dialect has the node's gate."""
    return has_gate(dialect, node.gate) and not (node.gate.is_variadic and len(node.inputs) > 2)


def has_gate(dialect: SqlDialect, gate: Gate) -> bool:
    return gate.is_indicator or dialect.call(gate) is not None or gate in own_signs()


def own_signs() -> list[object]:
    return [METHODS[sign] for sign in ("+", "-", "*", "/", "negative", "where")]


def template_of(dialect: SqlDialect, node: Node, known: Mapping[Node, Magnitude]) -> Template:
    """The text with places for the operands; `known` is where their values lie."""
    plus, minus, times, over, negative, _ = own_signs()
    gate = node.gate
    if gate is plus:
        return Template("{0} + {1}", SUM)
    if gate is minus:
        return Template("{0} - {1}", SUM)
    if gate is negative:
        return Template("-{0}", UNARY)
    if gate is times:
        text = product(node, known) if dialect.is_checked else None
        return Template(with_numbers(dialect, text)) if text else Template("{0} * {1}", PRODUCT)
    if gate is over:
        text = quotient(dialect, node, known)
        return Template(with_numbers(dialect, text)) if text else Template("{0} / {1}", PRODUCT)
    if gate is METHODS["^"] and dialect.is_checked:
        return Template(with_numbers(dialect, power(dialect, number_of(node.inputs[1]))))
    return Template(with_numbers(dialect, dialect.call(gate) or ""))


def number_of(node: Node) -> float | None:
    return float(node.value) if node.is_scalar_constant else None


def root_of(node: Node, place: str) -> str:
    value = number_of(node)
    return f"sqrt(abs({place}))" if value is None else repr(math.sqrt(abs(value)))


def sign_of(node: Node, place: str) -> str:
    value = number_of(node)
    return f"sign({place})" if value is None else repr(math.copysign(1.0, value))


def product(node: Node, known: Mapping[Node, Magnitude]) -> str | None:
    """A product that is 0, or infinite, where it leaves the range of doubles; None: it does not."""
    escape = of_product(node, known)
    left, right = node.inputs
    root = "abs({0})" if left is right else f"{root_of(left, '{0}')} * {root_of(right, '{1}')}"
    sign = "abs({0})" if left is right else f"{sign_of(left, '{0}')} * {sign_of(right, '{1}')}"
    ends = (f"WHEN {root} < {LEAST_ROOT} THEN <0> " if escape.below else "") + (
        f"WHEN {root} > {LARGEST_ROOT} THEN {sign} * <inf> " if escape.above else ""
    )
    return f"CASE {ends}ELSE {{0}} * {{1}} END" if ends else None


def quotient(dialect: SqlDialect, node: Node, known: Mapping[Node, Magnitude]) -> str | None:
    """The same for a quotient, by 0, too."""
    left, right = node.inputs
    ends = "" if dialect.divides_by_zero or not has_zero(right, known) else "WHEN {1} = 0 THEN {0} * <inf> "
    if dialect.is_checked:
        escape = of_quotient(node, known)
        over, under = root_of(left, "{0}"), root_of(right, "{1}")
        if escape.below:
            ends += f"WHEN {over} < {LEAST_ROOT} * {under} THEN <0> / {{1}} "
        if escape.above:
            sign = f"{sign_of(left, '{0}')} * {sign_of(right, '{1}')}"
            ends += f"WHEN {over} > {LARGEST_ROOT} * {under} THEN {sign} * <inf> "
    return f"CASE {ends}ELSE {{0}} / {{1}} END" if ends else None


def power(dialect: SqlDialect, exponent: float | None) -> str:
    """The same for a power, of a negative number and of 0, too; `exponent`, if it is a number."""
    is_open = exponent is None
    is_whole = exponent is not None and exponent == math.floor(exponent)
    ends = ""
    if exponent is None or exponent < 0:
        ends += f"WHEN {{0}} = 0{' AND {1} < 0' if is_open else ''} THEN <inf> "
    if not is_whole:
        is_root = "{0} < 0" + (" AND {1} <> floor({1})" if is_open else "")
        ends += f"WHEN {is_root} THEN CASE WHEN {{0}} = <-inf> THEN power(abs({{0}}), {{1}}) ELSE <nan> END "
    at_ends = "{0} = 0 OR abs({0}) = <inf>" + (" OR abs({1}) = <inf>" if is_open else "")
    ends += f"WHEN {at_ends} THEN power({{0}}, {{1}}) "
    if is_open:  # an exponent up to 1 keeps a number in the range
        ends += "WHEN abs({1}) <= 1 THEN power({0}, {1}) "
    clamped = "CASE WHEN {1} > 1e22 THEN <1e22> WHEN {1} < -1e22 THEN <-1e22> ELSE {1} END"
    size = f"{dialect.logarithm}(abs({{0}})) * {clamped if is_open else '{1}'}"
    infinite = "<inf>"
    if exponent is None or exponent % 2 == 1:
        is_odd = " AND {1} <> 2 * floor({1} / 2)" if is_open else ""
        infinite = f"CASE WHEN {{0}} < 0{is_odd} THEN <-inf> ELSE <inf> END"
    return (
        f"CASE {ends}WHEN {size} < -708.3 THEN <0> WHEN {size} > 709.782712893384 THEN {infinite} "
        "ELSE power({0}, {1}) END"
    )
