"""What is worth saying of rows that are not wrong: results that are inf or nan, text that the output cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backprop.autodiff.shapes import Array
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite
from backprop.cli.question.value_kinds import KINDS

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph
    from backprop.cli.batch.evaluation import Answer

SHOWN = 5  # results, and gates


class Remark(NamedTuple):
    """A line counted from the block's first, and what there is to say of it; of each text only the first is said."""

    line: int
    text: str


class Sighting(NamedTuple):
    """A row with a result that is not finite: its line as above, its variables' values, its own expression if any."""

    line: int
    values: Mapping[str, Array]
    expression: str | None = None


class Nonfinite(NamedTuple):
    """How many rows have inf, -inf or nan in a result, by its name and the kind, and the first of them."""

    rows: Mapping[tuple[str, str], int]
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
    first = {name: np.array(value[..., row]) for name, value in values.items()}
    return Nonfinite(found, Sighting(starts[row] if starts is not None else row, first, expression))


class Remarks:
    """All that there is to say of a run's rows. `say` writes a line to stderr, None where nobody wants to hear.

    `unit` is what places count: lines of a text, or rows.
    """

    def __init__(self, say: Callable[[str], None] | None, unit: str = "line") -> None:
        self.unit = unit
        self.rows: dict[tuple[str, str], int] = {}
        self._say = say
        self._first: Sighting | None = None
        self._said: set[str] = set()

    def take(self, answer: Answer, first_line: int) -> None:
        """Take a block's, whose first line this is."""
        self.add(answer.remarks, answer.nonfinite, first_line)

    def add(self, remarks: Sequence[Remark], nonfinite: Nonfinite | None, first_line: int) -> None:
        for remark in remarks:
            if self._say and remark.text not in self._said:
                self._said.add(remark.text)
                self._say(f"note: {self.unit} {first_line + remark.line}: {remark.text}")
        if nonfinite is not None:
            for key, count in nonfinite.rows.items():
                self.rows[key] = self.rows.get(key, 0) + count
            if self._first is None:
                self._first = nonfinite.first._replace(line=first_line + nonfinite.first.line)

    def sum_up(self, graph: Graph | None, fixed: Mapping[str, Array], *, has_gradients: bool) -> None:
        """Count the results that are not finite, and name the gates at which they began in the first such row."""
        if self._first is None or self._say is None:
            return
        kinds: dict[str, list[str]] = {}
        for (name, word), count in self.rows.items():
            kinds.setdefault(name, []).append(f"{word} in {count} row{'s' * (count > 1)}")
        parts = [f"{name} is {' and '.join(several)}" for name, several in kinds.items()]
        more = f", and {len(parts) - SHOWN} more results are not finite" * (len(parts) > SHOWN)
        self._say(f"warning: {', '.join(parts[:SHOWN])}{more} (first in {self.unit} {self._first.line})")
        for text in births(self._first, graph, fixed, has_gradients=has_gradients)[:SHOWN]:
            self._say(text)


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
