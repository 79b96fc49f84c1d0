"""Where a model is not finite: the gate and the row at which inf or nan begins."""

from __future__ import annotations

import numpy as np

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.optimize.residuals import Residuals, Vector


class WrongRow(ExpressionError):
    """Something is wrong with a `row` of the data, counted from 0; the reason calls it by `place_of`."""

    def __init__(self, reason: str, row: int, span: Span | None, cure: str, source: str | None = None) -> None:
        super().__init__(reason, span, cure, source)
        self.row = row


def place_of(row: int) -> str:
    return f"row {row + 1} of the data"


def not_finite(model: Residuals, vector: Vector, when: str = "at the start") -> WrongRow:
    """The error for parameters at which the model, or its derivatives, are not finite."""
    from backprop.autodiff.derivatives.trace import trace

    with np.errstate(all="ignore"):
        finite = np.concatenate([np.isfinite(residuals) for residuals, _ in model.blocks(vector)])
        bad = np.flatnonzero(~finite)
        if not len(bad):
            names = list(model.layout.shapes)
            whole = np.concatenate([np.isfinite(matrix).all(axis=1) for _, matrix in model.blocks(vector, names)])
            bad = np.flatnonzero(~whole)
    row = int(bad[0]) % model.rows if len(bad) else 0
    values = {name: column[..., row] for name, column in model.columns.items()}
    found = trace(model.graph, {**values, **model.fixed, **model.layout.values(vector)})
    if not found.births:
        return WrongRow(f"the model is not finite in {place_of(row)} {when}", row, None, "begin elsewhere")
    birth = found.births[0]
    values_there = np.ravel(birth.value)
    what = "the derivative through this" if birth.kind == "gradient" else "this"
    reason = f"{what} is {values_there[~np.isfinite(values_there)][0]:g} in {place_of(row)} {when}"
    return WrongRow(reason, row, birth.node.span, "begin elsewhere, or leave out the row", model.graph.source)
