"""One budget from its question to its exit status."""

from __future__ import annotations

from backprop.autodiff.uncertainty.budget import COVERAGE, budget
from backprop.cli.budget.progress import TrialProgress
from backprop.cli.budget.question import BudgetQuestion, read_coverage, read_target
from backprop.cli.options.derivatives import note_losses, warn_of_results
from backprop.cli.output.output import Output
from backprop.cli.reports.budget import budget_report
from backprop.cli.status import Status


def run(
    asked: BudgetQuestion,
    coverage: str | None,
    target: str | None,
    trials: int | None,
    seed: int,
    output: Output,
    *,
    is_explained: bool,
) -> Status:
    """Compute and write it. Raises ExpressionError or Failure."""
    probability = COVERAGE if coverage is None else read_coverage(coverage)
    kind, wanted = (None, None) if target is None else read_target(target)
    for note in asked.notes:
        output.note(note)
    progress = TrialProgress(is_quiet=output.is_quiet)
    question = asked.question
    try:
        result = budget(
            question.graph,
            asked.inputs,
            correlations=asked.correlations,
            coverage=probability,
            target_uncertainty=wanted if kind == "u" else None,
            target_expanded=wanted if kind == "U" else None,
            trials=trials,
            seed=seed,
            tell=progress,
        )
    finally:
        progress.end()
    report = budget_report(result, question.graph, question.title, is_explained=is_explained)
    output.write(report)
    output.note_unused(question.unused)
    wrong = [entry for entry in report.data["nonfinite"] if not entry["where"].endswith("degrees_of_freedom")]
    if wrong:
        warn_of_results(question, wrong, output)
    note_losses(question, output)
    return Status.INTERRUPTED if result.is_interrupted else Status.DONE
