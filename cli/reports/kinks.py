"""Kinks that were hit exactly, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

DIFFERING = "the derivatives from its sides differ, and their mean is given"


def remarks() -> list[str]:
    """A note for each kink that was hit exactly, since the last time, by a derivative whose sides differ there."""
    from backprop.autodiff.passes.kink_hits import take_hits  # here, not above: few derivatives meet a kink

    return [f"a kink was hit exactly: {kink}; {DIFFERING}" for kink in dict.fromkeys(map(as_written, take_hits()))]


def as_written(slope: Node) -> str:
    """The kink of a slope as it stands in the expression."""
    source, span = slope.graph.source, slope.span
    return f"{source[span.start : span.end]}" if source and span else slope.gate.name
