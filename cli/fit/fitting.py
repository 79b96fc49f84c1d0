"""One run of `backprop fit`: reads, fits, reports, and says what is to be known."""

from __future__ import annotations

import os
import shutil
import sys
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.births import WrongRow, place_of
from backprop.autodiff.optimize.fit import Fitted, Interrupted
from backprop.autodiff.optimize.fit import fit as fitted
from backprop.autodiff.optimize.intervals import Intervals
from backprop.autodiff.optimize.prediction import Predictor
from backprop.autodiff.optimize.task import MissingStart
from backprop.cli.batch import pipeline
from backprop.cli.fit.data import Data, read_data
from backprop.cli.fit.errors import SIGMA, WEIGHT, error_of, noise_of, together
from backprop.cli.fit.settings import FitSettings
from backprop.cli.optimize.progress import Iterations
from backprop.cli.output.output import Output, say
from backprop.cli.reports.fit import fit_report
from backprop.cli.status import Failure, Status
from backprop.parser.similarity import closest

if TYPE_CHECKING:
    from backprop.cli.fit.picture import View


DRAWN = ("svg", "png", "pdf", "html")


def run(settings: FitSettings, output: Output) -> Status:
    """Fit and report. Raises ExpressionError or Failure where the question is wrong."""
    if output.format in DRAWN:
        from backprop.cli.plot.matplotlib_figure import library

        library(output.format)  # before the work: it may be missing
    if settings.prediction is not None:
        keep_stdin(settings)
    data = read_data(settings)
    status, intervals = Status.DONE, None
    with Iterations("sum of squares", is_quiet=output.is_quiet) as iterations:
        try:
            result = answered(settings, data, iterations)
        except Interrupted as stop:
            result, status = stop.result, Status.INTERRUPTED
        else:
            try:
                intervals = intervals_of(result, settings, iterations)
            except KeyboardInterrupt:
                status = Status.INTERRUPTED
    report = fit_report(
        result,
        settings.asked.title,
        data.bad,
        data.absent,
        intervals=intervals,
        is_explained=settings.is_explained,
        picture=lambda: views(data, result),
    )
    output.write(report)
    if intervals is not None and not intervals.is_best:
        output.note("warning: the profile has a smaller sum of squares than the fit: begin elsewhere")
    for warning in result.warnings:
        output.note(f"warning: {warning}")
    if result.stumble is not None:
        say_of_stumble(result, data, output)
    output.note_unused(settings.asked.unused)
    if settings.prediction is not None:
        predict(settings.prediction, result)
    if status is Status.INTERRUPTED:
        output.note("warning: interrupted: this is the best so far")
        return status
    if not result.is_converged:
        output.note(f"warning: not converged: {result.reason}")
        return Status.MISMATCH
    return Status.WRONG_DATA if data.bad else Status.DONE


def placed(error: WrongRow, data: Data) -> str:
    """The reason with the place of the row in the input."""
    return str(error.reason).replace(place_of(error.row), data.place_of(error.row))


def say_of_stumble(result: Fitted, data: Data, output: Output) -> None:
    """Name the gate and the row that were not finite on the way: shown in the model where that may be why it ended."""
    found = result.stumble
    assert found is not None
    if result.is_converged:
        span, source = found.span, found.source
        there = f"{source[span.start : span.end]}: " if span is not None and source is not None else ""
        output.note(f"{there}{placed(found, data)}: that step was not taken")
    elif not output.is_quiet:
        from backprop.cli.output.errors import warning

        say(warning(placed(found, data), found.span, found.source))


def intervals_of(result: Fitted, settings: FitSettings, iterations: Iterations) -> Intervals | None:
    """Those that are asked for in place of the usual ones."""
    if settings.is_profiled:
        return result.profile(iterations.count)
    if settings.samples is not None:
        return result.bootstrap(settings.samples, seed=settings.seed, progress=iterations.count)
    return None


def predict(settings: FitSettings, result: Fitted) -> None:
    """Write the rows with what the model says of them, by the batch that reads them once more."""
    if settings.files[0].path in (None, "-"):
        os.lseek(sys.stdin.fileno(), settings.stdin_start, os.SEEK_SET)
    settings.predictor = Predictor(result)
    settings.question = settings.question._replace(fixed=result.parameters)
    pipeline.run(settings)


def views(data: Data, result: Fitted) -> list[View]:
    """What a picture shows."""
    from backprop.cli.fit.picture import views_of  # here, not above: most formats have no picture

    return views_of(result, data.columns, noise_of(list(data.columns), data.columns))


def keep_stdin(settings: FitSettings) -> None:
    """Have rows that come on stdin in a file that takes its place, and can be read twice."""
    if settings.files[0].path not in (None, "-") or sys.stdin is None:
        return
    if not sys.stdin.seekable():
        settings.note_of_typing()
        with TemporaryFile() as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.seek(0)
            os.dup2(file.fileno(), sys.stdin.fileno())
    assert settings.prediction is not None
    settings.prediction.stdin_start = os.lseek(sys.stdin.fileno(), 0, os.SEEK_CUR)


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
            sigma=together(list(errors), errors, SIGMA),
            weights=together(list(errors), errors, WEIGHT),
            sigma_x={name: errors[error_of(name)] for name in settings.sigma_x},
            absolute_sigma=settings.is_absolute,
            loss=settings.loss,
            confidence=settings.confidence,
            tell=iterations.tell,
        )
    except WrongRow as error:
        error.reason = placed(error, data)
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
