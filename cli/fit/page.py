"""A fit as one page of HTML that needs no network: the parameters, what is known of the whole, and the picture."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TextIO

from backprop.cli.fit.figure import drawn
from backprop.cli.output.cells import table_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.1rem .8rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}"
)


def write(report: Report, stream: TextIO, look: Look) -> None:
    """Write the page."""
    stream.write("".join(f"{line}\n" for line in lines_of(report, look.digits)))


def lines_of(report: Report, digits: int) -> Iterator[str]:
    title = escape(table_text(report.title, digits))
    yield '<!DOCTYPE html>\n<html lang="en">'
    yield f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    yield f"<h1><code>{title}</code></h1>"
    yield f"<table><tr>{''.join(f'<th>{escape(column.name)}</th>' for column in report.columns)}</tr>"
    for row in report.rows:
        yield f"<tr>{''.join(f'<td>{escape(table_text(cell, digits))}</td>' for cell in row)}</tr>"
    yield "</table>"
    for remark in report.footer:
        yield f"<p>{escape(table_text(remark, digits))}</p>"
    svg = drawn(report, "svg").decode()
    yield svg[svg.index("<svg") :]  # without the head that a file of its own has
    yield "</html>"
