"""Derivatives as expressions: one line for each variable, with the value where the point is known."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from backprop.autodiff.derivatives.symbolic import Derivatives
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.execution import evaluate_numbers
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array
from backprop.cli.output.report import Column, Report
from backprop.cli.question.question import Question
from backprop.cli.reports.entries import output_label, slope_label
from backprop.parser.printers.expression import TEXTBOOK, show
from backprop.parser.visible import Tabbed

MAXIMUM_WRITTEN = 2**20  # operands and operators: about 4 MB


def derivative_report(question: Question, derivatives: Derivatives, order: int, *, shares: bool) -> Report:
    """The derivatives in the order asked for; their values are those of the graph before it was tidied."""
    texts = {name: as_text(node, shares=shares) for name, node in derivatives.written.items()}
    values = values_of(question, derivatives)
    columns = [Column("variable"), Column("derivative", folds=True)]
    data = {"command": "diff", "expression": question.text, "order": order, "derivative": texts}
    output = output_label(question.graph)
    labels = [
        label for name in texts for label in (slope_label(output, name, order), *([] if values is None else [""]))
    ]
    if values is not None:
        columns.append(Column("value", style="red", is_number=True))
        data["value"] = values
    return Report(
        title="",
        columns=tuple(columns),
        rows=[(name, text) if values is None else (name, text, values[name]) for name, text in texts.items()],
        data=data,
        plain=[cell for name, text in texts.items() for cell in (text, *([] if values is None else [values[name]]))],
        labels=labels,
    )


def values_of(question: Question, derivatives: Derivatives) -> dict[str, Array] | None:
    """The derivatives' values, None where a variable has none."""
    if not set(question.graph.variables) <= set(question.values):
        return None
    numbers = evaluate_numbers(list(derivatives.plain.values()), with_parts(question, derivatives))
    return dict(zip(derivatives.plain, numbers, strict=True))


def with_parts(question: Question, derivatives: Derivatives) -> dict[str, Array]:
    """The values, and those of what is computed and differentiated by."""
    typed = question.graph.typed({name: np.shape(value) for name, value in question.values.items()})
    parts = [name for name in derivatives.plain if name not in typed.inputs]
    return {
        **question.values,
        **dict(zip(parts, evaluate_numbers([typed.named(name) for name in parts], question.values), strict=True)),
    }


def code_report(question: Question, derivatives: Derivatives, language: str, settings: Mapping[str, Any]) -> Report:
    """LaTeX of each derivative, or code that gives the value and the whole gradient, line by line.

    The settings are those of the language, as its printer takes them.
    """
    if language == "latex":
        from backprop.parser.printers.latex import show_latex

        for node in derivatives.written.values():
            refuse_long(node, "choose another language, in which each node is written once")
        lines = [show_latex(node) for node in derivatives.written.values()]
    else:
        printer = import_module(f"backprop.parser.printers.languages.{language}")
        text = printer.write("f", derivatives.graph.result, derivatives.coded, **settings)
        lines = [Tabbed(line) for line in text.splitlines()]
    return Report(
        title="",
        columns=(Column("code", folds=True),),
        rows=[(line,) for line in lines],
        data={"command": "diff", "expression": question.text, "to": language, "code": "\n".join(lines)},
        plain=lines,
        has_header=False,
    )


def refuse_long(node: Node, cure: str) -> None:
    """Raise ExpressionError where the text would be too long: a node of the graph stands in it many times."""
    sizes: dict[Node, int] = {}
    for part in needed([node]):
        sizes[part] = 1 + sum(sizes[operand] for operand in part.inputs)
    if sizes[node] > MAXIMUM_WRITTEN:
        raise ExpressionError(
            f"the derivative has more than {MAXIMUM_WRITTEN} parts when it is written out", None, cure
        )


def as_text(node: Node, *, shares: bool) -> str:
    """The node as one expression or, with `shares`, as statements in which no longer part stands twice."""
    if not shares:
        refuse_long(node, "--cse writes what is used several times as a statement of its own")
        return show(node, {}, spacing=TEXTBOOK)
    uses: dict[Node, int] = {}
    order = needed([node])
    for part in order:
        for operand in part.inputs:
            uses[operand] = uses.get(operand, 0) + 1
    taken = {part.name for part in order if part.name is not None}
    labels: dict[Node, str] = {}
    statements = []
    number = 0
    for part in order:
        if part is not node and part.inputs and uses[part] > 1:
            number += 1
            while f"t{number}" in taken:
                number += 1
            statements.append(f"t{number} = {show(part, labels, spacing=TEXTBOOK)}")
            labels[part] = f"t{number}"
    return "; ".join([*statements, show(node, labels, spacing=TEXTBOOK)])
