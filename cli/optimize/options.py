"""What `backprop minimize`, `maximize` and `solve` take on their command lines."""

from __future__ import annotations

import click

from backprop.cli.completion import completed_by
from backprop.cli.optimize.settings import EquationSettings, OptimumSettings
from backprop.cli.options.declarations import (
    BOUNDS,
    EXPLAIN,
    EXPRESSION_FILES,
    NOTATION,
    file_option,
    shared,
    word_option,
)

METHODS = ("gd", "momentum", "nesterov", "rmsprop", "adam", "newton")

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
    click.option("--starts", type=int, metavar="N", help="Search from the start and N-1 random ones: distinct optima."),
    click.option("--seed", type=int, metavar="N", help="What the random starts follow from.  [default: 0]"),
    word_option("--method", METHODS, help="Only this textbook method, step by step, to see how it goes."),
    click.option("--rate", type=float, metavar="NUMBER", help="The length of its steps.  [default: the method's own]"),
    click.option("--steps", type=int, metavar="N", help="How many steps it makes.  [default: 1000]"),
    EXPLAIN,
    file_option("--trace", help="Write the way: step, variables, value, gradient_norm.  - in place of the answer."),
)

equation_options = shared(
    "settings",
    EquationSettings,
    *EXPRESSION_FILES,
    NOTATION,
    BOUNDS,
    EXPLAIN,
    click.option(
        "--all",
        metavar="NAME=LOWER:UPPER",
        shell_complete=completed_by("variable_and_value"),
        help="Find every root of one variable in a range; the others have values.",
    ),
)
