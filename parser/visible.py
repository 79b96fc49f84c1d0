"""Text made safe to show: what would move the cursor, or be seen by nobody, is an escape; and how wide text is."""

from __future__ import annotations

import unicodedata

TAB = " " * 4


def visible(text: str) -> str:
    """The text with an escape for every character that a terminal would act on or that nobody would see."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def brief(text: str, longest: int) -> str:
    """The text, cut at its end where it is longer than so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def columns(text: str) -> int:
    """How many columns of a terminal the text takes as it is shown."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(width(char) for char in "".join(map(cell, text)))


def width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cell(char: str) -> str:
    """A character of the source as it is shown."""
    return TAB if char == "\t" else visible(char)


class Lines(str):
    """A text of several lines: its line breaks are ours. Those of any other text are the user's."""

    __slots__ = ()


class Tabbed(str):
    """A line that may have tabs, which are ours: those of any other text are the user's."""

    __slots__ = ()


def as_note(text: str) -> str:
    """The text as a note, of as many lines as it has."""
    return type(text)(f"note: {text}")


def visible_lines(text: str) -> str:
    """The text made visible, so that nothing in it looks like a line of its own unless it is one."""
    return "\n".join(map(visible, text.split("\n"))) if isinstance(text, Lines) else visible(text)
