"""What a fit is asked, checked before anything is computed: the residuals, the parameters, their starts and bounds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.evaluation.binding import as_array, value_of
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.births import WrongRow, place_of
from backprop.autodiff.optimize.other_residuals import LOSSES, Distances
from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector, is_in_file
from backprop.autodiff.optimize.separable import linear_parameters
from backprop.autodiff.shapes import Array

Range = tuple[float, float]


class MissingStart(ExpressionError):
    """Parameters without a start, that need one: `names`."""

    names: Sequence[str] = ()


class Task:
    """One question. Raises ExpressionError where it cannot be answered.

    `base` has the residuals of the model, `model` what is to be least: these, or distances. `names` are the parameters
    that move, `linear` those of them that the residuals are linear in, `held` the values of those that do not move.
    """

    def __init__(
        self,
        graph: Graph,
        data: Mapping[str, Any],
        start: Mapping[str, Any],
        *,
        ranges: Mapping[str, Range],
        bounds: Mapping[str, Range],
        hold: Collection[str],
        is_guessed: bool,
        sigma: Any,
        weights: Any,
        sigma_x: Mapping[str, Any],
        is_absolute: bool,
        loss: str | None,
        confidence: float,
    ) -> None:
        given = {name: as_array(value, value_of(name)) for name, value in start.items()}
        columns = {
            name: np.moveaxis(column if is_in_file(column) else np.asarray(column, dtype=np.float64), 0, -1)
            for name, column in data.items()
            if name in graph.inputs and name not in given and name not in ranges
        }
        defaults = {name: value for name, value in graph.defaults.items() if name not in graph.fixed}
        known = {name: value for name, value in {**defaults, **given}.items() if name not in columns}
        for name in (*known, *ranges, *bounds, *hold):
            if name not in graph.inputs:
                raise ExpressionError(f"'{name}' is not in the model", cure="omit it")
        for name in hold:
            if name not in known:
                raise ExpressionError(f"'{name}' is held and has no value", cure=f"give it one: {name}=1")
        if loss is not None and loss not in LOSSES:
            raise ExpressionError(f"'{loss}' is not a loss", cure=f"the losses are {', '.join(LOSSES)}")
        self.held = {name: known[name] for name in hold}
        self.start = {name: value for name, value in known.items() if name not in self.held}
        self.ranges, self.bounds = dict(ranges), dict(bounds)
        if not 0.0 < confidence < 1.0:
            raise ExpressionError(f"a confidence of {confidence:g}", cure="give a probability between 0 and 1")
        self.is_guessed, self.is_absolute, self.loss, self.confidence = is_guessed, is_absolute, loss, confidence
        moving = dict.fromkeys([*graph.variables, *self.start, *ranges])
        self.names = [name for name in moving if name not in columns and name not in self.held]
        parameters = {name: shapes.of(known[name]) if name in known else () for name in self.names}
        self.base = Residuals(graph, columns, parameters, self.held, rows_of(columns, data))
        self.base.weights = weights_of(self.base, sigma, weights)
        self.model: Residuals = distances(self.base, sigma, sigma_x) if sigma_x else self.base
        self.has_errors = self.base.weights is not None
        self.lower, self.upper = limits(self.base, self.bounds)
        self._check_enough()
        self.linear = linear_parameters(self.base, self.names)
        self._check_starts()

    @property
    def eliminated(self) -> list[str]:
        """The linear parameters that may be solved for at every step, where the residuals are the model's own."""
        return [name for name in self.linear if name not in self.bounds and name not in self.ranges]

    @property
    def first(self) -> Vector:
        """The start; zeros for what has none."""
        values = {name: self.start.get(name, np.zeros(self.base.layout.shapes[name])) for name in self.names}
        return np.clip(self.base.layout.vector(values), self.lower, self.upper)

    def is_at_bound(self, name: str, vector: Vector) -> bool:
        place = self.base.layout.slices[name]
        return bool(np.any((vector[place] <= self.lower[place]) | (vector[place] >= self.upper[place])))

    def inside(self, vector: Vector) -> list[str]:
        """The parameters that are at no bound there."""
        return [name for name in self.names if not self.is_at_bound(name, vector)]

    def _check_enough(self) -> None:
        for name in self.names:
            if name not in self.base.typed.inputs:
                raise ExpressionError(f"the model does not depend on '{name}'", cure="omit it, or hold it")
        count, unknowns = self.base.count, self.base.layout.size
        if not unknowns:
            raise ExpressionError(
                "the model has no parameter to fit", cure="a name that is not a column is a parameter"
            )
        if count < unknowns:
            rows = f"{self.base.rows} row{'s' * (self.base.rows != 1)}"
            raise ExpressionError(
                f"{rows} with {count} residual{'s' * (count != 1)} for {unknowns} parameters",
                cure="give at least as many as parameters, or hold some of these",
            )

    def _check_starts(self) -> None:
        missing = [name for name in self.names if name not in (*self.linear, *self.start, *self.ranges)]
        if missing and not self.is_guessed:
            quoted = " and ".join(f"'{name}'" for name in missing)
            error = MissingStart(
                f"no start for {quoted}",
                self.base.graph.inputs[missing[0]].span,
                f"give a start: {' '.join(f'{name}=1' for name in missing)}, a range {missing[0]}=0:10, or guess",
                self.base.graph.source,
            )
            error.names = missing
            raise error
        for name in self.bounds:
            place = self.base.layout.slices[name]
            begins = [*np.ravel(self.start.get(name, [])), *self.ranges.get(name, ())]
            if any(not self.lower[place][0] <= number <= self.upper[place][0] for number in begins):
                raise ExpressionError(
                    f"the start of '{name}' is outside its bounds {shown_range(*self.bounds[name])}",
                    cure="begin between them",
                )


