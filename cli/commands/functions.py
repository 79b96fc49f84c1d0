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

EXAMPLES = ("backprop functions", "backprop functions sigmoid", 'backprop functions "+"')


@command("functions", examples=EXAMPLES, cls=Helpful)
@click.argument("name", required=False, shell_complete=completed_by("function"))
@output_options("functions")
def functions(name: str | None, output: Output) -> None:
    """Show the functions and operators, or all about NAME: its derivative, habit, corners and source."""
    if name is None:
        output.write(list_report())
        return
    page = page_report(name)
    if page is None:
        known = [*names(), *LOOPS]
        raise Failure(f"unknown function {name!r}", suggestion(name, known, "backprop functions lists them"))
    output.write(page)
