"""The reference of functions and operators, made from the gate table: the list, and a page for each."""

from __future__ import annotations

from functools import cache
from typing import Any

from backprop.autodiff.declaration.gate import REQUIRED, Corner, Gate, Sample
from backprop.autodiff.declaration.notation import Binding, Infix, Postfix, Prefix
from backprop.autodiff.gates import FAMILIES, FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.textbook import in_textbook_form
from backprop.cli.output.numbers import rounded, whole
from backprop.cli.output.report import ROWS, Column, Report, Row, Rows
from backprop.cli.reports.formula import formula
from backprop.parser.printers.expression import TEXTBOOK, shortest, show

PUBLIC = {family: [gate for gate in gates if gate.is_public] for family, gates in FAMILIES.items()}
CORNER_DIGITS = 6


class Loop(NamedTuple):
    """A form of the language that repeats something, and no gate."""

    signature: str
    summary: str
    example: str


LOOPS = {
    "for": Loop(
        "sum(... for i in first:last)",
        "a function of the terms, or [...] of the entries, that an index makes; or i runs over a list",
        "sum(i^2*x for i in 1:3)",
    ),
    "iterate": Loop(
        "iterate(step, start, times)",
        "the step of the step of ... the start, step being a function that the text defines",
        "step(s) = (s + a/s)/2; iterate(step, 1, 6)",
    ),
}


def list_report() -> Report:
    """Every function and operator with its family, how it is written, and what it is in a line."""
    entries: list[tuple[str, str, Gate | Loop]]
    entries = [(family, gate.name, gate) for family, gates in PUBLIC.items() for gate in gates]
    entries += [("loops", name, loop) for name, loop in LOOPS.items()]
    return Report(
        title="",
        columns=(
            Column("family"),
            Column("name", is_optional=True),
            Column("signature", folds=True),
            Column("summary", folds=True),
        ),
        rows=Rows(entries, lambda entry: (*entry[:2], signature_of(entry[2]), entry[2].summary)),
        data={"command": "functions", "functions": ROWS},
        plain=[name for _, name, _ in entries],
    )


def page_report(name: str) -> Report | None:
    """All about what a name may mean; None where it means nothing."""
    gates = names().get(name, [])
    rows: list[Row] = [row for gate in gates for row in page_rows(gate)]
    data: list[dict[str, Any]] = [page_data(gate) for gate in gates]
    if name in LOOPS:
        fields = {"signature": LOOPS[name].signature, "summary": LOOPS[name].summary, "family": "loops"}
        fields["example"] = LOOPS[name].example
        rows, data = [*fields.items()], [{"name": name, **fields}]
    if not rows:
        return None
    return Report(
        title=name,
        columns=(Column("field"), Column("text", folds=True)),
        rows=rows,
        data={"command": "functions", "functions": data},
        plain=[f"{field}: {text}" for field, text in rows],
        has_header=False,
    )


def names() -> dict[str, list[Gate]]:
    """Each name, alias and operator sign with the gates that it may mean."""
    by_name: dict[str, list[Gate]] = {name: list(gates) for name, gates in FUNCTIONS.items()}
    for gates in PUBLIC.values():
        for gate in gates:
            signs = [gate.notation.symbol.strip()] if isinstance(gate.notation, (Infix, Prefix, Postfix)) else []
            for name in (gate.called, *signs):
                if gate not in by_name.setdefault(name, []):
                    by_name[name].append(gate)
    for name, gate in OPERATORS.items():
        by_name.setdefault(name, [gate])
    return by_name


def page_rows(gate: Gate) -> list[Row]:
    data = page_data(gate)
    rows: list[Row] = [("signature", data["signature"]), ("summary", data["summary"]), ("family", data["family"])]
    if gate.aliases:
        rows.append(("aliases", ", ".join(gate.aliases)))
    symbol = "d/d" if gate.has_local else "share of "
    rows += [(f"{symbol}{name}", text) for name, text in data["gradients"].items()]
    rows.append(("habit", data["habit"]))
    rows += [("corner", text) for text in data["corners"]]
    rows.append(("source", data["source"]))
    return rows


def page_data(gate: Gate) -> dict[str, Any]:
    return {
        "name": gate.called,
        "family": next(family for family, gates in PUBLIC.items() if gate in gates),
        "signature": signature(gate),
        "aliases": list(gate.aliases),
        "summary": gate.summary,
        "gradients": gradients(gate),
        "habit": habit(gate),
        "corners": [described(gate, corner) for corner in gate.corners],
        "source": gate.source,
    }


