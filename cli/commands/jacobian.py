"""`backprop jacobian`."""

from __future__ import annotations

from backprop.cli.options.declarations import command, matrix_options, output_options, question_options
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.matrices import jacobian_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop jacobian "[x*y, x+y]" x=2 y=3',
    'backprop jacobian "softmax(x)" --x "[1,2,3]"',
    'backprop jacobian "W@x" --W "[[1,2],[3,4]]" --x "[1,2]" --wrt x --json',
    'backprop jacobian "x[1:]-x[:-1]^2" --x "linspace(-1,1,5)" --sparse',
)


@command("jacobian", examples=EXAMPLES)
@question_options
@matrix_options
@output_options("jacobian")
def jacobian(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Show the derivative of every entry of the output by every entry of the variables.

    A row is an entry of the output, a column one of a variable: x[0], W[0,1], or a scalar's name. JSON has an
    array for each variable, of the output's shape followed by the variable's.

    --sparse lists the entries that may differ from 0, wherever the point is, a line each: row, column, value. They
    are found from the expression, and take a few sweeps in all.
    """
    question = options.with_parts(question)
    if options.sparse or output.is_sparse:
        from backprop.cli.reports.sparse_matrices import sparse_jacobian_report  # here, not above: few matrices are

        report = sparse_jacobian_report(options.sparse_jacobian(question), question.text)
        return options.finish(question, report, output)
    report = jacobian_report(options.jacobian(question), question.text)
    return options.finish(question, report, output)
