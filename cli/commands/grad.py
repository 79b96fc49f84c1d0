"""`backprop grad`."""

from __future__ import annotations

from backprop.cli.options.declarations import command, output_options, question_options, trace_options
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.gradient import gradient_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop grad "(x+y)*z" x=-2 y=5 z=-4 --wrt x',
    'backprop grad "sum((W@x)^2)" --W @weights.npy --x "[0.2,0.4]" --wrt W',
    'slope=$(backprop grad "sin(x)" --x pi/3)',
)


@command("grad", examples=EXAMPLES)
@question_options
@trace_options
@output_options("grad")
def grad(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Print the gradient as bare numbers, one line for each variable.

    On a terminal each line says what it is, df/dx = 4; in a pipe, a file and with --format plain it is bare. The
    lines are in the order of --wrt or of the variables' first use; an array is one line of nested lists, which can be
    given back as a value. The digits are the shortest that read back to the same double.
    """
    trace = options.trace(question)
    report = gradient_report(trace, question.text, options.derivative)
    if options.upstream is not None:
        report = report._replace(labels=[f"gradient of {name}" for name in trace.gradients])
    output.write(report)
    if not trace.gradients:
        output.note("the expression has no variables, so that there is no gradient")
    return options.finish_trace(question, trace, output)
