"""Which nodes of large arrays run together, block by block: no one of them waits for what comes between two others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from backprop.autodiff.declaration.blocks import Margins, Reduced, Window
from backprop.autodiff.evaluation import block_ranges
from backprop.autodiff.evaluation.narrowing import block_form, comes_by_entries
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape, is_large


def most_reach() -> int:
    """How many entries beside a block a step may compute that its neighbour computes, too."""
    return block_ranges.MOST_ENTRIES // 32


class Space(NamedTuple):
    """What arrays have in common that have their blocks together: all axes but the leading one, and about its length.

    `number` tells apart spaces of other lengths.
    """

    rest: Shape
    number: int


class Fusion(NamedTuple):
    """Nodes that run together, in topological order, and the level at which they can run."""

    level: int
    members: tuple[Node, ...]


class Fusions:
    """The groups of some nodes, which are in topological order.

    A node has the `level` of its operands, and one more where an operand is computed in blocks that it is not part
    of. Those of one level and space are a group: no way from one to another leads through a third outside.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.level: dict[Node, int] = {}
        self.space: dict[Node, Space] = {}  # of what can run in blocks
        self._lengths: dict[Shape, list[int]] = {}
        self._reach: dict[Node, int] = {}
        groups: dict[tuple[int, Space], list[Node]] = {}
        for node in nodes:
            space = self._space_of(node)
            self.level[node] = max(
                [self.level[operand] + self._waits(operand, space) for operand in node.reads], default=0
            )
            if space is not None:
                self._join(node, space, groups)
        self.groups = [Fusion(level, tuple(members)) for (level, _), members in groups.items()]

    def _join(self, node: Node, space: Space, groups: dict[tuple[int, Space], list[Node]]) -> None:
        near = [operand for operand in node.reads if self.joins(operand, space, self.level[node])]
        form = None if node.gate.has_local else block_form(node)
        reach = max([self._reach[operand] for operand in near], default=0)
        if isinstance(form, (Window, Margins)):
            reach += max(form.start, abs(node.shape[0] - node.inputs[0].shape[0])) * prod(space.rest)
        if reach > most_reach():
            self.level[node] += bool(near)
            reach = 0
            if form is not None:
                return
        elif form is not None and not near:  # a view of what is there, or one sweep over it
            return
        self.space[node] = space
        self._reach[node] = reach
        groups.setdefault((self.level[node], space), []).append(node)

    def joins(self, operand: Node, space: Space, level: int) -> bool:
        return self.space.get(operand) == space and self.level[operand] == level and bool(operand.shape)

    def _waits(self, operand: Node, space: Space | None) -> bool:
        """Whether what has this space comes behind the group of the operand."""
        own = self.space.get(operand)
        return own is not None and (own != space or not operand.shape)

    def _space_of(self, node: Node) -> Space | None:
        if comes_by_entries(node):
            return self._space(node.shape)
        form = block_form(node)
        if isinstance(form, (Window, Margins)) and is_large(node.shape) and is_large(node.inputs[0].shape):
            space = self._space(node.shape)
            return space if space == self._space(node.inputs[0].shape) else None
        return (
            self._space(node.inputs[0].shape) if isinstance(form, Reduced) and is_large(node.inputs[0].shape) else None
        )

    def _space(self, shape: Shape) -> Space:
        length, *rest = shape
        lengths = self._lengths.setdefault(tuple(rest), [])
        for number, other in enumerate(lengths):
            if abs(length - other) <= most_reach() // max(prod(rest), 1):
                return Space(tuple(rest), number)
        lengths.append(length)
        return Space(tuple(rest), len(lengths) - 1)
