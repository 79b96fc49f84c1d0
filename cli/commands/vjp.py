"""`backprop vjp`."""

from __future__ import annotations

import shlex

import click

from backprop.autodiff.derivatives.values import vjp as pulled_back
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Shape, show
from backprop.cli.options.declarations import STRICT, WRT, command, derivative_options, output_options, question_options
from backprop.cli.options.derivatives import DerivativeOptions, example_of
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.products import product_report
from backprop.cli.status import Failure, Status

EXAMPLES = (
    'backprop vjp "[x*y, x+y]" x=2 y=3 --upstream "[1, 0]"',
    'backprop vjp "W@x" --W "[[1,2],[3,4]]" --x "[1,2]" --upstream "[1,-1]" --wrt x',
)


@command("vjp", examples=EXAMPLES)
@question_options
@derivative_options(
    click.option("--upstream", metavar="VALUE", help="The output's upstream gradient, of its shape."), WRT, STRICT
)
@output_options("vjp")
def vjp(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Show the gradient that an upstream gradient of the output gives: it times the Jacobian, by one reverse pass.

    The upstream gradient is a constant expression or @FILE, as a value is.
    """
    if options.upstream is None:
        raise Failure("--upstream is missing", upstream_of_shape(question))
    names = options.names(question)
    value, gradient = pulled_back(question.graph, options.upstream_value, question.values, wrt=names)
    report = product_report("vjp", "gradient", value, gradient, question.text)
    return options.finish(question, report, output)


def upstream_of_shape(question: Question) -> str:
    """The cure for an upstream gradient that is missing: one of the output's shape. Raises ExpressionError."""
    shape = question.graph.typed({name: np.shape(value) for name, value in question.values.items()}).result.shape
    return f"the output is {described(shape)}: --upstream {shlex.quote(example_of(shape))}"


def described(shape: Shape) -> str:
    return f"of shape {show(shape)}" if shape else "a scalar"
