"""`backprop plot`."""

from __future__ import annotations

from backprop.cli.options.declarations import command
from backprop.cli.plot.options import Plotting, plot_options
from backprop.cli.status import Status

EXAMPLES = (
    'backprop plot "sin(x)" --x -5:5',
    'backprop plot "sum((x-c)^2)" --x 0:2*pi --c "[1,2]"',
    'backprop plot "x^2 + x*y + y^2" --x -2:2 --y -2:2',
    'backprop plot "k*exp(-k*t)" --t 0.01:10 --k 2 --wrt k --log x',
    'backprop plot "tan(x)" --x -5:5 --samples 201 -o points.csv',
)


@command("plot", examples=EXAMPLES)
@plot_options
def plot(plotting: Plotting) -> Status:
    """Draw the expression and its derivative over a range, or a contour with the gradient over two.

    A range is a value START:STOP; the other variables have fixed values. There is no line across a pole, a jump
    or values that are not finite, and a pole does not make all else flat. On a terminal the derivative is dashed;
    a curve of quite another size than its derivative has axes of its own. Arrows point up the slope.

    svg, png and pdf need the extra `plot` (matplotlib); tsv, csv, json and ndjson are the points and the derivative
    at each.
    """
    return plotting.run()
