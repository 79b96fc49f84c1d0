"""`backprop graph`."""

from __future__ import annotations

from backprop.cli.graph.options import Picture, picture_options
from backprop.cli.options.declarations import command, question_options, tracing_options
from backprop.cli.options.tracing import Tracing
from backprop.cli.question.question import Question
from backprop.cli.status import Status

EXAMPLES = (
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 --tree',
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 -o circuit.dot',
    'backprop graph "1/(1+exp(-w*x))" --w 2 --x -1 --fuse --format mermaid',
    'backprop graph "q = W@x; sum(q^2)" --vars values.json -o circuit.svg',
    "backprop graph -f model.txt --vars values.json -o page.html",
)


@command("graph", examples=EXAMPLES)
@question_options
@tracing_options
@picture_options
def graph(question: Question, tracing: Tracing, picture: Picture) -> Status:
    """Draw the circuit: the gates, and on every wire its value and gradient.

    Values are green and above the wire, gradients red and below it. The file's ending says what is written:
    .dot .gv, .mmd .mermaid, .svg, .png, .pdf, a tree as .txt, or .html: a page on which the inputs can be moved and
    the passes be stepped through, without a network. Graphviz's dot lays out svg, png, pdf and html.
    """
    found = tracing.trace(question)
    picture.write(found, question.text, tracing.derivative)
    tracing.comment(question, found, picture.output)
    return tracing.status(found)
