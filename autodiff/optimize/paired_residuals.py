"""The residuals of a model and their derivatives in pairs of doubles, for the digits that cancel in doubles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.numerics.double_double import PI, DoubleDouble
from backprop.autodiff.numerics.paired_functions import of_decimals
from backprop.autodiff.optimize.residuals import Residuals
from backprop.autodiff.passes.textbook import in_textbook_form

MOST_ROWS = 2**14  # with more the steps in pairs take longer than all others
NAMED = {"pi": PI, "π": PI, "tau": PI * 2.0, "e": DoubleDouble(np.float64(1.0)).exp()}


class Unpaired(Exception):
    """A gate, or an array, that pairs of doubles do not know."""


class PairedResiduals:
    """What `residuals` gives, in pairs. Raises Unpaired where the model has what they do not know."""

    def __init__(self, residuals: Residuals, names: Sequence[str]) -> None:
        if residuals.rows > MOST_ROWS:
            raise Unpaired
        self.residuals = residuals
        output = residuals.typed.result
        self.results = [output, *residuals.derivatives(names)[0]]
        self.results = [in_textbook_form(node) for node in self.results]
        self.nodes = needed(self.results)
        if any(node.shape for node in self.nodes):
            raise Unpaired

    @cached_property
    def data(self) -> dict[str, DoubleDouble]:
        given = {**self.residuals.columns, **self.residuals.fixed}
        used = {str(node.name) for node in self.nodes if node.gate is leaves.input}
        return {name: of_decimals(value) for name, value in given.items() if name in used}

    def at(self, vector: DoubleDouble) -> tuple[DoubleDouble, DoubleDouble]:
        """The residuals, and their derivatives in columns. Raises Unpaired."""
        slices = self.residuals.layout.slices
        given = {name: vector[place.start] for name, place in slices.items()}
        values = evaluated(self.nodes, {**self.data, **given})
        rows, weights = self.residuals.rows, self.residuals.weights
        columns = []
        for node in self.results:
            value = values[node]
            whole = DoubleDouble(*[np.broadcast_to(half, (rows,)) for half in value.halves])
            columns.append(whole if weights is None else whole * weights[0])
        high = np.column_stack([column.high for column in columns[1:]] or [np.empty((rows, 0))])
        low = np.column_stack([column.low for column in columns[1:]] or [np.empty((rows, 0))])
        if not (np.isfinite(columns[0].value).all() and np.isfinite(high + low).all()):
            raise Unpaired
        return columns[0], DoubleDouble(high, low)


def evaluated(nodes: Sequence[Node], given: Mapping[str, DoubleDouble]) -> dict[Node, Any]:
    """The value of each node. Raises Unpaired at one that pairs do not know."""
    values: dict[Node, Any] = {}
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.gate is leaves.constant:
                values[node] = NAMED.get(node.name or "") or of_decimals(node.value)
            elif node.gate is leaves.input:
                values[node] = given[str(node.name)]
            else:
                try:
                    value = node.gate.forward(*[values[operand] for operand in node.reads], **node.settings)
                except TypeError:
                    raise Unpaired from None
                values[node] = (
                    value if isinstance(value, DoubleDouble) else DoubleDouble(np.asarray(value, np.float64)[()])
                )
    return values
