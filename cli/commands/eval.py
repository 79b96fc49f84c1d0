"""`backprop eval`."""

from __future__ import annotations

from backprop.cli.options.declarations import command, output_options, question_options, trace_options
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.nodes import node_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop eval "(x+y)*z" --x -2 --y 5 --z -4',
    'backprop eval "q = W@x; sum(q^2)" --W "[[0.1,0.5],[-0.3,0.8]]" --x "[0.2,0.4]"',
    'backprop eval "(x+y)*z" x=-2 y=5 z=-4 --json',
    r"backprop eval --from latex '\frac{1}{1+e^{-w_0 x}}' w_0=2 x=-1",
    "backprop eval -f model.txt --vars values.json --W @weights.npy -o nodes.csv",
)


@command("eval", examples=EXAMPLES)
@question_options
@trace_options
@output_options("eval")
def evaluate(question: Question, options: DerivativeOptions, output: Output) -> Status:
    """Show the value and the gradient of every node of an expression.

    The table has a line for each node; `how` is the chain rule there, upstream times local. A value is a
    number, a constant expression (pi/2, [[1, 2], [3, 4]]) or @FILE (.npy, .csv, .json).
    """
    trace = options.trace(question)
    output.write(node_report(trace, question.text, options.derivative))
    return options.finish_trace(question, trace, output)
