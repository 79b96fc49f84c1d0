"""What one run of `minimize`, `maximize` or `solve` asks: the text, starts, bounds, constraints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import click

from backprop.autodiff.lazy_numpy import np
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
        explain: bool = False,
        trace: str | None = None,
        starts: int | None = None,
        seed: int | None = None,
        **lesson: Any,
    ) -> None:
        self.explains = explain
        self.trace = trace
        self.starts, self.seed = starts, seed or 0
        self._check_starts(seed, lesson.get("method"))
        self.lesson = read_lesson(**lesson)
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

    def _check_starts(self, seed: int | None, method: str | None) -> None:
        """Raise Failure where what goes with several starts is wrong."""
        if self.starts is None:
            if seed is not None:
                raise Failure("--seed belongs to several starts", "say how many: --starts 20")
            return
        if self.starts < 1:
            raise Failure(f"--starts {self.starts} are none", "write how many: --starts 20")
        if self.seed < 0:
            raise Failure(f"--seed {self.seed} is negative", "write a number from 0 on: --seed 1")
        if method or self.trace:
            option = "--method" if method else "--trace"
            raise Failure(f"{option} is for one start, --starts for several", "omit one of the two")


def read_lesson(
    method: str | None = None, rate: float | None = None, steps: int | None = None
) -> dict[str, Any] | None:
    """What a textbook's method is to do. Raises Failure."""
    if method is None:
        if rate is not None or steps is not None:
            option = "--rate" if rate is not None else "--steps"
            raise Failure(f"{option} belongs to a method", "name one: --method gd")
        return None
    if rate is not None and not (math.isfinite(rate) and rate > 0.0):
        raise Failure(f"--rate {rate:g} is not positive", "write how far a step goes: --rate 0.01")
    if steps is not None and steps < 1:
        raise Failure(f"--steps {steps} leads nowhere", "write how many: --steps 100")
    return {"method": method, "rate": rate, **({} if steps is None else {"steps": steps})}


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
