"""The values of derivatives on all sides of the kinks that are hit, each with the slopes that hold there.

To which side a direction of the inputs leads is told by the first derivative along it that is not zero; what vanishes
up to the order of the derivative makes no difference to it. Source: Griewank & Walther, Evaluating Derivatives (2008),
section 14.2, on directional derivatives of piecewise smooth functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.kinds import Slope
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.beside import beside, family
from backprop.autodiff.passes.kink_hits import record
from backprop.autodiff.passes.pushforward import pushforward
from backprop.autodiff.passes.rays import Rays, have_no_mean
from backprop.autodiff.passes.side_gates import NOT_HIT, Derivative, SideValues, kinks
from backprop.autodiff.passes.side_means import Numbers, are_equal, hadamard, makes_difference, signature_of, weights_of

if TYPE_CHECKING:
    from backprop.autodiff.evaluation.batched_program import RowProgram

MOST_ENTRIES = 127  # that are moved each to a side of its own; of more some share their signs
GOLDEN = 0.6180339887498949  # its multiples modulo 1 lie apart: no two entries move equally far
MOST_NUMBERS = 2**22  # in one evaluation of all sides, about


class BothSides:
    """How to evaluate some `results` on all sides of their kinks, from the values of `operands`.

    Those are the operands of the slopes, one slope after the other, and then the inputs.
    """

    def __init__(
        self, results: Sequence[Node], order: int, told: Sequence[bool], rays: Rays, formed: Sequence[Node]
    ) -> None:
        self.results = tuple(results)
        self.order = order
        self.told = tuple(told)
        self.rays = rays
        self.formed = tuple(formed)  # the results as they tell of sides: where several kinks meet, in form
        nodes = needed([*results, *formed])
        self.slopes = [node for node in nodes if node.gate.has_sides]
        seeds = tuple(rays.seeds.values()) if formed and rays.seeds else ()
        self.seeds = len(seeds)
        read = needed([*results, *formed, *seeds])  # a seed may be that of a variable which no result depends on
        self.inputs = [node for node in read if node.gate is leaves.input]
        self._program: RowProgram | None = None
        self.telling: dict[int, list[int]] = {}  # of each slope's index, which of the program's slopes tell its sides

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with a graph of its own: that of its nodes holds it, too."""
        graph = Graph(is_typed=True, source=self.results[0].graph.source)
        twin: dict[int, Node] = {}
        names, seeds = self.rays
        groups = (self.results, self.formed, tuple(seeds.values()) if seeds else ())
        _copy(list(chain.from_iterable(groups)), graph, twin)
        places = [[twin[node.index].index for node in group] for group in groups]
        return sides_of, (graph, places, self.order, self.told, names, None if seeds is None else list(seeds))

    @property
    def operands(self) -> tuple[Node, ...]:
        return (*[operand for slope in self.slopes for operand in slope.inputs], *self.inputs)

    def hits(self, operands: Sequence[Any], *, are_rows: bool = False) -> list[Any]:
        """For each slope, which of its entries are on the kink; `are_rows`: in each of many rows."""
        start, all_hits = 0, []
        for slope in self.slopes:
            assert isinstance(slope.gate, Slope)
            count = len(slope.inputs)
            hits = slope.gate.hits_in_rows if are_rows else slope.gate.hits
            all_hits.append(hits(*operands[start : start + count], **slope.settings))
            start += count
        return all_hits

    def at_point(self, *operands: Any) -> SideValues:
        """The values at one point."""
        hits = self.hits(operands)
        if not any([hit.any() for hit in hits]):
            return NOT_HIT
        columns = {
            str(node.name): np.asarray(value)[..., None]
            for node, value in zip(self.inputs, operands[-len(self.inputs) :], strict=True)
        }
        sides = SideValues()
        means, sides.differ = self._means(columns, hits)
        sides.values = [mean[..., 0][()] for mean in means]
        return sides

    def over_rows(self, *operands: Any) -> SideValues:
        """The values in the rows where a kink is hit."""
        operands = tuple([np.atleast_1d(operand) for operand in operands])  # numbers that hold for all rows are bare
        is_hit = np.zeros(max(operand.shape[-1] for operand in operands), dtype=bool)
        hits = self.hits(operands, are_rows=True)
        for hit in hits:
            is_hit |= np.any(hit, axis=tuple(range(np.ndim(hit) - 1)))
        rows = np.flatnonzero(is_hit)
        if not len(rows):
            return NOT_HIT
        sides = SideValues()
        sides.rows, sides.count = rows, len(is_hit)
        columns = {
            str(node.name): np.broadcast_to(value, (*node.shape, len(is_hit)))[..., rows]
            for node, value in zip(self.inputs, operands[-len(self.inputs) :], strict=True)
        }
        sides.values, sides.differ = self._means(columns, hits)
        return sides

    def _means(self, columns: Mapping[str, Any], hits: Sequence[Any]) -> tuple[list[Numbers], Any]:
        """The results' means over the sides, each (*its shape, rows), for inputs of (*their shape, rows).

        Also in which rows the sides differ of what is told of.
        """
        from backprop.autodiff.evaluation.batched_program import (
            lower_rows,  # here, not above: few derivatives meet a kink
        )

        if self._program is None:
            self._program = lower_rows(*self._sided(), {})
        steps = self._directions()
        count = next(iter(steps.values())).shape[-1] if steps else 1
        rows = next(iter(columns.values())).shape[-1]
        block = max(1, MOST_NUMBERS // (count * max(self._program.plan.entries, count)))
        parts = [
            self._block({name: array[..., start : start + block] for name, array in columns.items()}, steps, count)
            for start in range(0, rows, block)
        ]
        hit = [slope for slope, places in zip(self.slopes, hits, strict=True) if np.any(places)]
        for _, _, differing in parts:
            if differing is not None:
                record([slope for slope in hit if differing[slope.index]] or hit)
        means = [np.concatenate(blocks, axis=-1) for blocks in zip(*[part[0] for part in parts], strict=True)]
        return means, np.concatenate([differ for _, differ, _ in parts])

    def _block(
        self, columns: Mapping[str, Any], steps: Mapping[str, Numbers], count: int
    ) -> tuple[list[Numbers], Any, dict[int, bool] | None]:
        """The means for some rows, where sides differ that are told of, and which slopes make the difference there."""
        rows = next(iter(columns.values())).shape[-1]
        width = len(self.results)
        values = self._run(columns, steps, count)
        slopes, seeds = values[2 * width : len(values) - self.seeds], values[len(values) - self.seeds :]
        weights = weights_of([signature_of(slope) for slope in slopes])
        means, differ, differing = [], np.zeros(rows, dtype=bool), None
        for position, is_told in enumerate(self.told):
            value, telling = values[position], values[width + position]
            with np.errstate(all="ignore"):
                mean = np.sum(value * weights, axis=-1)
            mean = np.where(are_equal(value), value[..., 0], mean)
            if self.formed:
                left_out = have_no_mean(telling, value)
                if np.any(left_out):
                    mean = np.where(
                        left_out, self._along_rays(position, columns, [seed[..., 0] for seed in seeds]), mean
                    )
            means.append(mean)
            agree = are_equal(telling)
            if is_told and not np.all(agree):
                differ |= ~np.all(agree.reshape(-1, rows), axis=0)
            if differing is None and np.any(differ):
                row = int(np.argmax(differ))
                moved = [
                    makes_difference(telling[..., row, :], signature_of(slope)[row], weights[row]) for slope in slopes
                ]
                differing = {
                    slope.index: any(moved[position] for position in self.telling[slope.index]) for slope in self.slopes
                }
        return means, differ, differing

    def _along_rays(self, position: int, columns: Mapping[str, Any], seeds: Sequence[Numbers]) -> Any:
        """A derivative in some rows as it is on the rays of what it is by; nan where that is not known."""
        steps = self.rays.steps(position, self.results[position].shape, seeds) if self.order == 2 else None
        if steps is None:
            return math.nan
        count = next(iter(steps.values())).shape[-1]
        values = self._run(columns, {step_name(name): along for name, along in steps.items()}, count)
        return self.rays.means(values[len(self.results) + position])

    def _run(self, columns: Mapping[str, Any], steps: Mapping[str, Numbers], count: int) -> list[Numbers]:
        """What the program gives in some rows in each of `count` directions, each (*its shape, rows, count)."""
        assert self._program is not None
        rows = next(iter(columns.values())).shape[-1]
        given = {name: np.repeat(array, count, axis=-1) for name, array in columns.items()}
        for node in self.inputs:
            if is_variable(node):
                name, shape = step_name(str(node.name)), (*node.shape, rows, count)
                given[name] = np.broadcast_to(steps.get(name, 0.0), shape).reshape((*node.shape, rows * count))
        return [array.reshape((*array.shape[:-1], rows, count)) for array in self._program.run(given)]

    def _directions(self) -> dict[str, Numbers]:
        """For each variable the directions to move it in, (*its shape, 1, directions): signs that no two entries share.

        The signs are rows of a Hadamard matrix, so that those of any two entries are alike as often as not, and
        opposite directions come in pairs. Each entry in turn moves farthest, so that each wins a tie and loses it.
        """
        variables = [node for node in self.inputs if is_variable(node)]
        sizes = [int(np.prod(node.shape)) for node in variables]
        entries = sum(sizes)
        signs = hadamard(min(entries, MOST_ENTRIES) + 1)
        columns = 1 + np.arange(entries) % (len(signs) - 1)
        moves = signs[:, columns] * (1.0 + np.modf(np.arange(1, entries + 1) * GOLDEN)[0])
        pattern = np.arange(len(signs))
        moves[pattern, pattern % entries] *= 4.0
        moves = np.concatenate([moves, -moves])
        ends = np.cumsum(sizes)
        return {
            step_name(str(node.name)): moves[:, end - size : end].T.reshape((*node.shape, 1, len(moves)))
            for node, size, end in zip(variables, sizes, ends, strict=True)
        }

    def _sided(self) -> tuple[list[Node], list[str]]:
        """The results on the side of the steps, the same as they tell of it, the slopes that tell it; the inputs."""
        graph = Graph(is_typed=True)
        twin: dict[int, Node] = {}
        _copy(self.operands, graph, twin)  # first and alone: only their derivatives are asked for
        seeds = {
            twin[node.index]: graph.input(step_name(str(node.name)), node.shape)
            for node in self.inputs
            if is_variable(node)
        }
        tangents: list[dict[Node, Node]] = []
        for _ in range(self.order):
            pushed = pushforward(graph, graph.nodes[-1], seeds)
            tangents.append({node: tangent.settled for node, tangent in pushed.items()})
        rays = list((self.rays.seeds or {}).values()) if self.formed else []
        _copy([*self.results, *self.formed, *rays], graph, twin)
        families = {slope.index: family(twin[slope.index]) for slope in self.slopes}
        places = {node: position for position, node in enumerate(dict.fromkeys(chain.from_iterable(families.values())))}
        self.telling = {index: [places[node] for node in alike] for index, alike in families.items()}
        moved, results = Graph(is_typed=True), [twin[node.index] for node in self.results]
        means = beside(moved, results, tangents, lambda slope: not slope.only_tells)
        told = [twin[node.index] for node in self.formed or self.results]
        telling = beside(moved, [*told, *places, *[twin[node.index] for node in rays]], tangents, lambda slope: True)
        return [*means, *telling], list(moved.inputs)


def _copy(results: Sequence[Node], graph: Graph, twin: dict[int, Node]) -> None:
    """Copy nodes to another graph, without means of sides; `twin` gets its node for each index of theirs."""
    for node in needed(results):
        if node.index in twin:
            continue
        if isinstance(node.gate, Derivative) or node.gate.unread:
            twin[node.index] = twin[node.inputs[0].index]
        elif node.gate is not kinks:
            twin[node.index] = graph.copy(node, twin)


def sides_of(
    graph: Graph,
    places: Sequence[Sequence[int]],
    order: int,
    told: Sequence[bool],
    names: tuple[str | None, ...],
    seeded: Sequence[str] | None,
) -> BothSides:
    results, formed, seeds = [[graph.nodes[index] for index in group] for group in places]
    rays = Rays(names, None if seeded is None else dict(zip(seeded, seeds, strict=True)))
    return BothSides(results, order, told, rays, formed)


def is_variable(node: Node) -> bool:
    """Whether an input is the user's: those that a pass adds have blanks in their names."""
    return " " not in str(node.name)


def step_name(variable: str) -> str:
    return f"step of {variable}"
