r"""A node as LaTeX mathematics: \frac, \sqrt, powers, cases, matrices. Reads notation and templates, and knows no gate.

Without recursion, as printers/expression.py, whose precedences it shares.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Node
from backprop.autodiff.notation import (
    ATOM,
    COMPARISON,
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
)
from backprop.autodiff.textbook import in_textbook_form
from backprop.parser.printers.code import words
from backprop.parser.printers.expression import (
    MAXIMUM_CHARACTERS,
    given_settings,
    item,
    operands,
    setting_text,
    shortest,
)

TIMES = "\0"  # a product's place, which becomes a space or a dot when what follows is known
SYMBOLS = {
    "*": TIMES,
    "@": TIMES,
    "%": r" \bmod ",
    "<=": r" \le ",
    ">=": r" \ge ",
    "==": " = ",
    "!=": r" \ne ",
    "and": r" \land ",
    "or": r" \lor ",
    "not ": r"\lnot ",
}
LIBRARY = {
    **{name: f"\\{name}" for name in words("sin cos tan sec csc cot sinh cosh tanh log max min det")},
    **{name: f"\\arc{name[1:]}" for name in ("asin", "acos", "atan")},
    **{name: f"\\operatorname{{ar{name[1:]}}}" for name in ("asinh", "acosh", "atanh")},
    **{"maximum": r"\max", "minimum": r"\min", "log2": r"\log_{2}", "log10": r"\log_{10}"},
    **{"gamma": r"\Gamma", "digamma": r"\psi", "trace": r"\operatorname{tr}"},
}
GREEK = frozenset(
    words(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi"
    )
    + words("omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega")
)
CONSTANTS = {"pi": r"\pi", "tau": r"\tau", "e": "e", "inf": r"\infty", "nan": r"\mathrm{nan}"}

Part = str | tuple[Node, int]  # text, or a node and the loosest precedence that needs no parentheses there


def show_latex(node: Node, labels: Mapping[Node, str] | None = None) -> str:
    """The node as LaTeX, cut off at nodes with a label, which is LaTeX; its own label is not looked at.

    Gates that the language does not have are written in their textbook form, appended to the node's graph.
    Raises ExpressionError where the result would take more than MAXIMUM_CHARACTERS.
    """
    labels = labels or {}
    pieces: list[str] = []
    size = 0
    waiting: list[Part] = list(reversed(written(in_textbook_form(node, labels))[0]))
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            pieces.append(part)
            size += len(part)
            if size > MAXIMUM_CHARACTERS:
                raise ExpressionError(f"the LaTeX takes more than {MAXIMUM_CHARACTERS} characters", None)
            continue
        operand, loosest = part
        if operand in labels:
            waiting.append(labels[operand])
            continue
        parts, precedence = written(operand)
        if precedence < loosest:
            # A comparison that is computed with stands in Iverson's brackets: 1 where it holds, else 0.
            parts = [r"\left[", *parts, r"\right]"] if precedence == COMPARISON else [r"\left(", *parts, r"\right)"]
        waiting.extend(reversed(parts))
    return multiplied("".join(pieces))


def multiplied(text: str) -> str:
    """The text with its products written: a dot before a digit, and between a digit and a fraction."""
    text = re.sub(r"\0(?=[\d.])|(?<=\d)\0(?=\\frac)", r" \\cdot ", text)
    return text.replace(TIMES, " ")


def written(node: Node) -> tuple[list[Part], int]:
    """The parts of a node in their order, and the precedence of the whole."""
    gate = node.gate
    if node.is_constant:
        return constant(node)
    if node.name is not None:
        return [name(node.name)], ATOM
    template = gate.code.get("latex")
    if template is not None:
        return filled(template, node)
    notation = gate.notation
    if isinstance(notation, Infix):
        symbol, precedence, associates = notation
        left, right = node.inputs
        between = SYMBOLS.get(symbol, f" {symbol} ")
        return [(left, precedence + (associates != "left")), between, (right, precedence + 1)], precedence
    if isinstance(notation, Prefix):
        # A sign is written before a whole product; with it, it stands where a sum may stand.
        if notation.precedence == UNARY:
            return [notation.symbol, (node.inputs[0], PRODUCT)], SUM
        return [SYMBOLS.get(notation.symbol, notation.symbol), (node.inputs[0], ATOM)], notation.precedence
    if isinstance(notation, Postfix):
        return [(node.inputs[0], POSTFIX), r"^{\top}"], POWER
    if isinstance(notation, Subscript):
        whole, entry = node.inputs[0], f"_{{{', '.join(map(item, node.attributes[0]))}}}"
        if isinstance(whole.gate.notation, Subscript) or (whole.name and "_" in name(whole.name)):
            return ["{", (whole, POSTFIX), "}", entry], POSTFIX  # TeX takes one subscript a letter
        return [(whole, POSTFIX), entry], POSTFIX
    if isinstance(notation, Brackets) and not given_settings(node):
        return matrix(node), ATOM
    return call(node), ATOM


def call(node: Node) -> list[Part]:
    """A function of its operands, its settings below its name."""
    function = LIBRARY.get(node.gate.name) or rf"\operatorname{{{escaped(node.gate.name)}}}"
    below = ", ".join(rf"\mathrm{{{escaped(key)}}}={setting_text(value)}" for key, _, value in given_settings(node))
    count = len(operands(node))  # without those at the end that have their default value
    arguments: list[Part] = [piece for one in node.inputs[:count] for piece in (", ", (one, TERNARY))][1:]
    return [function, f"_{{{below}}}" if below else "", r"\left(", *arguments, r"\right)"]


def filled(template: str, node: Node) -> tuple[list[Part], int]:
    """The operands in the template's places; one at its beginning is exposed and binds tightly."""
    parts: list[Part] = []
    for place, text in enumerate(re.split(r"\{(\d)\}", template)):
        if place % 2:
            parts.append((node.inputs[int(text)], TERNARY if parts else POSTFIX))
        elif text:
            parts.append(text)
    if template.startswith(r"\begin{cases}"):
        return parts, TERNARY
    if template.startswith(r"\frac"):
        return parts, UNARY
    return parts, POWER if re.match(r"[^\\]*\^", template) else ATOM


