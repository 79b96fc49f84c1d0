"""What `backprop minimize`, `maximize` and `solve` take on their command lines."""

from __future__ import annotations

import click

from backprop.cli.completion import completed_by
from backprop.cli.optimize.settings import EquationSettings, OptimumSettings
from backprop.cli.options.declarations import BOUNDS, EXPRESSION_FILES, NOTATION, shared

optimum_options = shared(
    "settings",
    OptimumSettings,
    *EXPRESSION_FILES,
    NOTATION,
    BOUNDS,
    click.option(
        "--subject-to",
        multiple=True,
        metavar="RELATIONS",
        help='Constraints, such as "x+y <= 1; x*y == 2".  Repeatable.',
    ),
)

equation_options = shared(
    "settings",
    EquationSettings,
    *EXPRESSION_FILES,
    NOTATION,
    BOUNDS,
    click.option(
        "--all",
        metavar="NAME=LOWER:UPPER",
        shell_complete=completed_by("variable_and_value"),
        help="Find every root of one variable in a range; the others have values.",
    ),
)
