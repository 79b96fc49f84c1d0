"""The circuit in Graphviz's language, as the lecture draws it: values above the wires in green, gradients below in red.

Graphviz puts labels beside an edge, not on it: so every wire to the right has a small table in its middle, a line of
which is the wire; where wires go down, the numbers stand beside them. Source of the language:
graphviz.org/doc/info/lang.html and shapes.html#html. Knows no layout.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import TextIO

import numpy as np

from backprop.autodiff import shapes
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, PictureStyle, has_wire, is_long
from backprop.cli.graph.groups import groups_of
from backprop.cli.graph.value_lines import lines_of
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

FONT = "Helvetica,Arial,sans-serif"
TITLE_LINE = 90  # characters
HIDDEN = "transparent"
SMALL = 10  # points of a shape
RANKS = {"right": "LR", "down": "TB"}


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    stream.write(drawing(circuit, rounded(look.digits)))


def drawing(circuit: Circuit, number: Writer) -> str:
    """The whole file; `number` writes a number."""
    return DotDrawing(circuit, number).text()


class DotDrawing:
    """The lines of one file."""

    def __init__(self, circuit: Circuit, number: Writer) -> None:
        self.circuit = circuit
        self.number = number
        self.style: PictureStyle = circuit.style
        self.theme = circuit.style.theme

    def text(self) -> str:
        lines = [f"digraph backprop {{\n{self.outline()}"]
        for element in in_order(self.circuit):
            lines.append(f"  n{element.number} {self.drawn(element)};\n")
            if has_wire(element) and not self.is_direct(element):
                lines.append(self.beginning(element))
        for index in range(len(self.circuit.wires)):
            lines.append(self.connection(index))
        return "".join([*lines, "}\n"])

    def outline(self) -> str:
        theme = self.theme
        title = "<BR ALIGN='LEFT'/>\n    ".join(
            html(line) for line in textwrap.wrap(self.circuit.title, TITLE_LINE) or [""]
        )
        return f"""\
  rankdir={RANKS[self.style.direction]}; ordering=in; nslimit=2; nodesep=0.18; ranksep=0.22; pad=0.15;
  bgcolor="{theme.ground or "transparent"}"; fontname="{FONT}"; fontsize=13; fontcolor="{theme.ink}"; charset="UTF-8";
  node [shape=circle, fontname="{FONT}", fontsize=16, width=0.45, height=0.45, margin="0.04,0.02",
        color="{theme.ink}", fontcolor="{theme.ink}"];
  edge [fontname="{FONT}", fontsize=12, arrowsize=0.6, color="{theme.ink}", fontcolor="{theme.ink}"];
  label=<{title}<BR ALIGN='LEFT'/>>; labelloc=t; labeljust=l;
