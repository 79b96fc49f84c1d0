"""What a fitted model says of rows: the fitted value, the band of its own uncertainty, that of new observations.

The bands are first order: by the exact derivatives J of the prediction and the covariance C of the parameters, its
variance in a row is J C J'; an observation adds its own. Source: Bates & Watts, Nonlinear Regression Analysis and Its
Applications (1988), section 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.other_residuals import Distances
from backprop.autodiff.optimize.residuals import Matrix, entries_of
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array, Shape

if TYPE_CHECKING:
    from backprop.autodiff.optimize.fit import Fitted

MOST_ENTRIES = 2**21  # of the derivatives that are computed at once: 16 MB


class Bands(NamedTuple):
    """Of each row: the fitted value and the ends of both intervals, (*shape, rows)."""

    fitted: Matrix
    confidence_lower: Matrix
    confidence_upper: Matrix
    prediction_lower: Matrix
    prediction_upper: Matrix


class Predictor:
    """Predicts by a fit. `shape` is that of the response in a row, `names` are the columns that it predicts by."""

    def __init__(self, fit: Fitted) -> None:
        statistics, model = fit.statistics, fit.model
        response, prediction = model.typed.result.inputs
        self.shape: Shape = model.typed.result.shape
        self.names = columns_under(prediction, model.columns)
        self.errors = list(fit.task.model.sigmas) if isinstance(fit.task.model, Distances) else []
        self.spread: Matrix = statistics.inverse * math.sqrt(statistics.variance)
        self.deviation = statistics.deviation
        self.scale = statistics.observation_deviation if fit.loss_scale is None else fit.loss_scale
        prediction, response = prediction.broadcast_to(self.shape), response.broadcast_to(self.shape)
        moving = model.inputs(fit.task.inside(fit.vector))
        slopes = [slope for entry in entries_of(prediction) for slope in gradients(entry, moving)]
        shifts = gradients(prediction, model.inputs(self.errors))
        fixed = {**model.fixed, **model.layout.values(fit.vector)}
        self._predicted = RowProgram(plan_rows([prediction, *slopes, *shifts], self.names), fixed)
        self._observed = RowProgram(plan_rows([response], columns_under(response, model.columns)), fixed)

    def responses(self, columns: Mapping[str, Any], rows: int) -> Matrix:
        """What was observed, (*shape, rows)."""
        result = np.empty((*self.shape, rows))
        self._observed.run(columns, [result])
        return result

    def bands(
        self, columns: Mapping[str, Any], rows: int, sigma: Array | None = None, errors: Mapping[str, Any] | None = None
    ) -> Bands:
        """The bands for columns of shape (*their shape, rows). `sigma` are the errors of the responses in these rows,
        (responses, rows) or (rows), `errors` those of columns; None where there are none.
        """
        count, width = math.prod(self.shape), len(self.spread)
        bands = Bands(*(np.empty((count, rows)) for _ in Bands._fields))
        step = max(1, MOST_ENTRIES // max(count * width, 1))
        for start in range(0, rows, step):
            part = slice(start, min(start + step, rows))
            some = {name: np.asarray(columns[name])[..., part] for name in self.names}
            fitted, variance, shift = self._moments(some, part.stop - start, errors or {}, part)
            noise: Any = self.scale if sigma is None else self.scale * np.asarray(sigma)[..., part]
            half = self.deviation * np.sqrt(variance)
            wide = self.deviation * np.sqrt(variance + noise**2 + self.scale**2 * shift)
            ends = (fitted, fitted - half, fitted + half, fitted - wide, fitted + wide)
            for whole, values in zip(bands, ends, strict=True):
                whole[:, part] = values
        return Bands(*(whole.reshape(*self.shape, rows) for whole in bands))

    def _moments(
        self, columns: Mapping[str, Any], rows: int, errors: Mapping[str, Any], part: slice
    ) -> tuple[Matrix, Matrix, Matrix | float]:
        """The fitted values, their variances, and what the errors of columns add to observations."""
        count = math.prod(self.shape)
        program = self._predicted
        results = [np.empty((*shape, rows)) for shape in program.plan.result_shapes]
        program.run(columns, results)
        fitted = results[0].reshape(count, rows)
        end = len(results) - len(self.errors)
        derivatives = [result.reshape(-1, rows) for result in results[1:end]]
        matrix = np.concatenate(derivatives).reshape(count, -1, rows) if derivatives else np.zeros((count, 0, rows))
        with np.errstate(all="ignore"):
            along = np.einsum("ipr,pk->ikr", matrix, self.spread)
            variance: Matrix = np.sum(along**2, axis=1)
            shifts = zip(self.errors, results[end:], strict=True)
            shift = sum((slope.reshape(count, rows) * errors[name][..., part]) ** 2 for name, slope in shifts)
        return fitted, variance, shift


def columns_under(node: Node, columns: Mapping[str, Any]) -> list[str]:
    """The columns that a node depends on."""
    return [str(one.name) for one in needed([node]) if one.gate is leaves.input and str(one.name) in columns]
