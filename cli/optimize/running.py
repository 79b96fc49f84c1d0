"""One run of `minimize`, `maximize` or `solve`: searches, reports, and says what is to be known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.all_roots import AllRoots, RootsStopped, all_roots
from backprop.autodiff.optimize.library import is_installed
from backprop.autodiff.optimize.many_starts import ManyStopped, minimize_from_many
from backprop.autodiff.optimize.minimize import maximize as largest
from backprop.autodiff.optimize.minimize import minimize as least
from backprop.autodiff.optimize.minimum import Lesson, Minimum, SearchStopped
from backprop.autodiff.optimize.solve import Solution, SolvingStopped, solve
from backprop.cli.optimize.explanation import explained
from backprop.cli.optimize.progress import Iterations
from backprop.cli.optimize.settings import EquationSettings, OptimumSettings
from backprop.cli.output.output import Output
from backprop.cli.output.report import Report
from backprop.cli.reports.all_roots import all_roots_report
from backprop.cli.reports.minimum import minima_report, minimum_report
from backprop.cli.reports.root import root_report
from backprop.cli.reports.way import way_report
from backprop.cli.status import Failure, Status

SEARCHES = {"minimize": least, "maximize": largest}
WITHOUT_SCIPY = "SciPy's methods were not tried, it is not installed: pip install scipy"


def run(command: str, settings: OptimumSettings, output: Output) -> Status:
    """Find an optimum and report. Raises ExpressionError or Failure where the question is wrong."""
    if settings.starts is not None:
        return run_many(command, settings, settings.starts, output)
    form = output.format if settings.trace == "-" else None
    trace = output.of(command, settings.trace, form) if settings.trace else None
    lesson = Lesson(**settings.lesson) if settings.lesson else None
    search = partial(SEARCHES[command], lesson=lesson, keeps_way=trace is not None)
    with Iterations("value", is_quiet=output.is_quiet) as iterations:
        try:
            found, is_whole = answered(search, settings, iterations), True
        except SearchStopped as stop:
            found, is_whole = stop.result, False
    if settings.trace != "-":
        write(minimum_report(command, found, settings.asked.title), settings, output)
    if trace:
        trace.write(way_report(command, found, settings.asked.title))
    return told(found, settings, output, is_whole=is_whole)


def run_many(command: str, settings: OptimumSettings, starts: int, output: Output) -> Status:
    """Find optima from several starts and report. Raises ExpressionError or Failure where the question is wrong."""
    search = partial(minimize_from_many, starts=starts, seed=settings.seed, is_largest=command == "maximize")
    with Iterations("value", is_quiet=output.is_quiet) as iterations:
        try:
            found, is_whole = answered(search, settings, iterations), True
        except ManyStopped as stop:
            found, is_whole = stop.result, False
    write(minima_report(command, found, settings.asked.title), settings, output)
    return told(found.best, settings, output, is_whole=is_whole)


def run_solve(settings: EquationSettings, output: Output) -> Status:
    """Solve and report. Raises ExpressionError or Failure where the question is wrong."""
    if settings.within:
        return run_all(settings, output)
    with Iterations("sum of squares", is_quiet=output.is_quiet) as iterations:
        try:
            found, is_whole = answered(solved, settings, iterations), True
        except SolvingStopped as stop:
            found, is_whole = stop.result, False
    write(root_report(found, settings.asked.title), settings, output)
    return told(found, settings, output, is_whole=is_whole)


def run_all(settings: EquationSettings, output: Output) -> Status:
    """Find every root in a range and report. Raises ExpressionError or Failure where the question is wrong."""
    values = {name: value for name, value in settings.start.items() if name not in settings.within}
    with Iterations("open intervals", is_quiet=output.is_quiet) as iterations, in_words():
        try:
            found, is_whole = all_roots(settings.asked.graph, settings.within, values, tell=iterations.halved), True
        except RootsStopped as stop:
            found, is_whole = stop.result, False
    write(all_roots_report(found, settings.asked.title), settings, output)
    return told(found, settings, output, is_whole=is_whole)


def write(report: Report, settings: OptimumSettings, output: Output) -> None:
    output.write(explained(report) if settings.explains else report)


def solved(graph: Graph, start: Mapping[str, Any], *, subject_to: Sequence[Graph], **more: Any) -> Solution:
    """As the searches for optima are called; there is nothing that equations are subject to."""
    return solve(graph, start, **more)


def answered(search: Callable[..., Any], settings: OptimumSettings, iterations: Iterations) -> Any:
    """What is found."""
    with in_words():
        return search(
            settings.asked.graph,
            settings.start,
            bounds=settings.bounds,
            subject_to=settings.asked.relations,
            tell=iterations.tell,
        )


@contextmanager
def in_words() -> Iterator[None]:
    """What is wrong with the question is said in the words of the command line."""
    try:
        yield
    except ExpressionError as error:
        if error.source is None:
            raise Failure(error.reason, error.cure) from None
        raise


def told(found: Minimum | Solution | AllRoots, settings: OptimumSettings, output: Output, *, is_whole: bool) -> Status:
    """What is to be known of a result, on stderr, and the status."""
    output.note_unused(settings.asked.unused)
    if not is_whole:
        output.note("warning: interrupted: this is the best so far")
        return Status.INTERRUPTED
    if not found.is_certified:
        output.note(f"warning: not certified: {found.reason}")
        if not (is_installed() or isinstance(found, AllRoots)):
            output.note(WITHOUT_SCIPY)
        return Status.MISMATCH
    return Status.DONE