"""

    def drawn(self, element: Element) -> str:
        """The attributes of a circle, a box with a long name, a variable's name, or a small number."""
        sign = html(element.sign)
        if element.kind is ElementKind.CONSTANT:
            return (
                f'[label=<{sign}>, shape=plaintext, fontsize=11, fontcolor="{self.theme.faint}", '
                "width=0, height=0, margin=0.03]"
            )
        if element.kind is ElementKind.REPEAT:
            return f"[label=<<I>{sign}</I>>, shape=plaintext, fontsize=13, width=0, height=0, margin=0.03]"
        if element.kind is ElementKind.INPUT:
            return f"[label=<<B>{sign}</B>>, shape=plaintext, width=0, height=0, margin=0.03]"
        is_active = self.style.shown is not None and element.number in self.style.shown.active
        width = ", penwidth=3" * is_active
        detail = f'<BR/><FONT POINT-SIZE="9">{html(element.detail)}</FONT>' if element.detail else ""
        if is_long(element):
            return (
                f'[label=<{sign}{detail}>, shape=box, style=rounded, fontsize=13, height=0.4, margin="0.1,0.04"{width}]'
            )
        return f"[label=<{sign}{detail}>{width}]"

    def beginning(self, element: Element) -> str:
        """The wire of an element as far as it is one, with its numbers: to a table's rule, or beside a line down."""
        upper, lower = self.lines(element)
        own = f"n{element.number}"
        if self.style.direction == "right" and (upper or lower):
            has_shape = bool(np.ndim(element.value)) and self.style.has_values
            return (
                f"  w{element.number} {self.table(upper, lower, has_shape=has_shape)};\n"
                f"  {own} -> w{element.number}:w [arrowhead=none, weight=4];\n"
            )
        label = f", label=<{self.beside([*upper, *lower])}>" if upper or lower else ""
        point = "shape=point, width=0.04" if element.uses else 'shape=none, label="", width=0, height=0'
        return f"  w{element.number} [{point}];\n  {own} -> w{element.number} [arrowhead=none, weight=4{label}];\n"

    def is_direct(self, element: Element) -> bool:
        """Whether its wire leads to its only use without a stop."""
        has_table = self.style.direction == "right" and any(self.lines(element))
        return has_wire(element) and element.uses == 1 and not has_table

    def lines(self, element: Element) -> tuple[list[str], list[str]]:
        """What stands above a wire, the value with its shape and name, and below it, the gradient."""
        name = f"<B>{html(element.label)}</B>" if element.label else ""
        if not self.style.has_values:
            return [name] * bool(name), []
        shown = self.style.shown
        color = HIDDEN if shown and element.number not in shown.values else self.theme.value
        upper = [colored(color, html(line)) for line in lines_of(element.value, self.number)]
        lower = []
        if element.derivative is not None:
            color = HIDDEN if shown and element.number not in shown.derivatives else self.theme.derivative
            lower = [colored(color, html(line)) for line in lines_of(element.derivative, self.number)]
        if name:
            upper = [f"{name} = {upper[0]}"] if len(upper) == 1 else [f"{name} =", *upper]
        if np.ndim(element.value):
            upper.insert(0, colored(self.theme.faint, html(shapes.show(np.shape(element.value))), SMALL))
        return upper, lower

    def table(self, upper: list[str], lower: list[str], *, has_shape: bool = False) -> str:
        """Lines above and below a rule, as many of each, so that the rule lies in the middle and continues the wire.

        The rule is the upper side of the first cell below; its like above, which is not seen, keeps it in the middle.
        Cells that lie on each other by two points reach as far over the table's sides, where the wires end.
        """
        if has_shape:  # in small letters on top, to which as small a line answers at the foot
            lower = lower + [html("")] * (len(upper) - 1 - len(lower)) + [colored(self.theme.faint, html(""), SMALL)]
        height = max(len(upper), len(lower))
        upper = [html("")] * (height - len(upper)) + upper
        lower = lower + [html("")] * (height - len(lower))
        hidden = '<TD BORDER="2" COLOR="transparent" SIDES="B">'
        rule = f'<TD BORDER="1" COLOR="{self.theme.ink}" SIDES="T">'
        rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in upper[:-1])
        rows += f"<TR>{hidden}{upper[-1]}</TD></TR><TR>{rule}{lower[0]}</TD></TR>"
        rows += "".join(f"<TR><TD>{line}</TD></TR>" for line in lower[1:])
        whole = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="-2" CELLPADDING="1">{rows}</TABLE>'
        return f"[label=<{whole}>, shape=plaintext, fontsize=12, width=0, height=0, margin=0]"

    def beside(self, lines: list[str]) -> str:
        """A small table with the lines, away from the wire."""
        rows = "".join(f'<TR><TD ALIGN="LEFT">{line}</TD></TR>' for line in lines)
        return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>'

    def connection(self, index: int) -> str:
        """The wire from where an element's own ends, or from a constant, into a gate; with its share, if it has one."""
        wire = self.circuit.wires[index]
        tail = self.circuit.elements[wire.tail]
        is_right = self.style.direction == "right"
        is_table = is_right and has_wire(tail) and any(self.lines(tail))
        is_direct = self.is_direct(tail)
        start = f"w{wire.tail}{':e' * is_table}" if has_wire(tail) and not is_direct else f"n{wire.tail}"
        color = [f'color="{self.theme.faint}"'] if tail.kind is ElementKind.CONSTANT else []
        style = color or ([] if wire.is_taken else ["style=dashed"])
        end = f"n{wire.head}"
        lines = [line for several in self.lines(tail) for line in several] if is_direct else []
        if lines:
            style = [*style, f"label=<{self.beside(lines)}>"]
        elif color and not is_right:
            style = [*style, 'label=" "']  # an empty one keeps the wire apart from its neighbours' numbers
        if wire.share is None or not self.style.has_values:
            return f"  {start} -> {end}{bracketed(style)};\n"
        first, *others = lines_of(wire.share, self.number)
        shown = self.style.shown
        red = HIDDEN if shown and index not in shown.shares else self.theme.derivative
        share = colored(red, html(first + " …" * bool(others)))
        if not is_right:
            return f"  {start} -> {end}{bracketed([*style, f'label=<{self.beside([share])}>'])};\n"
        begin = f"s{index}:w{bracketed(['arrowhead=none', *style])};\n"
        return f"  s{index} {self.table([], [share])};\n  {start} -> {begin}  s{index}:e -> {end}{bracketed(style)};\n"


def in_order(circuit: Circuit) -> list[Element]:
    """The elements so that dot lays out what hangs together from above: it begins with the lowest, to the right.

    What has no wire, the total of a variable that is repeated at its uses, comes first.
    """
    groups = groups_of(range(len(circuit.elements)), [(wire.tail, wire.head) for wire in circuit.wires])
    ordered = sorted(groups, key=lambda group: len(group) > 1)
    if circuit.style.direction == "right":
        ordered.reverse()
    return [circuit.elements[number] for group in ordered for number in group]


def bracketed(attributes: list[str]) -> str:
    return f" [{', '.join(attributes)}]" if attributes else ""


def colored(color: str, text: str, size: int | None = None) -> str:
    points = f' POINT-SIZE="{size}"' if size else ""
    return f'<FONT COLOR="{color}"{points}>{text}</FONT>'


def html(text: str) -> str:
    """Text for a label in `<…>`; the language knows no empty one."""
    return escape(text, quote=True).replace("\\", "&#92;") or "&#160;"
