r"""The circuit as a `tikzpicture`, for \input in a paper or a slide with \usepackage{tikz}. Lays out nothing.

Source of the language: the TikZ and PGF manual, tikz.dev.
"""

from __future__ import annotations

from typing import TextIO

import numpy as np

from backprop.autodiff import shapes
from backprop.cli.graph.boxes import Box, Layout
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, has_wire, is_long
from backprop.cli.graph.layout import LINE, layout_of
from backprop.cli.graph.value_lines import lines_of
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look
from backprop.cli.output.themes import THEMES
from backprop.cli.status import Failure

SIGNS = {"+": "$+$", "/": "$/$", "^": r"\^{}", ">": "$>$", "<": "$<$"}
SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\textasciitilde{}", "-": "$-$", "<": "$<$", ">": "$>$"},
    **{"\N{MULTIPLICATION SIGN}": r"$\times$", "\N{MINUS SIGN}": "$-$", "…": r"\dots{}", "*": "$*$"},
}
POINTS = 0.75  # of a pixel


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    """Write the picture. Raises Failure where it cannot be laid out."""
    if circuit.style.direction != "right":
        raise Failure("tikz is drawn to the right", "omit --direction, or write .svg or .pdf")
    stream.write(drawing(circuit, layout_of(circuit, look.digits), rounded(look.digits)))


def drawing(circuit: Circuit, layout: Layout, number: Writer) -> str:
    """The environment; `number` writes a number."""
    return TikzDrawing(circuit, layout, number).text()


