"""`backprop check`."""

from __future__ import annotations

import click

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
from backprop.cli.status import Status

MOST_SAMPLES = 1_000_000  # some minutes
EXAMPLES = (
    'backprop check "(x+y)*z" x=-2 y=5 z=-4',
    'backprop check "sum(sigmoid(W@x))" --W "[[1,2],[3,4]]" --x "[0.2,0.4]" --wrt W',
    'backprop check "x*exp(-x^2)" --x 1 --samples 100 --seed 7',
)


@command("check", examples=EXAMPLES)
@question_options
@derivative_options(wrt_option("Check the gradient by NAME; may be repeated.  [default: all]"))
@click.option(
    "--samples",
    type=BoundedNumber(0, MOST_SAMPLES),
    default=0,
    metavar="N",
    help="Check at N more points: each entry plus a normal deviate of standard deviation max(|entry|, 1).",
)
@click.option(
    "--seed", type=BoundedNumber(0), default=0, metavar="S", help="The seed of the random points.  [default: 0]"
)
@output_options("check")
def check(question: Question, options: DerivativeOptions, samples: int, seed: int, output: Output) -> Status:
    """Compare the gradient with differences of values: status 1 on a mismatch.

    One line for each number of each variable, or with --samples the worst of each variable: the derivative in
    reverse mode (analytic), by extrapolated central differences (numeric), and in forward mode. An array of more
    than 200 entries is checked along 10 random directions. A corner, jump or edge of the domain within the step is
    a kink, where there is nothing to compare with, and no failure; undecided is what differences are too inexact for.
    """
    from backprop.autodiff.derivatives.check import checks, survey
    from backprop.cli.reports.check import check_report, notes

    wrt = options.names(question)
    results = survey(checks(question.graph, question.values, wrt=wrt, samples=samples, seed=seed))
    output.write(check_report(results, question.text))
    for note in notes(results):
        output.note(note)
    note_losses(question, output)
    output.note_unused(question.unused)
    return Status.MISMATCH if results.failed else Status.DONE
