"""Kinks that were hit exactly, in words."""

from __future__ import annotations

from backprop.autodiff.graph import Node
from backprop.autodiff.passes.sides import take_hits


def remarks() -> list[str]:
    """A note for each kink that was hit exactly, since the last time, by a derivative whose sides differ there."""
    return list(dict.fromkeys(map(_remark, take_hits())))


def _remark(slope: Node) -> str:
    source, span = slope.graph.source, slope.span
    where = f"{source[span.start : span.end]}" if source and span else slope.gate.name
    return f"a kink was hit exactly: {where}; the derivatives from its sides differ, and their mean is given"
