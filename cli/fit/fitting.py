"""One run of `backprop fit`: reads, fits, reports, and says what is to be known."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.births import WrongRow, place_of
from backprop.autodiff.optimize.fit import Fitted, Interrupted
from backprop.autodiff.optimize.fit import fit as fitted
from backprop.autodiff.optimize.task import MissingStart
from backprop.cli.fit.data import Data, read_data
from backprop.cli.fit.settings import SIGMA, WEIGHT, FitSettings
from backprop.cli.optimize.progress import Iterations
from backprop.cli.output.output import Output
from backprop.cli.reports.fit import fit_report
from backprop.cli.status import Failure, Status
from backprop.parser.similarity import closest


def run(settings: FitSettings, output: Output) -> Status:
    """Fit and report. Raises ExpressionError or Failure where the question is wrong."""
    data = read_data(settings)
    status = Status.DONE
    with Iterations("sum of squares", is_quiet=output.is_quiet) as iterations:
        try:
            result = answered(settings, data, iterations)
        except Interrupted as stop:
            result, status = stop.result, Status.INTERRUPTED
    output.write(fit_report(result, settings.asked.title, data.bad, data.absent))
    for warning in result.warnings:
        output.note(f"warning: {warning}")
    output.note_unused(settings.asked.unused)
    if status is Status.INTERRUPTED:
        output.note("warning: interrupted: this is the best so far")
        return status
    if not result.is_converged:
        output.note(f"warning: not converged: {result.reason}")
        return Status.MISMATCH
    return Status.WRONG_DATA if data.bad else Status.DONE


def answered(settings: FitSettings, data: Data, iterations: Iterations) -> Fitted:
    """The fit; what is wrong with it is said in the words of the command line. Raises ExpressionError or Failure."""
    columns = {name: np.moveaxis(column, -1, 0) for name, column in data.columns.items() if name not in settings.errors}
    errors = {name: data.columns[name] for name in settings.errors}
    try:
        return fitted(
            settings.graph,
            columns,
            settings.start,
            ranges=settings.ranges,
            bounds=settings.bounds,
            hold=settings.hold or (),
            guess=settings.is_guessed,
            sigma=together(settings, errors, SIGMA),
            weights=together(settings, errors, WEIGHT),
            sigma_x={name: errors[f"{SIGMA} of {name}"] for name in settings.sigma_x},
            absolute_sigma=settings.is_absolute,
            loss=settings.loss,
            tell=iterations.tell,
        )
    except WrongRow as error:
        error.reason = error.reason.replace(place_of(error.row), f"{data.unit} {data.places[error.row]}")
        raise
    except MissingStart as error:
        meant = {name: closest(name, data.header) for name in error.names}
        misspelt = [f"did you mean the column {column} for {name}? " for name, column in meant.items() if column]
        error.cure = f"{''.join(misspelt)}{error.cure}"
        raise
    except ExpressionError as error:
        if error.source is None:
            raise Failure(error.reason, error.cure) from None
        raise


def together(settings: FitSettings, errors: dict[str, Any], word: str) -> Any:
    """The errors or weights of all responses: one for all, or one each."""
    given = [errors[name] for name in settings.errors if name.startswith(f"{word} ") and name.split()[1].isdigit()]
    return None if not given else given[0] if len(given) == 1 else np.stack(given)
