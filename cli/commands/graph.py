"""`backprop graph`."""

from __future__ import annotations

import click

from backprop.cli.graph.circuit import circuit_of
from backprop.cli.options.declarations import command, output_options, question_options, short_option, trace_options
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.status import Failure, Status

MAXIMUM_NODES = 200
EXAMPLES = (
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 --tree',
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 -o circuit.dot',
    'backprop graph "1/(1+exp(-w*x))" --w 2 --x -1 --fuse --format mermaid',
    'backprop graph "q = W@x; sum(q^2)" --vars values.json -o circuit.svg',
    "backprop graph -f model.txt --vars values.json -o page.html",
)
TREE = short_option("tree", "Show it as a tree in the terminal: --format tree.")


@command("graph", examples=EXAMPLES)
@question_options
@trace_options
@click.option("--all", "is_all", is_flag=True, help=f"Draw more than {MAXIMUM_NODES} nodes.")
@output_options("graph", digits="Significant digits.", color="Colours in the tree.", short=TREE)
def graph(question: Question, options: DerivativeOptions, is_all: bool, output: Output) -> Status:
    """Draw the circuit: the gates, and on every wire its value and gradient.

    Values are green and above the wire, gradients red and below it. html is a page on which the inputs can be moved
    and the passes be stepped through, without a network. Graphviz's dot lays out svg, png, pdf and html.
    """
    trace = options.trace(question)
    if len(trace.steps) > MAXIMUM_NODES and not is_all:
        raise Failure(
            f"the graph has {len(trace.steps)} nodes: a picture of more than {MAXIMUM_NODES} is hard to read",
            "draw it anyway: --all",
        )
    if output.format == "html" and options.derivative != "gradient":
        raise Failure("a page walks through the reverse pass", "omit --mode forward, or write .svg")
    output.render(circuit_of(trace, question.text, options.derivative))
    return options.finish_trace(question, trace, output)