def signature_of(entry: Gate | Loop) -> str:
    return entry.signature if isinstance(entry, Loop) else signature(entry)


def signature(gate: Gate) -> str:
    """`leaky_relu(x, a=0.01)`, `sum(x[, axis])`, `x + y`."""
    if not gate.is_function:
        inputs, out = applied(gate)
        return show(out, dict(zip(inputs, names_of(gate, len(inputs)), strict=True)))
    if isinstance(gate.notation, Binding):
        return f"{gate.called}({', '.join(['f', 'x', *[name for name in gate.operands if name[0] != '*']])})"
    leading = [name for name, attribute in gate.attributes.items() if attribute.leads]
    text = ", ".join(
        f"{name}={shortest(gate.defaults[name])}" if name in gate.defaults else "..." if name[0] == "*" else name
        for name in (*leading, *gate.operands)
    )
    for name, attribute in gate.attributes.items():
        comma = ", " if text else ""
        if name in leading:
            continue
        if attribute.default is None:
            text += f"[{comma}{name}]"
        elif attribute.takes_text:
            text = f"{name}{comma}{text}"
        elif attribute.takes_rest:
            text += f"{comma}*{name}"
        else:
            text += f"{comma}{name}" + ("" if attribute.default is REQUIRED else f"={attribute.default}")
    return f"{gate.called}({text})"


def shape_of(sample: Any) -> tuple[int, ...]:
    """Of a number, or of nested tuples of them."""
    return (len(sample), *shape_of(sample[0])) if isinstance(sample, tuple) else ()


def applied(gate: Gate) -> tuple[tuple[Node, ...], Node]:
    """The gate's inputs and output in a graph of its own, with the shapes of its first sample."""
    sample: Sample = gate.samples[0]
    graph = Graph(is_typed=True)
    count = len(sample.operands)
    inputs = tuple(
        graph.input(name, shape_of(operand))
        for name, operand in zip(names_of(gate, count), sample.operands, strict=True)
    )
    return inputs, graph.add(gate, inputs, gate.settings(sample.attributes))


def names_of(gate: Gate, count: int) -> list[str]:
    """The operands' names; those of one that stands for many are numbered."""
    operands = [name for name in gate.operands if not name.startswith("*")][:count]
    rest = gate.operands[-1].lstrip("*") if gate.operands else ""
    return operands + [f"{rest}{number}" for number in range(1, count - len(operands) + 1)]


def gradients(gate: Gate) -> dict[str, str]:
    """By operand its local gradient or, where it has none entry by entry, its share of the `upstream` gradient."""
    if gate.expand is not None:
        return {}
    inputs, out = applied(gate)
    labels = dict(zip(inputs, names_of(gate, len(inputs)), strict=True))
    if gate.has_inside:
        labels[out] = gate.name  # its example, which a formula would repeat at each use
    upstream = out.graph.input("upstream", out.shape)
    texts = {}
    for position, name in enumerate(names_of(gate, len(inputs))):
        local = gate.local(position, inputs, out)
        share = local if gate.has_local else gate.pull(position, upstream, inputs, out)
        texts[name] = "0" if share is None else formula(share, {**labels, upstream: "upstream"})
    return texts


@cache
def habit(gate: Gate) -> str:
    """What the gate does to a gradient, in the declaration's words; where it has none, its local gradient says it."""
    if gate.habit is not None:
        return gate.habit
    inputs, out = applied(gate)
    local = gate.local(0, inputs, out)
    assert local is not None
    words, factor = effect(in_textbook_form(local, {}))
    return f"{words} {show(factor, {}, spacing=TEXTBOOK)}"


def effect(local: Node) -> tuple[str, Node]:
    """What a gate of this local gradient does to a gradient: the words, and the formula that they end with."""
    notation = local.gate.notation
    if isinstance(notation, Infix) and notation.symbol == "/" and local.inputs[0].value == 1.0:
        return "divides the gradient by", local.inputs[1]
    return "scales the gradient by", local


def described(gate: Gate, corner: Corner) -> str:
    """`at x = 0 the value is 0 and the gradient 0`."""
    point = ", ".join(
        f"{name} = {number_text(value)}"
        for name, value in zip(names_of(gate, len(corner.operands)), corner.operands, strict=True)
    )
    gradient = ", ".join(number_text(number) for number in corner.gradients)
    plural = "s" if len(corner.gradients) > 1 else ""
    return f"at {point} the value is {number_text(corner.value)} and the gradient{plural} {gradient}"


def number_text(value: Any) -> str:
    return whole(value, rounded(CORNER_DIGITS))
