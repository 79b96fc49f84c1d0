"""What `backprop fit` takes on its command line."""

from __future__ import annotations

import click

from backprop.cli.batch.dialect_options import DIALECT_OPTIONS
from backprop.cli.batch.options import RENAME, from_option
from backprop.cli.completion import completed_by
from backprop.cli.fit.settings import FitSettings
from backprop.cli.options.declarations import (
    BOUNDS,
    EXPLAIN,
    EXPRESSION_FILES,
    LATEX,
    BoundedNumber,
    file_option,
    shared,
    word_option,
)

LOSSES = ("huber", "soft_l1", "cauchy")

fit_options = shared(
    "settings",
    FitSettings,
    *EXPRESSION_FILES,
    LATEX,
    BOUNDS,
    click.option(
        "--hold",
        multiple=True,
        metavar="NAME",
        shell_complete=completed_by("variable"),
        help="Keep a parameter at its value.  Repeatable.",
    ),
    click.option("--guess", is_flag=True, help="Find starts on a coarse grid, scored on the data."),
    click.option(
        "--sigma",
        metavar="COLUMN",
        shell_complete=completed_by("column"),
        help="The standard errors of the response; of several S1,S2.",
    ),
    click.option(
        "--weights",
        metavar="COLUMN",
        shell_complete=completed_by("column"),
        help="The weights of the squares, in place of sigma.",
    ),
    click.option(
        "--absolute-sigma",
        is_flag=True,
        help="Sigma is in units of the response: errors are not scaled by the residuals.",
    ),
    click.option(
        "--sigma-x",
        multiple=True,
        metavar="NAME=COLUMN",
        shell_complete=completed_by("variable_and_column"),
        help="The standard errors of a column: distances are fitted.  Repeatable.",
    ),
    word_option("--loss", LOSSES, help="What outliers count, in place of squares; its scale is that of the residuals."),
    click.option("--coverage", metavar="P", help="What the intervals and bands cover, or k=2.  [default: 0.95]"),
    click.option("--profile", is_flag=True, help="Intervals by the profile of the likelihood, not by linearity."),
    click.option(
        "--bootstrap",
        type=BoundedNumber(2),
        metavar="N",
        help="Intervals by N fits to rows drawn with replacement.",
    ),
    click.option("--seed", type=BoundedNumber(0), metavar="S", help="Of what is drawn.  [default: 0]"),
    EXPLAIN,
    file_option("--predict", help="Write the rows with fitted value, residual and bands to FILE."),
    word_option(
        "--missing",
        ("drop", "stop"),
        default="drop",
        help="A row without a value: left out, or the end.  [default: drop]",
    ),
    RENAME,
    from_option(("lines",)),
    *DIALECT_OPTIONS,
)
