"""Formulas of cells, as Excel and LibreOffice read them in English: a row of results, and of what they share behind."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.declaration.notation import POWER, PRODUCT, UNARY, Template
from backprop.autodiff.graph import Node
from backprop.parser.printers import code, language
from backprop.parser.printers.expression import shortest
from backprop.parser.printers.finite import without_infinities
from backprop.parser.printers.language import GeneratedFunction, Language, column
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

FUNCTIONS = "abs sqrt exp log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc trunc"
SPELLINGS: dict[str, str | Template] = {
    **{name: f"{name.upper()}({{0}})" for name in FUNCTIONS.split()},
    "log": "LN({0})",
    "log2": "LOG({0}, 2)",
    "floor": "INT({0})",
    "ceil": Template("-INT(-{0})", UNARY),
    "neg": Template("-{0}", UNARY),  # a sign binds tighter than a power there
    "pow": Template("{0}^{1}", POWER),
    "mod": "MOD({0}, {1})",
    "atan2": "IF(AND({0} = 0, {1} = 0), 0, ATAN2({1}, {0}))",
    "maximum": "MAX({all})",
    "minimum": "MIN({all})",
    "where": "IF({0}, {1}, {2})",
    **{
        name: Template(f"({{0}} {sign} {{1}})*1", PRODUCT)
        for name, sign in {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}.items()
    },
    "equal": Template("({0} = {1})*1", PRODUCT),
    "not_equal": Template("({0} <> {1})*1", PRODUCT),
    "and": Template("AND({0}, {1})*1", PRODUCT),
    "or": Template("OR({0}, {1})*1", PRODUCT),
    "not": Template("NOT({0})*1", PRODUCT),
    "index": "{0}[{index}]",
}


def expm1(x: Any) -> Any:
    """By tanh, which keeps its digits: spreadsheets take a difference that is next to 0 for 0."""
    half = np.tanh(0.5 * x)
    return np.where(np.abs(x) < 1.0, 2.0 * half / (1.0 - half), np.exp(x) - 1.0)


def log1p(x: Any) -> Any:
    return np.where(np.abs(x) < 0.5, 2.0 * np.arctanh(x / (2.0 + x)), np.log(1.0 + x))


REFERENCE = re.compile(r"((?:'[^']+'|\w+)!)?(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d*)")
WORD = re.compile(r"(?<![\w.])[^\W\d]\w*((?:\[\d+\])*)(?![\w(])")  # a variable, an entry of one, or a shared part
LARGEST = 9.99999999999999e307  # of what Excel reads
LEAST_NORMAL = 2.2250738585072014e-308


def digits(value: float) -> str:
    """Of what stands in a formula Excel keeps 15 digits: the rest is added."""
    if abs(value) < LEAST_NORMAL and value:
        return f"({digits(value * 2.0**200)}/{digits(2.0**200)})"
    first = float(f"{value:.15g}")
    if abs(first) > LARGEST:
        first = math.copysign(LARGEST, value)
    if first == value:
        return f"{int(value)}" if value.is_integer() and abs(value) < 1e15 else shortest(value)
    return f"({first:.15g} {'+' if value > first else '-'} {abs(value - first):.15g})"


number = partial(language.number, infinity="(1/0)", nan="SQRT(-1)", digits=digits)


def letters(place: int) -> str:
    """The name of a column by its number from 1 on: A, B, ... Z, AA."""
    text = ""
    while place > 0:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def place_of(name: str) -> int:
    place = 0
    for letter in name.upper():
        place = 26 * place + ord(letter) - ord("A") + 1
    return place


def cells_of(entries: Sequence[str], given: Mapping[str, str]) -> tuple[dict[str, str], int, int]:
    """The cell of each input, those of row 2 from A on where none is given, and the row and column of the results."""
    found = {name: given[name] for name in entries if name in given}
    places = [REFERENCE.fullmatch(cell) for cell in found.values()]
    row, last = 2, 0
    for match in places:
        assert match is not None
        if match[1] is None:
            last = max(last, place_of(match[3]))
    rows = [int(match[5]) for match in places if match is not None and match[1] is None and not match[4]]
    row = rows[0] if rows else row
    for name in entries:
        if name not in found:
            last += 1
            found[name] = f"{letters(last)}{row}"
    return found, row, last + 1


def frame(function: GeneratedFunction, cells: Mapping[str, str]) -> str:
    """A row of names, where there is one above, and a row of formulas: results, and what they share."""
    body = function.body
    entries = {
        column(name, place): column(original, place)
        for (original, name), shape in zip(function.spelled.items(), function.shapes, strict=True)
        for place in np.ndindex(shape)
    }
    found, row, first = cells_of(list(entries.values()), cells)
    known = {name: found[original] for name, original in entries.items()}
    parts = []
    for name, text in body.assignments:
        if text in known:  # an entry that is used several times
            known[name] = known[text]
        else:
            parts.append((name, text))
    columns = [*function.results, *parts]
    for place, (name, _) in enumerate(columns[len(function.results) :], first + len(function.results)):
        known[name] = f"{letters(place)}{row}"
    formulas = ["=" + WORD.sub(lambda match: known.get(match[0], match[0]), text) for _, text in columns]
    lines = ["\t".join([name for name, _ in columns])] if row > 1 else []
    return "\n".join([*lines, "\t".join(formulas)]) + "\n"


EXCEL = Language(
    name="excel",
    title="Excel",
    spellings=SPELLINGS,
    helpers={},
    constants={"pi": "PI()"},
    reserved=frozenset(),
    number=number,
    helper_name="_{}",
    frame=partial(frame, cells={}),
    run_by="soffice",
    forms=LOOPLESS_FORMS | {"expm1": expm1, "log1p": log1p},
    rewrite=without_infinities,
)


def write(name: str, value: Node, gradients: Mapping[str, Node], cells: Mapping[str, str] | None = None) -> str:
    """A row of formulas for the value and the gradient, and those that they share, behind the cells of the inputs.

    They are between tabs, so that they can be pasted. `cells` are those of the variables, `x[0]` for an entry.
    """
    return code.write(EXCEL._replace(frame=partial(frame, cells=cells or {})), name, value, gradients)
