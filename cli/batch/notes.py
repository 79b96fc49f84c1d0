"""What is worth saying of rows that are not wrong: results that are inf or nan, kinks that were hit exactly, text that
the output cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backprop.autodiff.shapes import Array
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite
from backprop.cli.question.value_kinds import KINDS
from backprop.cli.reports.kinks import DIFFERING

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph
    from backprop.cli.batch.evaluation import Answer
    from backprop.cli.batch.results import Wanted

SHOWN = 5  # results, gates, and kinks


class Remark(NamedTuple):
    """A line counted from the block's first, and what there is to say of it; of each text only the first is said."""

    line: int
    text: str


class Sighting(NamedTuple):
    """A row of which there is something to say: its line as above, its variables' values, its own expression if any."""

    line: int
    values: Mapping[str, Array]
    expression: str | None = None


class Nonfinite(NamedTuple):
    """How many rows have inf, -inf or nan in a result, by its name and the kind, and the first of them."""

    rows: Mapping[tuple[str, str], int]
    first: Sighting


class Kinked(NamedTuple):
    """How many rows hit a kink exactly with a derivative whose sides differ there, and the first of them."""

    rows: int
    first: Sighting


def nonfinite_in(
    names: Sequence[str],
    results: Sequence[Rows],
    bad: Collection[int],
    starts: Sequence[int] | None,
    values: Mapping[str, Rows],
    expression: str | None = None,
) -> Nonfinite | None:
    """What is not finite in results of shape (*shape, rows), bad rows left out; None where all is.

    `starts` are the rows' lines, None where these are counted alike.
    """
    found: dict[tuple[str, str], int] = {}
    rows = []
    for name, result in zip(names, results, strict=True):
        if is_sum_finite(result):
            continue
        entries = result.reshape(-1, result.shape[-1])
        for word, test in KINDS:
            is_there = np.asarray(test(entries).any(axis=0))
            is_there[list(bad)] = False
            count = int(np.count_nonzero(is_there))
            if count:
                found[name, word] = count
                rows.append(int(np.argmax(is_there)))
    if not rows:
        return None
    row = min(rows)
    return Nonfinite(found, sighting(row, starts, values, expression))


def kinked_in(
    is_kinked: Rows | None, bad: Collection[int], starts: Sequence[int] | None, values: Mapping[str, Rows]
) -> Kinked | None:
    """The rows that hit a kink, bad ones left out; None where there is none."""
    if is_kinked is None or not is_kinked.any():
        return None
    is_there = np.array(is_kinked)
    is_there[list(bad)] = False
    count = int(np.count_nonzero(is_there))
    return Kinked(count, sighting(int(np.argmax(is_there)), starts, values)) if count else None


def sighting(
    row: int, starts: Sequence[int] | None, values: Mapping[str, Rows], expression: str | None = None
) -> Sighting:
    first = {name: np.array(value[..., row]) for name, value in values.items()}
    return Sighting(starts[row] if starts is not None else row, first, expression)


class Remarks:
    """All that there is to say of a run's rows. `say` writes a line to stderr, None where nobody wants to hear.

    `unit` is what places count: lines of a text, or rows.
    """

    def __init__(self, say: Callable[[str], None] | None, unit: str = "line") -> None:
        self.unit = unit
        self.rows: dict[tuple[str, str], int] = {}
        self._say = say
        self._first: Sighting | None = None
        self._kinked: Kinked | None = None
        self._said: set[str] = set()

    def take(self, answer: Answer, first_line: int) -> None:
        """Take a block's, whose first line this is."""
        for remark in answer.remarks:
            if self._say and remark.text not in self._said:
                self._said.add(remark.text)
                self._say(f"note: {self.unit} {first_line + remark.line}: {remark.text}")
        if answer.nonfinite is not None:
            for key, count in answer.nonfinite.rows.items():
                self.rows[key] = self.rows.get(key, 0) + count
            if self._first is None:
                first = answer.nonfinite.first
                self._first = first._replace(line=first_line + first.line)
        if answer.kinked is not None:
            rows, first = answer.kinked
            known = self._kinked or Kinked(0, first._replace(line=first_line + first.line))
            self._kinked = known._replace(rows=known.rows + rows)

    def sum_up(self, graph: Graph | None, fixed: Mapping[str, Array], wanted: Wanted) -> None:
        """Count the results that are not finite and the kinks that were hit; name their gates in the first such row."""
        if self._say is None:
            return
        if self._first is not None:
            self._sum_up_nonfinite(self._say, self._first, graph, fixed, wanted)
        if self._kinked is not None:
            rows, first = self._kinked
            names = kinks_at(first, graph, fixed, wanted)
            named = f": {', '.join(names[:SHOWN])}" * bool(names) + f" and {len(names) - SHOWN} more" * (
                len(names) > SHOWN
            )
            place = f"first in {self.unit} {first.line}{named}"
            self._say(f"note: a kink was hit exactly in {rows} row{'s' * (rows > 1)} ({place}); {DIFFERING}")

    def _sum_up_nonfinite(
        self,
        say: Callable[[str], None],
        first: Sighting,
        graph: Graph | None,
        fixed: Mapping[str, Array],
        wanted: Wanted,
    ) -> None:
        kinds: dict[str, list[str]] = {}
        for (name, word), count in self.rows.items():
            kinds.setdefault(name, []).append(f"{word} in {count} row{'s' * (count > 1)}")
        parts = [f"{name} is {' and '.join(several)}" for name, several in kinds.items()]
        more = f", and {len(parts) - SHOWN} more results are not finite" * (len(parts) > SHOWN)
        say(f"warning: {', '.join(parts[:SHOWN])}{more} (first in {self.unit} {first.line})")
        for text in births(first, graph, fixed, has_gradients=wanted.has_gradients)[:SHOWN]:
            say(text)


def births(seen: Sighting, graph: Graph | None, fixed: Mapping[str, Array], *, has_gradients: bool) -> list[str]:
    """The gates at which inf or nan began in a row, as warnings with their places in the expression."""
    from backprop.autodiff.derivatives.trace import trace
    from backprop.cli.output.errors import warning
    from backprop.cli.reports.nonfinite import described
    from backprop.parser import parse

    whole = graph if graph is not None else parse(seen.expression or "")
    values = {name: value for name, value in {**fixed, **seen.values}.items() if name in whole.inputs}
    found = trace(whole, values)
    return [
        warning(described(found, birth), birth.node.span, whole.source)
        for birth in found.births
        if has_gradients or birth.kind == "value"
    ]


def kinks_at(seen: Sighting, graph: Graph | None, fixed: Mapping[str, Array], wanted: Wanted) -> list[str]:
    """The kinks that were hit in a row, as they stand in the expression."""
    from backprop.autodiff.passes.sides import take_hits
    from backprop.cli.batch.evaluation import Kernel
    from backprop.cli.reports.kinks import as_written
    from backprop.parser import parse

    whole = graph if graph is not None else parse(seen.expression or "")
    columns = {name: np.asarray(value)[..., None] for name, value in seen.values.items() if name in whole.inputs}
    take_hits()  # those of other rows
    shapes = {name: value.shape[:-1] for name, value in columns.items()}
    Kernel(whole, shapes, {name: one for name, one in fixed.items() if name not in columns}, wanted).run(columns, 1)
    return list(dict.fromkeys(map(as_written, take_hits())))
