"""Cures for a wrong name or a wrong call: the closest name, what a function takes. Imported only for an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gate import REQUIRED, Gate
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope

# Functions of other languages, and what to write here.
ELSEWHERE = {
    "pow": "x^y",
    "power": "x^y",
    "mod": "x % y",
    "fmod": "x % y",
    "factorial": "gamma(n + 1)",
    "fact": "gamma(n + 1)",
    "sqr": "x^2",
    "sgn": "sign(x)",
    "tg": "tan(x)",
    "ctg": "cot(x)",
    "cosec": "csc(x)",
    "lg": "log10(x)",
    "heaviside": "where(x > 0, 1, 0)",
    "ifelse": "where(c, a, b)",
    "iif": "where(c, a, b)",
    "select": "where(c, a, b)",
    "average": "mean(x)",
    "array": "[a, b]",
    "vector": "[a, b]",
    "matrix": "[[a, b], [c, d]]",
    "identity": "eye(3)",
}
# Letters of other scripts that look like Latin ones.
LOOKALIKES = dict(zip("аеорсухіјѕһԁԛԝουνρικτα", "aeopcyxijshdqwouvpikta", strict=True))


def unknown_function(scope: Scope, name: Operand, span: Span) -> ExpressionError:
    """The error for a call of a function that is not there."""
    source = scope.graph.source or ""
    known = [*scope.functions, *FUNCTIONS]
    word = name.text
    if re.search(rf"(?:^|[;\r\n])[ \t]*{re.escape(word)}[ \t]*\([^()=]*\)[ \t]*=(?!=)", source[span.end :]):
        cure = "define it before it is called"
    elif word in ELSEWHERE:
        cure = f"write {ELSEWHERE[word]}"
    elif word in scope.visible or len(word) <= 2:
        inside = source[name.end_pos : span.end].strip()
        cure = f"a product is written {word}*{inside if len(inside) <= 30 else '(...)'}"
    else:
        cure = resemblance(word, known) or f"define it before, as in {word}(x) = x^2"
    return ExpressionError(f"unknown function '{word}'", name.span, cure)


def resemblance(word: str, known: Iterable[str]) -> str | None:
    """The cure for a name that is much like a known one: which one, and what is foreign in it."""
    names = list(known)
    plain = "".join(LOOKALIKES.get(char, char) for char in word)
    if plain != word and plain in names:
        foreign = next(char for char in word if char in LOOKALIKES)
        return f"'{foreign}' is U+{ord(foreign):04X} {unicodedata.name(foreign)}: write {plain}"
    close = closest(word, names)
    return f"did you mean '{close}'?" if close else None


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a word, if any is much like it."""
    from difflib import get_close_matches

    by_small_letters = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), by_small_letters, n=1, cutoff=0.65)
    return by_small_letters[matches[0]] if matches else None


def uncalled(name: str) -> str | None:
    """The cure for a variable that is not there but is, or is much like, the name of a function."""
    if name in FUNCTIONS:
        return f"'{name}' is a function: write {name}(x)"
    close = closest(name, FUNCTIONS) if len(name) > 2 else None
    return f"there is a function {close}(x)" if close else None


def signature(scope: Scope, name: str) -> str:
    """What a function takes, as a cure."""
    if name in scope.functions:
        return f"{name} takes {', '.join(scope.functions[name].parameters)}"
    ways = [arguments(gate) for gate in FUNCTIONS[name]]
    return f"{name} takes {' or '.join(dict.fromkeys(ways))}"


def arguments(gate: Gate) -> str:
    """The arguments of a gate in words: `x, low, high`, or `x and, if wanted, axis`."""
    needed = [one for one in gate.operands if one not in gate.defaults and not one.startswith("*")]
    needed += [name for name, one in gate.attributes.items() if one.default is REQUIRED]
    if gate.most_operands is None:
        needed.append("...")
    optional = [*gate.defaults, *[name for name, one in gate.attributes.items() if one.default is not REQUIRED]]
    return ", ".join(needed) + (f" and, if wanted, {', '.join(optional)}" if optional else "")
