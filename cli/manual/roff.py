"""Text as roff, for the macros of man(7). Knows no command."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

ESCAPES = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
WIDTH = 70


def escaped(text: str) -> str:
    """The text so that roff prints these very characters, whatever it begins with."""
    written = "".join(
        ESCAPES.get(char, char) if char.isascii() else "".join(rf"\[u{ord(character):04X}]" for character in char)
        for char in text
    )
    return rf"\&{written}" if written[:1] == "." else written


def bold(text: str) -> str:
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    return rf"\fI{escaped(text)}\fR"


def section(title: str) -> list[str]:
    return [f'.SH "{escaped(title)}"']


def subsection(title: str) -> list[str]:
    return [f'.SS "{escaped(title)}"']


def paragraph(text: str) -> list[str]:
    """A paragraph, filled by roff."""
    return [".PP", *lines(text)]


def lines(text: str) -> list[str]:
    """The text on lines of moderate length, which roff fills again; a break is one of the text's own."""
    return [escaped(line) for line in textwrap.wrap(" ".join(text.split()), WIDTH, break_on_hyphens=False)]


def lines_broken(texts: Iterable[str]) -> list[str]:
    """Lines, already roff, each on its own."""
    return [piece for number, line in enumerate(texts) for piece in ([".br", line] if number else [line])]


def entry(term: str, text: str) -> list[str]:
    """A term, already roff, and under it what it means."""
    return [".TP", term, *lines(text)]


def code(examples: Iterable[str]) -> list[str]:
    """Lines as they stand."""
    return [".PP", ".EX", *(escaped(f"    {example}") for example in examples), ".EE"]
