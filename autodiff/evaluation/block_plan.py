"""A group of nodes as steps over blocks of their arrays: what is kept where.

Plans only: blocked_program.py runs it, and which entries are in a block is in block_ranges.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from operator import getitem, itemgetter
from typing import Any

import numpy as np

from backprop.autodiff.declaration.blocks import Margins, Reduced
from backprop.autodiff.evaluation import block_ranges
from backprop.autodiff.evaluation.block_ranges import BlockRanges, Ranges, form_of
from backprop.autodiff.evaluation.filling import filling
from backprop.autodiff.evaluation.needs import is_view
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape


class BlockStep(NamedTuple):
    """`slots[output] = function(*operands(slots))`; where `output` is None the function fills its last operand."""

    function: Callable[..., Any]
    operands: Callable[[Sequence[Any]], Sequence[Any]]
    output: int | None


class BlockViews(NamedTuple):
    """What the slots hold in a block: lines of arrays, counted from where it begins, lines of buffers, and settings."""

    arrays: tuple[tuple[int, int, int, int], ...]  # slot, array, from, to
    buffers: tuple[tuple[int, int, int, int], ...]
    settings: tuple[tuple[int, Any], ...]


class BlockFold(NamedTuple):
    """A slot with what each block gives, the ufunc between them, and what is made of that and the number of entries."""

    slot: int
    ufunc: Any
    finish: Callable[[Any, int], Any] | None
    entries: int


class BlockPlan(NamedTuple):
    """What to run for each block, from operands that are `held` whole and others that are cut (`arrays`).

    `starts` says where each block begins and `kinds` which of the `views` it has. The arrays are those of the operands
    and then the results' (`shapes`); `is_flat`: each as if it had one axis. `buffers` has the shapes of their memory.
    `handed` tells what to hand out: a result by its position, a fold by its own behind them.
    """

    held: tuple[tuple[int, int], ...]  # slot, operand
    arrays: tuple[int, ...]
    is_flat: bool
    shapes: tuple[Shape, ...]
    buffers: tuple[Shape, ...]
    slots: int
    steps: tuple[BlockStep, ...]
    folds: tuple[BlockFold, ...]
    starts: tuple[int, ...]
    kinds: tuple[int, ...]
    views: tuple[BlockViews, ...]
    handed: tuple[int, ...]


def plan_blocks(members: Sequence[Node], outputs: Sequence[Node], operands: Sequence[Node]) -> BlockPlan | None:
    """The plan for `outputs`, some of the `members` of a group, from `operands`; None where blocks would be no use."""
    arrays = [node for node in members if node.shape]
    cut = [node for node in operands if len(node.shape) == len(arrays[0].shape) and node.shape[0] > 1]
    is_whole = len(cut) == sum([bool(node.shape) for node in operands])
    is_flat = is_whole and len({node.shape for node in (*arrays, *cut)}) == 1
    if not is_flat and prod(arrays[0].shape[1:]) > block_ranges.MOST_ENTRIES:
        return None
    ranges = BlockRanges(members, [node for node in outputs if node.shape], is_flat=is_flat)
    return _BlockPlanner(ranges, outputs, operands, cut).plan(() if is_flat else arrays[0].shape[1:])


class _BlockPlanner:
    """Gives each step a place: the result's own array, a buffer that is used again, or a slot for what it returns."""

    def __init__(
        self, ranges: BlockRanges, outputs: Sequence[Node], operands: Sequence[Node], cut: Sequence[Node]
    ) -> None:
        self.ranges, self.outputs, self.operands, self.cut = ranges, outputs, operands, cut
        self.array = {node: number for number, node in enumerate([*cut, *ranges.wanted])}
        self.is_direct = {
            node: ufunc_of(node) is not None and ranges.made(node) == ranges.blocks(node)
            for node in ranges.wanted
            if node in ranges.steps
        }
        self.slots = 0
        self.held = {node: self._new() for node in operands if node not in cut}
        self.slot: dict[Node, int] = {}  # of what a step returns
        self.buffer: dict[Node, int] = {}
        self.free: list[int] = []
        self.buffers = 0
        self.views: dict[tuple[Node, Ranges], int] = {}
        self.settings: dict[int, Sequence[Any]] = {}
        self.steps: list[BlockStep] = []

    def plan(self, rest: Shape) -> BlockPlan:
        ranges, dying = self.ranges, self._last_uses()
        for node in ranges.steps:
            dead = [one for one in dying.get(node, ()) if one is not node and one in self.buffer]
            replaced = [one for one in dead if self._is_read_in_place(one, node)]
            self._release(replaced)
            self._add(node)
            self._release([one for one in dead if one not in replaced])
            self._copy(node)
            if node in self.buffer and node in dying.get(node, ()):
                self._release([node])
        folds = [node for node in ranges.steps if not node.shape]
        made = [*ranges.wanted, *folds]
        return BlockPlan(
            held=tuple([(slot, self.operands.index(node)) for node, slot in self.held.items()]),
            arrays=tuple([self.operands.index(node) for node in self.cut]),
            is_flat=ranges.is_flat,
            shapes=tuple([node.shape for node in ranges.wanted]),
            buffers=((ranges.most, *rest),) * self.buffers,
            slots=self.slots,
            steps=tuple(self.steps),
            folds=tuple([self._fold(node) for node in folds]),
            starts=ranges.starts,
            kinds=tuple(ranges.kinds),
            views=tuple([self._views(kind) for kind in range(len(ranges.samples))]),
            handed=tuple([made.index(node) for node in self.outputs]),
        )

    def _add(self, node: Node) -> None:
        form = form_of(node)
        operands = [self._operand(node, operand) for operand in node.reads]
        ufunc = ufunc_of(node)
        if ufunc is not None:
            if not self.is_direct.get(node):
                self.buffer[node] = self.free.pop() if self.free else self._new_buffer()
            self._step(ufunc, [*operands, self._place(node, self.ranges.made(node))], None)
            return
        function: Callable[..., Any] = node.gate.row_function(node)
        if isinstance(form, Reduced):
            function = partial(form.ufunc.reduce, axis=None)
        elif isinstance(form, Margins):
            function = between_zeros
            both = zip(self.ranges.made(node), self.ranges.read(node, form.start), strict=True)
            operands.append(self._setting([(read[0] - made[0], made[1] - read[1]) for made, read in both]))
        self.slot[node] = self._new()
        self._step(function, operands, self.slot[node])

    def _copy(self, node: Node) -> None:
        """Bring what a step made to the results that it was not made in."""
        for wanted in self.ranges.wanted:
            source, shift = self.ranges.source(wanted)
            if source is node and not (wanted is node and self.is_direct[node]):
                block = self._view(wanted, self.ranges.blocks(wanted))
                self._step(np.positive, [self._place(node, self.ranges.blocks(wanted, shift)), block], None)

    def _operand(self, node: Node, operand: Node) -> int:
        if operand in self.held:
            return self.held[operand]
        source, shift = self.ranges.source(operand)
        return self._place(source, self.ranges.read(node, shift))

    def _place(self, source: Node, lines: Ranges) -> int:
        """The slot of some lines of an array or of what a step made."""
        if source in self.buffer or source in self.cut or self.is_direct.get(source):
            return self._view(source, lines)
        made = self.ranges.made(source)
        if lines == made:
            return self.slot[source]
        parts = [slice(start - own, stop - own) for (start, stop), (own, _) in zip(lines, made, strict=True)]
        part = self._new()
        self._step(getitem, [self.slot[source], self._setting(parts)], part)
        return part

    def _view(self, node: Node, lines: Ranges) -> int:
        if (node, lines) not in self.views:
            self.views[node, lines] = self._new()
        return self.views[node, lines]

    def _setting(self, values: Sequence[Any]) -> int:
        """A slot for what differs from one kind of block to the other."""
        slot = self._new()
        self.settings[slot] = values
        return slot

    def _views(self, kind: int) -> BlockViews:
        arrays, buffers = [], []
        for (node, lines), slot in self.views.items():
            start, stop = lines[kind]
            if node in self.buffer:
                own, _ = self.ranges.made(node)[kind]
                buffers.append((slot, self.buffer[node], start - own, stop - own))
            else:
                arrays.append((slot, self.array[node], start, stop))
        settings = [(slot, values[kind]) for slot, values in self.settings.items()]
        return BlockViews(tuple(arrays), tuple(buffers), tuple(settings))

    def _step(self, function: Callable[..., Any], places: Sequence[int], output: int | None) -> None:
        taken = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
        self.steps.append(BlockStep(function if output is not None else filling(function), taken, output))

    def _last_uses(self) -> dict[Node, list[Node]]:
        """The steps whose buffers are free again, by the step that reads them last.

        What a step returns may be a view of its operands, which then live as long as it does.
        """
        place = {node: number for number, node in enumerate(self.ranges.steps)}
        last: dict[Node, int] = {}
        for node in reversed(self.ranges.steps):
            end = last.setdefault(node, place[node])
            for operand in node.reads:
                source = self.ranges.source(operand).node
                if source in place:
                    lies_within = bool(node.shape) and is_view(node)
                    last[source] = max(last.get(source, 0), end if lies_within else place[node])
        dying: dict[Node, list[Node]] = {}
        for node, number in last.items():
            dying.setdefault(self.ranges.steps[number], []).append(node)
        return dying

    def _is_read_in_place(self, source: Node, node: Node) -> bool:
        """Whether a step reads, of a source, the lines that it makes, which may then take their place."""
        sources = [self.ranges.source(operand) for operand in node.reads]
        made = self.ranges.made(node)
        return made == self.ranges.made(source) and all(
            self.ranges.read(node, shift) == made for read, shift in sources if read is source
        )

    def _release(self, nodes: Sequence[Node]) -> None:
        self.free += [self.buffer[node] for node in nodes]

    def _fold(self, node: Node) -> BlockFold:
        form = form_of(node)
        assert isinstance(form, Reduced)
        return BlockFold(self.slot[node], form.ufunc, form.finish, prod(node.inputs[0].shape))

    def _new(self) -> int:
        self.slots += 1
        return self.slots - 1

    def _new_buffer(self) -> int:
        self.buffers += 1
        return self.buffers - 1


def ufunc_of(node: Node) -> Any:
    """The ufunc that fills a buffer with the node's entries, or None."""
    function = node.gate.row_function(node) if node.gate.has_local else None
    return function if isinstance(function, np.ufunc) else None


def between_zeros(x: Any, pads: tuple[int, int]) -> Any:
    """The lines with so many of zeros before and behind them, themselves where there are none."""
    before, behind = pads
    if not before and not behind:
        return x
    result = np.empty((before + len(x) + behind, *x.shape[1:]))
    result[:before] = result[before + len(x) :] = 0.0
    result[before : before + len(x)] = x
    return result
