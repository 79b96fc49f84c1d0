"""The circuit in Graphviz's language, as the lecture draws it: values above the wires in green, gradients below in red.

Graphviz puts labels beside an edge, not on it: so every wire has a small table in its middle, whose rule is the wire.
Source of the language: graphviz.org/doc/info/lang.html and shapes.html#html. Knows no layout.
"""

from __future__ import annotations

from html import escape
from typing import TextIO

import numpy as np

from backprop.autodiff import shapes
from backprop.cli.graph.circuit import Circuit, Element, ElementKind
from backprop.cli.graph.value_lines import lines_of
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

GREEN, RED, GRAY = "#00752b", "#c80000", "#6b6b6b"  # each at least 4.5 : 1 on white
FONT = "Helvetica,Arial,sans-serif"
LONG_SIGN = 5  # characters; longer ones are written smaller, so that the circles stay small
OUTLINE = f"""\
  rankdir=LR; ordering=in; nslimit=2; nodesep=0.18; ranksep=0.22; bgcolor=white;
  fontname="{FONT}"; fontsize=13; charset="UTF-8";
  node [shape=circle, fontname="{FONT}", fontsize=16, width=0.45, height=0.45, margin="0.04,0.02"];
  edge [fontname="{FONT}", fontsize=11, arrowsize=0.6];
"""


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    stream.write(drawing(circuit, rounded(look.digits)))


def drawing(circuit: Circuit, number: Writer) -> str:
    """The whole file; `number` writes a number."""
    lines = [f"digraph backprop {{\n{OUTLINE}  label=<{html(circuit.title)}>; labelloc=t; labeljust=l;\n"]
    for element in circuit.elements:
        lines.append(f"  n{element.number} {drawn(element)};\n")
        if element.kind is not ElementKind.CONSTANT or element.label:  # a constant that is the output
            lines.append(f"  w{element.number} {label_of(element, number)};\n")
            lines.append(f"  n{element.number} -> w{element.number}:w [arrowhead=none, weight=4];\n")
    for index in range(len(circuit.wires)):
        lines.append(connection(circuit, index, number))
    return "".join([*lines, "}\n"])


def drawn(element: Element) -> str:
    """The attributes of a circle, a name, or a small number."""
    if element.kind is ElementKind.CONSTANT:
        return (
            f"[label=<{html(element.sign)}>, shape=plaintext, fontsize=11, fontcolor="
            f'"{GRAY}", width=0, height=0, margin=0.03]'
        )
    if element.kind is ElementKind.INPUT:
        return f"[label=<<B>{html(element.sign)}</B>>, shape=plaintext, width=0, height=0, margin=0.03]"
    sign = html(element.sign)
    if len(element.sign) > LONG_SIGN:
        sign = f'<FONT POINT-SIZE="11">{sign}</FONT>'
    detail = f'<BR/><FONT POINT-SIZE="9">{html(element.detail)}</FONT>' if element.detail else ""
    return f"[label=<{sign}{detail}>]"


def label_of(element: Element, number: Writer) -> str:
    """The table in the middle of an element's wire: the value and, below its rule, the gradient."""
    upper = [colored(GREEN, html(line)) for line in lines_of(element.value, number)]
    derivative = element.derivative
    lower = [] if derivative is None else [colored(RED, html(line)) for line in lines_of(derivative, number)]
    if element.label:
        name = f"<B>{html(element.label)}</B> ="
        upper = [f"{name} {upper[0]}"] if len(upper) == 1 else [name, *upper]
    if np.ndim(element.value):
        shape = colored(GRAY, html(shapes.show(np.shape(element.value))), 10)
        upper.insert(0, shape)
        lower += [shape] * bool(lower)
    return table(upper, lower)


def table(upper: list[str], lower: list[str]) -> str:
    """Lines above and below a rule, as many of each, so that the rule lies in the middle and continues the wire."""
    height = max(len(upper), len(lower))
    upper = [html("")] * (height - len(upper)) + upper
    lower = lower + [html("")] * (height - len(lower))
    rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in upper)
    rows += "<HR/>" + "".join(f"<TR><TD>{line}</TD></TR>" for line in lower)
    whole = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>'
    return f"[label=<{whole}>, shape=plaintext, fontsize=12, width=0, height=0, margin=0]"


def connection(circuit: Circuit, index: int, number: Writer) -> str:
    """The wire from an element's table, or from a constant, into a gate; with a table of its own for its share."""
    wire = circuit.wires[index]
    is_constant = circuit.elements[wire.tail].kind is ElementKind.CONSTANT
    start = f"n{wire.tail}" if is_constant else f"w{wire.tail}:e"
    style = [f'color="{GRAY}"'] if is_constant else [] if wire.is_taken else ["style=dashed"]
    end = f"n{wire.head}{bracketed(style)};\n"
    if wire.share is None:
        return f"  {start} -> {end}"
    first, *others = lines_of(wire.share, number)
    share = table([], [colored(RED, html(first + " …" * bool(others)))])
    begin = f"s{index}:w{bracketed(['arrowhead=none', *style])};\n"
    return f"  s{index} {share};\n  {start} -> {begin}  s{index}:e -> {end}"


def bracketed(attributes: list[str]) -> str:
    return f" [{', '.join(attributes)}]" if attributes else ""


def colored(color: str, text: str, size: int | None = None) -> str:
    points = f' POINT-SIZE="{size}"' if size else ""
    return f'<FONT COLOR="{color}"{points}>{text}</FONT>'


def html(text: str) -> str:
    """Text for a label in `<…>`; the language knows no empty one."""
    return escape(text, quote=True).replace("\\", "&#92;") or "&#160;"
