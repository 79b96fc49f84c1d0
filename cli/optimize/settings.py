"""What one run of `minimize`, `maximize` or `solve` asks: the text, starts, bounds, constraints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np

from backprop.cli.question.argv import SCANNED, normalized
from backprop.cli.question.bounds import read_all_bounds, read_bounds
from backprop.cli.question.question import Needs, Question, ask
from backprop.cli.status import Failure


class OptimumSettings:
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    needs = Needs.OPTIMUM

    def __init__(
        self,
        *,
        file: str | None,
        vars: Sequence[str],
        bounds: Sequence[str],
        subject_to: Sequence[str] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        context = click.get_current_context()
        self.asked: Question = ask(
            context.info_name or "", context.meta[SCANNED], file, vars, self.needs, more=more, beside=subject_to
        )
        graphs = [self.asked.graph, *self.asked.relations]
        self.known = list(dict.fromkeys(name for graph in graphs for name in graph.inputs if name not in graph.fixed))
        self.bounds = read_all_bounds(bounds, self.known)
        self.start: dict[str, Any] = dict(self.asked.values)
        for range_ in self.asked.ranges:
            if range_.name in self.bounds:
                raise Failure(
                    f"{range_.name} has bounds twice: as its value and by --bounds",
                    f"omit one of the two: {range_.name}=1 is a start",
                )
            self.bounds[range_.name] = (range_.start, range_.stop)
            self.start[range_.name] = 0.5 * (range_.start + range_.stop)


class EquationSettings(OptimumSettings):
    """The same for equations, which the text states. `within`: the range that has all roots of its variable."""

    needs = Needs.EQUATIONS

    def __init__(self, *, all: str | None, **more: Any) -> None:
        name = normalized(all.partition("=")[0].strip()) if all is not None else ""
        super().__init__(**more, more={name: np.zeros(())} if all is not None else None)
        self.within = self._range(all, more["bounds"]) if all is not None else {}

    def _range(self, text: str, bounds: Sequence[str]) -> dict[str, tuple[float, float]]:
        name, (low, high) = read_bounds(text, self.known, "--all", "--all x=-5:5")
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise Failure(f"--all {text}: a range has two ends", "write both, the lower one first: --all x=-5:5")
        if self.bounds:
            raise Failure("--all looks in a range: what else has bounds is not moved", "omit the other bounds")
        return {name: (low, high)}
