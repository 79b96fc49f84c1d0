r"""A node as LaTeX mathematics: \frac, \sqrt, powers, cases, matrices. Reads notation and templates, and knows no gate.

Without recursion, as printers/expression.py, whose precedences it shares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from backprop.autodiff.declaration.gate import Attribute
from backprop.autodiff.declaration.notation import (
    AND,
    ATOM,
    COMPARISON,
    NOT,
    OR,
    POSTFIX,
    POWER,
    PRODUCT,
    SUM,
    TERNARY,
    UNARY,
    Brackets,
    Infix,
    Postfix,
    Prefix,
    Subscript,
    Template,
)
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.textbook import in_textbook_form
from backprop.autodiff.shapes import Shape
from backprop.parser.printers.expression import (
    MAXIMUM_CHARACTERS,
    given_settings,
    item,
    operands,
    setting_text,
    shortest,
)
from backprop.parser.printers.inside import inside
from backprop.parser.printers.latex_names import escaped, name

TIMES = "\0"  # a product's place, which becomes a space or a dot when what follows is known
CONSTANTS = {"pi": r"\pi", "tau": r"\tau", "e": "e", "inf": r"\infty", "nan": r"\mathrm{nan}"}

# Between the precedences of the language: a sign before a whole product stands where a sum may begin, and a choice
# needs no parentheses in a function's. What is true or false is computed with in Iverson's brackets.
SIGNED, CHOICE = (SUM + PRODUCT) / 2, (COMPARISON + SUM) / 2
ENTRYWISE, MATRICES = "entrywise", "matrices"
TRUTHS = (OR, AND, NOT, COMPARISON)

NAME_BEFORE_BRACKET = re.compile(
    r"((?:[^\W\d_]|\\mathrm\{(?:[^{}]|\\_)*\})(?:_\{(?:[^{}]|\{[^{}]*\})*\})?)\0(?=\\left\()"
)
PLACE = r"(\{\d\}|<[a-z_]+>)"  # in a template

Part = str | tuple[Node, float]  # text, or a node and the loosest precedence that needs no parentheses there


def show_latex(node: Node, labels: Mapping[Node, str] | None = None) -> str:
    """The node as LaTeX, cut off at nodes with a label, which is LaTeX; its own label is not looked at.

    Gates that the language does not have are written in their textbook form, appended to the node's graph.
    Raises ExpressionError where the result would take more than MAXIMUM_CHARACTERS.
    """
    return _Typesetter(labels or {}).text(in_textbook_form(node, labels or {}))


class _Typesetter:
    """One run, and what is known of the nodes so far."""

    def __init__(self, labels: Mapping[Node, str]) -> None:
        self.labels = labels
        self.signed: dict[Node, bool] = {}
        self.kinds: dict[Node, frozenset[str]] = {}

    def text(self, node: Node) -> str:
        pieces: list[str] = []
        size = 0
        waiting: list[Part] = list(reversed(self.written(node)[0]))
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                pieces.append(part)
                size += len(part)
                if size > MAXIMUM_CHARACTERS:
                    raise ExpressionError(f"the LaTeX takes more than {MAXIMUM_CHARACTERS} characters", None)
                continue
            operand, loosest = part[0].original, part[1]
            if operand in self.labels:
                waiting.append(self.labels[operand])
                continue
            parts, precedence = self.written(operand)
            if precedence < loosest:
                is_truth = precedence in TRUTHS and loosest > COMPARISON
                parts = [r"\left[", *parts, r"\right]"] if is_truth else [r"\left(", *parts, r"\right)"]
            waiting.extend(reversed(parts))
        return multiplied("".join(pieces))

    def written(self, node: Node) -> tuple[list[Part], float]:
        """The parts of a node in their order, and the precedence of the whole."""
        if node.is_constant:
            return constant(node)
        if node.name is not None:
            return [name(node.name)], ATOM
        if written := template_of(node):
            return self.filled(*written, node)
        notation = node.gate.notation
        if isinstance(notation, Infix):
            return self.infix(node, notation)
        if isinstance(notation, Prefix):
            if notation.precedence == UNARY:
                return [notation.symbol, (node.inputs[0], PRODUCT)], SIGNED
            return [notation.latex or notation.symbol, (node.inputs[0], ATOM)], notation.precedence
        if isinstance(notation, Postfix):
            return [(node.inputs[0], POSTFIX), r"^{\top}"], POWER
        if isinstance(notation, Subscript):
            whole, index = node.inputs[0], ", ".join(map(item, node.settings["index"]))
            entry = f"_{{{index}}}"
            if self.has_subscript(whole):
                return ["{", (whole, POSTFIX), "}", entry], POSTFIX  # TeX takes one subscript a letter
            return [(whole, POSTFIX), entry], POSTFIX
        if isinstance(notation, Brackets) and not given_settings(node):
            return matrix(node), ATOM
        return call(node), ATOM

    def has_subscript(self, node: Node) -> bool:
        if node.name is not None:
            return "_" in name(node.name)
        written = template_of(node)
        return isinstance(node.gate.notation, Subscript) or (written is not None and "_" in written.text)

    def infix(self, node: Node, notation: Infix) -> tuple[list[Part], float]:
        symbol, precedence, associates, _, latex = notation[:5]
        left, right = node.inputs
        between = TIMES if symbol in "@*" else f" {latex or symbol} "
        loosest: float = precedence + (associates != "left")
        if symbol == "@" and is_vector(left):  # a vector is a column
            if is_vector(right):
                return [(left, POSTFIX), r"^{\top}", between, (right, precedence + 1)], precedence
            turned: list[Part] = [(right, POSTFIX), r"^{\top}"]
            turned = [(right.inputs[0], PRODUCT)] if isinstance(right.gate.notation, Postfix) else turned
            return [*turned, between, (left, precedence + 1)], precedence
        if symbol == "%":  # the sign's right side has no end of its own
            return [(left, loosest), between, (right, precedence + 1)], CHOICE
        if symbol in "@*":
            mine = product_of(node)
            between = r" \odot " if mine == ENTRYWISE else between
            loosest = POSTFIX if mine and self.products(left) - {mine} else SIGNED
        return [(left, loosest), between, (right, precedence + 1)], SIGNED if self.is_signed(node) else precedence

    def is_signed(self, node: Node) -> bool:
        """Whether it begins with a sign; a product does where its first factor does."""
        spine, first = self.spine(node, self.signed)
        answer = self.signed.get(first, first not in self.labels and without_sign(first) is not None)
        self.signed.update(dict.fromkeys(spine, answer))
        return answer

    def products(self, node: Node) -> frozenset[str]:
        """The kinds of products of arrays that it is a chain of: one kind in the other needs parentheses."""
        spine, first = self.spine(node, self.kinds)
        products = self.kinds.get(first, frozenset())
        for product in reversed(spine):
            products |= {product_of(product)} - {""}
            self.kinds[product] = products
        return products

    def spine(self, node: Node, known: Container[Node]) -> tuple[list[Node], Node]:
        """The products that begin with one another, the outermost first, and what they all begin with."""
        spine = []
        while node not in known and node not in self.labels and is_product(node):
            spine.append(node)
            node = node.inputs[0]
        return spine, node

    def filled(self, template: str, precedence: float, node: Node) -> tuple[list[Part], float]:
        """The operands and the settings (`<order>`; `<shape>` is the node's) in the template's places.

        An operand at its beginning is exposed and binds tightly, as does one with a power; the factors of a product
        bind as such.
        """
        pieces = re.split(PLACE, template)
        is_product = precedence == PRODUCT
        parts: list[Part] = []
        for number, text in enumerate(pieces):
            if not number % 2:
                parts.append(TIMES if text == " " else text)
            elif text == "<body>":
                is_enclosed = pieces[number - 1].endswith(r"\left(")
                parts.append((inside(node).body, TERNARY if is_enclosed else PRODUCT))
            elif text == "<variable>":
                parts.append(name(inside(node).variable))
            elif text.startswith("<"):
                parts.append(times(node.shape) if text == "<shape>" else str(node.settings[text[1:-1]]))
            else:
                operand = node.inputs[int(text[1:-1])]
                parts.append((operand, self.loosest(pieces[number - 1], pieces[number + 1], is_product)))
        if is_product:
            return parts, SIGNED if self.is_signed(node.inputs[0]) else PRODUCT
        is_fraction = precedence == UNARY
        above = without_sign(node.inputs[0]) if is_fraction and node.inputs[0] not in self.labels else None
        if above is None:
            return parts, CHOICE if precedence == TERNARY else precedence
        return ["-", parts[0], above if isinstance(above, str) else (above[0], CHOICE), *parts[2:]], SIGNED

    @staticmethod
    def loosest(before: str, behind: str, is_product: bool) -> float:
        """The loosest precedence that needs no parentheses between these parts of a template."""
        if behind.startswith("^"):
            return POSTFIX
        if not before:
            return SIGNED if is_product else POSTFIX
        return TERNARY if before.endswith("if } ") else CHOICE


def template_of(node: Node) -> Template | None:
    """How the gate declares to be written; None where that is a function's name or follows from the notation."""
    declared = node.gate.code.get("latex", "")
    if isinstance(declared, Template):
        return declared
    return Template(declared) if "{0}" in declared or "<" in declared else None


def times(shape: Shape) -> str:
    return r" \times ".join(map(str, shape))


def is_product(node: Node) -> bool:
    """Whether it is a product that begins with its first operand."""
    notation = node.gate.notation
    if "latex" in node.gate.code or not isinstance(notation, Infix):
        return False
    return notation.symbol == "*" or (notation.symbol == "@" and not is_vector(node.inputs[0]))


def product_of(node: Node) -> str:
    """What kind of product of arrays it is; none where a factor is a scalar, which may stand anywhere."""
    if not all(operand.shape for operand in node.inputs):
        return ""
    return ENTRYWISE if isinstance(node.gate.notation, Infix) and node.gate.notation.symbol == "*" else MATRICES


def is_vector(node: Node) -> bool:
    return len(node.shape) == 1


def without_sign(node: Node) -> Part | None:
    """What follows the sign that a node begins with, None where it begins with none."""
    if node.is_literal and math.copysign(1.0, node.value) < 0:
        return number(-float(node.value))[0]
    notation = node.gate.notation
    is_negative = isinstance(notation, Prefix) and notation.precedence == UNARY
    return (node.inputs[0], PRODUCT) if is_negative else None


def multiplied(text: str) -> str:
    """The text with its products written: a dot before a digit, between a digit and a fraction, and behind a name.

    Behind a name before a bracket, which would be a call.
    """
    text = re.sub(r"\0(?=[\d.])|(?<=\d)\0(?=\\frac)", r" \\cdot ", text)
    text = NAME_BEFORE_BRACKET.sub(r"\1 \\cdot ", text)
    return text.replace(TIMES, " ")


def call(node: Node) -> list[Part]:
    """A function of its operands, its settings below its name or, without operands, in their place."""
    function = node.gate.code.get("latex") or rf"\operatorname{{{escaped(node.gate.name)}}}"
    below = ", ".join(
        rf"\text{{{value}}}" if declared.takes_text else rf"\mathrm{{{escaped(key)}}}={setting_text(value)}"
        for key, declared, value in given_settings(node)
    )
    if not node.inputs:
        rest = [
            setting_text(argument)
            for _, declared, value in given_settings(node)
            for argument in spread(declared, value)
        ]
        return [function, r"\left(", ", ".join(rest), r"\right)"]
    count = len(operands(node))  # without those at the end that have their default value
    arguments: list[Part] = [piece for argument in node.inputs[:count] for piece in (", ", (argument, CHOICE))][1:]
    return [function, f"_{{{below}}}" if below else "", r"\left(", *arguments, r"\right)"]


def spread(declared: Attribute, value: Any) -> tuple[Any, ...]:
    """A setting as the arguments that it was given by."""
    return value if declared.takes_rest and isinstance(value, tuple) else (value,)


def matrix(node: Node) -> list[Part]:
    """A column of scalars, or a matrix where each entry is a row."""
    rows = [entry.inputs if isinstance(entry.gate.notation, Brackets) else (entry,) for entry in node.inputs]
    parts: list[Part] = [r"\begin{bmatrix} "]
    for number, row in enumerate(rows):
        parts.append(r" \\ " if number else "")
        for column, cell in enumerate(row):
            parts.extend([" & " if column else "", (cell, CHOICE)])
    return [*parts, r" \end{bmatrix}"]


def constant(node: Node) -> tuple[list[Part], float]:
    value, given = node.attributes
    if given is not None:
        return [CONSTANTS.get(given) or name(given)], ATOM
    if np.ndim(value) == 0:
        text, precedence = number(float(value))
        return [text], precedence
    if np.ndim(value) > 2:
        raise ExpressionError("LaTeX has no array of more than two dimensions", node.span, None, node.graph.source)
    return [bmatrix([number(float(entry))[0] for entry in np.atleast_1d(row)] for row in value)], ATOM


def bmatrix(rows: Iterable[Iterable[str]]) -> str:
    """A matrix of entries that are LaTeX."""
    lines = r" \\ ".join(map(" & ".join, rows))
    return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"


def number(value: float) -> tuple[str, float]:
    """The shortest digits, a power of ten where the double is written with one; and how tightly that binds."""
    if math.isnan(value):
        return r"\mathrm{nan}", ATOM
    if math.isinf(value):
        return (r"\infty", ATOM) if value > 0 else (r"-\infty", SIGNED)
    digits, _, exponent = shortest(value).partition("e")
    precedence = SIGNED if digits.startswith("-") else ATOM
    if not exponent:
        return digits, precedence
    power = f"10^{{{int(exponent)}}}"
    if digits in ("1", "-1"):
        return digits[:-1] + power, min(precedence, POWER)
    return rf"{digits} \cdot {power}", min(precedence, PRODUCT)
