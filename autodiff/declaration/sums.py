"""The sum of several nodes. Knows no gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def add_up(nodes: Sequence[Node]) -> Node:
    """Their sum, added in pairs: the rounding error grows with the logarithm of their number.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, section 4.2 (pairwise summation).
    """
    level = list(nodes)
    while len(level) > 1:
        pairs = [level[left] + level[left + 1] for left in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]
