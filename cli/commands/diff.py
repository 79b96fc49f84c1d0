"""`backprop diff`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from backprop.autodiff.derivatives.symbolic import Derivatives
from backprop.cli.completion import completed_by
from backprop.cli.options.cells import cells_of
from backprop.cli.options.declarations import (
    WRT,
    WholeNumber,
    command,
    derivative_options,
    open_question_options,
    output_options,
    word_option,
)
from backprop.cli.options.derivatives import DerivativeOptions, note_losses
from backprop.cli.output.formats import LANGUAGES
from backprop.cli.output.output import Output
from backprop.cli.output.report import Report
from backprop.cli.question.question import Question
from backprop.cli.reports.derivative import code_report, derivative_report
from backprop.cli.reports.exemptions import remarks
from backprop.cli.status import Failure, Status

EXAMPLES = (
    'backprop diff "x^2*sin(x)"',
    'backprop diff "x^3*y" --wrt x --order 2',
    'backprop diff "sum((W@x)^2)" --wrt x --shape W=2,3 --shape x=3',
    'backprop diff "x^2*sin(x)" --x pi',
    'backprop diff "x^2*sin(x)" --to c -o derivative.c',
    'backprop diff "k*sqrt(x)" --to excel --cells x=B2,k=F2',
    'backprop diff "x*sin(y)" --to sql --dialect sqlite --table points',
    'backprop diff "sin(x^2)/x" --steps',
)
DIALECTS = ("duckdb", "postgres", "sqlite", "spark", "bigquery", "snowflake", "clickhouse", "mysql", "tsql")
SETTINGS = {"--dialect": "dialect", "--table": "table", "--create-view": "view"}
OF_ONE_LANGUAGE = {"--cells": ("excel", "Excel"), **dict.fromkeys(SETTINGS, ("sql", "SQL"))}
FORMULAS = ("text", "latex")  # code has no brief forms


@command("diff", examples=EXAMPLES)
@open_question_options
@derivative_options(
    WRT,
    click.option("--order", type=WholeNumber(), default=1, metavar="N", help="Differentiate N times.  [default: 1]"),
    click.option(
        "--shape",
        "shapes",
        multiple=True,
        metavar="NAME=2,3",
        shell_complete=completed_by("variable_and_value"),
        help="The shape of an array that has no value.",
    ),
)
@word_option(
    "--to",
    ("text", *LANGUAGES),
    metavar="LANGUAGE",
    help=f"Write it as text, in LaTeX, or as a function of value and gradient: {', '.join(('text', *LANGUAGES))}."
    "  [default: what the ending of FILE says, else text]",
)
@click.option(
    "--cells",
    metavar="x=A2,...",
    help="The cells of the variables in formulas of Excel.  [default: A2, B2, ...]",
)
@word_option(
    "--dialect",
    DIALECTS,
    metavar="DATABASE",
    help=f"Whose SQL it is: {', '.join(DIALECTS)}.  [default: duckdb]",
)
@click.option("--table", metavar="TABLE", help="Write SQL that selects TABLE's columns, the value and the gradient.")
@click.option("--create-view", "view", metavar="VIEW", help="Make a view of that.")
@click.option("--cse", is_flag=True, help="Write what is used several times as a statement.")
@click.option("--steps", is_flag=True, help="Write the rules that lead to it, one a line, order by order.")
@output_options("diff")
def diff(
    question: Question,
    options: DerivativeOptions,
    to: str | None,
    cells: str | None,
    dialect: str | None,
    table: str | None,
    view: str | None,
    cse: bool,
    steps: bool,
    output: Output,
) -> Status:
    """Print the derivative as an expression, one line for each variable.

    On a terminal each line says what it is, df/dx = 2*x; elsewhere and with --format plain it is bare: in the
    language itself, so that eval, grad and diff take it again. Where the variables have
    values, the derivative's value follows.
    """
    derivatives = options.symbolic(question)
    language = to or (output.format if output.format in LANGUAGES else "text")
    given = {"--cells": cells, "--dialect": dialect, "--table": table, "--create-view": view}
    settings = settings_of(question, language, given)
    if steps:
        report = report_of_steps(question, options, derivatives, language, shares=cse)
    elif language == "text":
        report = derivative_report(question, derivatives, options.order, shares=cse)
    else:
        report = code_report(question, derivatives, language, settings)
    output.write(report)
    for name in derivatives.flat:
        output.note(f"{name} is constant between its steps: its derivative counts as 0")
    is_formula = language in FORMULAS
    for remark in remarks([exemption for exemption in derivatives.exemptions if is_formula or exemption.counts_sides]):
        output.note(remark)
    if set(question.graph.variables) <= set(question.values):
        note_losses(question, output)
    return Status.DONE


def settings_of(question: Question, language: str, given: Mapping[str, str | None]) -> dict[str, Any]:
    """The options of one language that were given, as its printer takes them. Raises Failure where they say nothing."""
    known = {option: value for option, value in given.items() if value is not None}
    for option in known:
        of, title = OF_ONE_LANGUAGE[option]
        if language != of:
            others = [other for other in known if OF_ONE_LANGUAGE[other] == (of, title)]
            raise Failure(f"{option} is of {title}, not of {language}", f"--to {of}, or omit {' and '.join(others)}")
    if "--cells" in known:
        return {"cells": cells_of(known["--cells"], list(question.graph.inputs))}
    if "--create-view" in known and "--table" not in known:
        raise Failure("--create-view needs the table that it is a view of", "--table TABLE")
    empty = next((option for option, value in known.items() if not all(map(str.strip, value.split(".")))), None)
    if empty is not None:
        raise Failure(
            f"{empty} '{known[empty]}' is not a name", "write the name of a table, schema.table where it needs one"
        )
    return {SETTINGS[option]: value for option, value in known.items()}


def report_of_steps(
    question: Question, options: DerivativeOptions, derivatives: Derivatives, language: str, *, shares: bool
) -> Report:
    """The rules of every order up to that asked for. Raises Failure where they cannot be written so."""
    from backprop.cli.reports.rules import steps_latex, steps_report

    if language not in FORMULAS:
        raise Failure(f"--steps are formulas, not {language}", "omit it, or --to " + " or --to ".join(FORMULAS))
    if shares:
        raise Failure("--steps writes no statements", "omit it or --cse")
    orders = [options._replace(order=order).symbolic(question) for order in range(1, options.order)]
    return (steps_latex if language == "latex" else steps_report)(question, [*orders, derivatives])
