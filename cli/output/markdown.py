"""A Markdown table, with the digits of a terminal table."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.output.cells import table_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.parser.visible import visible

SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_|<>[]#~$"})


def write(report: Report, stream: TextIO, look: Look) -> None:
    stream.write(f"{escaped(visible(report.title))}\n\n")
    stream.write(f"| {' | '.join(column.name for column in report.columns)} |\n")
    stream.write(f"| {' | '.join('---:' if column.is_number else '---' for column in report.columns)} |\n")
    for row in report.rows:
        stream.write(f"| {' | '.join(escaped(table_text(cell, look.digits)) for cell in row)} |\n")
    for line in report.footer:
        stream.write(f"\n{escaped(table_text(line, look.digits))}\n")


def escaped(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    return text.translate(SPECIAL)
