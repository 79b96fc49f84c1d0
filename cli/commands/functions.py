"""`backprop functions`."""

from __future__ import annotations

import click

from backprop.cli.completion import completed_by
from backprop.cli.options.declarations import command, output_options
from backprop.cli.options.help import Helpful
from backprop.cli.output.output import Output
from backprop.cli.reports.functions import LOOPS, list_report, names, page_report
from backprop.cli.status import Failure
from backprop.parser.similarity import suggestion

EXAMPLES = (
    "backprop functions",
    "backprop functions sigmoid",
    'backprop functions "+"',
    "backprop functions erf --languages",
)


@command("functions", examples=EXAMPLES, cls=Helpful)
@click.argument("name", required=False, shell_complete=completed_by("function"))
@click.option("--languages", "by_language", is_flag=True, help="Show which languages of diff --to have them.")
@output_options("functions")
def functions(name: str | None, by_language: bool, output: Output) -> None:
    """Show the functions and operators, or all about NAME: its derivative, habit, corners and source."""
    if by_language:
        from backprop.cli.reports.languages import languages_report  # here, not above: it imports every language

        report = languages_report(name)
    else:
        report = list_report() if name is None else page_report(name)
    if report is None:
        raise missing(str(name))
    output.write(report)


def missing(name: str) -> Failure:
    """What is wrong with a name of which there is nothing to show."""
    known = [*names(), *LOOPS]
    if name in known:
        return Failure(f"{name} is made of other functions, which have a line each", "omit --languages to read of it")
    return Failure(f"unknown function {name!r}", suggestion(name, known, "backprop functions lists them"))
