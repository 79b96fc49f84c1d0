"""`backprop maximize`."""

from __future__ import annotations

from backprop.cli.optimize.options import optimum_options
from backprop.cli.optimize.settings import OptimumSettings
from backprop.cli.options.declarations import command, output_options
from backprop.cli.output.output import Output
from backprop.cli.status import Status

EXAMPLES = (
    'backprop maximize "x*y" x=1 y=1 --subject-to "x + y <= 4"',
    'backprop maximize "x*exp(-x)" x=0:5 --json',
)


@command("maximize", examples=EXAMPLES)
@optimum_options
@output_options("maximize")
def maximize(settings: OptimumSettings, output: Output) -> Status:
    """Find the largest value of an expression near a start, and certify it.

    Starts, bounds, constraints and the certificate are as for minimize; multipliers and curvature are those of the
    negative, which is least there.
    """
    from backprop.cli.optimize.running import run  # here, not above: help and completion search nothing

    return run("maximize", settings, output)
