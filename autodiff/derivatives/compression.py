"""Sparse matrices of derivatives by few sweeps: the unit vectors of one color are added up, and swept at once.

Knows nodes and structures only; what is asked for and how it is handed out is in sparse.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from backprop.autodiff.derivatives.coloring import Numbers, Sparsity, count_of
from backprop.autodiff.derivatives.programs import AtPoint
from backprop.autodiff.derivatives.sweeps import Matrix, border_of, depending, size
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import Instruction, Program, given_name, lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.sparsity import MOST_LINKS, dependence
from backprop.autodiff.shapes import Array

BYTES_AN_INSTRUCTION = 230  # that a kept program takes: the measure of what is kept with a graph

MOST_JOINT = 2**13  # results of all colors, up to which they are computed together: a call costs more than its numbers

Vector = np.ndarray[Any, np.dtype[np.float64]]


def structure_of(results: Sequence[Node], units: Sequence[Node], most_links: int = MOST_LINKS) -> Sparsity:
    """A row for each entry of the results, a column for each of the units'. Raises TooDense, see `dependence`."""
    rows, columns = dependence(results, units, most_links)
    height, width = sum(map(size, results)), sum(map(size, units))
    return Sparsity(rows.astype(np.int32, copy=False), columns.astype(np.int32, copy=False), height, width)


class Compressed:
    """Runs the results once for each color of their units' entries.

    What depends on no unit is computed once.
    """

    def __init__(self, results: Sequence[Node], units: Sequence[Node], colors: Numbers) -> None:
        self.units = units
        self.height = sum(map(size, results))
        self.colors = colors
        self._count = count_of(colors)
        users: dict[Node, list[Node]] = {}
        for node in needed(results, is_read=True):
            for operand in node.reads:
                users.setdefault(operand, []).append(node)
        moved = depending(units, users)
        border = list(border_of(moved))
        self._given = [given_name(node) for node in border]
        self._base = AtPoint(lower(border))
        ends = list(accumulate(map(size, results)))
        places = zip(results, ends, strict=True)
        self._moving = [(node, end - size(node), end) for node, end in places if node in moved]
        targets = [node for node, _, _ in self._moving]
        self._program = lower(targets, border)
        is_small = self.height * self._count <= MOST_JOINT
        is_plain = not any([node.gate.is_informed or node.gate.has_sides for node in moved])
        self._joint = Joint(targets, units, border, moved, self.colors) if is_small and is_plain else None

    @property
    def size(self) -> int:
        """About how many instructions take as much memory."""
        return self._base.size + len(self._program.instructions)

    def compute(self, values: Mapping[str, Array], chosen: Sequence[int] | None = None) -> Vector:
        """The results for the sum of the unit vectors of each color, color by color; of those that are chosen."""
        given = dict(zip(self._given, self._base.compute(values), strict=True))
        if self._joint is not None and chosen is None:
            together = np.zeros((self._count, self.height))
            for result, (_, first, last) in zip(self._joint.run(given), self._moving, strict=True):
                together[:, first:last] = result.reshape((last - first, result.shape[-1])).T
            return together.ravel()
        chosen = range(self._count) if chosen is None else chosen
        swept = np.zeros((len(chosen), self.height))
        for row, color in zip(swept, chosen, strict=True):
            given |= seeds_by_name(self.units, (self.colors == color).astype(np.float64))
            for result, (_, first, last) in zip(run(self._program, given), self._moving, strict=True):
                row[first:last] = result.ravel()
        return swept.ravel()


class Joint:
    """The results for all colors at once, as rows of a batch; what depends on the seeds alone is computed once.

    Colors are fewer than entries: in memory the entries of one color lie together, so that NumPy's loops are long.
    `border` are the nodes that what is `moved` by the units reads.
    """

    def __init__(
        self,
        results: Sequence[Node],
        units: Sequence[Node],
        border: Sequence[Node],
        moved: Collection[Node],
        colors: Numbers,
    ) -> None:
        nodes = [node for node in needed(results, is_read=True) if node in moved]
        constants = {node for node in border if node.is_constant}
        settled = set(units)
        for node in nodes:
            if node not in settled and all([one in settled or one in constants for one in node.reads]):
                settled.add(node)
        rest = [node for node in nodes if node not in settled]
        read = {one for node in rest for one in node.reads} | {node for node in results if node in settled}
        kept = [node for node in nodes if node in settled and node in read]
        first = in_rows(kept, [node for node in nodes if node in settled and node not in units], [*constants, *units])
        seeds = (colors[:, None] == np.arange(count_of(colors))).astype(np.float64)
        given = {given_name(node): node.value for node in constants}
        by_name = seeds_by_name(units, seeds)
        along = {given_name(unit): by_name[str(unit.name)] for unit in units}
        settled_values = map(np.asfortranarray, run_in_rows(first, given, along))
        self._kept = dict(zip(map(given_name, kept), settled_values, strict=True))
        self._read = [node for node in border if node in read]
        self._program = in_rows(results, rest, [*self._read, *kept])

    def run(self, given: Mapping[str, Array]) -> list[Any]:
        """The results, each (*its shape, colors), or (*its shape, 1) where they are alike."""
        return run_in_rows(self._program, given, self._kept)


def in_rows(results: Sequence[Node], nodes: Sequence[Node], given: Sequence[Node]) -> Program:
    """The program of some nodes for many rows, from the values of others."""
    slot = {node: number for number, node in enumerate([*given, *nodes])}
    steps = [
        Instruction(node.gate.row_function(node), tuple([slot[one] for one in node.reads]), slot[node])
        for node in nodes
    ]
    inputs = tuple([(slot[node], given_name(node)) for node in given])
    return Program(tuple(steps), len(slot), (), inputs, tuple([slot[node] for node in results]))


def run_in_rows(program: Program, given: Mapping[str, Any], rows: Mapping[str, Any] | None = None) -> list[Any]:
    """What it gives for values that are alike in all rows, and for others that are there row by row."""
    rows = rows or {}
    whole = {name: rows[name] if name in rows else np.asarray(given[name])[..., None] for _, name in program.inputs}
    return run(program, whole)


def seeds_by_name(units: Sequence[Node], seeds: Matrix) -> dict[str, Any]:
    """The seeds of the entries side by side, as the values of the units; they may have an axis of rows behind."""
    values, start = {}, 0
    for unit in units:
        end = start + size(unit)
        values[str(unit.name)] = seeds[start:end].reshape((*unit.shape, *seeds.shape[1:]))[()]
        start = end
    return values
