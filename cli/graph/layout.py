"""Where each thing of a circuit lies, in pixels, by Graphviz's `dot`. Knows boxes and curves, draws nothing."""

from __future__ import annotations

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, has_wire, is_long
from backprop.cli.graph.graphviz import laid_out
from backprop.cli.graph.value_lines import MAXIMUM_ENTRIES, lines_of
from backprop.cli.output.numbers import rounded

PIXELS = 96  # an inch
MARGIN = 8
LETTER, LINE = 7, 16  # pixels of a character and of a line of the numbers
ROOM = 3  # characters beside its digits that a number may need: a sign, a point, part of an exponent
OUTLINE = """\
rankdir=LR; ordering=in; nslimit=2; nodesep=0.12; ranksep=0.18; splines=true;
node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];
"""


class Box(NamedTuple):
    """The middle of something, and its size."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """`boxes` and `curves` by name: `n3` an element, `w3` the numbers on its wire, `s7` those of a wire's share.

    A curve, by the names of its two ends, is a start and three points for each Bezier piece.
    """

    width: float
    height: float
    boxes: dict[str, Box]
    curves: dict[tuple[str, str], list[list[tuple[float, float]]]]


def layout_of(circuit: Circuit, digits: int) -> Layout:
    """The layout of a circuit with room for so many digits. Raises Failure where dot is missing."""
    lines = [f"digraph {{\n{OUTLINE}"]
    for element in circuit.elements:
        lines.append(
            box(
                f"n{element.number}",
                *size_of(element),
                is_round=element.kind is ElementKind.GATE and not is_long(element),
            )
        )
        if has_wire(element):
            lines.append(box(f"w{element.number}", *numbers_size(element, digits)))
            lines.append(f"n{element.number} -> w{element.number}:w [weight=4];\n")
    for index, wire in enumerate(circuit.wires):
        start = f"w{wire.tail}:e" if has_wire(circuit.elements[wire.tail]) else f"n{wire.tail}"
        if wire.share is None:
            lines.append(f"{start} -> n{wire.head};\n")
        else:
            lines.append(box(f"s{index}", *share_size(circuit.elements[wire.tail], digits)))
            lines.append(f"{start} -> s{index}:w;\ns{index}:e -> n{wire.head};\n")
    return read(laid_out("".join([*lines, "}\n"]), "plain").decode())


def size_of(element: Element) -> tuple[float, float]:
    """The size of a circle, a name or a constant."""
    if element.kind is ElementKind.CONSTANT:
        return LETTER * len(element.sign) + 6, LINE
    if element.kind in (ElementKind.INPUT, ElementKind.REPEAT):
        return 10 * len(element.sign) + 6, 22
    if is_long(element):
        return 8 * max(len(element.sign), len(element.detail)) + 16, 34
    diameter = max(42, 8 * max(len(element.sign), len(element.detail)) + 14)
    return diameter, diameter


def numbers_size(element: Element, digits: int) -> tuple[float, float]:
    """The size of the numbers on an element's wire: as much above it as below."""
    lines = len(lines_of(element.value, rounded(digits)))
    named = len(element.label) + 3 if element.label else 0
    above = lines + (np.ndim(element.value) > 0) + (bool(named) and lines > 1)
    return LETTER * (width_of(element, digits) + named * (lines == 1)) + 8, 2 * LINE * above + 4


def share_size(element: Element, digits: int) -> tuple[float, float]:
    return LETTER * width_of(element, digits) + 8, 2 * LINE + 4


def width_of(element: Element, digits: int) -> int:
    """Characters of a number, or of a row of an array, with room for what it may become."""
    shape = np.shape(element.value)
    return (digits + ROOM + 1) * min(shape[-1], MAXIMUM_ENTRIES) + 3 if shape else digits + ROOM


def box(name: str, width: float, height: float, *, is_round: bool = False) -> str:
    shape = ", shape=circle" if is_round else ""
    return f"{name} [width={width / PIXELS:.4f}, height={height / PIXELS:.4f}{shape}];\n"


def read(text: str) -> Layout:
    """What `dot -Tplain` wrote: inches, the origin at the bottom left."""
    boxes: dict[str, Box] = {}
    curves: dict[tuple[str, str], list[list[tuple[float, float]]]] = {}
    width = height = 0.0
    for line in text.replace("\\\n", "").splitlines():
        kind, *words = line.split(" ")
        if kind == "graph":
            width, height = (PIXELS * float(word) for word in words[1:3])
        elif kind == "node":
            x, y, wide, high = (PIXELS * float(word) for word in words[1:5])
            boxes[words[0]] = Box(x + MARGIN, height - y + MARGIN, wide, high)
        elif kind == "edge":
            numbers = [PIXELS * float(word) for word in words[3 : 3 + 2 * int(words[2])]]
            points = [(x + MARGIN, height - y + MARGIN) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            curves.setdefault((words[0], words[1]), []).append(points)
    return Layout(width + 2 * MARGIN, height + 2 * MARGIN, boxes, curves)
