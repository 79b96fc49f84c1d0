"""Words of the text as names: Unicode identifiers in one spelling. Knows no graph."""

from __future__ import annotations

import functools
import unicodedata

from backprop.autodiff.errors import ExpressionError, Span

KEYWORDS = frozenset({"if", "else", "and", "or", "not"})
ITERATE = "iterate"  # the one function that takes a function; any other is a gate
SYMBOLS = {"π": "pi", "τ": "tau", "∞": "inf"}
MIDDLE_DOTS = "\u0387\u30fb\uff65"


def canonical(word: str, start: int) -> str:
    """The one spelling of a word that begins at `start`: normalised by NFKC, as Python's names are.

    Raises ExpressionError where it is not an identifier.
    """
    name = spelling(word)
    if name is None:
        from backprop.parser.diagnostics.characters import stray

        raise stray(word, first_refused(word), offset=start)
    if name in KEYWORDS:
        raise ExpressionError(
            f"'{word}' looks like the word '{name}'", Span(start, start + len(word)), f"write {name} in plain letters"
        )
    return name


@functools.lru_cache(1024)
def spelling(word: str) -> str | None:
    """The name that a word spells, None where it spells none."""
    if word in SYMBOLS:
        return SYMBOLS[word]
    if not word.isidentifier() or (not word.isascii() and any(map(is_no_letter, word))):
        return None
    name = unicodedata.normalize("NFKC", word)
    return SYMBOLS.get(name, name)


def first_refused(word: str) -> int:
    """The place of the first character that keeps a word from being a name."""
    for position, char in enumerate(word):
        if is_no_letter(char) or not ("x" * (position > 0) + char).isidentifier():
            return position
    return 0


def is_no_letter(char: str) -> bool:
    """Whether Python, or some version of it, lets in a name what is a power, a product or nothing to be seen."""
    is_superscript = unicodedata.decomposition(char).startswith("<super>")
    return is_superscript or char in MIDDLE_DOTS or unicodedata.category(char) == "Cf"
