"""User text made safe to show: what would move the cursor, or be seen by nobody, is written as an escape."""

from __future__ import annotations

from backprop.parser.diagnostics.rendering import visible

__all__ = ["Lines", "as_note", "visible", "visible_lines"]


class Lines(str):
    """A text of several lines: its line breaks are ours. Those of any other text are the user's."""

    __slots__ = ()


def as_note(text: str) -> str:
    """The text as a note, of as many lines as it has."""
    return type(text)(f"note: {text}")


def visible_lines(text: str) -> str:
    """The text made visible, so that nothing in it looks like a line of its own unless it is one."""
    return "\n".join(map(visible, text.split("\n"))) if isinstance(text, Lines) else visible(text)
