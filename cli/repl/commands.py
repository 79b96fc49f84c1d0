"""What a line that begins with a colon asks for. Each command gives an answer; none reads or prints."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.cells import machine_text
from backprop.cli.output.output import Look
from backprop.cli.output.report import Column, Report, Row
from backprop.cli.question.argv import normalized
from backprop.cli.question.names import variables_of
from backprop.cli.repl.answers import ONE_LINE, Reply
from backprop.cli.repl.evaluation import DERIVATIVE, traced
from backprop.cli.repl.session import Asked, Session
from backprop.cli.repl.statements import statements
from backprop.cli.reports.nonfinite import nonfinite_values
from backprop.cli.status import Failure
from backprop.parser.similarity import suggestion

INTRODUCTION = """\
An expression shows every node's value and gradient: (x+y)*z
A name gets a value:                                 x = -2; W = [[1, 2], [3, 4]]; w = @weights.npy
or stays a formula, where other names are in it:     q = x + y
A function:                                          sq(t) = t^2
The value of the last expression is _:               _ + 1
A loop:                                              sum(i^2*x for i in 1:3), iterate(sq, x, 3)
A variable of its own:                               integral(exp(-t^2), t, 0, x), root(t^2 - x, t, 1)
A line that ends in an open bracket, an operator or a backslash goes on in the next one, until an empty line.
"""


class Command(NamedTuple):
    """`takes` is what may follow it, for the help; `completes` says of what kind that is."""

    run: Callable[[Session, str], Reply]
    takes: str
    summary: str
    completes: str = ""


def command_answer(session: Session, line: str) -> Reply:
    """The answer to `:name rest`. Raises Failure or ExpressionError."""
    word, _, rest = line.strip().partition(" ")
    if word not in COMMANDS:
        cure = suggestion(word, COMMANDS, f"the commands are {', '.join(COMMANDS)}")
        raise Failure(f"unknown command {word!r}", cure)
    command = COMMANDS[word]
    if rest.strip() and not command.takes:
        raise Failure(f"{word} takes nothing", "omit what follows it")
    answer = command.run(session, rest.strip())
    return answer._replace(data={"command": word} | dict(answer.data) | {"command": word})


def asked_of(session: Session, text: str, *, is_point_optional: bool = False) -> Asked:
    """The expression behind a command, which is the last one from now on, or else the last one so far.

    With today's values and definitions. Raises Failure where there is none, and ExpressionError.
    """
    if text:
        first, *others = statements(text)
        if others or first.name is not None:
            raise Failure(f"{text!r} is not one expression", "give names their values in a line before")
        return session.ask(first, is_point_optional=is_point_optional)
    if session.last is None:
        raise Failure("there is no expression yet", "write one first, such as x^2")
    return session.ask(session.last, is_point_optional=is_point_optional)


def explain(session: Session, rest: str) -> Reply:
    """The chain rule at an expression, step by step."""
    from backprop.cli.explain import json as objects
    from backprop.cli.explain import text as lines
    from backprop.cli.explain.steps import explain_trace

    asked = asked_of(session, rest)
    explained = explain_trace(traced(asked), asked.question.text)
    output = session.output

    def written(writer: ModuleType) -> str:
        stream = io.StringIO()
        writer.write(explained, stream, Look("json", output.digits, None, False, False))
        return stream.getvalue()

    if output.format not in ONE_LINE:
        return Reply(show=lambda: output.of("explain").render(explained))
    return Reply(json.loads(written(objects)), [written(lines).rstrip()])


def graph(session: Session, path: str) -> Reply:
    """The tree of the last expression, or its picture in the file that the path names."""
    from backprop.cli.graph import dot
    from backprop.cli.graph.circuit import circuit_of
    from backprop.cli.output.formats import ending_of, endings
    from backprop.cli.output.numbers import rounded

    asked = asked_of(session, "")
    trace = traced(asked)
    circuit = circuit_of(trace, asked.question.text, DERIVATIVE)
    output = session.output
    if path:
        known = endings("graph")
        if ending_of(path) not in known:
            raise Failure(f"{path}: its ending names no kind of picture", f"use {' '.join(known)}")
        try:
            output.of("graph", path).render(circuit)
        except Failure as failure:
            raise Failure(failure.reason.removeprefix("-o "), failure.cure) from None
        return Reply({"file": path}, [path], text=f"{path} is written")
    written = dot.drawing(circuit, rounded(output.digits))
    return Reply(
        {"dot": written},
        [" ".join(written.splitlines())],
        show=lambda: output.of("graph", format="tree").render(circuit),
    )


def diff(session: Session, rest: str) -> Reply:
    """The derivatives of the last expression, by the names given or by all."""
    from backprop.cli.options.derivatives import DerivativeOptions
    from backprop.cli.reports.derivative import derivative_report
    from backprop.cli.reports.exemptions import remarks

    asked = asked_of(session, "", is_point_optional=True)
    chosen = [normalized(name) for name in rest.replace(",", " ").split()]
    for name in chosen:
        if name not in asked.question.graph.inputs:
            known = variables_of(asked.question.graph.variables)
            raise Failure(f"{name} is not a variable of the last expression", known)
    with asked.text.located():
        derivatives = DerivativeOptions(wrt=chosen).symbolic(asked.question)
        report = derivative_report(asked.question, derivatives, 1, shares=False)
    notes = [f"{name} is constant between its steps: its derivative counts as 0" for name in derivatives.flat]
    notes += remarks(derivatives.exemptions)
    if not report.rows:
        raise Failure("the last expression has no variables", "there is nothing to differentiate by")
    return Reply(report.data, [row[1] for row in report.rows], report, notes=notes)


def check(session: Session, rest: str) -> Reply:
    """The gradient of an expression against differences of values."""
    from backprop.autodiff.derivatives.check import checks, survey
    from backprop.cli.reports.check import check_report, notes

    asked = asked_of(session, rest)
    with asked.text.located():
        results = survey(checks(asked.question.graph, asked.question.values))
    report = check_report(results, asked.question.text)
    return Reply(report.data, report.plain, report, notes=list(notes(results)))


def plot(session: Session, rest: str) -> Reply:
    """A curve of an expression and its derivative, over a range behind it: `:plot sin(x) x=-5:5`."""
    from backprop.cli.plot.appearance import read_appearance
    from backprop.cli.plot.plotting import Plotting
    from backprop.cli.repl.ranged import FEW_POINTS, ranged

    text, ranges = ranged(rest)
    asked = asked_of(session, text, is_point_optional=True)
    question = session.over(asked, ranges)
    output, appearance = session.output, read_appearance(None, None, None, (), None)
    with asked.text.located():
        if output.format not in ONE_LINE:
            return Reply(show=Plotting(question, (), None, None, None, appearance, output.of("plot")).run)
        report = Plotting(question, (), FEW_POINTS, None, None, appearance, output.of("plot", format="json")).report()
    return Reply(report.data, [machine_text(number) for row in report.rows for number in row], report)


def save(session: Session, path: str) -> Reply:
    """Write the names and the last expression to a file that eval -f and repl read again."""
    from backprop.cli.output.destination import destination

    if not path:
        raise Failure(":save needs the name of a file", "for example: :save session.txt")
    with destination(path) as stream:
        stream.write("".join(f"{line}\n" for line in session.written()))
    return Reply({"file": path}, [path], text=f"{path} is written")


def variables(session: Session, rest: str) -> Reply:
    """Every name with its value or its definition."""
    values: list[Row] = [(name, None, value) for name, value in session.values.items()]
    definitions: list[Row] = [(name.text, definition.text, None) for name, definition in session.definitions.items()]
    rows = [*definitions, *values]
    columns = (Column("name"), Column("definition", folds=True), Column("value", style="green", is_number=True))
    data: dict[str, Any] = {
        "values": dict(session.values),
        "definitions": [definition.text for definition in session.definitions.values()],
        "nonfinite": nonfinite_values(session.values),
    }
    if not rows:
        return Reply(data, text="no name has a meaning yet: x = 2 gives one a value")
    plain = [*data["definitions"], *(f"{name} = {machine_text(value)}" for name, value in session.values.items())]
    return Reply(data, plain, Report("", columns, rows, data, []))


def clear(session: Session, rest: str) -> Reply:
    """Forget some names, or all."""
    names = [normalized(name) for name in rest.replace(",", " ").split()]
    with session.kept_whole():
        for name in names:
            if not session.clear(name):
                cure = suggestion(name, [known.rstrip("(") for known in session.names()], ":vars shows what has")
                raise Failure(f"{name} has no meaning here", cure)
    if not names:
        session.values.clear()
        session.definitions.clear()
    return Reply({"names": names})


def show_help(session: Session, name: str) -> Reply:
    """The commands, or all about a function."""
    if name and name not in COMMANDS:
        from backprop.cli.reports.functions import LOOPS, names, page_report

        name = name.rstrip("(")
        report = page_report(name)
        if report is None:
            raise Failure(f"unknown function {name!r}", suggestion(name, [*names(), *LOOPS], "") or None)
        return Reply(report.data, report.plain, report)
    chosen = {name: COMMANDS[name]} if name else COMMANDS
    usages = {f"{word} {command.takes}".strip(): command.summary for word, command in chosen.items()}
    width = max(map(len, usages))
    lines = [f"{usage:{width}}  {summary}" for usage, summary in usages.items()]
    text = "\n".join([*([] if name else [INTRODUCTION]), *lines])
    return Reply({"help": text}, [text], text=text)


def leave(session: Session, rest: str) -> Reply:
    return Reply(is_last=True)


COMMANDS = {
    ":graph": Command(
        graph, "[FILE]", "Draw the last expression: as a tree, or into a file (.svg .html .dot ...).", "file"
    ),
    ":explain": Command(explain, "[EXPR]", "Explain its value and gradient, or those of EXPR, step by step.", "name"),
    ":check": Command(check, "[EXPR]", "Compare its gradient with differences of values.", "name"),
    ":plot": Command(plot, "[EXPR] [x=-5:5]", "Draw it and its derivative over a range.", "name"),
    ":diff": Command(diff, "[NAME ...]", "Its derivative as an expression, by NAME or by every variable.", "variable"),
    ":vars": Command(variables, "", "The names that have a value or a definition."),
    ":clear": Command(clear, "[NAME ...]", "Forget NAME, or all names.", "name"),
    ":save": Command(save, "FILE", "Write the names and the last expression, which eval -f FILE reads.", "file"),
    ":help": Command(show_help, "[FUNCTION]", "Show this, or all about a function.", "function"),
    ":quit": Command(leave, "", "End the session, as quit, exit and Ctrl-D do."),
}