def rows_of(columns: Mapping[str, Array], data: Mapping[str, Any]) -> int:
    """How many rows the data have. Raises ExpressionError where they have none, or columns differ."""
    heights = {name: np.shape(column)[-1] for name, column in columns.items()}
    if not heights:
        names = f"the columns are {', '.join(data)}" if data else "there are no data"
        raise ExpressionError("no name in the model is a column", cure=names)
    if len(set(heights.values())) > 1:
        raise ExpressionError(f"the numbers of rows differ: {', '.join(f'{n} {rows}' for n, rows in heights.items())}")
    rows: int = next(iter(heights.values()))
    if not rows:
        raise ExpressionError("there are no rows", cure="give data")
    return rows


def positive(values: Any, what: str, rows: int) -> Vector:
    """Errors or weights, each of which has to be a positive number. Raises ExpressionError."""
    given: Vector = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(~((given > 0.0) & np.isfinite(given)).ravel())
    if len(wrong):
        row = int(wrong[0]) % rows
        reason = f"{what} is {given.ravel()[wrong[0]]:g} in {place_of(row)}"
        raise WrongRow(reason, row, None, "every row needs a positive number")
    return given


def weights_of(base: Residuals, sigma: Any, weights: Any) -> Matrix | None:
    """One over sigma for each response and row. Raises ExpressionError."""
    if sigma is not None and weights is not None:
        raise ExpressionError("sigma and weights are both given", cure="give one of them")
    if sigma is None and weights is None:
        return None
    if sigma is not None:
        whole = 1.0 / positive(sigma, "sigma", base.rows)
    else:
        whole = np.sqrt(positive(weights, "a weight", base.rows))
    if whole.ndim > 1 and len(whole) != base.responses:
        given = f"{len(whole)} columns of errors for {base.responses} response{'s' * (base.responses != 1)}"
        raise ExpressionError(given, cure="give one for all, or one for each")
    return np.broadcast_to(whole, (base.responses, base.rows))


def distances(base: Residuals, sigma: Any, sigma_x: Mapping[str, Any]) -> Distances:
    """The residuals as distances. Raises ExpressionError."""
    if sigma is None or base.responses > 1:
        reason = "errors of columns go with one response" if base.responses > 1 else "the response has no errors"
        raise ExpressionError(reason, cure="give sigma, too, for one response")
    errors = {}
    for name, given in sigma_x.items():
        if name not in base.columns or base.columns[name].ndim != 1:
            raise ExpressionError(f"errors are given for '{name}', which is not a column", cure="omit them")
        errors[name] = np.broadcast_to(positive(given, f"sigma of {name}", base.rows), (base.rows,))
    return Distances(base, np.broadcast_to(positive(sigma, "sigma", base.rows), (base.rows,)), errors)


def limits(base: Residuals, bounds: Mapping[str, Range]) -> tuple[Vector, Vector]:
    """The bounds of each entry. Raises ExpressionError."""
    lower, upper = np.full(base.layout.size, -np.inf), np.full(base.layout.size, np.inf)
    for name, (low, high) in bounds.items():
        place = base.layout.slices.get(name)
        if place is None:
            raise ExpressionError(f"'{name}' has bounds and does not move", cure="omit them")
        if not low < high:
            raise ExpressionError(f"the bounds {shown_range(low, high)} of '{name}' leave no room", cure="lower first")
        lower[place], upper[place] = low, high
    return lower, upper


def shown_range(low: float, high: float) -> str:
    """As the command line has it: `0:`, `-1:1`."""
    return f"{'' if np.isinf(low) else f'{low:g}'}:{'' if np.isinf(high) else f'{high:g}'}"


def response_blocks(model: Residuals) -> Iterator[tuple[Matrix, Matrix]]:
    """The values of the response in some rows and their weights, (responses, rows), until no rows are left.

    A parameter that is in the response counts as 0.
    """
    response = model.typed.result.inputs[0].broadcast_to(model.typed.result.shape)
    values = {name: np.zeros(shape)[()] for name, shape in model.layout.shapes.items()}
    program = RowProgram(plan_rows([response], list(model.columns)), {**model.fixed, **values})
    for rows in model.row_blocks(model.responses):
        (result,) = program.run(model.columns_in(rows))
        shape = (model.responses, rows.stop - rows.start)
        weights = np.ones(shape) if model.weights is None else model.weights[:, rows]
        yield np.broadcast_to(np.reshape(result, (model.responses, -1)), shape), weights