def matrix(node: Node) -> list[Part]:
    """A column of scalars, or a matrix where each entry is a row."""
    rows = [one.inputs if isinstance(one.gate.notation, Brackets) else (one,) for one in node.inputs]
    parts: list[Part] = [r"\begin{bmatrix} "]
    for place, row in enumerate(rows):
        parts.append(r" \\ " if place else "")
        for column, cell in enumerate(row):
            parts.extend([" & " if column else "", (cell, TERNARY)])
    return [*parts, r" \end{bmatrix}"]


def constant(node: Node) -> tuple[list[Part], int]:
    value, given = node.attributes
    if given is not None:
        return [CONSTANTS.get(given) or name(given)], ATOM
    if np.ndim(value) == 0:
        return number(float(value))
    if np.ndim(value) > 2:
        raise ExpressionError("LaTeX has no array of more than two dimensions", node.span, None, node.graph.source)
    rows = [" & ".join("".join(map(str, number(one)[0])) for one in np.atleast_1d(row)) for row in value]
    lines = r" \\ ".join(rows)
    return [rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"], ATOM


def number(value: Any) -> tuple[list[Part], int]:
    """The shortest digits; a power of ten where the double is written with one."""
    value = float(value)
    if not math.isfinite(value):
        return [r"\mathrm{nan}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"], SUM
    digits, _, exponent = shortest(value).partition("e")
    precedence = SUM if digits.startswith("-") else ATOM
    if not exponent:
        return [digits], precedence
    power = f"10^{{{int(exponent)}}}"
    if digits in ("1", "-1"):
        return [digits[:-1] + power], min(precedence, POWER)
    return [rf"{digits} \cdot {power}"], min(precedence, PRODUCT)


def name(text: str) -> str:
    r"""A variable: Greek letters by name, `x_0` and `x0` with a subscript, words upright."""
    base, _, below = text.partition("_")
    if not base:
        return rf"\mathrm{{{escaped(text)}}}"
    found = re.fullmatch(r"(\D+)(\d+)", base)
    if found and not below:
        base, below = found.groups()
    subscripts = [letters(one) for one in below.split("_") if one]
    return letters(base) + (f"_{{{', '.join(subscripts)}}}" if subscripts else "")


def letters(word: str) -> str:
    if word in GREEK:
        return f"\\{word}"
    if len(word) == 1:
        kind = unicodedata.name(word, "").split()  # GREEK SMALL LETTER ALPHA
        letter = kind[-1].lower().replace("lamda", "lambda") if kind[:1] == ["GREEK"] else ""
        letter = letter.capitalize() if "CAPITAL" in kind else letter
        return f"\\{letter}" if letter in GREEK else word
    return word if word.isdigit() else rf"\mathrm{{{escaped(word)}}}"


def escaped(text: str) -> str:
    return text.replace("_", r"\_")
