"""`backprop repl`."""

from __future__ import annotations

import sys

import click

from backprop.cli.options.declarations import FUSE, QUIET, color_option, command, digits_option, word_option
from backprop.cli.options.help import Helpful
from backprop.cli.output.output import FORMATS, Output
from backprop.cli.status import Status

EXAMPLES = (
    "backprop repl",
    "printf 'x = 3\\nsq(t) = t^2\\nsq(x)*y\\n' | backprop repl",
    "backprop repl --format plain < lines.txt",
)


class SessionCommand(Helpful):
    """A command that takes no expression: it is asked for them."""

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["[OPTIONS]"]


@command("repl", examples=EXAMPLES, cls=SessionCommand)
@word_option("--format", tuple(FORMATS), help="Of answers.  [default: table on a terminal, else json]")
@click.option("--json", is_flag=True, help="The same as --format json.")
@digits_option("Significant digits of tables.")
@color_option("Colours in tables.")
@QUIET
@FUSE
def repl(format: str | None, json: bool, digits: int, color: str, quiet: bool, fuse: bool) -> Status:
    """Read expressions, values and definitions line by line, and answer each.

    x = -2 gives a name a value, q = x + y keeps a formula that means what its names mean when it is used, and
    sq(t) = t^2 is a function; any other line is an expression, answered with the table of eval. All of them may be
    given anew. :help lists the commands, such as :graph, :explain and :diff. An open bracket, an operator or a
    backslash at the end of a line continues it in the next one; an empty line ends it.

    In a pipe it answers each line with one line, at once: JSON with value and gradient, with name and value or
    definition, or with error and cure, start and end being its place in the line. --format plain gives the value
    and the gradients with tabs between, and error: ... for an error. With either, a line is
    complete in itself.
    """
    from backprop.cli.repl.dialogue import converse

    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    output = Output(
        format=format if format or json else "table" if is_terminal else "json",
        json=json,
        path=None,
        digits=digits,
        color=color,
        quiet=quiet,
        verbose=False,
    )
    converse(output, is_fused=fuse)
    return Status.DONE
