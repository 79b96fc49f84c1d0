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
from backprop.autodiff.graph import Graph, Node
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
    """Predicts by a fit. `shape` is that of the response in one row, `names` are the columns that the prediction takes.

    Another process gets its programs where they can be sent, and so need not know the gates; else the graph, which it
    lowers.
    """

    def __init__(self, fit: Fitted) -> None:
        statistics, model = fit.statistics, fit.model
        self._graph: Graph | None = model.graph
        self._fixed = {**model.fixed, **model.layout.values(fit.vector)}
        self._shapes = {name: column.shape[:-1] for name, column in model.columns.items()}
        self._moving = fit.task.inside(fit.vector)
        self._programs: tuple[RowProgram, RowProgram] | None = None
        self.shape: Shape = model.typed.result.shape
        self.errors = list(fit.task.model.sigmas) if isinstance(fit.task.model, Distances) else []
        self.spread: Matrix = statistics.inverse * math.sqrt(statistics.variance)
        self.deviation = statistics.deviation
        self.scale = statistics.observation_deviation if fit.loss_scale is None else fit.loss_scale
        response, prediction = model.typed.result.inputs
        self.names, self.response_names = (columns_under(node, model.columns) for node in (prediction, response))

    def __getstate__(self) -> dict[str, Any]:
        can_be_sent = all([program.can_be_sent for program in self._lowered()])
        return {**vars(self), "_graph": None} if can_be_sent else {**vars(self), "_programs": None}

    def _lowered(self) -> tuple[RowProgram, RowProgram]:
        """What computes the prediction with its derivatives, and the response."""
        if self._programs is None:
            assert self._graph is not None
            typed = self._graph.typed(
                {**self._shapes, **{name: np.shape(value) for name, value in self._fixed.items()}}
            )
            response, prediction = [node.broadcast_to(self.shape) for node in typed.result.inputs]
            moving = [typed.inputs[name] for name in self._moving]
            slopes = [slope for entry in entries_of(prediction) for slope in gradients(entry, moving)]
            shifts = gradients(prediction, [typed.inputs[name] for name in self.errors])
            plans = plan_rows([prediction, *slopes, *shifts], self.names), plan_rows([response], self.response_names)
            self._programs = RowProgram(plans[0], self._fixed), RowProgram(plans[1], self._fixed)
        return self._programs

    def responses(self, columns: Mapping[str, Any], rows: int) -> Matrix:
        """What was observed, (*shape, rows)."""
        result = np.empty((*self.shape, rows))
        self._lowered()[1].run(columns, [result])
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
        program = self._lowered()[0]
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
