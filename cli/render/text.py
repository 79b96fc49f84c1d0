"""User text made safe to show: what would move the cursor, or be seen by nobody, is written as an escape."""

from __future__ import annotations

from backprop.parser.errors import visible

__all__ = ["visible", "visible_lines"]


def visible_lines(text: str) -> str:
    """Every line of the text made visible."""
    return "\n".join(map(visible, text.split("\n")))
