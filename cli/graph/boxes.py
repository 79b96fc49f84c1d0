"""Where things lie, in pixels: boxes by their middles, and curves between them. Lays nothing out."""

from __future__ import annotations

from backprop.autodiff.named_tuple import NamedTuple

MARGIN = 8

Curve = list[tuple[float, float]]  # a start and three points for each Bezier piece


class Box(NamedTuple):
    """The middle of something, and its size."""

    x: float
    y: float
    width: float
    height: float


class Size(NamedTuple):
    """The size of something that is not placed yet; what `is_round` is a circle."""

    width: float
    height: float
    is_round: bool = False


class Edge(NamedTuple):
    """A line from the right side of one thing to another; with `is_short` they stand side by side."""

    start: str
    end: str
    is_short: bool = False


class Layout(NamedTuple):
    """`boxes` and `curves` by name: `n3` an element, `w3` the numbers on its wire, `s7` those of a wire's share.

    The curves are by the names of their two ends, several between the same two in the order of the edges.
    """

    width: float
    height: float
    boxes: dict[str, Box]
    curves: dict[tuple[str, str], list[Curve]]
