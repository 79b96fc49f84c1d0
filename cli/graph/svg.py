"""The circuit as SVG whose numbers a script can set: each is a text that says which quantity it shows, and since when.

`data-quantity` is the number of the quantity, `data-line` a matrix's line, `data-step` the step of the walk from which
on it is known. Colours and fonts are the page's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.graph.boxes import Box, Layout
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, has_wire, is_long
from backprop.cli.graph.layout import LINE
from backprop.cli.graph.page_words import Words
from backprop.cli.graph.value_lines import lines_of
from backprop.cli.output.numbers import Writer

LONG_SIGN = 3  # characters that a circle has room for at full size
BELOW = 13  # pixels from a wire to the foot of the first line below it


class Marks(NamedTuple):
    """What the script must know of an element: its quantities, and the steps that make them known.

    `name` is what the texts beside the circuit call a gate whose wire does not say it.
    """

    value: int
    gradient: int | None
    value_step: int
    gradient_step: int
    name: str


def draw(
    circuit: Circuit, layout: Layout, marks: Mapping[int, Marks], shares: Mapping[int, tuple[int, int]], number: Writer
) -> str:
    """The SVG. `marks` by the elements' numbers, `shares` a wire's quantity and step by its place."""
    width, height = round(layout.width), round(layout.height)
    name = escape(Words(circuit.language).said("circuit of", circuit.title))
    lines = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{name}">\n'
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 1L10 5L0 9z"/></marker></defs>\n'
    ]
    curve = curves_of(layout)
    for element in circuit.elements:
        if has_wire(element):
            lines.append(curve(f"n{element.number}", f"w{element.number}", "wire", element=element.number))
    for index, wire in enumerate(circuit.wires):
        start = f"w{wire.tail}" if has_wire(circuit.elements[wire.tail]) else f"n{wire.tail}"
        names = "wire" if wire.is_taken else "wire dashed"
        head = f"n{wire.head}"
        if wire.share is None:
            lines.append(curve(start, head, names, index))
            continue
        middle = layout.boxes[f"s{index}"]
        lines.append(curve(start, f"s{index}", names, index, has_arrow=False) + rule(middle, names, index))
        lines.append(curve(f"s{index}", head, names, index))
        quantity, step = shares[index]
        lines.append(texts(middle, "gradient", quantity, step, lines_of(wire.share, number)[:1], 1))
    for element in circuit.elements:
        lines.append(drawn(element, layout, marks.get(element.number), number))
    return "".join([*lines, "</svg>\n"])


def curves_of(layout: Layout) -> Callable[..., str]:
    """Draws the curve between two names, each of several between the same two once."""
    left = {ends: list(curves) for ends, curves in layout.curves.items()}

    def curve(
        start: str,
        end: str,
        names: str,
        wire: int | None = None,
        *,
        element: int | None = None,
        has_arrow: bool = True,
    ) -> str:
        points = left[(start, end)].pop(0)
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points[1:])
        mark = f' data-element="{element}"' if wire is None else f' data-wire="{wire}"'
        arrow = ' marker-end="url(#arrow)"' if has_arrow and wire is not None else ""
        return f'<path class="{names}" d="{path}"{mark}{arrow}/>\n'

    return curve


def rule(box: Box, names: str = "wire", wire: int | None = None) -> str:
    """The piece of a wire that numbers stand on, behind an element or on the way of one of its wires."""
    left, right = box.x - box.width / 2 - 1, box.x + box.width / 2 + 1  # over the ends of the curves: no gap
    mark = "" if wire is None else f' data-wire="{wire}"'
    return f'<path class="{names}" d="M{left:.1f} {box.y:.1f}H{right:.1f}"{mark}/>\n'


def drawn(element: Element, layout: Layout, marks: Marks | None, number: Writer) -> str:
    """A circle, a name or a constant, and the numbers on its wire."""
    box = layout.boxes[f"n{element.number}"]
    content = ""
    if is_gate(element) and is_long(element):
        left, top = box.x - box.width / 2, box.y - box.height / 2
        sides = f'width="{box.width:.1f}" height="{box.height:.1f}" rx="8"'
        content = f'<rect class="body" x="{left:.1f}" y="{top:.1f}" {sides}/>'
    elif is_gate(element):
        content = f'<circle class="body" cx="{box.x:.1f}" cy="{box.y:.1f}" r="{box.width / 2:.1f}"/>'
    size = " long" if is_gate(element) and len(element.sign) > LONG_SIGN else ""
    below = element.detail or (marks.name if marks else "")
    content += text(box.x, box.y + (2 if below else 5), f"sign{size}", element.sign)
    if below:
        content += text(box.x, box.y + 15, "detail" if element.detail else "known", below)
    if has_wire(element) and marks is not None:
        content += numbers(element, layout.boxes[f"w{element.number}"], marks, number)
    return f'<g class="{element.kind.value}" data-element="{element.number}">{content}</g>\n'


def is_gate(element: Element) -> bool:
    return element.kind is ElementKind.GATE


def numbers(element: Element, box: Box, marks: Marks, number: Writer) -> str:
    """The value above the wire, with the result's name, and the gradient below."""
    values = lines_of(element.value, number)
    pieces = [rule(box), texts(box, "value", marks.value, marks.value_step, values, -1, element.label)]
    if element.derivative is not None and marks.gradient is not None:
        gradients = lines_of(element.derivative, number)
        pieces.append(texts(box, "gradient", marks.gradient, marks.gradient_step, gradients, 1))
    if np.ndim(element.value):
        shape = shapes.show(np.shape(element.value))
        pieces.append(
            text(box.x, box.y - 6 - LINE * (len(values) + (bool(element.label) and len(values) > 1)), "shape", shape)
        )
    return "".join(pieces)


def texts(box: Box, kind: str, quantity: int, step: int, lines: list[str], side: int, label: str = "") -> str:
    """The lines of a quantity, above the wire (side -1) or below it (side 1); a label before or above them."""
    pieces = []
    top = box.y - 5 - LINE * (len(lines) - 1) if side < 0 else box.y + BELOW
    named = f'<tspan class="label">{escape(label)} = </tspan>' if label else ""
    if named and len(lines) > 1:
        pieces.append(f'<text x="{box.x:.1f}" y="{top - LINE:.1f}">{named}</text>')
        named = ""
    for index, line in enumerate(lines):
        marked = f'<tspan class="{kind}" data-quantity="{quantity}" data-line="{index}" data-step="{step}">'
        y = top + LINE * index
        pieces.append(f'<text x="{box.x:.1f}" y="{y:.1f}">{named}{marked}{escape(line)}</tspan></text>')
    return "".join(pieces)


def text(x: float, y: float, name: str, content: str) -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>'
