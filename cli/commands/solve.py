"""`backprop solve`."""

from __future__ import annotations

from backprop.cli.optimize.options import equation_options
from backprop.cli.optimize.settings import EquationSettings
from backprop.cli.options.declarations import command, output_options
from backprop.cli.output.output import Output
from backprop.cli.status import Status

EXAMPLES = (
    'backprop solve "x^2 + y^2 == 4; x*y == 1" x=2 y=0.5',
    'backprop solve "cos(x) == x" x=0:1 --json',
    'backprop solve "x*sin(x) == 1" --all x=-9:9',
    'backprop solve "const A = [[3, 1], [1, 2]]; A@x == [1, 2]" x="[0, 0]"',
)


@command("solve", examples=EXAMPLES)
@equation_options
@output_options("solve")
def solve(settings: EquationSettings, output: Output) -> Status:
    """Solve equations near a start, by Newton's method with exact derivatives.

    x=1 is a start, x=0:5 are bounds with their middle as the start. With more equations than unknowns the answer has
    the least sum of squared residuals. The digits are those that the last Newton step and the condition leave; status 1
    says that the equations do not hold, or what else is missing. --all finds every root of one equation in a range,
    none left out: intervals are cut until the bounds of the values or of the slope decide.
    """
    from backprop.cli.optimize.running import run_solve  # here, not above: help and completion search nothing

    return run_solve(settings, output)