class TikzDrawing:
    """The lines of one picture."""

    def __init__(self, circuit: Circuit, layout: Layout, number: Writer) -> None:
        self.circuit, self.layout, self.number = circuit, layout, number

    def text(self) -> str:
        theme, scale = self.circuit.style.theme, POINTS * self.circuit.style.scale
        colors = {"Ink": theme.ink, "Faint": theme.faint, "Value": theme.value, "Gradient": theme.derivative}
        lines = [
            f"% {self.circuit.title}",
            rf"\begin{{tikzpicture}}[x={scale:g}pt, y={-scale:g}pt, >=latex]",
            *(rf"\definecolor{{circuit{name}}}{{HTML}}{{{color[1:].upper()}}}" for name, color in colors.items()),
        ]
        if theme.ground not in (None, THEMES["light"].ground):  # paper is light as it is
            size = f"({self.layout.width:.1f},{self.layout.height:.1f})"
            lines.append(rf"\definecolor{{circuitGround}}{{HTML}}{{{str(theme.ground)[1:].upper()}}}")
            lines.append(rf"\fill[circuitGround] (0,0) rectangle {size};")
        lines += [*self.wires(), *(line for element in self.circuit.elements for line in self.drawn(element))]
        return "\n".join([*lines, r"\end{tikzpicture}", ""])

    def wires(self) -> list[str]:
        """The wires, and what of the gradient comes back along those that are one of several."""
        lines = []
        left = {ends: list(curves) for ends, curves in self.layout.curves.items()}

        def curve(start: str, end: str, options: str) -> None:
            first, *others = (f"({x:.1f},{y:.1f})" for x, y in left[start, end].pop(0))
            pieces = zip(others[::3], others[1::3], others[2::3], strict=True)
            path = "".join(f" .. controls {one} and {two} .. {three}" for one, two, three in pieces)
            lines.append(rf"\draw[{options}] {first}{path};")

        for element in self.circuit.elements:
            if has_wire(element):
                curve(f"n{element.number}", f"w{element.number}", "circuitInk")
                lines.append(rule(self.layout.boxes[f"w{element.number}"], "circuitInk"))
        for index, wire in enumerate(self.circuit.wires):
            tail = self.circuit.elements[wire.tail]
            start = f"w{wire.tail}" if has_wire(tail) else f"n{wire.tail}"
            color = "circuitFaint" if tail.kind is ElementKind.CONSTANT else "circuitInk"
            options = color if wire.is_taken else f"{color}, dashed"
            if wire.share is not None:
                middle = self.layout.boxes[f"s{index}"]
                curve(start, f"s{index}", options)
                lines.append(rule(middle, options))
                if self.circuit.style.has_values:
                    share = lines_of(wire.share, self.number)
                    lines += texts(middle, [share[0] + " …" * (len(share) > 1)], "Gradient", 1)
                start = f"s{index}"
            curve(start, f"n{wire.head}", f"->, {options}")
        return lines

    def drawn(self, element: Element) -> list[str]:
        """A circle, a box with a long name, a name or a constant, and the numbers on its wire."""
        box = self.layout.boxes[f"n{element.number}"]
        sign = SIGNS.get(element.sign) or escaped(element.sign)
        detail = rf"\\{{\tiny {escaped(element.detail)}}}" if element.detail else ""
        lines = []
        if element.kind is ElementKind.GATE and is_long(element):
            corners = f"({box.x - box.width / 2:.1f},{box.y - box.height / 2:.1f}) rectangle "
            corners += f"({box.x + box.width / 2:.1f},{box.y + box.height / 2:.1f})"
            lines.append(rf"\draw[circuitInk, rounded corners] {corners};")
        elif element.kind is ElementKind.GATE:
            radius = box.width / 2 * POINTS * self.circuit.style.scale
            lines.append(rf"\draw[circuitInk] ({box.x:.1f},{box.y:.1f}) circle[radius={radius:.1f}pt];")
        font = {
            ElementKind.INPUT: r"\bfseries ",
            ElementKind.REPEAT: r"\itshape ",
            ElementKind.CONSTANT: r"\scriptsize ",
            ElementKind.GATE: r"\small " if is_long(element) else "",
        }[element.kind]
        color = "Faint" if element.kind is ElementKind.CONSTANT else "Ink"
        lines.append(node(box.x, box.y, color, f"{font}{sign}{detail}"))
        return lines + (self.numbers(element) if has_wire(element) else [])

    def numbers(self, element: Element) -> list[str]:
        """The value above the wire, with the result's name, and the gradient below."""
        box = self.layout.boxes[f"w{element.number}"]
        name = rf"\textbf{{{escaped(element.label)}}}" if element.label else ""
        if not self.circuit.style.has_values:
            return [node(box.x, box.y - LINE / 2 - 2, "Ink", rf"\scriptsize {name}")] if name else []
        values = lines_of(element.value, self.number)
        lines = texts(box, values, "Value", -1, name)
        if element.derivative is not None:
            lines += texts(box, lines_of(element.derivative, self.number), "Gradient", 1)
        if np.ndim(element.value):
            above = len(values) + (bool(name) and len(values) > 1)
            shape = escaped(shapes.show(np.shape(element.value)))
            lines.append(node(box.x, box.y - LINE * (above + 0.5) - 2, "Faint", rf"\tiny {shape}"))
        return lines


def rule(box: Box, options: str) -> str:
    """The piece of a wire that numbers stand on."""
    left, right = box.x - box.width / 2 - 1, box.x + box.width / 2 + 1
    return rf"\draw[{options}] ({left:.1f},{box.y:.1f}) -- ({right:.1f},{box.y:.1f});"


def texts(box: Box, lines: list[str], color: str, side: int, name: str = "") -> list[str]:
    """Lines above the wire (side -1) or below it (side 1); a name before the only one, or above several."""
    first = box.y + 2 + LINE / 2 if side > 0 else box.y - 2 - LINE * (len(lines) - 0.5)
    written = [rf"\scriptsize {escaped(line)}" for line in lines]
    drawn = []
    if name and len(lines) == 1:
        written = [rf"\scriptsize \textcolor{{circuitInk}}{{{name} $=$}} {escaped(lines[0])}"]
    elif name:
        drawn.append(node(box.x, first - LINE, "Ink", rf"\scriptsize {name} $=$"))
    return drawn + [node(box.x, first + LINE * place, color, line) for place, line in enumerate(written)]


def node(x: float, y: float, color: str, content: str) -> str:
    return rf"\node[circuit{color}, inner sep=0pt, align=center] at ({x:.1f},{y:.1f}) {{{content}}};"


def escaped(text: str) -> str:
    """Text without what LaTeX would read as its own."""
    return "".join(SPECIAL.get(character, character) for character in text)
