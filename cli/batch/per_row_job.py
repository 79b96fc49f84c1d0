"""Rows that bring their own expressions: each distinct text is parsed once, and its rows are computed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, Shape
from backprop.cli.batch.block import Block, Case, fault_of
from backprop.cli.batch.evaluation import Answer, Kernel, until_stop, wanted_of
from backprop.cli.batch.formats.delimited import ended
from backprop.cli.batch.input.cutting import Place
from backprop.cli.batch.results import Naming, Wanted
from backprop.cli.batch.sightings import Kinked, Nonfinite, Sighting
from backprop.cli.question.value_kinds import KINDS

Key = tuple[str, tuple[tuple[str, Shape], ...]]  # an expression, and the shapes of its variables

REMEMBERED = 1000  # expressions; then all are forgotten, so that memory stays constant


class Found(NamedTuple):
    """A row's results: the value, and the gradients by variable, of any shape; and what they are the results of."""

    value: Array
    gradients: dict[str, Array]
    values: Mapping[str, Array]  # of the variables
    is_finite: bool
    is_kinked: bool  # a mean of the sides of a kink, which differ


class RowStyle(Protocol):
    """How cases are found in a block, and their results written."""

    naming: Naming

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place: ...
    def opening(self) -> bytes: ...
    def read(self, data: bytes) -> Block:
        """The rows with their cases."""

    def line(self, record: str, result: Found | None) -> str:
        """A record with its results (None: a bad row)."""


class PerRowJob:
    """Answers blocks whose rows bring their expressions. `fixed` holds for all rows that use the name."""

    def __init__(
        self, style: RowStyle, fixed: Mapping[str, Array], policy: str, wanted: Wanted, *, keeps_rejects: bool = True
    ) -> None:
        self.style = style
        self.fixed = dict(fixed)
        self.policy = policy
        self.wanted = wanted
        self.keeps_rejects = keeps_rejects
        self._graphs: dict[str, Graph | ExpressionError] = {}
        self._kernels: dict[Key, Any] = {}

    def answer(self, data: bytes) -> Answer:
        whole = self.style.read(data)
        results, reasons = self.results(whole.cases)
        faults = {row: fault_of(whole.records, whole.starts, row, reason) for row, reason in reasons.items()}
        block, wrong, is_last = until_stop(whole._replace(faults={**whole.faults, **faults}), self.policy)
        row_results = [None if row in block.faults else results[row] for row in range(block.rows)]
        lines = list(map(self.style.line, block.records, row_results))
        dropped = block.dropped(is_skipping=self.policy != "null")
        output = ended(lines, block.endings, dropped).encode("utf-8", "surrogateescape")
        nonfinite = nonfinite_among(row_results, block, self.style.naming)
        kinked = kinked_among(row_results, block)
        told, untold = wanted_of(wrong, keeps_rejects=self.keeps_rejects)
        return Answer(output, told, whole.lines, block.rows, is_last, nonfinite, kinked=kinked, untold=untold)

    def results(self, cases: Sequence[Case | None]) -> tuple[dict[int, Found], dict[int, str]]:
        """The results of the rows that have a case, and why others of these have none."""
        results: dict[int, Found] = {}
        reasons: dict[int, str] = {}
        groups: dict[Key, list[tuple[int, dict[str, Array]]]] = {}
        for row, case in enumerate(cases):
            if case is not None:
                try:
                    values = self.values(case)
                except ExpressionError as error:
                    reasons[row] = in_words(error)
                    continue
                key = (case.text, tuple((name, np.shape(value)) for name, value in values.items()))
                groups.setdefault(key, []).append((row, values))
        for key, members in groups.items():
            rows = [row for row, _ in members]
            try:
                results |= zip(rows, self.computed(key, [values for _, values in members]), strict=True)
            except ExpressionError as error:
                reasons |= dict.fromkeys(rows, in_words(error))
        return results, reasons

    def values(self, case: Case) -> dict[str, Array]:
        """The values of the case's variables. Raises ExpressionError for all that are missing."""
        graph = self.graph(case.text)
        values = {}
        problems = []
        for name in graph.inputs:
            if name in graph.fixed:
                if name in self.fixed or name in case.values:
                    problems.append(f"{name} is a constant of the expression")
            elif name in self.fixed:
                values[name] = self.fixed[name]
            elif name in case.values:
                values[name] = case.values[name]
            elif name in case.reasons:
                problems.append(f"{name} {case.reasons[name]}")
            elif name in graph.defaults:
                values[name] = graph.defaults[name]
            elif name not in leaves.NAMED_CONSTANTS:
                problems.append(f"{name} has no value")
        if problems:
            raise ExpressionError("; ".join(problems))
        return values

    def graph(self, text: str) -> Graph:
        from backprop.parser import parse

        if text not in self._graphs:
            if len(self._graphs) >= REMEMBERED:
                self._graphs.clear()
            try:
                self._graphs[text] = parse(text)
            except ExpressionError as error:
                self._graphs[text] = error
        known = self._graphs[text]
        if isinstance(known, ExpressionError):
            raise known.with_traceback(None)  # else each time that it is raised adds to what it remembers
        return known

    def computed(self, key: Key, rows: Sequence[Mapping[str, Array]]) -> list[Found]:
        """The results of rows of one expression, whose values have the same shapes."""
        if key not in self._kernels:
            if len(self._kernels) >= REMEMBERED:
                self._kernels.clear()
            kernel = Kernel(self.graph(key[0]), dict(key[1]), {}, self.wanted)
            kernel.prepare()
            self._kernels[key] = kernel
        columns = {
            name: np.ascontiguousarray(np.stack([values[name] for values in rows], axis=-1), dtype=np.float64)
            for name in rows[0]
        }
        results, kinked = self._kernels[key].run(columns, len(rows))
        value, *gradients = results
        names = list(columns) if gradients else []
        is_finite = np.all([np.isfinite(result).reshape(-1, len(rows)).all(axis=0) for result in results], axis=0)
        return [
            Found(
                value[..., row],
                {name: gradient[..., row] for name, gradient in zip(names, gradients, strict=True)},
                rows[row],
                bool(is_finite[row]),
                kinked is not None and bool(kinked[row]),
            )
            for row in range(len(rows))
        ]


def nonfinite_among(row_results: Sequence[Found | None], block: Block, naming: Naming) -> Nonfinite | None:
    """What is not finite in the results; None stands for a bad row."""
    rows: dict[tuple[str, str], int] = {}
    first = None
    for row, result in enumerate(row_results):
        if result is not None and not result.is_finite:
            first = first or sighting_of(result, block, row)
            results = {
                naming.value: result.value,
                **{naming.gradient + name: of for name, of in result.gradients.items()},
            }
            for name, value in results.items():
                for word, test in KINDS:
                    if np.any(test(value)):
                        rows[name, word] = rows.get((name, word), 0) + 1
    return Nonfinite(rows, first) if first else None


def kinked_among(row_results: Sequence[Found | None], block: Block) -> Kinked | None:
    """The rows whose results are means of the sides of a kink."""
    seen = [(row, result) for row, result in enumerate(row_results) if result is not None and result.is_kinked]
    return Kinked(len(seen), sighting_of(seen[0][1], block, seen[0][0])) if seen else None


def sighting_of(result: Found, block: Block, row: int) -> Sighting:
    case = block.cases[row]
    return Sighting(block.starts[row], result.values, case.text if case else None)


def in_words(error: ExpressionError) -> str:
    """What is wrong with an expression, in a line."""
    where = f" (character {error.span.start + 1})" if error.span and error.source else ""
    return f"{error.reason}{where}"
