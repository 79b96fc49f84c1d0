"""`backprop minimize`."""

from __future__ import annotations

from backprop.cli.optimize.options import optimum_options
from backprop.cli.optimize.settings import OptimumSettings
from backprop.cli.options.declarations import command, output_options
from backprop.cli.output.output import Output
from backprop.cli.status import Status

EXAMPLES = (
    'backprop minimize "(1-x)^2 + 100*(y-x^2)^2" x=-1.2 y=1',
    'backprop minimize "x^2 + y^2" x=1 y=0:5 --subject-to "x + 2*y >= 3; x*y <= 2"',
    'backprop minimize "sum((x - [1, 2])^2)" x="[0, 0]" --bounds x=:1.5 --json',
    'backprop minimize "(x^2-1)^2 + x/10" x=-2:2 --starts 10 --seed 1',
    'backprop minimize "x^2 + 10*y^2" x=3 y=1 --method gd --rate 0.05 --trace -',
)


@command("minimize", examples=EXAMPLES)
@optimum_options
@output_options("minimize")
def minimize(settings: OptimumSettings, output: Output) -> Status:
    """Find the least value of an expression near a start, and certify it.

    x=1 is a start, x=0:5 are bounds with their middle as the start. The certificate: by exact derivatives the slope
    vanishes but for the multipliers of active bounds and constraints, and the curvature is nowhere negative. With it
    the status is 0, without it 1, and stderr says what is missing. --starts N looks from N starts and lists the
    distinct minima; --method shows how a textbook's method goes, step by step.
    """
    from backprop.cli.optimize.running import run  # here, not above: help and completion search nothing

    return run("minimize", settings, output)
