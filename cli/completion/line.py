"""A command line as it is being typed: its words as the shell will read them. Knows no command."""

from __future__ import annotations

from typing import NamedTuple

QUOTES = "\"'"
SPECIAL = set(" \t\n\"'\\`$&|;<>()[]{}*?!#~")  # to a shell, where they stand for themselves no more


class Word(NamedTuple):
    """`raw` as it was typed, `text` as the shell hands it on; `quote` is the one still open, at `opening` of `raw`."""

    raw: str
    text: str
    quote: str = ""
    opening: int = -1


def split(line: str) -> list[Word]:
    """The words of a line that ends at the cursor; the last is the one being typed, which may be empty."""
    words: list[Word] = []
    raw = text = quote = ""
    opening = -1
    is_begun = False
    place = 0
    while place < len(line):
        char = line[place]
        if not quote and char in " \t\n":
            if is_begun:
                words.append(Word(raw, text))
            raw, text, opening, is_begun = "", "", -1, False
            place += 1
            continue
        is_begun = True
        if quote:
            if char == quote:
                quote, opening = "", -1
            elif char == "\\" and quote == '"' and line[place + 1 : place + 2] in tuple('"\\$`'):
                raw += char
                place += 1
                char = line[place]
                text += char
            else:
                text += char
        elif char in QUOTES:
            quote, opening = char, len(raw)
        elif char == "\\":
            raw += char
            place += 1
            char = line[place : place + 1]
            text += char
        else:
            text += char
        raw += char
        place += 1
    return [*words, Word(raw, text, quote, opening)]


def quoted(text: str, quote: str) -> str:
    """The text as it may stand inside an open quote, or outside of one."""
    if quote == "'":
        return text
    special = set('"\\$`') if quote else SPECIAL
    return "".join(f"\\{char}" if char in special else char for char in text)
