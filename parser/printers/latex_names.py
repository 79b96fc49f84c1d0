"""Names in LaTeX: Greek letters, subscripts, words upright. Knows no node."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from backprop.parser.printers.language import words

GREEK = frozenset(
    words(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi"
    )
    + words("omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega")
)


@lru_cache(1 << 10)  # an explanation has the same few names in each of its formulas
def name(text: str) -> str:
    r"""A variable: Greek letters by name, `x_0` and `x0` with a subscript, words upright."""
    base, _, below = text.partition("_")
    if not base:
        return rf"\mathrm{{{escaped(text)}}}"
    match = re.fullmatch(r"(\D+)(\d+)", base)
    if match and not below:
        base, below = match.groups()
    subscripts = [letters(word) for word in below.split("_") if word]
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
