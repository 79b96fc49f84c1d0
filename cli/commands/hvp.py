"""`backprop hvp`."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff.derivatives.matrices import hvp as times_hessian
from backprop.cli.options.declarations import (
    STRICT,
    WRT,
    command,
    derivative_options,
    output_options,
    question_options,
    vectors_option,
)
from backprop.cli.options.derivatives import DerivativeOptions, directions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.products import product_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop hvp "x^2*y" x=3 y=2 --direction x=1',
    'backprop hvp "sum((x[1:]-x[:-1]^2)^2)" --x "[1,2,3]" --direction "x=[1,0,0]"',
)


@command("hvp", examples=EXAMPLES)
@question_options
@vectors_option("--direction", "given", "The vector's part for NAME; one left out is zero.")
@derivative_options(WRT, STRICT)
@output_options("hvp")
def hvp(question: Question, given: Sequence[str], options: DerivativeOptions, output: Output) -> Status:
    """Show the Hessian of a scalar expression times a direction, without making the Hessian.

    It takes a small multiple of the gradient's time. A direction has its variable's shape. It is a constant
    expression or @FILE, as a value is. At a kink the Hessian is the mean over all its sides, also of those that the
    direction does not lead to.
    """
    direction = directions("--direction", question, given)
    if not options.wrt and not set(direction) <= set(question.graph.inputs):
        options = options._replace(wrt=tuple(direction))
    value, product = times_hessian(question.graph, direction, question.values, wrt=options.names(question))
    report = product_report("hvp", "product", value, product, question.text)
    return options.finish(question, report, output)
