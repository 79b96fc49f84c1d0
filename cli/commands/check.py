"""`backprop check`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from backprop.cli.completion import completed_by
from backprop.cli.options.declarations import (
    BoundedNumber,
    command,
    derivative_options,
    output_options,
    question_options,
    wrt_option,
)
from backprop.cli.options.derivatives import DerivativeOptions, note_losses
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.status import Failure, Status

MOST_SAMPLES = 1_000_000  # some minutes
CLAIM_SAMPLES = 100  # by default where a claim is checked: at one point 2*x is x^2, too
EXAMPLES = (
    'backprop check "(x+y)*z" x=-2 y=5 z=-4',
    'backprop check "sum(sigmoid(W@x))" --W "[[1,2],[3,4]]" --x "[0.2,0.4]" --wrt W',
    'backprop check "x*exp(-x^2)" --x 1 --samples 100 --seed 7',
    'backprop check "x^2*sin(x)" x=1 --against "2*x*sin(x) + x^2*cos(x)"',
    'backprop check "x*y^2" x=1 y=2 --against x=y^2 --against "y=2*x*y"',
)


@command("check", examples=EXAMPLES)
@question_options
@derivative_options(wrt_option("Check the gradient by NAME; may be repeated.  [default: all]"))
@click.option(
    "--against",
    "claims",
    multiple=True,
    metavar="[NAME=]EXPR",
    shell_complete=completed_by("variable_and_value"),
    help="Compare the derivative by NAME with EXPR, which is claimed to be it.  Repeatable.",
)
@click.option(
    "--samples",
    type=BoundedNumber(0, MOST_SAMPLES),
    metavar="N",
    help="Check at N more points: each entry plus a normal deviate of standard deviation max(|entry|, 1).  "
    f"[default: 0, with --against {CLAIM_SAMPLES}]",
)
@click.option(
    "--seed", type=BoundedNumber(0), default=0, metavar="S", help="The seed of the random points.  [default: 0]"
)
@output_options("check")
def check(
    question: Question,
    options: DerivativeOptions,
    claims: Sequence[str],
    samples: int | None,
    seed: int,
    output: Output,
) -> Status:
    """Compare the gradient with differences of values: status 1 on a mismatch.

    One line for each number of each variable, or with --samples the worst of each variable: the derivative in
    reverse mode (analytic), by extrapolated central differences (numeric), and in forward mode. An array of more
    than 200 entries is checked along 10 random directions. A corner, jump or edge of the domain within the step is
    a kink, where there is nothing to compare with, and no failure; undecided is what differences are too inexact for.

    With --against the derivative is compared with a formula instead, at the given point and at 100 more; points
    outside the domain are skipped. One line for each formula: where it is wrong, else where it is furthest off.
    """
    if claims:
        return check_claims(question, options, claims, CLAIM_SAMPLES if samples is None else samples, seed, output)
    from backprop.autodiff.derivatives.check import checks, survey
    from backprop.cli.reports.check import check_report, notes

    wrt = options.names(question)
    results = survey(checks(question.graph, question.values, wrt=wrt, samples=samples or 0, seed=seed))
    output.write(check_report(results, question.text))
    for note in notes(results):
        output.note(note)
    note_losses(question, output)
    output.note_unused(question.unused)
    return Status.MISMATCH if results.failed else Status.DONE


def check_claims(
    question: Question, options: DerivativeOptions, given: Sequence[str], samples: int, seed: int, output: Output
) -> Status:
    """Compare the derivatives with what is claimed of them: status 1 where a claim is wrong."""
    from backprop.autodiff.derivatives.claims import compare
    from backprop.cli.question.claims import read_claims
    from backprop.cli.reports.claims import claims_report, notes

    chosen = options.names(question)
    claims = read_claims(question, given, chosen)
    comparison = compare(question.graph, question.values, claims, samples=samples, seed=seed)
    if not comparison.points:
        raise Failure(
            f"the expression is finite at none of {samples + 1} points", "give its variables values in its domain"
        )
    output.write(claims_report(comparison, question.text, claims.texts))
    for note in notes(comparison):
        output.note(note)
    note_losses(question, output)
    output.note_unused(question.unused)
    return Status.MISMATCH if comparison.failed else Status.DONE
