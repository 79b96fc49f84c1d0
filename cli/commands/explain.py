"""`backprop explain`."""

from __future__ import annotations

import click

from backprop.autodiff.evaluation.garbage import without_collection
from backprop.cli.options.declarations import (
    command,
    language_option,
    output_options,
    question_options,
    trace_options,
)
from backprop.cli.options.derivatives import DerivativeOptions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.status import Status

EXAMPLES = (
    'backprop explain "(x+y)*z" --x -2 --y 5 --z -4',
    'backprop explain "q = W@x; sum(q^2)" --W "[[1,5],[-3,8]]" --x "[2,4]"',
    'backprop explain "x*sin(x)" x=1 --mode forward',
    'backprop explain "1/(1+exp(-w*x))" w=2 x=-1 --fuse -o sigmoid.tex',
)


@command("explain", examples=EXAMPLES)
@question_options
@trace_options
@click.option("--brief", "is_brief", is_flag=True, help="Say once what a gate does to a gradient, not at each of them.")
@language_option("The language of the sentences.")
@output_options("explain", digits="Significant digits, except in JSON.", color="Colours in text.")
def explain(question: Question, options: DerivativeOptions, is_brief: bool, lang: str, output: Output) -> Status:
    """Explain the chain rule step by step, with the numbers.

    First every value, then the reverse pass from the output back: at each gate its local derivative as a
    formula, the upstream gradient times it, and the sum where a value is used more than once. The steps are
    the very nodes that eval computes, so that the two agree.
    """
    from backprop.cli.explain.steps import explain_trace

    trace = options.trace(question)
    explanation = explain_trace(
        trace, question.text, is_tangent=options.mode == "forward", is_brief=is_brief, language=lang
    )
    without_collection(output.render)(explanation)
    return options.finish_trace(question, trace, output)
