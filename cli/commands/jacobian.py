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
)


@command("jacobian", examples=EXAMPLES)
@question_options
@matrix_options
@output_options("jacobian")
def jacobian(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Show the derivative of every entry of the output by every entry of the variables.

    A row is an entry of the output, a column one of a variable: x[0], W[0,1], or a scalar's name. JSON has an
    array for each variable, of the output's shape followed by the variable's.
    """
    question = options.with_parts(question)
    report = jacobian_report(options.jacobian(question), question.text)
    return options.finish(question, report, output)
