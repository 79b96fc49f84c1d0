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

SIGNS = {"+": "$+$", "/": "$/$", "^": r"$\wedge$", ">": "$>$", "<": "$<$"}
SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\textasciitilde{}", "-": "$-$", "<": "$<$", ">": "$>$"},
    **{"\N{MULTIPLICATION SIGN}": r"$\times$", "\N{MINUS SIGN}": "$-$", "…": r"\dots{}", "*": "$*$"},
}
POINTS = 0.75  # of a pixel
BESIDE = 4  # pixels between a wire that leads down and its numbers


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    """Write the picture. Raises Failure where it cannot be laid out."""
    stream.write(drawing(circuit, layout_of(circuit, look.digits), rounded(look.digits)))


def drawing(circuit: Circuit, layout: Layout, number: Writer) -> str:
    """The environment; `number` writes a number."""
    return TikzDrawing(circuit, layout, number).text()


class TikzDrawing:
    """The lines of one picture."""

    def __init__(self, circuit: Circuit, layout: Layout, number: Writer) -> None:
        self.circuit, self.layout, self.number = circuit, layout, number
        self.is_down = circuit.style.direction == "down"

    def text(self) -> str:
        theme, scale = self.circuit.style.theme, self.circuit.style.scale
        scaled = f", scale={scale:g}, transform shape" if scale != 1.0 else ""
        colors = {"Ink": theme.ink, "Faint": theme.faint, "Value": theme.value, "Gradient": theme.derivative}
        lines = [
            f"% {self.circuit.title}",
            r"% In a document with \usepackage{tikz}: \input this file where the picture is to stand.",
            rf"\begin{{tikzpicture}}[x={POINTS}pt, y={-POINTS}pt, >=latex{scaled}]",
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
                lines.append(self.rule(self.layout.boxes[f"w{element.number}"], "circuitInk"))
        for index, wire in enumerate(self.circuit.wires):
            tail = self.circuit.elements[wire.tail]
            start = f"w{wire.tail}" if has_wire(tail) else f"n{wire.tail}"
            color = "circuitFaint" if tail.kind is ElementKind.CONSTANT else "circuitInk"
            options = color if wire.is_taken else f"{color}, dashed"
            if wire.share is not None:
                middle = self.layout.boxes[f"s{index}"]
                curve(start, f"s{index}", options)
                lines.append(self.rule(middle, options))
                if self.circuit.style.has_values:
                    first, *others = lines_of(wire.share, self.number)
                    share = [first + " …" * bool(others)]
                    lines += (
                        beside(middle, [("Gradient", share)]) if self.is_down else texts(middle, share, "Gradient", 1)
                    )
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
            radius = box.width / 2 * POINTS
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
            place = (box.x + BESIDE, box.y) if self.is_down else (box.x, box.y - LINE / 2 - 2)
            anchor = ", anchor=west" * self.is_down
            return [node(*place, "Ink", rf"\scriptsize {name}", anchor)] if name else []
        values = lines_of(element.value, self.number)
        shape = shapes.show(np.shape(element.value)) if np.ndim(element.value) else ""
        if self.is_down:
            derivatives = [] if element.derivative is None else lines_of(element.derivative, self.number)
            return beside(box, [("Value", values), ("Gradient", derivatives)], name, shape)
        lines = texts(box, values, "Value", -1, name)
        if element.derivative is not None:
            lines += texts(box, lines_of(element.derivative, self.number), "Gradient", 1)
        if shape:
            above = len(values) + (bool(name) and len(values) > 1)
            lines.append(node(box.x, box.y - LINE * (above + 0.5) - 2, "Faint", rf"\tiny {escaped(shape)}"))
        return lines

    def rule(self, box: Box, options: str) -> str:
        """The piece of a wire that numbers stand on, or beside."""
        across, down = (0.0, box.height / 2 + 1) if self.is_down else (box.width / 2 + 1, 0.0)
        ends = [f"({box.x + side * across:.1f},{box.y + side * down:.1f})" for side in (-1, 1)]
        return rf"\draw[{options}] {' -- '.join(ends)};"


def beside(box: Box, lines: list[tuple[str, list[str]]], name: str = "", shape: str = "") -> list[str]:
    """Lines by their colours to the right of a wire that leads down, the first behind the name."""
    written = [("Faint", rf"\tiny {escaped(shape)}")] if shape else []
    named = rf"\textcolor{{circuitInk}}{{{name} $=$}} " if name else ""
    for color, texts in lines:
        for text in texts:
            written.append((color, rf"\scriptsize {named}{escaped(text)}"))
            named = ""
    first = box.y - LINE * (len(written) - 1) / 2
    return [
        node(box.x + BESIDE, first + LINE * place, color, content, ", anchor=west")
        for place, (color, content) in enumerate(written)
    ]


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


def node(x: float, y: float, color: str, content: str, options: str = "") -> str:
    return rf"\node[circuit{color}, inner sep=0pt, align=center{options}] at ({x:.1f},{y:.1f}) {{{content}}};"


def escaped(text: str) -> str:
    """Text without what LaTeX would read as its own."""
    return "".join(SPECIAL.get(character, character) for character in text)
