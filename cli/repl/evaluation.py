"""The answer to a line of statements: each is remembered or evaluated."""

from __future__ import annotations

from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.derivatives.lost_digits import losses
from backprop.autodiff.derivatives.trace import Birth, Trace, trace
from backprop.autodiff.errors import Span
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array
from backprop.cli.options.derivatives import MAXIMUM_WARNINGS
from backprop.cli.output.cells import table_text
from backprop.cli.output.errors import warning
from backprop.cli.question.values import read_value
from backprop.cli.repl.answers import Reply
from backprop.cli.repl.session import LAST, Asked, Session, TypedText
from backprop.cli.repl.statements import Statement, statements
from backprop.cli.reports.lost_digits import MOST_NAMED, noted
from backprop.cli.reports.nodes import OUTPUT, node_report
from backprop.cli.reports.nonfinite import described, nonfinite_values

DERIVATIVE = "gradient"


def evaluated(session: Session, line: str) -> list[Reply]:
    """The answers to a line's statements. Where one fails, none has been done. Raises ExpressionError or Failure."""
    with session.kept_whole():
        name, _, path = (part.strip() for part in line.partition("="))
        if path.startswith("@") and name.isidentifier():
            return [filed(session, name, path)]
        return [
            expression_answer(session, statement) if statement.name is None else assigned(session, statement)
            for statement in statements(line)
        ]


def filed(session: Session, name: str, path: str) -> Reply:
    """`W = @weights.npy`."""
    from backprop.cli.question.argv import normalized

    name = normalized(name)
    value = read_value(name, path)
    session.set(name, value)
    return value_answer(session, name, value)


def assigned(session: Session, statement: Statement) -> Reply:
    value = session.define(statement)
    assert statement.name is not None
    if value is not None:
        return value_answer(session, statement.name.text, value)
    data = {"command": "repl", "name": statement.name.text, "definition": statement.text}
    return Reply(data, [statement.text], text=statement.text)


def value_answer(session: Session, name: str, value: Array) -> Reply:
    data = {"command": "repl", "name": name, "value": value, "nonfinite": nonfinite_values({name: value})}
    return Reply(data, [value], text=f"{name} = {table_text(value, session.output.digits)}")


def traced(asked: Asked) -> Trace:
    """The trace of a question, its errors placed in the line. Raises ExpressionError."""
    with asked.text.located():
        return trace(asked.question.graph, asked.question.values)


def expression_answer(session: Session, statement: Statement) -> Reply:
    """The value and the gradients of an expression, and its node table."""
    asked = session.ask(statement)
    evaluation = traced(asked)
    question = asked.question
    session.values[LAST.text] = evaluation.value
    label = evaluation.labels.get(evaluation.output, OUTPUT)
    title = f"{label} = {question.text}" if label != question.text else label  # not of the definitions before it
    report = node_report(evaluation, question.text, DERIVATIVE)._replace(title=title)
    data = {
        "command": "repl",
        "expression": question.text,
        "value": evaluation.value,
        DERIVATIVE: evaluation.gradients,
        "nonfinite": [placed(entry, asked.text) for entry in report.data["nonfinite"]],
    }
    return Reply(data, [evaluation.value, *evaluation.gradients.values()], report, notes=comments(evaluation, asked))


def placed(entry: dict[str, Any], text: TypedText) -> dict[str, Any]:
    """An entry of what is not finite, its place being one in the line; none where it is in a definition."""
    if entry["start"] is None:
        return entry
    span, piece = text.origin(Span(entry["start"], entry["end"]))
    is_here = piece is text.pieces[-1]
    return {**entry, "start": span.start if is_here else None, "end": span.end if is_here else None}


def comments(evaluation: Trace, asked: Asked) -> list[str]:
    """What the table alone does not tell: the upstream gradient, where inf and nan began, where digits were lost."""
    notes = []
    question, text = asked
    shape = np.shape(evaluation.value)
    if shape and evaluation.gradients:
        notes.append(f"the output has shape {shapes.show(shape)}: its upstream gradient is ones")
    notes += [warned(evaluation, birth, text) for birth in evaluation.births[:MAXIMUM_WARNINGS]]
    if len(evaluation.births) > MAXIMUM_WARNINGS:
        notes.append(f"{len(evaluation.births) - MAXIMUM_WARNINGS} more results are not finite")
    for loss in losses(question.graph, question.values)[:MOST_NAMED]:
        notes.append(noted(loss, text.whole, *located(loss.node.span, text)))
    return notes


def warned(evaluation: Trace, birth: Birth, text: TypedText) -> str:
    return warning(described(evaluation, birth), *located(birth.node.span, text))


def located(span: Span | None, text: TypedText) -> tuple[Span | None, str]:
    """A place of the text in the line that it was written in, and that line."""
    if span is None:
        return None, text.whole
    here, piece = text.origin(span)
    return here, piece.line
