"""A command line as it is being typed: its words as the shell will read them. Knows no command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backprop.autodiff.named_tuple import NamedTuple

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


class Character(NamedTuple):
    """At `position` of the line stands `raw` for `text`: nothing where it is a quote. `quote` is open behind it."""

    position: int
    raw: str
    text: str
    quote: str

    @property
    def is_bare(self) -> bool:
        """Whether it is neither escaped nor a quote itself."""
        return self.raw == self.text


def characters(line: str) -> Iterator[Character]:
    """The characters of a line as a shell reads them, an escaped one with its backslash."""
    quote = ""
    position = 0
    while position < len(line):
        raw = text = line[position]
        follower = line[position + 1 : position + 2]
        if raw == quote:
            text = quote = ""
        elif raw in QUOTES and not quote:
            text, quote = "", raw
        elif raw == "\\" and (not quote or (quote == '"' and follower in tuple('"\\$`'))):
            raw, text = raw + follower, follower
        yield Character(position, raw, text, quote)
        position += len(raw)


def split(line: str) -> list[Word]:
    """The words of a line that ends at the cursor; the last is the one being typed, which may be empty."""
    words: list[Word] = []
    raw = text = quote = ""
    opening = -1
    for character in characters(line):
        if character.is_bare and character.text in " \t\n" and not character.quote:
            if raw:
                words.append(Word(raw, text))
            raw = text = ""
            continue
        if character.quote != quote:
            quote = character.quote
            opening = len(raw) if quote else -1
        raw += character.raw
        text += character.text
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
        (NESTED_IN_QUOTES if character.quote else NESTED).match(line, character.position) is not None
        for character in characters(line)
        if character.is_bare and character.quote != "'"
    )


def unquoted_positions(raw: str) -> list[int]:
    """The positions of the characters of a word that are neither quoted nor escaped."""
    return [character.position for character in characters(raw) if character.is_bare and not character.quote]
