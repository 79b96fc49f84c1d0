"""`all_roots`: every root of one equation in one unknown within a range, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import as_array, value_of
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.enclosures import OneVariable
from backprop.autodiff.optimize.isolation import IsolatedRoot, Isolation, Stretch, isolated
from backprop.autodiff.shapes import Array

MOST_NAMED = 3  # stretches


class RootsStopped(KeyboardInterrupt):
    """An interrupt of the search; `result` has the roots that were found by then, and what was still open."""

    def __init__(self, result: AllRoots) -> None:
        super().__init__()
        self.result = result


class AllRoots:
    """The result of `all_roots`: `roots` in order, each with what is known of it.

    Of `unresolved` stretches nobody can say how many roots they hold, on `zero` each point is one. Of functions
    `without` an enclosure only samples were taken.
    """

    def __init__(self, name: str, range_: Stretch, found: Isolation, without: list[str], evaluations: int) -> None:
        self.name = name
        self.range = range_
        self.roots: list[IsolatedRoot] = found.roots
        self.unresolved, self.zero = nearby(found.unresolved), nearby(found.zero)
        self.without = without
        self.evaluations = evaluations

    @property
    def is_certified(self) -> bool:
        return not (self.unresolved or self.zero or self.without)

    @property
    def point(self) -> dict[str, Array]:
        """All roots, as one array."""
        return {self.name: np.array([root.value for root in self.roots])}

    @property
    def residual(self) -> float:
        return max((abs(root.residual) for root in self.roots), default=0.0)

    @property
    def reason(self) -> str:
        if self.unresolved:
            return f"there may be more roots between {named(self.unresolved)}: intervals there cannot be told apart"
        if self.zero:
            return f"each point between {named(self.zero)} is a root"
        if self.without:
            return f"roots between samples may be missing: no bounds are known of {' and '.join(self.without)}"
        return "no other root is in the range"


def nearby(stretches: list[Stretch]) -> list[Stretch]:
    """The same as few stretches, of which those with the shortest gaps are one."""
    gaps = [after[0] - before[1] for before, after in pairwise(stretches)]
    cuts = sorted(sorted(range(len(gaps)), key=gaps.__getitem__)[-(MOST_NAMED - 1) :])
    firsts = [0, *(cut + 1 for cut in cuts)]
    lasts = [*cuts, len(stretches) - 1]
    return [(stretches[first][0], stretches[last][1]) for first, last in zip(firsts, lasts, strict=True) if stretches]


def named(stretches: list[Stretch]) -> str:
    return " or ".join(f"{low:.6g} and {high:.6g}" for low, high in stretches)


def all_roots(
    graph: Graph,
    /,
    within: Mapping[str, Stretch],
    values: Mapping[str, Any] | None = None,
    *,
    tell: Callable[[int, int], None] | None = None,
    **more_values: Any,
) -> AllRoots:
    """Every root of the one equation of a graph, which `parse_relations` reads, for a variable `within` a range.

    All other variables have values. `tell` gets how often the range was halved, and how many intervals are open.
    Raises ExpressionError where the question is wrong, and RootsStopped with what there is at an interrupt.
    """
    if len(within) != 1:
        raise ExpressionError("roots are looked for in the range of one variable", cure='give one: {"x": (-5, 5)}')
    ((name, (low, high)),) = within.items()
    if name not in graph.inputs or name in graph.fixed:
        raise ExpressionError(f"'{name}' is not a variable", cure=f"the variables are {', '.join(graph.variables)}")
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ExpressionError(
            f"the range {low:g}:{high:g} of '{name}' is none", cure="two numbers, the lower one first"
        )
    known = {one: value for one, value in graph.defaults.items() if one != name}
    known |= {one: as_array(value, value_of(one)) for one, value in {**(values or {}), **more_values}.items()}
    missing = [one for one in graph.variables if one not in known and one != name]
    if missing:
        raise ExpressionError(f"no value for '{missing[0]}'", cure=f"give it one: {missing[0]}=1")
    typed = graph.typed({name: (), **{one: np.shape(value) for one, value in known.items()}})
    if len(typed.relations) != 1 or not typed.relations[0].is_equation or typed.relations[0].difference.shape:
        count = sum(int(np.prod(one.difference.shape)) for one in typed.relations)
        what = f"{count} relations" if count != 1 else "an inequality"
        raise ExpressionError(
            f"{what} where one equation is needed for all roots", graph.relations[-1].span, "write one ==", graph.source
        )
    function = OneVariable(typed.relations[0].difference, typed.inputs[name], known)
    found = isolated(function, float(low), float(high), tell)
    result = AllRoots(name, (float(low), float(high)), found, function.without, function.evaluations)
    if found.is_interrupted:
        raise RootsStopped(result)
    return result
