"""Text in colours for a terminal, by rich, which is imported where there are some. Knows no report and no picture."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def painted(pieces: Iterable[tuple[str, str]], *, is_colored: bool) -> str:
    """Texts and their styles, in rich's words, as one line without blanks at its end; a run of one style at once."""
    kept = list(pieces)
    while kept and kept[-1][0].isspace():
        kept.pop()
    if not is_colored:
        return "".join(text for text, _ in kept)
    from rich.color import ColorSystem
    from rich.style import Style

    return "".join(
        Style.parse(style).render("".join(text for text, _ in run), color_system=ColorSystem.STANDARD)
        for style, run in groupby(kept, lambda piece: piece[1])
    )
