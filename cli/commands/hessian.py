"""`backprop hessian`."""

from __future__ import annotations

from backprop.autodiff.derivatives.critical_points import nature
from backprop.cli.options.declarations import command, matrix_options, output_options, question_options
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.matrices import hessian_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop hessian "(1-x)^2 + 100*(y-x^2)^2" x=1 y=1',
    'backprop hessian "x^2 - y^2" x=0 y=0 --json',
    'backprop hessian "sum((W@x)^2)" --W "[[1,2],[3,4]]" --x "[1,2]" --wrt x',
)
MOST_EIGENVALUES = 20  # more are not readable


@command("hessian", examples=EXAMPLES)
@question_options
@matrix_options
@output_options("hessian")
def hessian(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Show the second derivatives of a scalar expression, a row and a column for each entry of the variables.

    For at most 20 entries the eigenvalues follow and, where the gradient is zero, whether the point is a minimum,
    a maximum or a saddle: below a table, on stderr beside bare rows, in JSON as "eigenvalues" and
    "critical_point".
    """
    question = options.with_parts(question)
    derivatives = options.hessian(question)
    kind = nature(derivatives, question.values) if len(derivatives.matrix) <= MOST_EIGENVALUES else None
    report = hessian_report(derivatives, kind, question.text)
    return options.finish(question, report, output)
