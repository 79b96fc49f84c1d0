"""The bare values, one a line; on a terminal each with what it is."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.output.cells import machine_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.parser.visible import Tabbed, visible


def write(report: Report, stream: TextIO, look: Look) -> None:
    if look.is_labelled and report.labels:
        for label, cell in zip(report.labels, report.plain, strict=True):
            text = f"{visible(label)} = " if label else "  = "
            stream.write(f"{text}{machine_text(cell)}\n")
        return
    for cell in report.plain:
        text = "\t".join(map(visible, cell.split("\t"))) if isinstance(cell, Tabbed) else machine_text(cell)
        stream.write(f"{text}\n")
