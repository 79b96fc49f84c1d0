"""How a derivative comes about, rule by rule: as rows of words and formulas, or in LaTeX. Differentiates nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backprop.autodiff.derivatives.rules import AppliedRule, readable, rules_of
from backprop.autodiff.derivatives.symbolic import Derivatives
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.numbers import whole
from backprop.cli.output.report import ROWS, Column, Report
from backprop.cli.question.question import Question
from backprop.cli.reports.derivative import as_text, refuse_long, values_of
from backprop.cli.reports.functions import signature
from backprop.parser.printers.expression import TEXTBOOK, shortest, show
from backprop.parser.printers.latex import show_latex
from backprop.parser.printers.latex_names import name as latex_name

RESULT, VALUE = "result", "value"


class DerivationLine(NamedTuple):
    """One rule of one order by one variable, or its result."""

    variable: str
    order: int
    rule: str
    formula: str


class DerivationText:
    """The notation of the language."""

    equals = " = "
    also = ", "
    more = "…"

    def __init__(self, variable: Node) -> None:
        self.variable = variable

    def formula(self, node: Node, symbols: Mapping[Node, Node]) -> str:
        """A formula with symbols that stand for derivatives."""
        labels = {symbol: self.derivative(part) for symbol, part in symbols.items()}
        return labels[node] if node in labels else self.plain(node, labels)

    def plain(self, node: Node, labels: Mapping[Node, str] | None = None) -> str:
        return show(node, labels or {}, spacing=TEXTBOOK)

    def derivative(self, part: Node) -> str:
        """`d/dx(x^2)`; by an array the differential `d(W @ x)`, and `dW` itself."""
        if not self.variable.shape:
            return f"d/d{self.variable.name}({self.plain(part)})"
        return f"d{self.plain(part)}" if part.name is not None else f"d({self.plain(part)})"

    def gradient(self, output: Node, text: str) -> str:
        """How the differential by an array tells its gradient."""
        differential = self.derivative(output)
        whole = f"sum({differential})" if output.shape else differential
        return f"{whole} = sum(G*d{self.variable.name}), G = {text}"


class DerivationLatex(DerivationText):
    """LaTeX, aligned at the equals signs."""

    equals = " &= "
    also = r",\quad "
    more = r"\dots"

    def plain(self, node: Node, labels: Mapping[Node, str] | None = None) -> str:
        return show_latex(node, labels or {})

    def derivative(self, part: Node) -> str:
        text = self.plain(part)
        if self.variable.shape:
            return rf"\mathrm{{d}}{text}" if part.name is not None else rf"\mathrm{{d}}\left({text}\right)"
        return rf"\frac{{d}}{{d {latex_name(str(self.variable.name))}}} \left[{text}\right]"

    def gradient(self, output: Node, text: str) -> str:
        differential = self.derivative(output)
        whole = rf"\sum {differential}" if output.shape else differential
        return rf"{whole} &= \sum G \odot \mathrm{{d}}{latex_name(str(self.variable.name))},\quad G = {text}"


def steps(orders: Sequence[Derivatives], name: str, notation: type[DerivationText]) -> Iterator[DerivationLine]:
    """The lines by one variable, order after order: what an order results in, the next one differentiates."""
    for order, derivatives in enumerate(orders, 1):
        typed = derivatives.graph
        variable = typed.named(name)
        if order == 1:
            output, labels = readable(typed.result), {node: part for part, node in typed.names.items()}
        else:
            typed = orders[order - 2].graph
            output, labels, variable = orders[order - 2].written[name], {}, typed.named(name)
        whole, rules = rules_of(output, variable, labels, "f" + "'" * (order - 1))
        written = notation(variable)
        for rule in rules:
            yield DerivationLine(name, order, words(rule), equation(rule, written))
        result = derivatives.written[name]
        refuse_long(result, "ask for a lower order, or omit --steps")
        text = written.plain(result)
        is_array = bool(variable.shape)
        equals = f"{written.derivative(whole.named)}{written.equals}{text}"
        yield DerivationLine(name, order, RESULT, written.gradient(whole.named, text) if is_array else equals)


def words(rule: AppliedRule) -> str:
    """`product rule`; of a gate's own rule whose it is."""
    own = rule.name or f"derivative of {signature(rule.gate)}"
    return f"chain rule, {own}" if rule.has_inner else own


def equation(rule: AppliedRule, written: DerivationText) -> str:
    """`d/dx(x^2) = 2*x`; of a part with a label what it is before that."""
    node, symbol, symbols = rule.part
    definition = "" if symbol is None else f"{written.plain(symbol)} = {written.plain(node)}{written.also}"
    left = written.derivative(rule.part.named)
    right = written.more if rule.derivative is None else written.formula(rule.derivative, symbols)
    return f"{definition}{left}{written.equals}{right}"


def steps_report(question: Question, orders: Sequence[Derivatives]) -> Report:
    """A row for each rule, one for each result, and where the variables have values one for its own."""
    values = values_of(question, orders[-1]) or {}
    lines: list[DerivationLine] = []
    for name in orders[-1].written:
        lines += steps(orders, name, DerivationText)
        if name in values:
            lines.append(DerivationLine(name, len(orders), VALUE, whole(values[name], shortest)))
    return Report(
        title="",
        columns=(
            Column("variable"),
            Column("order", is_number=True),
            Column("rule"),
            Column("formula", folds=True),
        ),
        rows=[(line.variable, float(line.order), line.rule, line.formula) for line in lines],
        data={
            "command": "diff",
            "expression": question.text,
            "order": len(orders),
            "derivative": {name: as_text(node, shares=False) for name, node in orders[-1].written.items()},
            **({"value": values} if values else {}),
            "steps": ROWS,
        },
        plain=list(plain(lines)),
    )


def plain(lines: Sequence[DerivationLine]) -> Iterator[str]:
    """One line each, under a heading where there are several variables or orders."""
    heads = dict.fromkeys((line.variable, line.order) for line in lines)
    head = None
    for line in lines:
        if len(heads) > 1 and head != (line.variable, line.order):
            head = line.variable, line.order
            yield f"by {line.variable}, order {line.order}"
        yield f"{line.rule}: {line.formula}"


def steps_latex(question: Question, orders: Sequence[Derivatives]) -> Report:
    """Aligned equations with the rule beside each, by each variable and of each order."""
    code: list[str] = []
    for name in orders[-1].written:
        lines = list(steps(orders, name, DerivationLatex))
        code.append(r"\begin{align*}")
        code += [rf"{line.formula} && \text{{{prose(line.rule)}}} \\" for line in lines]
        code.append(r"\end{align*}")
    return Report(
        title="",
        columns=(Column("code", folds=True),),
        rows=[(line,) for line in code],
        data={"command": "diff", "expression": question.text, "to": "latex", "code": "\n".join(code)},
        plain=code,
        has_header=False,
    )


def prose(text: str) -> str:
    from backprop.cli.explain.notations import escaped  # here, not above: only LaTeX needs it

    return escaped(text)
