"""What one run of `minimize`, `maximize` or `solve` asks: the text, starts, bounds, constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from backprop.cli.question.argv import SCANNED
from backprop.cli.question.bounds import read_all_bounds
from backprop.cli.question.question import Needs, Question, ask
from backprop.cli.status import Failure


class OptimumSettings:
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    needs = Needs.OPTIMUM

    def __init__(
        self, *, file: str | None, vars: Sequence[str], bounds: Sequence[str], subject_to: Sequence[str] = ()
    ) -> None:
        context = click.get_current_context()
        self.asked: Question = ask(
            context.info_name or "", context.meta[SCANNED], file, vars, self.needs, beside=subject_to
        )
        graphs = [self.asked.graph, *self.asked.relations]
        known = list(dict.fromkeys(name for graph in graphs for name in graph.inputs if name not in graph.fixed))
        self.bounds = read_all_bounds(bounds, known)
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
    """The same for equations, which the text states."""

    needs = Needs.EQUATIONS
