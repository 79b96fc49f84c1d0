"""`backprop plot`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from backprop.cli.options.declarations import BoundedNumber, command, output_options, range_question_options, wrt_option
from backprop.cli.output.output import Output
from backprop.cli.plot.plotting import Plotting
from backprop.cli.question.question import Question
from backprop.cli.status import Status

EXAMPLES = (
    'backprop plot "sin(x)" --x -5:5',
    'backprop plot "sum((x-c)^2)" --x 0:2*pi --c "[1,2]"',
    'backprop plot "x^2 + x*y + y^2" --x -2:2 --y -2:2',
    'backprop plot "k*exp(-k*t)" --t 0.01:10 --k 2 --wrt k --log x',
    'backprop plot "tan(x)" --x -5:5 --samples 201 -o points.csv',
)


@command("plot", examples=EXAMPLES)
@range_question_options
@wrt_option("Show the derivative by NAME.  [default: what has the range]")
@click.option(
    "--samples",
    type=BoundedNumber(2),
    metavar="N",
    help="Compute N points along each range; not for a contour in text.  [default: 1001, of two ranges 101]",
)
@click.option("--log", metavar="x|y|x,y", help="Log axes: x the horizontal, y the vertical one.")
@output_options("plot", digits=None, color="Colours in text.")
def plot(question: Question, wrt: Sequence[str], samples: int | None, log: str | None, output: Output) -> Status:
    """Draw the expression and its derivative over a range, or a contour with the gradient over two.

    A range is a value START:STOP; the other variables have fixed values. There is no line across a pole, a jump
    or values that are not finite, and a pole does not make all else flat. On a terminal the derivative is dashed;
    a curve of quite another size than its derivative has axes of its own. Arrows point up the slope.

    svg, png and pdf need the extra `plot` (matplotlib); tsv, csv, json and ndjson are the points and the derivative
    at each.
    """
    return Plotting(question, wrt, samples, log, output).run()
