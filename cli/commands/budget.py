"""`backprop budget`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from backprop.cli.options.declarations import EXPLAIN, BoundedNumber, budget_question_options, command, output_options
from backprop.cli.output.output import Output
from backprop.cli.status import Status

if TYPE_CHECKING:
    from backprop.cli.budget.question import BudgetQuestion

EXAMPLES = (
    'backprop budget "m*g*h" m=2.0+-0.1,dof=4 g=9.80665 h="5.00(12)"',
    'backprop budget "V/I" V=5.0+-0.1% "I=19.66(1)" --correlation V,I=-0.36',
    'backprop budget "a + b" a=1+-0.5,uniform b=2,U=0.6,k=3 --target U=0.5',
    'backprop budget "V/I" V=@readings.csv:V I=@readings.csv:I -o shares.svg',
    'backprop budget "a*exp(-b*t)" t=2 --covariance fit.json --json',
)


@command("budget", examples=EXAMPLES)
@budget_question_options
@click.option(
    "--coverage", metavar="P", help="The probability that U and the intervals cover, or k=2.  [default: 0.95]"
)
@click.option("--target", metavar="U=X|u=X", help="Say which inputs must improve, and by how much, for X.")
@click.option(
    "--trials", type=BoundedNumber(2), metavar="N", help="Make N trials.  [default: as many as two digits need]"
)
@click.option("--seed", type=BoundedNumber(0), default=0, metavar="S", help="Of the trials.  [default: 0]")
@EXPLAIN
@output_options("budget")
def budget(
    asked: BudgetQuestion,
    coverage: str | None,
    target: str | None,
    trials: int | None,
    seed: int,
    explain: bool,
    output: Output,
) -> Status:
    """Show the uncertainty of a value, and the share of each input.

    An input is VALUE+-U (or ±; U in % of the value, too), VALUE(U) in units of its last digit or as a number with a
    point, or VALUE,U=0.3,k=2; behind it may stand dof=4 and normal, t, or uniform, triangular or arcsine, for which
    the number behind +- is the half-width, elsewhere the standard uncertainty. A value alone is exact. @FILE:COLUMN
    are readings: their mean, s/sqrt(n), and the correlation with those of other columns in the same rows. An
    uncertainty of zero or below is an error.

    The table is first order (GUM). Below it are the second order (GUM 5.1.2), trials (JCGM 101) and the verdict by
    these whether first order suffices. Trials draw normal numbers unless a distribution is named.
    """
    from backprop.cli.budget.run import run  # here, not above: help and completion need no numbers

    return run(asked, coverage, target, trials, seed, output, is_explained=explain)
