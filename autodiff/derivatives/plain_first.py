"""Derivatives without masks, which nearly all do without, and with them where those may count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, TypeVar

import numpy as np

from backprop.autodiff.graph import Graph

Results = TypeVar("Results", bound=Iterable[Any])


def plain_first(graph: Graph, compute: Callable[[], Results]) -> Results:
    """The numbers that `compute` builds derivatives for and evaluates: without masks where those change nothing.

    What is not selected is a multiple of zero, and needs a mask only where the other factor is inf or nan. Such a
    product is nan, and since derivatives are linear in it, so is a result. Where all are finite they are the same.
    """
    if not any([node.gate.is_selection for node in graph.nodes]):
        return compute()
    graph.is_plain = True
    try:
        found = compute()
    finally:
        graph.is_plain = False
    with np.errstate(all="ignore"):
        if all([isfinite(np.vdot(one, one)) for one in found]):  # in one sweep; too large is too large for this, too
            return found
    from backprop.autodiff.passes.sides import forget_hits  # here, not above: few derivatives are not finite

    forget_hits(graph)
    return compute()
