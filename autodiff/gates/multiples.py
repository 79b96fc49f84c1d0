"""A radius of a vector that is a multiple of another: |s| times the radius of that other one.

Along a line through 0 the direction v/r is constant but for its sign, and so its derivatives are 0. From v and r, each
rounded, they are differences of near numbers over powers of r. So where v is written as s*w, its direction is
differentiated as sign(s) times that of w, at s = 0, too: there it has the kink of abs(s).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.kinds import Bilinear
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.gates import arithmetic, kinked, limits, selection
from backprop.autodiff.gates.factors import divided, divisible, is_odd, is_zero
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


MOST_NODES = 500  # that are looked at for a factor


class LineThroughZero(NamedTuple):
    """v/r for a v that is a multiple of w, as the sign of the scale times the direction of w, and the radius of w."""

    direction: Node
    radius: Node


def line(scale: Node, direction: Node, radius: Node) -> LineThroughZero | None:
    """None where w is 0 itself, or infinite."""
    if is_known(radius):
        value = known_value(radius)
        if not (np.isfinite(value) & (value != 0.0)).all():
            return None
    return LineThroughZero(kinked.absolute_slope(scale) * direction, radius)


def is_known(node: Node) -> bool:
    """Whether the node depends on no variable."""
    return not limits.paths_of(node).varies(node)


def known_value(node: Node) -> Any:
    return run(lower([node]), {})[0]


def common_factor(vectors: Sequence[Node], shapes: Collection[Shape]) -> tuple[Node, list[Node]] | None:
    """A node of one of the shapes that every vector is written with as a factor, and the vectors without it.

    Where there are several, or one of higher multiplicity, their product.
    """
    scale: Node | None = None
    rests = list(vectors)
    factors = [node for node in _common_factors(vectors) if node.shape in shapes and not is_known(node)]
    for node in sorted(factors, key=lambda node: node.index, reverse=True):
        while (without := _all_divided(rests, node)) is not None:  # again: x^2 and x*sin(x) have it twice
            rests = without
            scale = node if scale is None else scale * node
    return None if scale is None else (scale, rests)


def _all_divided(vectors: Sequence[Node], factor: Node) -> list[Node] | None:
    """The vectors without a factor that all have; None where one lacks it, or where all are zero."""
    quotients = []
    for vector in vectors:
        quotient = divided(vector, factor, by_series=True)
        if quotient is None and not is_zero(vector):
            return None
        quotients.append(vector if quotient is None else quotient)
    return None if all(map(is_zero, vectors)) else quotients


def _common_factors(vectors: Sequence[Node]) -> set[Node]:
    """The nodes that may be a factor of each of some vectors; none where too many nodes would be looked at."""
    nodes = {*vectors}
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        for operand in node.inputs if is_odd(node) else divisible(node):
            if operand not in nodes:
                nodes.add(operand)
                waiting.append(operand)
        if len(nodes) > MOST_NODES:
            return set()
    factors: dict[Node, set[Node]] = {}
    for node in sorted(nodes, key=lambda node: node.index):
        factors[node] = _factors_of(node, factors)
    shared = [factors[vector] for vector in vectors if not is_zero(vector)]
    return set.intersection(*shared) if shared else set()


def _factors_of(node: Node, known: Mapping[Node, set[Node]]) -> set[Node]:
    """The node and the factors of its operands that it has, too."""
    gate = node.gate
    if node.is_constant:
        return set()
    own = {node}
    operands = node.inputs if is_odd(node) else divisible(node)
    parts = [known[operand] for operand in operands if not is_zero(operand)]
    if not parts:
        return own
    if gate is selection.where:
        parts = parts[1:]
    if gate in (arithmetic.multiply, arithmetic.limit_product) or isinstance(gate, Bilinear):
        return own.union(*parts)
    return own | set.intersection(*parts)
