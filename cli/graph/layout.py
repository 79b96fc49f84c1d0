"""Where each thing of a circuit lies, in pixels: what sizes there are, and who lays them out. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backprop.cli.graph.boxes import MARGIN, Box, Curve, Edge, Layout, Size
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, has_wire, is_long
from backprop.cli.graph.graphviz import drawn_by_dot, is_installed
from backprop.cli.graph.groups import groups_of
from backprop.cli.graph.layered import laid_out
from backprop.cli.graph.value_lines import MAXIMUM_ENTRIES, lines_of
from backprop.cli.output.numbers import rounded

PIXELS = 96  # an inch
LETTER, LINE = 7, 16  # pixels of a character and of a line of the numbers
ROOM = 3  # characters beside its digits that a number may need: a sign, a point, part of an exponent
OUTLINE = """\
rankdir={}; ordering=in; nslimit=2; nodesep=0.12; ranksep=0.18; splines=true;
node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];
"""
PORTS = {"right": ("LR", (":e", ":w")), "down": ("TB", (":s", ":n"))}


def layout_of(circuit: Circuit, digits: int) -> Layout:
    """The layout of a circuit with room for so many digits, by dot where it is installed. Raises Failure."""
    if circuit.style.direction == "down":  # which dot alone does
        return by_dot(*things_of(circuit, digits), direction="down")
    return (by_dot if is_installed() else laid_out)(*things_of(circuit, digits))


def things_of(circuit: Circuit, digits: int) -> tuple[dict[str, Size], list[Edge]]:
    """What is to be laid out, in topological order: the sizes by name, and what joins them."""
    is_down = circuit.style.direction == "down"
    sizes: dict[str, Size] = {}
    edges: list[Edge] = []
    arriving: dict[int, list[int]] = {}
    for index, wire in enumerate(circuit.wires):
        arriving.setdefault(wire.head, []).append(index)
    for element in circuit.elements:
        for index in arriving.get(element.number, ()):
            wire = circuit.wires[index]
            start = f"{'w' if has_wire(circuit.elements[wire.tail]) else 'n'}{wire.tail}"
            if wire.share is not None:
                sizes[f"s{index}"] = share_size(circuit.elements[wire.tail], digits, is_down=is_down)
                edges.append(Edge(start, f"s{index}"))
                start = f"s{index}"
            edges.append(Edge(start, f"n{wire.head}"))
        sizes[f"n{element.number}"] = Size(*size_of(element), is_round(element))
        if has_wire(element):
            sizes[f"w{element.number}"] = numbers_size(element, digits, is_down=is_down)
            edges.append(Edge(f"n{element.number}", f"w{element.number}", is_short=True))
    return sizes, edges


def by_dot(sizes: Mapping[str, Size], edges: Sequence[Edge], *, direction: str = "right") -> Layout:
    """The layout that Graphviz's dot makes. Raises Failure."""
    rank, ends = PORTS[direction]
    names = in_rows(list(sizes), edges)
    lines = [f"digraph {{\n{OUTLINE.format(rank)}"]
    lines += [box(name, sizes[name]) for name in (reversed(names) if direction == "right" else names)]
    for start, end, is_short in edges:
        ports = [f"{name}{'' if name.startswith('n') else side}" for name, side in zip((start, end), ends, strict=True)]
        lines.append(f"{ports[0]} -> {ports[1]}{' [weight=4]' if is_short else ''};\n")
    return read(drawn_by_dot("".join([*lines, "}\n"]), "plain").decode())


def in_rows(names: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    """The names row by row: dot lays them out so from the left, or from below.

    What has no wire, the total of a variable that is repeated at its uses, comes first.
    """
    joined = {name for edge in edges if not edge.is_short for name in (edge.start, edge.end)}
    groups = groups_of(names, [(edge.start, edge.end) for edge in edges])
    groups.sort(key=lambda group: not joined.isdisjoint(group))
    return [name for group in groups for name in group]


def is_round(element: Element) -> bool:
    return element.kind is ElementKind.GATE and not is_long(element)


def size_of(element: Element) -> tuple[float, float]:
    """The size of a circle, a name or a constant."""
    if element.kind is ElementKind.CONSTANT:
        return LETTER * len(element.sign) + 6, LINE
    if element.kind in (ElementKind.INPUT, ElementKind.REPEAT):
        return 10 * len(element.sign) + 12, 22
    if is_long(element):
        return 8 * max(len(element.sign), len(element.detail)) + 16, 34
    diameter = max(42, 8 * max(len(element.sign), len(element.detail)) + 14)
    return diameter, diameter


def numbers_size(element: Element, digits: int, *, is_down: bool = False) -> Size:
    """The size of the numbers on an element's wire: as much above it as below, or beside it as on its other side."""
    lines = len(lines_of(element.value, rounded(digits)))
    named = len(element.label) + 3 if element.label else 0
    above = lines + (np.ndim(element.value) > 0) + (bool(named) and lines > 1)
    width = LETTER * (width_of(element, digits) + named * (lines == 1)) + 8
    return Size(2 * width, LINE * (above + lines) + 4) if is_down else Size(width, 2 * LINE * above + 4)


def share_size(element: Element, digits: int, *, is_down: bool = False) -> Size:
    width = LETTER * width_of(element, digits) + 8
    return Size(2 * width, LINE + 4) if is_down else Size(width, 2 * LINE + 4)


def width_of(element: Element, digits: int) -> int:
    """Characters of a number, or of a row of an array, with room for what it may become."""
    shape = np.shape(element.value)
    return (digits + ROOM + 1) * min(shape[-1], MAXIMUM_ENTRIES) + 3 if shape else digits + ROOM


def box(name: str, size: Size) -> str:
    shape = ", shape=circle" if size.is_round else ""
    return f"{name} [width={size.width / PIXELS:.4f}, height={size.height / PIXELS:.4f}{shape}];\n"


def read(text: str) -> Layout:
    """What `dot -Tplain` wrote: inches, the origin at the bottom left."""
    boxes: dict[str, Box] = {}
    curves: dict[tuple[str, str], list[Curve]] = {}
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
