"""The closest of some names to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, None where nothing is close."""
    from difflib import get_close_matches  # here: only errors need it

    folded = {candidate.casefold(): candidate for candidate in candidates}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.65)
    return folded[found[0]] if found else None
