"""The circuit as SVG: as `dot` draws it where it is installed, else by our own layout, with the style in the file."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from backprop.cli.graph import graphviz
from backprop.cli.graph.circuit import Circuit
from backprop.cli.graph.dot import FONT, GRAY, GREEN, RED
from backprop.cli.graph.layered import laid_out
from backprop.cli.graph.layout import things_of
from backprop.cli.graph.svg import Marks, draw
from backprop.cli.output.numbers import rounded
from backprop.cli.output.output import Look

LINE = "#3c4149"
TITLE = 28  # pixels above the circuit
LETTER = 8  # pixels of one of the title's, at most
STYLE = {  # within the picture: a notebook may have it in its page
    "text": f"font: 13px {FONT}; text-anchor: middle",
    ".title": "font-size: 15px; text-anchor: start",
    ".value": f"fill: {GREEN}",
    ".gradient": f"fill: {RED}",
    ".sign": "font-size: 17px",
    ".long": "font-size: 12px",
    ".detail": "font-size: 10px",
    ".shape": f"font-size: 11px; fill: {GRAY}",
    ".constant .sign": f"font-size: 12px; fill: {GRAY}",
    ".input .sign, .label": "font-weight: bold",
    ".wire": f"fill: none; stroke: {LINE}; stroke-width: 1.25",
    ".dashed": "stroke-dasharray: 5 4",
    "circle": f"fill: white; stroke: {LINE}; stroke-width: 1.25",
    "#arrow path": f"fill: {LINE}",
}


def write(circuit: Circuit, stream: Any, look: Look) -> None:
    """Write the circuit. Raises Failure where it cannot be laid out."""
    if graphviz.is_installed():
        graphviz.write(circuit, stream, look)
    else:
        stream.write(drawing(circuit, look.digits))


def drawing(circuit: Circuit, digits: int) -> str:
    """The SVG of our own layout with its title and its style: the same on every machine, for a file or a notebook."""
    layout = laid_out(*things_of(circuit, digits))
    marks = {one.number: Marks(0, 0, 0, 0) for one in circuit.elements if one.value is not None}
    shares = {index: (0, 0) for index in range(len(circuit.wires))}
    drawn = draw(circuit, layout, marks, shares, rounded(digits))
    body = re.sub(r' data-[a-z]+="[0-9]+"', "", drawn.partition(">")[2])  # which only the page's script reads
    width = max(round(layout.width), 2 * TITLE + LETTER * len(circuit.title))
    height = round(layout.height) + TITLE
    title = escape(circuit.title)
    style = "".join(f".backprop :is({what}) {{ {how} }}\n" for what, how in STYLE.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="backprop" viewBox="0 {-TITLE} {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{title}">\n<style>\n{style}</style>\n'
        f'<rect y="{-TITLE}" width="{width}" height="{height}" fill="white"/>\n'
        f'<text class="title" x="8" y="-8">{title}</text>{body}'
    )
