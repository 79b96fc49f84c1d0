"""A command line as it is being typed: its words as the shell will read them. Knows no command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

QUOTES = "\"'"
PLAIN = re.compile(r"[\w%+=:@,./-]*")  # what stands for itself in every state of every shell
NESTED = re.compile(r"`|[$<>=]\(|\$[\[{'\"]")  # what begins a text that is read by other rules, unquoted
NESTED_IN_QUOTES = re.compile(r"`|\$[(\[{]")  # the same in double quotes
CLOSED = "'!'"  # a history mark, which the double quotes around it leave to the shell


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
    """The text as it may stand inside an open quote, or outside of one: whatever it holds, a shell reads it back."""
    if quote == "'":
        return text.replace("'", r"'\''")
    if quote:
        return "".join(f'"{CLOSED}"' if char == "!" else f"\\{char}" if char in '"\\$`' else char for char in text)
    if text.startswith("="):  # zsh puts a command's path there
        return f"\\={quoted(text[1:], quote)}"
    return "".join(char if PLAIN.fullmatch(char) else f"\\{char}" for char in text)


def is_plain(text: str) -> bool:
    """Whether the text needs no quoting, wherever it stands."""
    return PLAIN.fullmatch(text) is not None and not text.startswith("=")


def is_nested(line: str) -> bool:
    """Whether the line may be inside a substitution, or in quotes of other rules: what is open there is not known."""
    return any(
        (NESTED_IN_QUOTES if quote else NESTED).match(line, place) is not None
        for place, quote in read_places(line)
        if quote != "'"
    )


def unquoted_places(raw: str) -> list[int]:
    """The places of the characters of a word that are neither quoted nor escaped."""
    return [place for place, quote in read_places(raw) if not quote]


def read_places(line: str) -> Iterator[tuple[int, str]]:
    """The places of all characters but quotes and what is escaped, each with the quote that is open there."""
    quote = ""
    place = 0
    while place < len(line):
        char = line[place]
        if char == "\\" and quote != "'":
            place += 1
        elif char == quote:
            quote = ""
        elif char in QUOTES and not quote:
            quote = char
        else:
            yield place, quote
        place += 1
