"""Rows that bring their own expressions: each distinct text is parsed once, and its rows are computed together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array, Shape
from backprop.cli.batch.evaluation import Answer, Kernel, lines_in, wanted_of
from backprop.cli.batch.formats.delimited import ended
from backprop.cli.batch.input.cutting import Place
from backprop.cli.batch.results import Naming, Wanted
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.sightings import Kinked, Nonfinite, Sighting
from backprop.cli.question.value_kinds import KINDS

REMEMBERED = 1000  # expressions; then all are forgotten, so that memory stays constant


class Case(NamedTuple):
    """One row's expression and the values that it may use; `reasons` says why a name has none."""

    text: str
    values: Mapping[str, Any]
    reasons: Mapping[str, str]


class Found(NamedTuple):
    """A row's results: the value, and the gradients by variable, of any shape; and what they are the results of."""

    value: Array
    gradients: dict[str, Array]
    values: Mapping[str, Array]  # of the variables
    is_finite: bool
    is_kinked: bool  # a mean of the sides of a kink, which differ


class Cases(NamedTuple):
    """The records of a block, the line that each begins in, and for each its case or what is wrong with it.

    `endings` are their line ends; `lost` those that cannot be written again.
    """

    records: list[str]
    starts: Sequence[int]
    cases: list[Case | Fault]
    endings: list[str] | str = "\n"
    lost: Collection[int] = ()


class RowStyle(Protocol):
    """How cases are found in a block, and their results written."""

    naming: Naming

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place: ...
    def opening(self) -> bytes: ...
    def cases(self, data: bytes) -> Cases: ...
    def line(self, record: str, found: Found | None) -> str:
        """A record with its results (None: a bad row)."""


class OwnJob:
    """Answers blocks whose rows have expressions of their own. `fixed` holds for all rows that use the name."""

    def __init__(
        self, style: RowStyle, fixed: Mapping[str, Array], policy: str, wanted: Wanted, *, keeps_rejects: bool = True
    ) -> None:
        self.style = style
        self.fixed = dict(fixed)
        self.policy = policy
        self.wanted = wanted
        self.keeps_rejects = keeps_rejects
        self._graphs: dict[str, Graph | ExpressionError] = {}
        self._kernels: dict[tuple[str, tuple[tuple[str, Shape], ...]], Any] = {}

    def answer(self, data: bytes) -> Answer:
        records, starts, cases, endings, lost = self.style.cases(data)
        found = placed(self.results(cases), starts, records)
        faults = {row: one for row, one in enumerate(found) if isinstance(one, Fault)}
        is_last = self.policy == "stop" and bool(faults)
        if is_last:
            worst = min(faults)
            found = found[:worst]
            faults = {worst: faults[worst]}
        lines = [
            self.style.line(record, None if isinstance(one, Fault) else one)
            for record, one in zip(records, found, strict=False)
        ]
        bad = {row for row, one in enumerate(found) if isinstance(one, Fault)}
        ends = endings if isinstance(endings, str) else endings[: len(lines)]
        output = ended(lines, ends, lost if self.policy == "null" else bad).encode("utf-8", "surrogateescape")
        nonfinite = nonfinite_among(found, starts, cases, self.style.naming)
        kinked = kinked_among(found, starts, cases)
        told, untold = wanted_of(faults, keeps_rejects=self.keeps_rejects)
        return Answer(output, told, lines_in(data), len(found), is_last, nonfinite, kinked=kinked, untold=untold)

    def results(self, cases: Sequence[Case | Fault]) -> list[Found | Fault]:
        """Each case's results, or what is wrong with it."""
        found: list[Any] = list(cases)
        groups: dict[tuple[str, tuple[tuple[str, Shape], ...]], list[tuple[int, dict[str, Array]]]] = {}
        for row, case in enumerate(cases):
            if isinstance(case, Case):
                try:
                    values = self.values(case)
                except ExpressionError as error:
                    found[row] = in_words(error)
                    continue
                key = (case.text, tuple((name, np.shape(value)) for name, value in values.items()))
                groups.setdefault(key, []).append((row, values))
        for key, members in groups.items():
            results: Sequence[Found | Fault]
            try:
                results = self.computed(key, [values for _, values in members])
            except ExpressionError as error:
                results = [in_words(error)] * len(members)
            for (row, _), one in zip(members, results, strict=True):
                found[row] = one
        return found

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

    def computed(
        self, key: tuple[str, tuple[tuple[str, Shape], ...]], rows: Sequence[Mapping[str, Array]]
    ) -> list[Found]:
        """The results of rows of one expression, whose values have the same shapes."""
        if key not in self._kernels:
            if len(self._kernels) >= REMEMBERED:
                self._kernels.clear()
            kernel = Kernel(self.graph(key[0]), dict(key[1]), {}, self.wanted)
            kernel.prepare()
            self._kernels[key] = kernel
        columns = {
            name: np.ascontiguousarray(np.stack([one[name] for one in rows], axis=-1), dtype=np.float64)
            for name in rows[0]
        }
        results, kinked = self._kernels[key].run(columns, len(rows))
        value, *gradients = results
        names = list(columns) if gradients else []
        is_finite = np.all([np.isfinite(one).reshape(-1, len(rows)).all(axis=0) for one in results], axis=0)
        return [
            Found(
                value[..., row],
                {name: one[..., row] for name, one in zip(names, gradients, strict=True)},
                rows[row],
                bool(is_finite[row]),
                kinked is not None and bool(kinked[row]),
            )
            for row in range(len(rows))
        ]


def nonfinite_among(
    found: Sequence[Found | Fault], starts: Sequence[int], cases: Sequence[Case | Fault], naming: Naming
) -> Nonfinite | None:
    """What is not finite in the results."""
    rows: dict[tuple[str, str], int] = {}
    first = None
    for row, one in enumerate(found):
        case = cases[row]
        if isinstance(one, Found) and isinstance(case, Case) and not one.is_finite:
            first = first or Sighting(starts[row], one.values, case.text)
            results = {naming.value: one.value, **{naming.gradient + name: of for name, of in one.gradients.items()}}
            for name, value in results.items():
                for word, test in KINDS:
                    if np.any(test(value)):
                        rows[name, word] = rows.get((name, word), 0) + 1
    return Nonfinite(rows, first) if first else None


def kinked_among(found: Sequence[Found | Fault], starts: Sequence[int], cases: Sequence[Case | Fault]) -> Kinked | None:
    """The rows whose results are means of the sides of a kink."""
    seen = [
        Sighting(starts[row], one.values, case.text)
        for row, (one, case) in enumerate(zip(found, cases, strict=False))
        if isinstance(one, Found) and isinstance(case, Case) and one.is_kinked
    ]
    return Kinked(len(seen), seen[0]) if seen else None


def in_words(error: ExpressionError) -> Fault:
    """What is wrong with an expression, in a line; its place is filled in by whoever knows the record."""
    place = f" (character {error.span.start + 1})" if error.span and error.source else ""
    return Fault(-1, f"{error.reason}{place}", b"")


def placed(found: Sequence[Found | Fault], starts: Sequence[int], records: Sequence[str]) -> list[Found | Fault]:
    """The results with the faults' lines and records filled in."""
    return [
        Fault(starts[row], one.reason, records[row].encode("utf-8", "surrogateescape"))
        if isinstance(one, Fault)
        else one
        for row, one in enumerate(found)
    ]
