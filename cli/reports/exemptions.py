"""Where a formula that diff prints is not the derivative, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from backprop.autodiff.graph import Node
from backprop.autodiff.passes.textbook import Exemption
from backprop.parser.printers.expression import TEXTBOOK, show

LONGEST = 60  # characters of a part of the formula in a note
MOST = 8  # notes


def remarks(exemptions: Sequence[Exemption]) -> list[str]:
    """A note for each corner at which the formula has another value than the derivative, or none."""
    notes = []
    for _, together in groupby(sorted(exemptions, key=_corner), _corner):
        same = list(together)
        forms = dict.fromkeys(_short(exemption.form, "a part of the formula") for exemption in same)
        notes.append(_remark(same[0], list(forms)))
    more = len(notes) - MOST
    return notes if more <= 0 else [*notes[:MOST], f"at {more} more corners the formula is not the derivative, too"]


def _corner(exemption: Exemption) -> tuple[int, bool, str, str]:
    """What the exemptions of one note have in common."""
    return exemption.condition.index, exemption.counts_sides is True, str(exemption.written), _value(exemption.value)


def _remark(exemption: Exemption, forms: Sequence[str]) -> str:
    where = f"where {_short(exemption.condition, 'a denominator is 0')}"
    if exemption.counts_sides:
        return (
            f"{where}, the derivative is the mean of those from both sides of a kink, which this formula may not give"
        )
    is_several = len(forms) > 1
    said = "has no value" if exemption.written is None else f"is {exemption.written:g}"
    if is_several:
        said = "have no value" if exemption.written is None else f"are {exemption.written:g}"
    shown = forms[0] if not is_several else f"{forms[0]} and {forms[1]}"
    if len(forms) > 2:
        shown = f"{forms[0]} and {len(forms) - 1} other parts"
    return (
        f"{where}, {shown} {said}; the derivative takes {'each' if is_several else 'it'} as {_value(exemption.value)}"
    )


def _value(value: Node | float | None) -> str:
    return "its limit" if value is None else f"{value:g}" if isinstance(value, float) else show(value, {})


def _short(node: Node, otherwise: str) -> str:
    text = show(node, {}, spacing=TEXTBOOK)
    return text if len(text) <= LONGEST else otherwise
