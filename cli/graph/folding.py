"""Cuts a circuit where it would be a tangle or a ribbon: what is used often is repeated beside each use, and a long
chain goes on in the next row. Knows no format and no layout.
"""

from __future__ import annotations

from backprop.autodiff.shapes import Array
from backprop.cli.graph.circuit import Circuit, Element, ElementKind, Wire
from backprop.cli.graph.value_lines import lines_of
from backprop.cli.output.numbers import rounded

MANY_USES = 5  # of a variable, that is then repeated at each
LONGEST_ROW = {"right": 1250, "down": 1000}  # points: what can still be read on a slide
LETTER, LINE, GATE = 7, 16, 75  # points of a letter and of a line of the numbers, and of a gate with its arrows
DIGITS = 6  # of the numbers that are taken into account


def folded(circuit: Circuit) -> Circuit:
    """The circuit with elements that stand for others where a wire would be too long, or one of too many.

    Such an element has the other's name and value, and what of the gradient comes back along its wire.
    """
    rows = rows_of(circuit)
    cut = {index for index, wire in enumerate(circuit.wires) if is_cut(circuit.elements[wire.tail], wire, rows)}
    if not cut:
        return circuit
    named = {circuit.wires[index].tail for index in cut}
    into: dict[int, list[int]] = {}
    for index, wire in enumerate(circuit.wires):
        into.setdefault(wire.head, []).append(index)
    place: dict[int, int] = {}
    elements: list[Element] = []
    wires: list[Wire] = []
    left: dict[int, int] = {}
    for element in circuit.elements:
        begun = []
        for index in into.get(element.number, []):
            wire = circuit.wires[index]
            tail = circuit.elements[wire.tail]
            if index in cut:
                derivative = tail.derivative if wire.share is None else wire.share
                name = circuit.labels.get(tail.node, tail.sign)
                number = len(elements)
                elements.append(Element(number, ElementKind.REPEAT, tail.node, name, "", "", tail.value, derivative, 1))
                begun.append(wire._replace(tail=number, share=None))
            else:
                left[wire.tail] = left.get(wire.tail, 0) + 1
                begun.append(wire._replace(tail=place[wire.tail]))
        number = place[element.number] = len(elements)
        is_named = element.number in named and element.kind is ElementKind.GATE
        label = circuit.labels.get(element.node, "") if is_named else element.label
        elements.append(element._replace(number=number, label=element.label or label))
        wires += [wire._replace(head=number) for wire in begun]
    uses = {place[number]: count for number, count in left.items()}
    return circuit._replace(
        elements=tuple(
            element if element.kind is ElementKind.REPEAT else element._replace(uses=uses.get(element.number, 0))
            for element in elements
        ),
        wires=tuple(wires),
        output=place[circuit.output],
    )


def rows_of(circuit: Circuit) -> dict[int, int]:
    """The row of each element: a gate's by how far along it begins, the first of its uses for what is no gate.

    Rows are of one length, as few as are not too long.
    """
    begin: dict[int, int] = {}
    end: dict[int, int] = {}
    into: dict[int, list[Wire]] = {}
    for wire in circuit.wires:
        into.setdefault(wire.head, []).append(wire)
    for element in circuit.elements:
        ends = [end[wire.tail] + length_of(wire.share, circuit) for wire in into.get(element.number, [])]
        begin[element.number] = max(ends, default=0)
        is_constant = element.kind is ElementKind.CONSTANT
        end[element.number] = 0 if is_constant else begin[element.number] + length_of(element.value, circuit) + GATE
    total = max(end.values(), default=1)
    count = -(-total // LONGEST_ROW[circuit.style.direction])
    rows = {
        element.number: min(begin[element.number] * count // total, count - 1)
        for element in circuit.elements
        if element.kind is ElementKind.GATE
    }
    for wire in circuit.wires:
        if circuit.elements[wire.tail].kind is not ElementKind.GATE:
            rows[wire.tail] = min(rows.get(wire.tail, rows[wire.head]), rows[wire.head])
    return rows


def length_of(value: Array | None, circuit: Circuit) -> int:
    """What the numbers of a wire take along it."""
    if value is None or not circuit.style.has_values:
        return 0
    lines = lines_of(value, rounded(DIGITS))
    return LINE * 2 * len(lines) if circuit.style.direction == "down" else LETTER * max(map(len, lines))


def is_cut(tail: Element, wire: Wire, rows: dict[int, int]) -> bool:
    is_used_much = tail.kind is ElementKind.INPUT and tail.uses >= MANY_USES
    return tail.kind is not ElementKind.CONSTANT and (is_used_much or rows[wire.tail] != rows[wire.head])
