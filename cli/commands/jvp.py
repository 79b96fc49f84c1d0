"""`backprop jvp`."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff.derivatives.values import jvp as along
from backprop.cli.options.declarations import (
    STRICT,
    command,
    derivative_options,
    output_options,
    question_options,
    vectors_option,
)
from backprop.cli.options.derivatives import DerivativeOptions, directions
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.reports.products import tangent_report
from backprop.cli.status import Status

EXAMPLES = (
    'backprop jvp "(x+y)*z" x=-2 y=5 z=-4 --tangent x=1',
    'backprop jvp "W@x" --W "[[1,2],[3,4]]" --x "[1,2]" --tangent "x=[1,0]"',
)


@command("jvp", examples=EXAMPLES)
@question_options
@vectors_option("--tangent", "tangents", "How NAME moves; a name left out stays fixed.")
@derivative_options(STRICT)
@output_options("jvp")
def jvp(question: Question, tangents: Sequence[str], options: DerivativeOptions, output: Output) -> Status:
    """Show the output and its derivative along the tangents: the Jacobian times them, by one forward pass.

    A tangent has its variable's shape, and may be of what a statement computes. It is a constant expression or @FILE,
    as a value is.
    """
    along_names = directions("--tangent", question, tangents)
    moved = options._replace(wrt=tuple(along_names)).with_parts(question)
    value, tangent = along(moved.graph, along_names, moved.values)
    report = tangent_report(question.graph, value, tangent, question.text)
    return options.finish(question, report, output)
