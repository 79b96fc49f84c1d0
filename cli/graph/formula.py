"""The text of an expression as HTML whose passages say which elements of the circuit they are. Knows no page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

from backprop.autodiff.errors import Span
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.graph.circuit import Circuit, ElementKind
from backprop.parser.names import spelling
from backprop.parser.visible import visible

NAME = re.compile(r"(?<![\w.])[^\W\d]\w*|∞")
DEFINITION, CALL = re.compile(r"\s*=(?!=)"), re.compile(r"\s*\(")


class Passage(NamedTuple):
    """A part of the text, the gates that it is, and their operands by name."""

    span: Span
    elements: tuple[int, ...]
    names: dict[str, int]


def marked(circuit: Circuit) -> str:
    """The text, each gate's part of it and each name in a `span` that lists its elements' numbers."""
    text = circuit.text
    passages = passages_of(circuit)
    drawn = [element for element in circuit.elements if element.kind is not ElementKind.REPEAT]
    own = {element.label or element.sign: element.number for element in drawn}
    names = [own]  # those of the part that is being written, and of the parts around it
    ends: list[int] = []
    found: list[str] = []
    position = 0
    for passage in [*passages, Passage(Span(len(text), len(text)), (), {})]:
        start, end = passage.span
        while ends and ends[-1] <= start:
            found += [*words(text, position, ends[-1], names[-1], is_formula=True), "</span>"]
            position = ends.pop()
            names.pop()
        if ends and end > ends[-1]:
            continue  # it crosses another one
        found += words(text, position, start, names[-1], is_formula=bool(ends) or not passages)
        position = start
        if passage.elements:
            found.append(f'<span data-element="{" ".join(map(str, passage.elements))}">')
            ends.append(end)
            names.append(passage.names)
    return "".join(found).strip()


def words(text: str, start: int, end: int, names: Mapping[str, int], *, is_formula: bool) -> Iterator[str]:
    """A part of the text with its names marked; outside of a formula those alone that are defined there."""
    position = start
    for match in NAME.finditer(text, start, end):
        element = names.get(spelling(match[0]) or "")
        is_name = not CALL.match(text, match.end()) if is_formula else bool(DEFINITION.match(text, match.end()))
        if element is not None and is_name:
            yield shown(text[position : match.start()])
            yield f'<span data-element="{element}">{shown(match[0])}</span>'
            position = match.end()
    yield shown(text[position:end])


def shown(text: str) -> str:
    return escape("\n".join(map(visible, text.split("\n"))))


def passages_of(circuit: Circuit) -> list[Passage]:
    """The gates' parts of the text, wide ones before those within them; one for all gates of the same part."""
    operands: dict[int, dict[str, int]] = {}
    for wire in circuit.wires:
        tail = circuit.elements[wire.tail]
        operands.setdefault(wire.head, {})[tail.label or tail.sign] = wire.tail
    found: dict[Span, Passage] = {}
    for element in circuit.elements:
        span = element.node.span
        if element.kind is ElementKind.GATE and span is not None:
            before = found.get(span, Passage(span, (), {}))
            names = before.names | operands.get(element.number, {})
            found[span] = Passage(span, (*before.elements, element.number), names)
    return sorted(found.values(), key=lambda passage: (passage.span.start, -passage.span.end))
