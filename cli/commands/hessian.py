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
    'backprop hessian "sum((x[1:]-x[:-1]^2)^2)" --x "linspace(-1,1,5)" --sparse',
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

    --sparse lists the entries that may differ from 0, wherever the point is, a line each: row, column, value. They
    are found from the expression, and take a few products with the Hessian in all.
    """
    question = options.with_parts(question)
    if options.sparse or output.is_sparse:
        from backprop.cli.reports.sparse_matrices import sparse_hessian_report  # here, not above: few matrices are

        return options.finish(question, sparse_hessian_report(options.sparse_hessian(question), question.text), output)
    derivatives = options.hessian(question)
    kind = nature(derivatives, question.values) if len(derivatives.matrix) <= MOST_EIGENVALUES else None
    report = hessian_report(derivatives, kind, question.text)
    return options.finish(question, report, output)
