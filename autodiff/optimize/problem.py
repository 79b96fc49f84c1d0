"""What is to be least, where, and from where: checked before anything is searched."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import as_array, value_of
from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.optimize.conditions import Region
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Places, Vector
from backprop.autodiff.passes.rolling import rolled
from backprop.autodiff.relation import Relation
from backprop.autodiff.shapes import show

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.trace import Birth

Bound = tuple[float, float]


class Problem:
    """`objective` None: only the relations count. Raises ExpressionError where the question is wrong.

    `relations` are the graphs that state some, here one by one; `ends` says where the numbers of each end among all.
    """

    def __init__(
        self,
        objective: Graph | None,
        start: Mapping[str, Any],
        bounds: Mapping[str, Bound],
        relations: Sequence[Graph],
        sign: float = 1.0,
    ) -> None:
        self.objective = objective
        self.sign = sign
        self.graphs = list(dict.fromkeys([*([objective] if objective else []), *relations]))
        self.start = self._starts(start)
        self.layout = Places({name: np.shape(value) for name, value in self.start.items()})
        self.bounds = dict(bounds)
        for name in self.bounds:
            self._check_known(name)
        lower, upper = self._limits()
        whole = Graph(is_typed=True, source=objective.source if objective else None)
        output, nodes, is_equation = None, [], []
        self.relations: list[tuple[Graph, Relation]] = []
        for graph in self.graphs:
            typed = graph.typed(self.layout.shapes)
            twin: list[Node] = []
            for node in typed.nodes:
                twin.append(whole.copy(node, twin))
            if graph is objective:
                output = twin[typed.result.index]
                output = output if output.shape else rolled(output)
            for one in typed.relations:
                self.relations.append((graph, one))
                nodes.append(twin[one.difference.index])
                is_equation.append(np.full(math.prod(one.difference.shape), one.is_equation))
        self.whole, self.output, self.nodes = whole, output, nodes
        self._check_scalar()
        self._check_relations(whole, nodes)
        self.functions = Functions(whole, output, nodes, self.layout, sign)
        self.ends = list(accumulate(map(len, is_equation)))
        self.region = Region(lower, upper, np.concatenate([*is_equation, np.zeros(0, bool)]))
        self.first: Vector = self.layout.vector(self.start)
        self._check_start()
        self._check_finite()

    @property
    def unknowns(self) -> int:
        """How many entries may move."""
        return int(np.sum(~self.region.is_fixed))

    def _starts(self, start: Mapping[str, Any]) -> dict[str, Any]:
        """Where each variable begins: as given, or at the default that a text gives."""
        given = {name: as_array(value, value_of(name)) for name, value in start.items()}
        for name in given:
            self._check_known(name)
        defaults: dict[str, Any] = {}
        for graph in self.graphs:
            defaults |= {name: value for name, value in graph.defaults.items() if name not in graph.fixed}
        known = {**defaults, **given}
        missing = [name for graph in self.graphs for name in graph.variables if name not in known]
        if missing:
            quoted = " and ".join(f"'{name}'" for name in dict.fromkeys(missing))
            raise ExpressionError(f"no start for {quoted}", cure=f"give a value to begin with: {missing[0]}=1")
        if not known:
            raise ExpressionError("there is no variable to move", cure="write an expression with one")
        return known

    def _check_known(self, name: str) -> None:
        if not any(name in graph.inputs and name not in graph.fixed for graph in self.graphs):
            names = dict.fromkeys(name for graph in self.graphs for name in graph.variables)
            raise ExpressionError(f"'{name}' is not a variable", cure=f"the variables are {', '.join(names)}")

    def _limits(self) -> tuple[Vector, Vector]:
        lower, upper = np.full(self.layout.size, -np.inf), np.full(self.layout.size, np.inf)
        for name, (low, high) in self.bounds.items():
            if not low <= high:
                raise ExpressionError(f"the bounds {shown(low, high)} of '{name}' leave no room", cure="lower first")
            place = self.layout.slices[name]
            lower[place], upper[place] = low, high
        return lower, upper

    def _check_scalar(self) -> None:
        if self.output is not None and self.objective is not None and self.output.shape:
            raise ExpressionError(
                f"the objective has shape {show(self.output.shape)}, and only a number can be least or largest",
                self.objective.result.span,
                "make it one number, for example by sum(...)",
                self.objective.source,
            )

    def _check_relations(self, whole: Graph, nodes: Sequence[Node]) -> None:
        moving = [whole.input(name, shape) for name, shape in self.layout.shapes.items()]
        for (graph, one), node in zip(self.relations, nodes, strict=True):
            if not dependents(whole, node, moving)[node.index]:
                what = "constraint" if self.objective else "equation"
                raise ExpressionError(f"this {what} holds no variable", one.span, "omit it", graph.source)

    def _check_start(self) -> None:
        for name in self.bounds:
            place = self.layout.slices[name]
            low, high = self.region.lower[place], self.region.upper[place]
            if np.any((self.first[place] < low) | (self.first[place] > high)):
                raise ExpressionError(
                    f"the start of '{name}' is outside its bounds {shown(*self.bounds[name])}",
                    cure="begin between them",
                )

    def _check_finite(self) -> None:
        functions, first = self.functions, self.first
        slopes = [functions.gradient(first), functions.jacobian(first).ravel()]
        values = np.concatenate([[functions.value(first)], functions.constraints(first), *slopes])
        if not np.isfinite(values).all():
            raise self._not_finite()

    def _not_finite(self) -> ExpressionError:
        """The error that names the gate at which inf or nan begins at the start."""
        found = self._first_birth(self.start)
        if found is None:
            return ExpressionError("the problem is not finite at the start", cure="begin elsewhere")
        graph, birth = found
        what = "the derivative through this" if birth.kind == "gradient" else "this"
        return ExpressionError(
            f"{what} is {number_of(birth):g} at the start", birth.node.span, "begin elsewhere", graph.source
        )

    def place_not_finite(self, vector: Vector) -> str:
        """Which gate is inf or nan at a point of the way, in words."""
        found = self._first_birth({**self.start, **self.layout.values(vector)})
        span = found[1].node.span if found else None
        if found is None or span is None:
            return "the objective or its slope is not finite"
        graph, birth = found
        gate = " ".join((graph.source or "")[span.start : span.end].split())
        return f"{'the derivative through ' if birth.kind == 'gradient' else ''}{gate} is {number_of(birth):g}"

    def _first_birth(self, values: Mapping[str, Any]) -> tuple[Graph, Birth] | None:
        """Where inf or nan begins, and in which of the graphs."""
        from backprop.autodiff.derivatives.trace import trace

        for graph in self.graphs:
            known = {name: value for name, value in values.items() if name in graph.inputs}
            typed = graph.typed({name: np.shape(value) for name, value in known.items()})
            for output in [one.difference for one in typed.relations] or [typed.result]:
                typed.output = output
                for birth in trace(typed, known).births:
                    return graph, birth
        return None


def number_of(birth: Birth) -> float:
    """The first entry that is not finite."""
    numbers = np.ravel(birth.value)
    return float(numbers[~np.isfinite(numbers)][0])


def shown(low: float, high: float) -> str:
    """As the command line has it: `0:`, `-1:1`."""
    return f"{'' if np.isinf(low) else f'{low:g}'}:{'' if np.isinf(high) else f'{high:g}'}"


def text_of(graph: Graph, relation: Relation) -> str:
    """A relation as it is written."""
    if graph.source is None or relation.span is None:
        return "a relation"
    return " ".join(graph.source[relation.span.start : relation.span.end].split())
