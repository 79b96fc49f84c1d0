"""Lowering for many rows: the nodes that some results need, as steps over slots that are used again.

What depends on no row is computed once, by an ordinary program, before the rows are. Runs nothing: batched_program.py
does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.filling import copy_into, filling
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.needs import is_view
from backprop.autodiff.evaluation.program import Program, lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.spelling import spelled
from backprop.autodiff.shapes import Shape

# A block's inputs, results and buffers: four times a core's second-level cache, because inputs and results only pass.
BLOCK_BYTES = 2**23
MOST_ROWS = 2**16
# Between two NumPy calls a thread waits for the others to let go of the interpreter: blocks of 2^14 rows of numbers
# take 1.3 times as long as those of 2^16, blocks of 2^12 twice as long.
LEAST_ROWS = 2**14
WORTH_A_CALL = 2**12  # numbers, below which two threads only take turns
WORTH_A_THREAD = 2**20  # results of single operations: about 0.5 ms, against 0.1 ms to wake it
LEAST_ROWS_BYTES = 2**26  # the most memory for them: rows of long arrays come fewer at a time


class RowStep(NamedTuple):
    """`slots[output] = function(*operands(slots))`, or where `output` is None, a function that fills its last operand.

    `operands` takes the operands out of the slots: between two NumPy calls every microsecond is one for the others.
    """

    function: Callable[..., Any]
    operands: Callable[[Sequence[Any]], Sequence[Any]]
    output: int | None


class RowPlan(NamedTuple):
    """What to run for each block of rows. The results have the first slots; the others are named here.

    `prelude` computes what depends on no row, and `held` gives each of its results a slot and, where True, an axis
    for the rows; `columns` are slots of inputs, `buffers` of what a step fills, with one row's shape, `references`
    of what a step returns.
    """

    prelude: Program
    held: tuple[tuple[int, bool], ...]
    columns: tuple[tuple[int, str], ...]
    buffers: tuple[tuple[int, Shape], ...]
    references: tuple[int, ...]
    steps: tuple[RowStep, ...]
    result_shapes: tuple[Shape, ...]
    slots: int
    entries: int  # numbers a row that are in use at once, about

    @property
    def rows_per_block(self) -> int:
        bytes_a_row = 8 * max(self.entries, 1)
        least = min(LEAST_ROWS, LEAST_ROWS_BYTES // bytes_a_row)
        return max(1, least, min(MOST_ROWS, BLOCK_BYTES // bytes_a_row))

    @property
    def rows_worth_a_thread(self) -> int:
        """With fewer rows a thread costs more than it saves."""
        return min(self.rows_per_block, max(WORTH_A_CALL, WORTH_A_THREAD // max(len(self.steps), 1)))


@without_collection
def plan_rows(results: Sequence[Node], varying: Collection[str]) -> RowPlan:
    """The steps for `results`, nodes of one graph typed by the shapes of one row, where `varying` inputs have rows.

    A gate whose function is made of NumPy's is planned as these, which fill buffers and may be those of another gate.
    """
    return _Planner(spelled(results, is_made_of_ufuncs), varying).plan()


def is_made_of_ufuncs(node: Node) -> bool:
    return node.gate.is_entrywise and node.gate.kernel is node.gate.forward


class _Planner:
    """Gives a slot to each node that rows differ in: a result's own, a buffer used before, or one for a reference."""

    def __init__(self, results: Sequence[Node], varying: Collection[str]) -> None:
        self.results = results
        self.nodes = needed(results, is_read=True) if results else []
        self.varies = _varying_nodes(self.nodes, frozenset(varying))
        self.targets: dict[Node, list[int]] = {}
        for slot, node in enumerate(results):
            self.targets.setdefault(node, []).append(slot)
        self.slots = len(results)
        self.slot: dict[Node, int] = {}
        self.held: dict[tuple[Node, bool], int] = {}
        self.columns: list[tuple[int, str]] = []
        self.kind: dict[int, Shape | None] = {}  # of the slots that are used again: a buffer's shape, None: a reference
        self.free: dict[Shape | None, list[int]] = {}
        self.referred: dict[int, int] = {}  # the most entries a row that a reference ever has
        self.steps: list[RowStep] = []

    def plan(self) -> RowPlan:
        dying = self._last_uses()
        for node in self.nodes:
            if node in self.varies:
                operands = tuple([self._operand(operand, node) for operand in node.reads])
                for dead in dying.get(node.index, ()):
                    if dead is not node:
                        self._release(dead)
                self._add(node, operands)
                if node in dying.get(node.index, ()):
                    self._release(node)
            elif node in self.targets:
                self._copy(self._hold(node, bool(node.shape)), self.targets[node])
        shapes = tuple([node.shape for node in self.results])
        buffers = tuple([(slot, shape) for slot, shape in self.kind.items() if shape is not None])
        passing = [node.shape for node in self.varies if node.gate is leaves.input]
        return RowPlan(
            prelude=lower([node for node, _ in self.held]),
            held=tuple([(slot, has_axis) for (_, has_axis), slot in self.held.items()]),
            columns=tuple(self.columns),
            buffers=buffers,
            references=tuple(self.referred),
            steps=tuple(self.steps),
            result_shapes=shapes,
            slots=self.slots,
            entries=sum(map(math.prod, [*shapes, *passing, *[shape for _, shape in buffers]]))
            + sum(self.referred.values()),
        )

    def _last_uses(self) -> dict[int, list[Node]]:
        """The nodes whose slots are free again, by the index of the node that uses them last.

        The result of a gate that is not entrywise may be a view of its operands, which then live as long as it does.
        """
        last: dict[Node, int] = {}
        for node in reversed(self.nodes):
            if node in self.varies:
                end = last.setdefault(node, node.index)
                for operand in node.reads:
                    if operand in self.varies:
                        last[operand] = max(last.get(operand, 0), end if is_view(node) else node.index)
        dying: dict[int, list[Node]] = {}
        for node, index in last.items():
            dying.setdefault(index, []).append(node)
        return dying

    def _add(self, node: Node, operands: tuple[int, ...]) -> None:
        targets = self.targets.get(node, [])
        if node.gate is leaves.input:
            self.slot[node] = self._new()
            self.columns.append((self.slot[node], str(node.name)))
        else:
            function = node.gate.row_function(node)
            fills = node.gate.has_local and isinstance(function, np.ufunc)
            if fills and targets and not node.shape:
                self.slot[node], *targets = targets  # a number is computed where it is wanted
            else:
                self.slot[node] = self._take(node.shape if fills else None)
            if not fills:
                slot = self.slot[node]
                self.referred[slot] = max(self.referred.get(slot, 0), math.prod(node.shape))
            self._step(function, operands, self.slot[node], fills)
        self._copy(self.slot[node], targets)

    def _copy(self, source: int, targets: Sequence[int]) -> None:
        for target in targets:
            self._step(copy_into, (source,), target, True)

    def _step(self, function: Callable[..., Any], inputs: tuple[int, ...], output: int, fills: bool) -> None:
        places = (*inputs, output) if fills else inputs
        taken = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
        self.steps.append(RowStep(filling(function) if fills else function, taken, None if fills else output))

    def _operand(self, operand: Node, user: Node) -> int:
        if operand in self.varies:
            return self.slot[operand]
        return self._hold(operand, bool(operand.shape) or not user.gate.has_local)

    def _hold(self, node: Node, has_axis: bool) -> int:
        if (node, has_axis) not in self.held:
            self.held[node, has_axis] = self._new()
        return self.held[node, has_axis]

    def _take(self, kind: Shape | None) -> int:
        if self.free.get(kind):
            return self.free[kind].pop()
        slot = self._new()
        self.kind[slot] = kind
        return slot

    def _release(self, node: Node) -> None:
        slot = self.slot[node]
        if slot in self.kind:
            self.free.setdefault(self.kind[slot], []).append(slot)

    def _new(self) -> int:
        self.slots += 1
        return self.slots - 1


def _varying_nodes(nodes: Sequence[Node], varying: frozenset[str]) -> set[Node]:
    dependent: set[Node] = set()
    for node in nodes:
        if node.gate is leaves.input:
            if str(node.name) in varying:
                dependent.add(node)
        elif any([operand in dependent for operand in node.reads]):
            dependent.add(node)
    return dependent
