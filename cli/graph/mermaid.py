"""The circuit in Mermaid's language, which GitHub and many wikis draw. Knows no layout.

Source: mermaid.js.org/syntax/flowchart.html. Everything that Mermaid or Markdown could read as theirs, a lone `+`
(a list), `<`, `"` or `#`, is written as one of its entity codes.
"""

from __future__ import annotations

import re
from typing import TextIO

from backprop.cli.graph.circuit import Circuit, Element, ElementKind
from backprop.cli.graph.value_lines import line_of
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

SPECIAL = re.compile(r"[^\w\s.,()…]", re.ASCII)
CLASSES = """\
  classDef gate fill:#ffffff,stroke:#333333,color:#000000
  classDef input fill:none,stroke:none,font-weight:bold
  classDef constant fill:none,stroke:none,font-size:11px
  classDef fork fill:#333333,stroke:none
"""
GREEN, RED = "#00752b", "#c80000"


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    stream.write(drawing(circuit, rounded(look.digits)))


def drawing(circuit: Circuit, number: Writer) -> str:
    """The whole flowchart; `number` writes a number."""
    lines = [f"flowchart LR\n  %% {re.sub('[{}]', ' ', circuit.title)}\n"]
    for element in circuit.elements:
        lines.append(f"  n{element.number}{drawn(element)}\n")
        if element.uses > 1 and element.kind is not ElementKind.CONSTANT:
            lines.append(f'  n{element.number} -- "{numbers(element, number)}" --- w{element.number}((" ")):::fork\n')
    for wire in circuit.wires:
        tail = circuit.elements[wire.tail]
        arrow = ("--", "-->") if wire.is_taken else ("-.", ".->")
        if tail.kind is ElementKind.CONSTANT:
            lines.append(f"  n{wire.tail} --> n{wire.head}\n")
        elif tail.uses == 1:
            lines.append(f'  n{wire.tail} {arrow[0]} "{numbers(tail, number)}" {arrow[1]} n{wire.head}\n')
        elif wire.share is None:
            lines.append(f"  w{wire.tail} {arrow[1] if wire.is_taken else '-.->'} n{wire.head}\n")
        else:
            share = colored(RED, line_of(wire.share, number))
            lines.append(f'  w{wire.tail} {arrow[0]} "{share}" {arrow[1]} n{wire.head}\n')
    for element in circuit.elements:
        if not element.uses:
            lines.append(
                f'  n{element.number} -- "{numbers(element, number)}" --> e{element.number}(("{end(element)}"))'
            )
            lines.append(":::input\n")
    return "".join([*lines, CLASSES])


def drawn(element: Element) -> str:
    """A circle, a name, or a small number, with its class."""
    if element.kind is not ElementKind.GATE:
        return f'["{escaped(element.sign)}"]:::{element.kind.value}'
    detail = f"<br/>{escaped(element.detail)}" if element.detail else ""
    return f'(("{escaped(element.sign)}{detail}")):::gate'


def end(element: Element) -> str:
    """What stands at the end of a wire that leads out of the circuit."""
    return escaped(element.label or element.sign)


def numbers(element: Element, number: Writer) -> str:
    """The value above, the gradient below."""
    named = f"{escaped(element.label)} = " if element.label and element.uses else ""
    value = named + colored(GREEN, line_of(element.value, number))
    derivative = element.derivative
    return value if derivative is None else f"{value}<br/>{colored(RED, line_of(derivative, number))}"


def colored(color: str, numbers: str) -> str:
    """Numbers in a colour, not by `style`: Mermaid drops the end of an entity code that follows `style…:…#`."""
    return f"<font color='{color}'>{numbers}</font>"


def escaped(text: str) -> str:
    """Text with entity codes for what has a meaning to Mermaid, Markdown or HTML."""
    return SPECIAL.sub(lambda character: f"#{ord(character[0])};", text)
