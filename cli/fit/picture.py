"""What a picture of a fit shows: the data, the curve with its bands, and the residuals. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.fit import Fitted
from backprop.autodiff.optimize.prediction import Predictor
from backprop.autodiff.shapes import entry_name

Points = np.ndarray[Any, np.dtype[np.float64]]

CURVE_POINTS = 401
MOST_SHOWN = 5000  # rows, of more of them some
MOST_RESPONSES = 3


class View(NamedTuple):
    """One response: the data and the residuals at `x`, and the curve with the bands at `along`.

    Without a column that alone makes the prediction, x are the fitted values, and the curve is what they would be.
    `bands` are pairs of ends, the narrower first, each with its name.
    """

    x_name: str
    y_name: str
    x: Points
    observed: Points
    residuals: Points
    along: Points
    curve: Points
    bands: Sequence[tuple[str, Points, Points]]


def views_of(fit: Fitted, columns: Mapping[str, Any], sigma: Any) -> list[View]:
    """A view of each of the first responses. `columns` are those of the data, (*shape, rows), `sigma` its errors."""
    predictor = Predictor(fit)
    rows = fit.model.rows
    chosen = np.unique(np.linspace(0, rows - 1, min(rows, MOST_SHOWN)).astype(int))
    some = {name: np.asarray(column)[..., chosen] for name, column in columns.items()}
    count = fit.model.responses
    observed = predictor.responses(some, len(chosen)).reshape(count, -1)
    without_errors = {name: np.zeros(len(chosen)) for name in predictor.errors}
    fitted = predictor.bands(some, len(chosen), np.zeros(1), without_errors).fitted.reshape(count, -1)
    names = response_names(fit)
    single = len(predictor.names) == 1 and not np.shape(columns[predictor.names[0]])[:-1]
    views = []
    for place in range(min(count, MOST_RESPONSES)):
        residuals = observed[place] - fitted[place]
        if single:
            x_name = predictor.names[0]
            x = some[x_name]
            along = np.linspace(np.min(x), np.max(x), CURVE_POINTS)
            found = predictor.bands({x_name: along}, CURVE_POINTS, one_for_all(sigma), zeros_for(predictor))
            curve, *ends = (band.reshape(count, -1)[place] for band in found)
            bands = [("confidence band", ends[0], ends[1])]
            if has_one_error(sigma, predictor):
                bands.append(("prediction band", ends[2], ends[3]))
        else:
            x_name, x = "fitted", fitted[place]
            along = np.array([np.min(x), np.max(x)])
            curve, bands = along, []
        views.append(View(x_name, names[place], x, observed[place], residuals, along, curve, bands))
    return views


def has_one_error(sigma: Any, predictor: Predictor) -> bool:
    """Whether all observations are as uncertain: only then the band of new ones is a curve."""
    return not predictor.errors and (sigma is None or one_for_all(sigma) is not None)


def one_for_all(sigma: Any) -> Any:
    """The errors of the responses where all rows have the same, (responses, 1) or (1,)."""
    if sigma is None:
        return None
    first = np.asarray(sigma)[..., :1]
    return first if np.all(np.asarray(sigma) == first) else None


def zeros_for(predictor: Predictor) -> dict[str, Points]:
    return {name: np.zeros(CURVE_POINTS) for name in predictor.errors}


def response_names(fit: Fitted) -> list[str]:
    """What each response is called: as the text has it, else by its place."""
    from backprop.parser.printers.expression import show

    response = fit.model.graph.result.inputs[0]
    shape = fit.model.typed.result.shape
    if not shape:
        return [show(response, {})]
    if len(response.inputs) == fit.model.responses:
        return [show(part, {}) for part in response.inputs]
    return [entry_name("response", index) for index in np.ndindex(*shape)]


def is_drawable(view: View) -> bool:
    """Whether there is anything finite to show."""
    return bool(np.isfinite(view.x).any() and np.isfinite(view.observed).any())


def limits(*parts: Points) -> Points:
    """The least and the largest of all that is finite."""
    whole = np.concatenate([part[np.isfinite(part)] for part in parts])
    return np.array([np.min(whole), np.max(whole)]) if len(whole) else np.array([0.0, 1.0])
