"""How PowerShell reads a line, and what it is told. Knows no command.

What is typed comes percent-encoded, and so go the answers: versions before 7.3 drop the quotes in an argument, and
all of them read what a program writes by the console's code page.
"""

from __future__ import annotations

import re
from urllib.parse import quote as percent_encoded

from backprop.cli.completion.line import Character

SINGLE = "'\u2018\u2019\u201a\u201b"  # each of which opens a text, and any of the same kind closes it
DOUBLE = '"\u201c\u201d\u201e'
PLAIN = re.compile(r"[\w%+=:./\\-]*")  # a comma makes a list, and @ names a variable
CONTROLS = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class PowerShell:
    """A backtick escapes, outside of single quotes; a quote that is doubled inside of quotes is one."""

    nested = re.compile(r"[({]|\$[\w^?$:]|@['\"]")
    nested_in_quotes = re.compile(r"\$[\w({^?$:]")

    def characters(self, line: str) -> list[Character]:
        found = []
        quote = ""
        position = 0
        while position < len(line):
            raw = text = line[position]
            follower = line[position + 1 : position + 2]
            kind = kind_of(raw)
            if kind and kind == quote and kind_of(follower) == kind:
                raw, text = raw + follower, follower
            elif kind and kind == quote:
                text = quote = ""
            elif kind and not quote:
                text, quote = "", kind
            elif raw == "`" and quote != "'":
                raw, text = raw + follower, CONTROLS.get(follower, follower)
            found.append((position, raw, text, quote))
            position += len(raw)
        return found

    def quoted(self, text: str, quote: str) -> str:
        if quote == "'":
            return "".join(char * 2 if char in SINGLE else char for char in text)
        if quote:
            return "".join(f"`{char}" if char in f"{DOUBLE}`$" else char for char in text)
        return "".join(char if PLAIN.fullmatch(char) else f"`{char}" for char in text)

    def is_plain(self, text: str) -> bool:
        return PLAIN.fullmatch(text) is not None


def kind_of(char: str) -> str:
    """Which of the two quotes it is, if any: a word processor's are taken, too."""
    return "'" if char and char in SINGLE else '"' if char and char in DOUBLE else ""


def encoded(text: str, shown: str, tip: str) -> str:
    """An answer: what takes the place of the word, what a menu shows for it, and what it is."""
    return "\t".join(percent_encoded(part, safe="") for part in (text, shown, tip))
