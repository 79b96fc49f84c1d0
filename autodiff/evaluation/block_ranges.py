"""Which lines of its arrays a group of nodes needs in each block; a line is an entry along the leading axis.

Numbers only: where the lines are kept is in block_plan.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from backprop.autodiff.declaration.blocks import BlockForm, Margins, Window
from backprop.autodiff.evaluation.narrowing import block_form
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple

# Half a core's second-level cache in one buffer: of 2^13 entries the calls cost as much as the numbers, and of 2^16
# the buffers do not stay in the caches.
MOST_ENTRIES = 2**15
LEAST_LINES = 16

Range = tuple[int, int]  # from and to
Ranges = tuple[Range, ...]  # in each kind of block, counted from where that begins


class Read(NamedTuple):
    """What a step reads: what another makes or an array from outside, and how many lines further on."""

    node: Node
    shift: int


def starts_of(length: int, entries: int) -> tuple[int, ...]:
    """Where the blocks of so many lines begin, each line of some entries.

    They are those halves of halves that NumPy's own pairwise sum is made of, so that sums of the blocks, added in
    pairs, are that sum to the last bit. Read: Higham (2002), section 4.2.
    """
    cuts = [(0, length)]
    while cuts[0][1] * entries > MOST_ENTRIES and cuts[0][1] > LEAST_LINES:
        halves = [(start, count, count // 2 - count // 2 % 8) for start, count in cuts]
        cuts = [part for start, count, half in halves for part in ((start, half), (start + half, count - half))]
    return tuple([start for start, _ in cuts])


def form_of(node: Node) -> BlockForm | None:
    return None if node.gate.has_local else block_form(node)


class BlockRanges:
    """Finds, for each kind of block, the lines of every step of a group that the `wanted` nodes and the folds need.

    Blocks are of one kind where these are the same counted from where each begins: but at the ends, all that are
    equally long.
    """

    def __init__(self, members: Sequence[Node], wanted: Sequence[Node], *, is_flat: bool) -> None:
        self.members = frozenset(members)
        self.wanted = wanted
        self.is_flat = is_flat
        self.steps = [node for node in members if not isinstance(form_of(node), Window)]
        folded = [self.length(node.inputs[0]) for node in members if not node.shape]
        entries = 1 if is_flat else prod(next(node.shape for node in members if node.shape)[1:])
        self.starts = starts_of(max(folded or map(self.length, wanted)), entries)
        self.kinds: list[int] = []
        self.samples: list[int] = []  # a block of each kind
        self._find_kinds()
        self._needs = [self._needed_in(block) for block in self.samples]

    def length(self, node: Node) -> int:
        return prod(node.shape) if self.is_flat else node.shape[0]

    def source(self, node: Node) -> Read:
        """Where a member's lines are: a window's are those of its operand, further on."""
        shift = 0
        while node in self.members and isinstance(form := form_of(node), Window):
            shift += form.start
            (node,) = node.inputs
        return Read(node, shift)

    def made(self, step: Node) -> Ranges:
        """The lines of a step that are computed."""
        return tuple([needs[step] for needs in self._needs])

    def read(self, step: Node, shift: int = 0) -> Ranges:
        """The lines of a source that a step reads, those that it makes being so many lines further on."""
        return tuple(
            [
                moved(self._read_in(block, step, needs[step]), shift)
                for block, needs in zip(self.samples, self._needs, strict=True)
            ]
        )

    def blocks(self, node: Node, shift: int = 0) -> Ranges:
        """The lines of an array that are a block's own."""
        return tuple([moved(self._block(block, self.length(node)), shift) for block in self.samples])

    @property
    def most(self) -> int:
        """How many lines of a step there are at most."""
        return max([stop - start for needs in self._needs for start, stop in needs.values()])

    def _find_kinds(self) -> None:
        last = len(self.starts) - 1
        known: dict[tuple[bool, bool, int], int] = {}
        for block, start in enumerate(self.starts):
            lines = self.starts[block + 1] - start if block < last else 0
            key = (block == 0, block == last, lines)
            if key not in known:
                known[key] = len(known)
                self.samples.append(block)
            self.kinds.append(known[key])

    def _block(self, block: int, length: int) -> Range:
        is_last = block + 1 == len(self.starts)
        return 0, (length if is_last else self.starts[block + 1]) - self.starts[block]

    def _needed_in(self, block: int) -> dict[Node, Range]:
        needs = dict.fromkeys(self.steps, (0, 0))
        for node in self.wanted:
            source, shift = self.source(node)
            needs[source] = around(needs[source], moved(self._block(block, self.length(node)), shift))
        for step in reversed(self.steps):
            if not step.shape:
                needs[step] = self._block(block, self.length(step.inputs[0]))
            for operand in step.reads:
                source, shift = self.source(operand)
                if source in needs:
                    needs[source] = around(needs[source], moved(self._read_in(block, step, needs[step]), shift))
        return needs

    def _read_in(self, block: int, step: Node, lines: Range) -> Range:
        """The lines of its operands that a step reads to make some lines."""
        form = form_of(step)
        if not isinstance(form, Margins):
            return lines
        origin = self.starts[block]
        start = max(lines[0] - form.start, -origin)
        return start, max(start, min(lines[1] - form.start, self.length(step.inputs[0]) - origin))


def moved(lines: Range, shift: int) -> Range:
    return lines[0] + shift, lines[1] + shift


def around(first: Range, second: Range) -> Range:
    """The lines of both, and those between them."""
    if first[0] == first[1]:
        return second
    return first if second[0] == second[1] else (min(first[0], second[0]), max(first[1], second[1]))
