"""Many rows at once, over blocks of rows that stay in the cache.

Here rows lie along the last axis: a value of shape s is an array of shape (*s, rows), so that each entry is a run of
memory. compiled_function.py is the front with rows first and many threads.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.evaluation.batched_lowering import RowPlan, plan_rows
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.filling import is_known_by_name
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array


def lower_rows(results: Sequence[Node], varying: Collection[str], fixed: Mapping[str, Array]) -> RowProgram:
    """The program for `results`, nodes of one graph typed by the shapes of one row.

    `varying` names the inputs that rows differ in; `fixed` gives the values of the others.
    """
    return RowProgram(plan_rows(results, varying), fixed)


class RowProgram:
    """A plan with the values that hold for all rows. Many threads may run it at once."""

    def __init__(self, plan: RowPlan, fixed: Mapping[str, Array]) -> None:
        self.plan = plan
        self._slots: list[Any] = [None] * plan.slots
        for (slot, has_axis), value in zip(plan.held, run(plan.prelude, fixed), strict=True):
            self._slots[slot] = np.asarray(value)[..., None] if has_axis else value
        self._workspaces = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {"plan": self.plan._replace(prelude=lower([])), "_slots": self._slots}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state, _workspaces=threading.local())

    @property
    def can_be_sent(self) -> bool:
        """Whether another process knows its functions by name: they are all NumPy's own, or of the lowering."""
        return all(is_known_by_name(step.function) for step in self.plan.steps)

    @property
    def rows_per_block(self) -> int:
        return self.plan.rows_per_block

    def run(self, columns: Mapping[str, Any], out: Sequence[Any] | None = None) -> list[Any]:
        """The results, each (*its shape, rows), in the caller's thread; in `out` where it is given.

        `columns` are arrays of numbers, (*their shape, rows), of equally many rows and apart from `out`, which are
        arrays of doubles. IEEE arithmetic: inf and nan come out, nothing is raised or warned of.
        """
        used = [columns[name] for _, name in self.plan.columns] or list(columns.values())
        rows = used[0].shape[-1] if used else 0
        results = [np.empty((*shape, rows)) for shape in self.plan.result_shapes] if out is None else list(out)
        rows = results[0].shape[-1] if results else rows
        given = [(target, columns[name], is_run(columns[name])) for target, name in self.plan.columns]
        block = self.rows_per_block
        workspace = self._workspace()
        with np.errstate(all="ignore"):
            for start in range(0, rows, block):
                stop = min(start + block, rows)
                workspace.resize(self.plan, stop - start)
                slots = workspace.slots
                for slot, array in enumerate(results):
                    slots[slot] = array[..., start:stop]
                for slot, column, is_ready in given:
                    part = column[..., start:stop]
                    slots[slot] = part if is_ready else np.ascontiguousarray(part, dtype=np.float64)
                for function, operands, output in self.plan.steps:
                    if output is None:
                        function(*operands(slots))
                    else:
                        slots[output] = function(*operands(slots))
        workspace.forget(self.plan)
        return results

    def _workspace(self) -> _Workspace:
        workspace: _Workspace | None = getattr(self._workspaces, "of_thread", None)
        if workspace is None:
            workspace = self._workspaces.of_thread = _Workspace(self.plan, self._slots)
        return workspace


class _Workspace:
    """One thread's slots, and the memory of its buffers."""

    def __init__(self, plan: RowPlan, slots: Sequence[Any]) -> None:
        self.slots = list(slots)
        self.memory: list[Any] = []
        self.capacity = self.rows = 0

    def resize(self, plan: RowPlan, rows: int) -> None:
        """Make the buffers this long."""
        if rows == self.rows:
            return
        if rows > self.capacity:
            self.memory = [np.empty((*shape, rows)) for _, shape in plan.buffers]
            self.capacity = rows
        for (slot, _), buffer in zip(plan.buffers, self.memory, strict=True):
            self.slots[slot] = buffer[..., :rows]
        self.rows = rows

    def forget(self, plan: RowPlan) -> None:
        """Let go of the caller's arrays and of what refers to them."""
        for slot in range(len(plan.result_shapes)):
            self.slots[slot] = None
        for slot, _ in plan.columns:
            self.slots[slot] = None
        for slot in plan.references:
            self.slots[slot] = None


def is_run(column: Any) -> bool:
    """Whether the rows are doubles that lie side by side, for each entry."""
    return bool(column.dtype == np.float64 and column.strides[-1] == column.itemsize)
