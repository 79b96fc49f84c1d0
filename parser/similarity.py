"""The closest of some names to a misspelt one, and the cure that offers it."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, None where nothing is close."""
    from difflib import get_close_matches  # here: only errors need it

    folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = get_close_matches(name.casefold(), folded, n=1, cutoff=0.65)
    return folded[matches[0]] if matches else None


def suggestion(name: str, candidates: Iterable[str], otherwise: str) -> str:
    """The cure for a misspelt name: `did you mean sin?`, or what else helps where nothing is close."""
    meant = closest(name, candidates)
    return f"did you mean {meant}?" if meant else otherwise
