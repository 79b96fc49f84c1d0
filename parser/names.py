"""Words of the text as names: Unicode identifiers in one spelling. Knows no graph."""

from __future__ import annotations

import unicodedata

from backprop.autodiff.errors import ExpressionError, Span

KEYWORDS = frozenset({"if", "else", "and", "or", "not"})
SYMBOLS = {"π": "pi", "τ": "tau", "∞": "inf"}


def canonical(word: str, start: int) -> str:
    """The one spelling of a word that begins at `start`: normalised by NFKC, as Python's names are.

    Raises ExpressionError where it is no identifier.
    """
    if word in SYMBOLS:
        return SYMBOLS[word]
    if not word.isidentifier():
        place = next(place for place in range(len(word)) if not word[: place + 1].isidentifier())
        raise refused(word, place, start)
    for place, char in enumerate(word):
        if unicodedata.decomposition(char).startswith("<super>"):  # x to the n and x transposed are no names
            raise refused(word, place, start)
    name = unicodedata.normalize("NFKC", word)
    if name in KEYWORDS:
        raise ExpressionError(
            f"'{word}' looks like the word '{name}'", Span(start, start + len(word)), f"write {name} in plain letters"
        )
    return SYMBOLS.get(name, name)


def refused(word: str, place: int, start: int) -> ExpressionError:
    """The error for one character of a word that begins at `start`."""
    from backprop.parser.characters import stray

    return stray(word, place, offset=start)
