"""Large arrays at one point, by blocks that stay in the cache, on every core.

Groups of nodes become one node each, and what it computes is taken out of it by others: the program that results is
lowered and run like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from backprop.autodiff.declaration.gate import Attribute, Gate
from backprop.autodiff.evaluation import threads
from backprop.autodiff.evaluation.block_groups import Fusion, Fusions
from backprop.autodiff.evaluation.block_plan import BlockPlan, plan_blocks
from backprop.autodiff.evaluation.narrowing import copied, narrowed
from backprop.autodiff.evaluation.needs import needed
from backprop.autodiff.graph import Node

WORTH_A_THREAD = 1e-4  # seconds of work: about as long as it takes to wake it


class BlockedProgram:
    """A plan, to be called with its operands. Many threads may call it at once."""

    def __init__(self, plan: BlockPlan) -> None:
        self.plan = plan
        self._workspaces = threading.local()

    def __call__(self, *operands: Any) -> list[Any]:
        """The outputs; which thread computes a block makes no difference to a single bit of them."""
        plan = self.plan
        results = [np.empty(shape) for shape in plan.shapes]
        arrays = [*[operands[place] for place in plan.arrays], *results]
        if plan.is_flat:
            arrays = [np.reshape(array, -1) for array in arrays]
        held = [(slot, operands[place]) for slot, place in plan.held]
        parts = [np.empty(len(plan.starts)) for _ in plan.folds]

        def work(first: int, last: int) -> None:
            self._run(first + 1, last + 1, arrays, held, parts)

        begin = perf_counter()
        self._run(0, 1, arrays, held, parts)
        seconds = perf_counter() - begin
        threads.over_rows(work, len(plan.starts) - 1, max(1, int(WORTH_A_THREAD / seconds)))
        made = [*results, *[in_pairs(part, fold.ufunc) for part, fold in zip(parts, plan.folds, strict=True)]]
        for place, fold in enumerate(plan.folds, len(results)):
            if fold.finish is not None:
                made[place] = fold.finish(made[place], fold.entries)
        return [made[place] for place in plan.handed]

    def _run(
        self,
        first: int,
        last: int,
        arrays: Sequence[Any],
        held: Sequence[tuple[int, Any]],
        parts: Sequence[np.ndarray[Any, Any]],
    ) -> None:
        plan, memory = self.plan, self._memory()
        slots: list[Any] = [None] * plan.slots
        for slot, value in held:
            slots[slot] = value
        present = None
        with np.errstate(all="ignore"):
            for block in range(first, last):
                views, origin = plan.views[plan.kinds[block]], plan.starts[block]
                for slot, place, start, stop in views.arrays:
                    slots[slot] = arrays[place][origin + start : origin + stop]
                if views is not present:
                    for slot, place, start, stop in views.buffers:
                        slots[slot] = memory[place][start:stop]
                    for slot, setting in views.settings:
                        slots[slot] = setting
                    present = views
                for function, operands, output in plan.steps:
                    if output is None:
                        function(*operands(slots))
                    else:
                        slots[output] = function(*operands(slots))
                for part, fold in zip(parts, plan.folds, strict=True):
                    part[block] = slots[fold.slot]

    def _memory(self) -> list[Any]:
        memory: list[Any] | None = getattr(self._workspaces, "of_thread", None)
        if memory is None:
            memory = self._workspaces.of_thread = [np.empty(shape) for shape in self.plan.buffers]
        return memory


def in_pairs(parts: Any, ufunc: Any) -> Any:
    """What the blocks give together; they are as many as a power of 2."""
    while len(parts) > 1:
        parts = ufunc(parts[0::2], parts[1::2])
    return parts[0]


together = Gate(
    "in_blocks",
    lambda *operands, program: program(*operands),
    operands=("*operands",),
    attributes={"program": Attribute(lambda program: program)},
    shape=lambda *operands, program: (),
    summary="what a group of gates gives, block by block",
    source="by definition",
    samples=(),
    is_public=False,
)
taken = Gate(
    "taken_from_blocks",
    lambda outputs, position, shape: outputs[position],
    operands=("outputs",),
    attributes={"position": Attribute(int), "shape": Attribute(lambda shape: shape)},
    shape=lambda outputs, position, shape: shape,
    summary="one of the results of a group of gates",
    source="by definition",
    samples=(),
    is_public=False,
)


def in_blocks(results: Sequence[Node], nodes: Sequence[Node], given: Collection[Node]) -> list[Node]:
    """What has the same values as `results`, computed by blocks where arrays are large, in a graph of its own.

    `nodes` are those that the results need, of which the `given` are inputs.
    """
    results = narrowed(results, nodes, given)
    nodes = needed(results, is_read=True)
    fusions, wanted = Fusions(nodes), set(results)
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        for operand in node.reads:
            users.setdefault(operand, []).append(node)
    alone = set(nodes).difference(*[group.members for group in fusions.groups])
    steps = [Fusion(fusions.level[node], (node,)) for node in nodes if node in alone] + fusions.groups
    twin: dict[Node, Node] = {}
    for _, members in sorted(steps, key=lambda step: step.level):  # of one level the groups come last: they wait
        inside = set() if members[0] in alone else set(members)
        outputs = [node for node in members if node in wanted or not inside.issuperset(users[node])]
        operands = list(dict.fromkeys([one for node in members for one in node.reads if one not in inside]))
        plan = plan_blocks(members, outputs, operands) if inside else None
        if plan is None:
            for node in members:
                twin[node] = copied(node, node.graph, twin)
        else:
            program = BlockedProgram(plan)
            made = members[0].graph.add(together, tuple([twin[one] for one in operands]), (program,))
            twin |= {node: made.graph.add(taken, (made,), (at, node.shape)) for at, node in enumerate(outputs)}
    return [twin[node] for node in results]
