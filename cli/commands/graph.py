"""`backprop graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from backprop.cli.completion import completed_by
from backprop.cli.graph.circuit import circuit_of
from backprop.cli.options.declarations import (
    command,
    language_option,
    output_options,
    question_options,
    shared,
    short_option,
    theme_option,
    trace_options,
    word_option,
)
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.graph.style import StyleOptions

MAXIMUM_NODES = 200
EXAMPLES = (
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 --tree',
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 -o circuit.dot',
    'backprop graph "1/(1+exp(-w*x))" --w 2 --x -1 --fuse --format mermaid',
    'backprop graph "q = W@x; sum(q^2)" --vars values.json -o circuit.svg',
    'backprop graph "(x+y)*z" --x -2 --y 5 --z -4 --steps slides --theme dark',
    "backprop graph -f model.txt --vars values.json -o page.html",
)


def as_style(**options: Any) -> StyleOptions:
    from backprop.cli.graph.style import StyleOptions

    return StyleOptions(**options)


style_options = shared(
    "style",
    as_style,
    word_option("--direction", ("right", "down"), help="Where the wires lead.  [default: right]"),
    click.option("--no-values", is_flag=True, help="Draw the gates and wires alone."),
    click.option("--names", is_flag=True, help="Write the name of every gate's result, as eval calls it."),
    theme_option("The ground of a picture."),
    click.option("--scale", type=float, metavar="FACTOR", help="Make a picture so much larger.  [default: 1]"),
    click.option(
        "--steps",
        metavar="FOLDER",
        shell_complete=completed_by("any_file"),
        help="Write a numbered series of pictures: the values appear gate by gate, then the gradients.",
    ),
)
TREE = short_option("tree", "Show it as a tree in the terminal: --format tree.")


@command("graph", examples=EXAMPLES)
@question_options
@trace_options
@click.option("--all", "is_all", is_flag=True, help=f"Draw more than {MAXIMUM_NODES} nodes.")
@style_options
@language_option("The language of a page.")
@output_options("graph", digits="Significant digits.", color="Colours in the tree.", short=TREE)
def graph(
    question: Question, options: DerivativeOptions, is_all: bool, style: StyleOptions, lang: str, output: Output
) -> Status:
    """Draw the circuit: the gates, and on every wire its value and gradient.

    Values are green and above the wire, gradients red and below it. html is a page on which the inputs can be moved
    and the passes be stepped through, without a network; tikz is for LaTeX. Graphviz's dot lays out png and pdf, and
    svg, tikz and html where it is installed.
    """
    trace = options.trace(question)
    if len(trace.steps) > MAXIMUM_NODES and not is_all:
        raise Failure(
            f"the graph has {len(trace.steps)} nodes: a picture of more than {MAXIMUM_NODES} is hard to read",
            "draw it anyway: --all",
        )
    if output.format == "html" and options.derivative != "gradient":
        raise Failure("a page walks through the reverse pass", "omit --mode forward, or write .svg")
    if lang != "en" and output.format != "html":
        raise Failure("--lang is for a page", "omit it, or write .html")
    style.draw(circuit_of(trace, question.text, options.derivative)._replace(language=lang), output)
    return options.finish_trace(question, trace, output)
