"""A text in the language of the reader, and what is put into it. Knows no text: each stands where it is said."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LANGUAGES = ("en", "ko")


def translated(text: str, language: str) -> str:
    if language == "en":
        return text
    from backprop.cli.language.korean import KOREAN  # here, not above: English does without

    return KOREAN[text]


@cache
def in_pieces(text: str, language: str) -> list[str]:
    return re.split(r"\{(\d)\}", translated(text, language))


def said(text: str, language: str, *given: Any) -> tuple[Any, ...]:
    """The text in pieces, with what is given in its places; of a tuple each of its pieces. Prose in a row is one."""
    pieces: list[Any] = []
    for is_place, piece in enumerate(in_pieces(text, language)):
        one = given[int(piece)] if is_place % 2 else piece
        for part in one if type(one) is tuple else (one,):
            if type(part) is str and pieces and type(pieces[-1]) is str:
                pieces[-1] += part
            elif part:
                pieces.append(part)
    return tuple(pieces)
