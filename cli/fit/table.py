"""The parameters for the eye; on a terminal the picture of the fit is below them."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.output import table
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.cli.plot.frame import LEAST_WIDTH

NARROW = 2 * LEAST_WIDTH  # columns below which a picture says nothing


def write(report: Report, stream: TextIO, look: Look) -> None:
    table.write(report, stream, look)
    if look.is_terminal and report.picture is not None and (look.width or NARROW) >= NARROW:
        # here, not above: a pipe needs no picture
        from backprop.cli.fit.terminal import fit_picture
        from backprop.cli.plot.terminal import screen_of

        stream.write("".join(f"{line}\n" for line in fit_picture(report.picture(), screen_of(look, is_file=False))))
