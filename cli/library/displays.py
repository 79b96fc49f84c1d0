"""How results show themselves, in a notebook and printed. One table says it of each kind: autodiff knows no text."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.check import Survey
    from backprop.autodiff.derivatives.claims import Comparison
    from backprop.autodiff.derivatives.trace import Trace
    from backprop.autodiff.graph import Graph
    from backprop.cli.explain.steps import Explanation
    from backprop.cli.output.report import Report

DIGITS = 6
MOST_DRAWN = 200  # nodes of a graph that is shown as its circuit


def printed(result: Any, writer: str, format: str) -> str:
    """What a writer of the command line makes of a result."""
    from backprop.cli.output.output import Look

    stream = StringIO()
    look = Look(format=format, digits=DIGITS, width=None, is_colored=False, is_terminal=False)
    import_module(f"backprop.cli.{writer}").write(result, stream, look)
    return stream.getvalue().rstrip("\n")


def as_text(report: Report) -> str:
    return printed(report, "output.table", "table")


def as_html(report: Report) -> str:
    """The table; its numbers are aligned, formulas and words as they stand."""
    from backprop.cli.output.cells import table_text

    def cells(texts: list[str], tag: str) -> str:
        pieces = []
        for column, text in zip(report.columns, texts, strict=True):
            side = "right" if column.is_number else "left"
            pieces.append(f'<{tag} style="text-align: {side}">{escape(text)}</{tag}>')
        return f"<tr>{''.join(pieces)}</tr>"

    head = cells([column.name for column in report.columns], "th")
    body = "\n".join(cells([table_text(cell, DIGITS) for cell in row], "td") for row in report.rows)
    caption = f"<caption>{escape(report.title)}</caption>" if report.title else ""
    return f"<table>{caption}<thead>{head}</thead><tbody>\n{body}\n</tbody></table>"


def nodes_of(trace: Trace) -> Report:
    from backprop.cli.reports.nodes import node_report

    return node_report(trace, text_of(trace.graph), "tangent" if trace.mode == "forward" else "gradient")


def checks_of(survey: Survey) -> Report:
    from backprop.cli.reports.check import check_report

    return check_report(survey, survey.text)


def claims_of(comparison: Comparison) -> Report:
    from backprop.cli.reports.claims import claims_report

    return claims_report(comparison, comparison.text, comparison.claims)


def text_of(graph: Graph) -> str:
    """Its text as the user wrote it; of one that a program built, as the language has it."""
    from backprop.parser.printers.expression import show

    return graph.source or show(graph.result, {})


def circuit(graph: Graph) -> str | None:
    """The circuit of a graph without numbers, None where it is too large to be read."""
    from backprop.cli.graph.circuit import circuit_without_numbers
    from backprop.cli.graph.vector import drawing

    drawn = circuit_without_numbers(graph, text_of(graph))
    return drawing(drawn, DIGITS) if len(drawn.elements) <= MOST_DRAWN else None


def latex(graph: Graph) -> str:
    from backprop.parser.printers.latex import show_latex

    return f"$\\displaystyle {show_latex(graph.result)}$"


def explanation_text(explanation: Explanation) -> str:
    return printed(explanation, "explain.text", "text")


def explanation_markdown(explanation: Explanation) -> str:
    return printed(explanation, "explain.markdown", "markdown")


Display = Callable[[Any], "str | None"]
Kind = TypeVar("Kind")
DISPLAYS: dict[str, dict[str, Display]] = {
    "Graph": {"__str__": text_of, "_repr_svg_": circuit, "_repr_latex_": latex},
    "Trace": {
        "__repr__": lambda trace: as_text(nodes_of(trace)),
        "_repr_html_": lambda trace: as_html(nodes_of(trace)),
    },
    "Survey": {
        "__repr__": lambda survey: as_text(checks_of(survey)),
        "_repr_html_": lambda survey: as_html(checks_of(survey)),
    },
    "Comparison": {
        "__repr__": lambda comparison: as_text(claims_of(comparison)),
        "_repr_html_": lambda comparison: as_html(claims_of(comparison)),
    },
    "Explanation": {"__repr__": explanation_text, "_repr_markdown_": explanation_markdown},
}


def displayed(kind: type[Kind]) -> type[Kind]:
    """The class itself, whose objects show themselves from now on."""
    for name, display in DISPLAYS[kind.__name__].items():
        setattr(kind, name, display)
    return kind
