"""A cell in several lines: where it may be broken, and where never. Knows the columns of a terminal, no table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

# The places where a cell may be broken, the best first: between the rows of a matrix, and then between its entries;
# between the terms of a sum, between words, and behind a sign that is not a number's.
ROWS, ENTRIES = re.compile(r"(?<=\],) "), re.compile(r"(?<=,) ")
TERMS, WORDS, SIGNS = re.compile(r" (?=\+ |… )"), re.compile(" "), re.compile(r"(?<=[*/(,@^=])(?=.)")
OF_NUMBERS, OF_TEXT = (ROWS, ENTRIES), (TERMS, WORDS, SIGNS)


def longest(text: str, places: re.Pattern[str]) -> int:
    """The columns of the longest piece between such places."""
    return max((cell_len(piece) for piece in places.split(text)), default=0)


def wrapped(text: str, width: int, places: Sequence[re.Pattern[str]]) -> list[str]:
    """The text in lines of that width; one that no place is left to break at is cut, but not behind a sign."""
    if cell_len(text) <= width:
        return [text]
    if not places:
        return cut(text, width)
    best, *others = places
    lines: list[str] = []
    glue = "" if best is SIGNS else " "
    for piece in best.split(text):
        if lines and cell_len(lines[-1]) + len(glue) + cell_len(piece) <= width:
            lines[-1] += glue + piece
        else:
            lines += wrapped(piece, width, others)
    return lines


def cut(text: str, width: int) -> list[str]:
    lines = [""]
    for place, character in enumerate(text):
        is_sign = character in "-+" and text[place + 1 : place + 2].isdigit()
        if lines[-1] and cell_len(lines[-1] + character) + is_sign > width:
            lines.append("")
        lines[-1] += character
    return lines
