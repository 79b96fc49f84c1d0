"""`backprop plot`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from backprop.cli.options.declarations import (
    BoundedNumber,
    command,
    file_option,
    output_options,
    range_question_options,
    shared,
    theme_option,
    wrt_option,
)
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question
from backprop.cli.status import Status

if TYPE_CHECKING:
    from backprop.cli.plot.appearance import Appearance

EXAMPLES = (
    'backprop plot "sin(x)" --x -5:5',
    'backprop plot "sum((x-c)^2)" --x 0:2*pi --c "[1,2]"',
    'backprop plot "x^2 + x*y + y^2" --x -2:2 --y -2:2',
    'backprop plot "k*exp(-k*t)" --t 0.01:10 --k 2 --wrt k --log x',
    'backprop plot "sin(x)" "x - x^3/6" --x -4:4 --ylim -2:2',
    'backprop plot "tan(x)" --x -5:5 --samples 201 -o points.csv',
)


def as_appearance(**options: Any) -> Appearance:
    """The appearance that the options ask for; read here, so that completion and help need none of it."""
    from backprop.cli.plot.appearance import read_appearance

    return read_appearance(**options)


appearance_options = shared(
    "appearance",
    as_appearance,
    click.option("--title", metavar="TEXT", help="Write TEXT above the picture.  [default: the expression]"),
    click.option(
        "--size", metavar="WIDTHxHEIGHT", help="Pixels of a picture (150 an inch), columns and lines of a text."
    ),
    click.option("--ylim", metavar="LOW:HIGH", help="Show this part of the vertical axis.  [default: what is there]"),
    click.option(
        "--legend",
        multiple=True,
        metavar="TEXT",
        help="Call the curves so, one after the other; none omits the legend.",
    ),
    theme_option("The ground of a picture."),
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
@click.option(
    "--log", metavar="x|y|x,y|f", help="Log axes: x the horizontal, y the vertical one; f a contour's levels."
)
@file_option("--path", "way", help="Draw the points of a table over a contour: its columns are named as the variables.")
@appearance_options
@output_options("plot", digits=None, color="Colours in text.")
def plot(
    question: Question,
    wrt: Sequence[str],
    samples: int | None,
    log: str | None,
    way: str | None,
    appearance: Appearance,
    output: Output,
) -> Status:
    """Draw the expression and its derivative over a range, or a contour with the gradient over two.

    A range is a value START:STOP; the other variables have fixed values. There is no line across a pole, a jump
    or values that are not finite, and a pole does not make all else flat. On a terminal the derivative is dashed;
    a curve of quite another size than its derivative has axes of its own. Arrows point up the slope.

    Several expressions, and the entries of an array, are curves of one plot; their derivatives are drawn where --wrt
    asks for them. The path is that of a search, as minimize --trace writes it.

    svg, png and pdf need the extra `plot` (matplotlib); html shows the point and its tangent under the pointer, without
    a network; tsv, csv, json and ndjson are the points and the derivative at each.
    """
    from backprop.cli.plot.plotting import Plotting

    return Plotting(question, wrt, samples, log, way, appearance, output).run()
