"""What is said on stderr of rows that are not wrong, as soon as it is seen, or counted at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Array
from backprop.cli.batch.evaluation import Answer, Kernel
from backprop.cli.batch.results import Wanted
from backprop.cli.batch.row_errors import RowPlace
from backprop.cli.batch.sightings import Kinked, Sighting
from backprop.cli.reports.kinks import DIFFERING

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph

SHOWN = 5  # results, gates, and kinks


class Remarks:
    """All that there is to say of a run's rows. `say` writes a line to stderr, None where nobody wants to hear."""

    def __init__(self, say: Callable[[str], None] | None) -> None:
        self.rows: dict[tuple[str, str], int] = {}
        self._say = say
        self._first: tuple[RowPlace, Sighting] | None = None
        self._kinked: tuple[RowPlace, Kinked] | None = None
        self._said: set[str] = set()

    def take(self, answer: Answer, place: RowPlace) -> None:
        """Take a block's, whose first row is there."""
        for remark in answer.remarks:
            if self._say and remark.text not in self._said:
                self._said.add(remark.text)
                self._say(f"note: {place.after(remark.line).shown}: {remark.text}")
        if answer.nonfinite is not None:
            for key, count in answer.nonfinite.rows.items():
                self.rows[key] = self.rows.get(key, 0) + count
            if self._first is None:
                self._first = place.after(answer.nonfinite.first.line), answer.nonfinite.first
        if answer.kinked is not None:
            rows, first = answer.kinked
            where, known = self._kinked or (place.after(first.line), Kinked(0, first))
            self._kinked = where, known._replace(rows=known.rows + rows)

    def sum_up(self, graph: Graph | None, fixed: Mapping[str, Array], wanted: Wanted) -> None:
        """Count the results that are not finite and the kinks that were hit; name their gates in the first such row."""
        if self._say is None:
            return
        if self._first is not None:
            self._sum_up_nonfinite(self._say, *self._first, graph, fixed, wanted)
        if self._kinked is not None:
            place, (rows, first) = self._kinked
            names = kinks_at(first, graph, fixed, wanted)
            named = f": {', '.join(names[:SHOWN])}" * bool(names) + f" and {len(names) - SHOWN} more" * (
                len(names) > SHOWN
            )
            where = f"first in {place.shown}{named}"
            self._say(f"note: a kink was hit exactly in {rows} row{'s' * (rows > 1)} ({where}); {DIFFERING}")

    def _sum_up_nonfinite(
        self,
        say: Callable[[str], None],
        place: RowPlace,
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
        say(f"warning: {', '.join(parts[:SHOWN])}{more} (first in {place.shown})")
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
    try:
        traced = trace(whole, values)
    except ExpressionError as error:  # an index out of range, which makes a row nan
        return [warning(error.reason, error.span, whole.source)]
    return [
        warning(described(traced, birth), birth.node.span, whole.source)
        for birth in traced.births
        if has_gradients or birth.kind == "value"
    ]


def kinks_at(seen: Sighting, graph: Graph | None, fixed: Mapping[str, Array], wanted: Wanted) -> list[str]:
    """The kinks that were hit in a row, as they stand in the expression."""
    from backprop.autodiff.passes.kink_hits import take_hits
    from backprop.cli.reports.kinks import as_written
    from backprop.parser import parse

    whole = graph if graph is not None else parse(seen.expression or "")
    columns = {name: np.asarray(value)[..., None] for name, value in seen.values.items() if name in whole.inputs}
    take_hits()  # those of other rows
    shapes = {name: value.shape[:-1] for name, value in columns.items()}
    Kernel(whole, shapes, {name: value for name, value in fixed.items() if name not in columns}, wanted).run(columns, 1)
    return list(dict.fromkeys(map(as_written, take_hits())))
