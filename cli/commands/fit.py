"""`backprop fit`."""

from __future__ import annotations

from backprop.cli.batch.options import BatchCommand
from backprop.cli.fit.options import fit_options
from backprop.cli.fit.settings import FitSettings
from backprop.cli.options.declarations import command, output_options
from backprop.cli.output.output import Output
from backprop.cli.status import Status

EXAMPLES = (
    'backprop fit "y ~ a*exp(-b*t) + c" data.csv b=0.5',
    'backprop fit "y ~ a*exp(-b*t) + c" data.csv b=0:2 --bounds b=0: --hold c c=0',
    'backprop fit "v ~ m*s/(k + s)" data.csv --guess --sigma dv --absolute-sigma',
    'backprop fit "y ~ a + b*x" data.csv --sigma sy --sigma-x x=sx --json',
    'backprop fit "y ~ a + b*x" data.csv --predict bands.csv',
)


@command("fit", examples=EXAMPLES, cls=BatchCommand)
@fit_options
@output_options("fit")
def fit(settings: FitSettings, output: Output) -> Status:
    """Fit a model, RESPONSE ~ PREDICTION, to rows: the parameters with the least sum of squared residuals.

    Names that are columns of the rows are data, all others parameters: a=1 is a start, a=0:1 a range that is
    scanned. A parameter that the model is linear in needs none. Rows are read as by batch, from FILE or stdin.

    One line for each parameter: value, standard error, interval, and p, the chance of so large a value where
    the true one is 0. Errors are scaled by the residuals, unless sigma is absolute. Status 1: no minimum was found.
    A terminal and svg, png, pdf and html (extra `plot`: matplotlib) show data, curve, bands and residuals.
    """
    from backprop.cli.fit.fitting import run  # here, not above: help and completion fit nothing

    return run(settings, output)
