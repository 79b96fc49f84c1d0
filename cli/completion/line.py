"""A command line as it is being typed: its words as the shell will read them, by the rules of sh. Knows no command."""

from __future__ import annotations

import re
from typing import Protocol

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


Character = tuple[int, str, str, str]


class Rules(Protocol):
    """How a kind of shell reads a line. `nested` begins a text that is read by other rules, unquoted and in quotes."""

    nested: re.Pattern[str]
    nested_in_quotes: re.Pattern[str]

    def characters(self, line: str) -> list[Character]:
        """The characters of a line as a shell reads them: position, raw, text, and the quote that is open behind it.

        An escaped one has what escapes it in `raw`, a quote has no text: any other is bare, `raw` and `text` are the
        same. Plain tuples in a list: the line is read at each key.
        """

    def quoted(self, text: str, quote: str) -> str:
        """The text as it may stand inside an open quote, or outside of one: a shell reads back whatever it holds."""

    def is_plain(self, text: str) -> bool:
        """Whether the text needs no quoting, wherever it stands."""


class Sh:
    """The rules that bash, zsh and, for what is typed, fish share."""

    nested = NESTED
    nested_in_quotes = NESTED_IN_QUOTES

    def characters(self, line: str) -> list[Character]:
        found = []
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
            found.append((position, raw, text, quote))
            position += len(raw)
        return found

    def quoted(self, text: str, quote: str) -> str:
        if quote == "'":
            return text.replace("'", r"'\''")
        if quote:
            return "".join(f'"{CLOSED}"' if char == "!" else f"\\{char}" if char in '"\\$`' else char for char in text)
        if text.startswith("="):  # zsh puts a command's path there
            return f"\\={self.quoted(text[1:], quote)}"
        return "".join(char if PLAIN.fullmatch(char) else f"\\{char}" for char in text)

    def is_plain(self, text: str) -> bool:
        return PLAIN.fullmatch(text) is not None and not text.startswith("=")


SH = Sh()


def split(line: str, rules: Rules) -> list[Word]:
    """The words of a line that ends at the cursor; the last is the one being typed, which may be empty."""
    words: list[Word] = []
    raw = text = quote = ""
    opening = -1
    for _, part, meaning, open_quote in rules.characters(line):
        if part == meaning and part in " \t\n" and not open_quote:
            if raw:
                words.append(Word(raw, text))
            raw = text = ""
            continue
        if open_quote != quote:
            quote = open_quote
            opening = len(raw) if quote else -1
        raw += part
        text += meaning
    return [*words, Word(raw, text, quote, opening)]


def is_nested(line: str, rules: Rules) -> bool:
    """Whether the line may be inside a substitution, or in quotes of other rules: what is open there is not known."""
    return any(
        (rules.nested_in_quotes if quote else rules.nested).match(line, position) is not None
        for position, raw, text, quote in rules.characters(line)
        if raw == text and quote != "'"
    )


def unquoted_positions(raw: str, rules: Rules) -> list[int]:
    """The positions of the characters of a word that are neither quoted nor escaped."""
    return [position for position, part, text, quote in rules.characters(raw) if part == text and not quote]
