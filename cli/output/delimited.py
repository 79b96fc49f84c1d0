"""CSV and TSV: a header and one line a row, nothing wrapped, cut or coloured."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.output.cells import machine_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report


def write(report: Report, stream: TextIO, look: Look) -> None:
    lines = ([machine_text(cell) for cell in row] for row in report.rows)
    header = [column.name for column in report.columns]
    if look.format == "csv":
        import csv

        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
        return
    stream.write("\t".join(header) + "\n")
    for line in lines:  # a cell holds no tab and no newline: TSV has no quotes
        stream.write("\t".join(line) + "\n")
