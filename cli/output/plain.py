"""The bare values, one a line."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.output.cells import machine_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report


def write(report: Report, stream: TextIO, look: Look) -> None:
    for cell in report.plain:
        stream.write(f"{machine_text(cell)}\n")
