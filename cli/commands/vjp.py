"""`backprop vjp`."""

from __future__ import annotations

import click

from backprop.autodiff.derivatives.values import vjp as pulled_back
from backprop.cli.options.choice import Choice
from backprop.cli.options.declarations import choice_options, command, output_options, question_options
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.question.values import read_value
from backprop.cli.reports.products import product_report
from backprop.cli.status import Failure, Status

EXAMPLES = (
    'backprop vjp "[x*y, x+y]" x=2 y=3 --upstream "[1, 0]"',
    'backprop vjp "W@x" --W "[[1,2],[3,4]]" --x "[1,2]" --upstream "[1,-1]" --wrt x',
)


@command("vjp", examples=EXAMPLES)
@question_options
@click.option("--upstream", metavar="VALUE", help="The output's upstream gradient, of its shape.")
@choice_options
@output_options("vjp")
def vjp(question: Question, upstream: str | None, choice: Choice, output: Output) -> Status:
    """Show the gradient that an upstream gradient of the output gives: it times the Jacobian, by one reverse pass.

    The upstream gradient is a constant expression or @FILE, as a value is.
    """
    if upstream is None:
        raise Failure("--upstream is missing", "give it the output's shape: --upstream 1")
    names = choice.names(question)
    given = read_value("--upstream", upstream)
    value, gradient = pulled_back(question.graph, given, question.values, wrt=names)
    report = product_report("vjp", "gradient", value, gradient, question.text)
    output.write(report)
    return choice.finish(question, report, output)
