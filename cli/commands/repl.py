"""`backprop repl`."""

from __future__ import annotations

import click

from backprop.cli.options.declarations import FUSE, JSON, QUIET, color_option, command, digits_option, word_option
from backprop.cli.options.help import Helpful
from backprop.cli.output.formats import words
from backprop.cli.output.output import Output
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
@word_option("--format", words("repl"), help="Of answers.  [default: table on a terminal, else json]")
@JSON
@digits_option()
@color_option()
@QUIET
@FUSE
def repl(format: str | None, short: str | None, digits: int, color: str, quiet: bool, fuse: bool) -> Status:
    """Read expressions, values and definitions line by line, and answer each.

    x = -2 gives a name a value, q = x + y keeps a formula that means what its names mean when it is used, and
    sq(t) = t^2 is a function; any other line is an expression, answered with the table of eval. All of them may be
    given anew; _ is the value of the last expression. :help lists the commands, such as :graph, :plot, :explain and
    :save; quit ends the session. An open bracket, an operator or a backslash at the end of a line continues it in the
    next one; an empty line ends it.

    In a pipe it answers each line with one line, at once: JSON with value and gradient, with name and value or
    definition, or with error and cure, start and end being its place in the line. --format plain gives the value
    and the gradients with tabs between, and error: ... for an error. With either, a line is
    complete in itself.
    """
    from backprop.cli.repl.dialogue import converse

    output = Output(
        "repl", path=None, quiet=quiet, verbose=False, format=format, short=short, digits=digits, color=color
    )
    converse(output, is_fused=fuse)
    return Status.DONE
