r"""What a variable of LaTeX is called here: `w_0` for w_{0}, `alpha` for \alpha, `x` for \mathbf{x}.

The inverse of printers/latex_names.py, wherever that has one.
"""

from __future__ import annotations

import re
import unicodedata

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.latex.commands import ACCENTS, FONTS, VARIANTS
from backprop.parser.latex.units import Unit

COMMAND = re.compile(r"\\([A-Za-z]+)\*?\s*(?:\{(.*)\}|(\S.*))?", re.DOTALL)
PART = re.compile(r"\\[A-Za-z]+\s*\{[^{}]*\}|\\[A-Za-z]+|[^\W\d_]|[0-9]+")
SHIFTED = re.compile(r"([A-Za-z])\s*([+-])\s*([0-9]+)")


class Index(NamedTuple):
    """A letter in a subscript that may be the index of a sum, and what is added to it."""

    letter: str
    shift: int


Part = tuple[str | Index, ...]  # what stands between two commas of a subscript


class LatexName(NamedTuple):
    """`base` with its subscript; `look` tells apart what is written in different ways and would be called alike."""

    base: str
    below: tuple[Part, ...]
    look: str

    @property
    def text(self) -> str:
        """The name, every letter of the subscript standing for itself."""
        return "_".join([self.base, *("".join(map(written, part)) for part in self.below)])

    @property
    def letters(self) -> set[str]:
        return {piece.letter for part in self.below for piece in part if isinstance(piece, Index)}


def written(piece: str | Index) -> str:
    return piece.letter if isinstance(piece, Index) else piece


def read_name(unit: Unit) -> LatexName:
    """The name of a unit. Raises ExpressionError for a subscript that is none."""
    base, look = read_base(unit.text)
    if not base.isidentifier():
        raise ExpressionError(f"'{base}' is not a name", unit.span, "a name has letters, digits and _")
    return LatexName(base, read_subscript(unit), look)


def read_base(text: str) -> tuple[str, str]:
    """The letters of a name, and the fonts and variants that it is written with."""
    looks = []
    suffix = ""
    while match := COMMAND.fullmatch(text):
        word, inside = match[1], (match[2] or match[3] or "").strip()
        if word in FONTS or word in ACCENTS:
            looks.append("" if word in ("mathrm", "text", "operatorname") else word)
            suffix = f"_{word.removeprefix('wide')}" + suffix if word in ACCENTS else suffix
            text = inside
        else:
            looks.append(word if word in VARIANTS else "")
            text = VARIANTS.get(word, word)
    looks = [look for look in looks if look not in ACCENTS]
    return unicodedata.normalize("NFKC", text.replace(r"\_", "_").replace(" ", "_")) + suffix, " ".join(looks).strip()


def read_subscript(unit: Unit) -> tuple[Part, ...]:
    below = unit.below.strip()
    if not below:
        return ()
    inside = below[1:-1] if below.startswith("{") else below
    return tuple(read_part(part.strip(), unit) for part in inside.split(","))


def read_part(text: str, unit: Unit) -> Part:
    shifted = SHIFTED.fullmatch(text)
    if shifted:
        return (Index(shifted[1], int(shifted[2] + shifted[3])),)
    pieces: list[str | Index] = []
    position = 0
    for match in PART.finditer(text):
        if text[position : match.start()].strip():
            break
        position = match.end()
        word = match[0]
        pieces.append(Index(word, 0) if word.isalpha() and len(word) == 1 else read_base(word)[0])
    if text[position:].strip() or not pieces:
        raise ExpressionError(
            f"the subscript '{text}' is neither a name nor an index",
            unit.span,
            "a subscript is part of the name, as in x_{0}, or in a sum its index, as in x_{i} and x_{i+1}",
        )
    return tuple(pieces)
