"""One run of `minimize` or `maximize`: searches, reports, and says what is to be known."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.optimize.library import is_installed
from backprop.autodiff.optimize.minimize import Minimum, Stopped
from backprop.autodiff.optimize.minimize import maximize as largest
from backprop.autodiff.optimize.minimize import minimize as least
from backprop.cli.optimize.progress import Iterations
from backprop.cli.optimize.settings import OptimumSettings
from backprop.cli.output.output import Output
from backprop.cli.reports.minimum import minimum_report
from backprop.cli.status import Failure, Status

SEARCHES = {"minimize": least, "maximize": largest}
WITHOUT_SCIPY = "SciPy's methods were not tried, it is not installed: pip install 'backprop-cli[solve]'"


def run(command: str, settings: OptimumSettings, output: Output) -> Status:
    """Search and report. Raises ExpressionError or Failure where the question is wrong."""
    with Iterations("value", is_quiet=output.is_quiet) as iterations:
        try:
            found, status = answered(command, settings, iterations), Status.DONE
        except Stopped as stop:
            found, status = stop.result, Status.INTERRUPTED
    output.write(minimum_report(command, found, settings.asked.title))
    output.note_unused(settings.asked.unused)
    if status is Status.INTERRUPTED:
        output.note("warning: interrupted: this is the best so far")
        return status
    if not found.is_certified:
        output.note(f"warning: not certified: {found.reason}")
        if not is_installed():
            output.note(WITHOUT_SCIPY)
        return Status.MISMATCH
    return Status.DONE


def answered(command: str, settings: OptimumSettings, iterations: Iterations) -> Minimum:
    """What is found; what is wrong with the question is said in the words of the command line."""
    try:
        return SEARCHES[command](
            settings.asked.graph,
            settings.start,
            bounds=settings.bounds,
            subject_to=settings.asked.relations,
            tell=iterations.tell,
        )
    except ExpressionError as error:
        if error.source is None:
            raise Failure(error.reason, error.cure) from None
        raise
