"""The circuit in Mermaid's language, which GitHub and many wikis draw. Knows no layout.

Source: mermaid.js.org/syntax/flowchart.html. Everything that Mermaid or Markdown could read as theirs, a lone `+`
(a list), `<`, `"` or `#`, is written as one of its entity codes.
"""

from __future__ import annotations

import re
from typing import TextIO

from backprop.cli.graph.circuit import Circuit, Element, ElementKind, PictureStyle, has_wire, is_long
from backprop.cli.graph.value_lines import line_of
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look
from backprop.cli.output.themes import Theme

SPECIAL = re.compile(r"[^\w\s.,()…]", re.ASCII)
DIRECTIONS = {"right": "LR", "down": "TD"}


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    stream.write(drawing(circuit, rounded(look.digits)))


def drawing(circuit: Circuit, number: Writer) -> str:
    """The whole flowchart; `number` writes a number.

    What draws it is light or dark as its reader likes, and so is the ground of what Mermaid writes on a wire: numbers
    stand in boxes whose ground is theirs.
    """
    style = circuit.style
    lines = [f"flowchart {DIRECTIONS[style.direction]}\n  %% {re.sub('[{}]', ' ', circuit.title)}\n"]
    boxes = [box(element, style, number) for element in circuit.elements]
    for element, own in zip(circuit.elements, boxes, strict=True):
        lines.append(f"  n{element.number}{drawn(element)}\n")
        if own:
            lines.append(f"  n{element.number} {'---' if element.uses else '-->'} w{element.number}{own}\n")
    for index, wire in enumerate(circuit.wires):
        start = f"{'w' if boxes[wire.tail] else 'n'}{wire.tail}"
        line, arrow = ("---", "-->") if wire.is_taken else ("-.-", "-.->")
        if wire.share is not None and style.has_values:
            share = colored(style.theme.derivative, line_of(wire.share, number))
            lines.append(f'  {start} {line} s{index}["{share}"]:::numbers\n')
            start = f"s{index}"
        lines.append(f"  {start} {arrow} n{wire.head}\n")
    return "".join([*lines, classes(style.theme)])


def classes(theme: Theme) -> str:
    """What the things look like: gates and numbers on the theme's ground, names in the reader's colours."""
    ground = theme.ground or "none"
    return (
        f"  classDef gate fill:{ground},stroke:{theme.ink},color:{theme.ink}\n"
        f"  classDef numbers fill:{ground},stroke:none,color:{theme.ink}\n"
        "  classDef input fill:none,stroke:none,font-weight:bold\n"
        "  classDef repeat fill:none,stroke:none,font-style:italic\n"
        "  classDef constant fill:none,stroke:none,font-size:11px\n"
    )


def drawn(element: Element) -> str:
    """A circle, a box with a long name, a name, or a small number, with its class."""
    if element.kind is not ElementKind.GATE:
        return f'["{escaped(element.sign)}"]:::{element.kind.value}'
    detail = f"<br/>{escaped(element.detail)}" if element.detail else ""
    left, right = ("(", ")") if is_long(element) else ("((", "))")
    return f'{left}"{escaped(element.sign)}{detail}"{right}:::gate'


def box(element: Element, style: PictureStyle, number: Writer) -> str:
    """The value above, the gradient below; nothing where there is nothing to say."""
    if not has_wire(element):
        return ""
    name = escaped(element.label)
    lines = [name] * bool(name)
    if style.has_values:
        value = colored(style.theme.value, line_of(element.value, number))
        lines = [f"{name} = {value}" if name else value]
        if element.derivative is not None:
            lines.append(colored(style.theme.derivative, line_of(element.derivative, number)))
    return f'["{"<br/>".join(lines)}"]:::numbers' if lines else ""


def colored(color: str, numbers: str) -> str:
    """Numbers in a colour, not by `style`: Mermaid drops the end of an entity code that follows `style…:…#`."""
    return f"<font color='{color}'>{numbers}</font>"


def escaped(text: str) -> str:
    """Text with entity codes for what has a meaning to Mermaid, Markdown or HTML."""
    return SPECIAL.sub(lambda character: f"#{ord(character[0])};", text)
