"""The circuit as SVG: as `dot` draws it where it is installed, else by our own layout, with the style in the file."""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Any

from backprop.cli.graph import graphviz
from backprop.cli.graph.circuit import Circuit, Element, ElementKind
from backprop.cli.graph.dot import FONT, TITLE_LINE
from backprop.cli.graph.layered import laid_out
from backprop.cli.graph.layout import things_of
from backprop.cli.graph.svg import Marks, draw
from backprop.cli.output.numbers import rounded
from backprop.cli.output.output import Look
from backprop.cli.output.themes import Theme

LINE, ABOVE = 20, 8  # pixels of a line of the title, and what is left above it
LETTER = 8  # pixels of one of the title's, at most


def write(circuit: Circuit, stream: Any, look: Look) -> str | None:
    """Write the circuit. Raises Failure where it cannot be laid out: downwards, and in a series, only `dot` does it."""
    style = circuit.style
    if graphviz.is_installed() or style.direction != "right" or style.shown is not None:
        return graphviz.write(circuit, stream, look)
    stream.write(drawing(circuit, look.digits))
    return None


def drawing(circuit: Circuit, digits: int) -> str:
    """The SVG of our own layout with its title and its style: the same on every machine, for a file or a notebook."""
    picture = circuit.style
    if not picture.has_values:
        circuit = without_numbers(circuit)
    layout = laid_out(*things_of(circuit, digits))
    marks = {element.number: Marks(0, 0, 0, 0, name_of(element)) for element in circuit.elements}
    shares = {index: (0, 0) for index in range(len(circuit.wires))}
    drawn = draw(circuit, layout, marks, shares, rounded(digits))
    body = re.sub(r' data-[a-z]+="[0-9]+"', "", drawn.partition(">")[2])  # which only the page's script reads
    lines = textwrap.wrap(circuit.title, TITLE_LINE) or [""]
    top = LINE * len(lines) + ABOVE
    width = max(round(layout.width), 2 * ABOVE + LETTER * max(map(len, lines)))
    height = round(layout.height) + top
    title = "".join(
        f'<text class="title" x="{ABOVE}" y="{LINE * place - top + LINE}">{escape(line)}</text>\n'
        for place, line in enumerate(lines)
    )
    size = f'width="{picture.scale * width:g}" height="{picture.scale * height:g}"'
    style = "".join(f".backprop :is({what}) {{ {how} }}\n" for what, how in style_of(picture.theme).items())
    ground = picture.theme.ground
    behind = f'<rect y="{-top}" width="{width}" height="{height}" fill="{ground}"/>\n' if ground else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="backprop" viewBox="0 {-top} {width} {height}" {size} '
        f'role="img" aria-label="{escape(circuit.title)}">\n<style>\n{style}</style>\n{behind}{title}{body}'
    )


def name_of(element: Element) -> str:
    """What stands below a gate's sign: its name, where no wire with numbers says it."""
    return element.label if element.kind is ElementKind.GATE and element.value is None else ""


def without_numbers(circuit: Circuit) -> Circuit:
    return circuit._replace(
        elements=tuple([element._replace(value=None, derivative=None) for element in circuit.elements]),
        wires=tuple([wire._replace(share=None) for wire in circuit.wires]),
    )


def style_of(theme: Theme) -> dict[str, str]:
    """The rules of the style, within the picture: a notebook may have it in its page."""
    line = f"stroke: {theme.ink}; stroke-width: 1.25"
    return {
        "text": f"font: 13px {FONT}; text-anchor: middle; fill: {theme.ink}",
        ".title": "font-size: 15px; text-anchor: start",
        ".value": f"fill: {theme.value}",
        ".gradient": f"fill: {theme.derivative}",
        ".sign": "font-size: 17px",
        ".long": "font-size: 12px",
        ".detail, .known": "font-size: 10px",
        ".shape": f"font-size: 11px; fill: {theme.faint}",
        ".constant .sign": f"font-size: 12px; fill: {theme.faint}",
        ".repeat .sign": f"fill: {theme.faint}",
        ".input .sign, .label": "font-weight: bold",
        ".wire": f"fill: none; {line}",
        ".dashed": "stroke-dasharray: 5 4",
        ".body": f"fill: {theme.ground or 'none'}; {line}",
        "#arrow path": f"fill: {theme.ink}",
    }
