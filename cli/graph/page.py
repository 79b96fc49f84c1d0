"""The page: the circuit, its inputs to move, and the walk through both passes, in one file that needs no network.

Assembles what the other modules make. What the user wrote is escaped here, for HTML and for the data in it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, TextIO

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import entry_name
from backprop.cli.graph.circuit import Circuit, ElementKind
from backprop.cli.graph.layout import layout_of
from backprop.cli.graph.quantities import Quantities
from backprop.cli.graph.svg import Marks, draw
from backprop.cli.graph.value_lines import line_of
from backprop.cli.graph.walk import Walk
from backprop.cli.output.numbers import rounded
from backprop.cli.output.output import Look
from backprop.parser.printers.expression import shortest, show
from backprop.parser.visible import brief, visible

MAXIMUM_BOXES = 24  # entries of an array that have a box; a larger one stays as it is
LONGEST_EXPRESSION = 120  # characters, in the table of nodes
FIXED = "The numbers of this page are fixed"


def write(circuit: Circuit, stream: TextIO, look: Look) -> str | None:
    """Write the page; what is to be said of it on stderr. Raises Failure where the circuit cannot be laid out."""
    trace, text, digits = circuit.trace, circuit.text, look.digits
    point = {step.node.name: step.value for step in trace.steps if step.node.name is not None}
    quantities = Quantities(trace.output, point)
    walk = Walk(trace, circuit, text, quantities, digits)
    marks = walk.marks(circuit)
    layout = layout_of(circuit, digits)
    drawing = draw(circuit, layout, marks, walk.shares(circuit), rounded(digits))
    tests = walk.wire_tests(circuit)
    try:
        script, reason = quantities.script(), ""
    except ExpressionError as error:
        script, reason = "", f"{FIXED}: {error.reason}"
    inputs = [] if reason else inputs_of(circuit)
    data = {
        "digits": digits,
        **({} if reason else quantities.data()),
        "steps": walk.as_it_is() if reason else walk.steps,
        "tests": {} if reason else tests,
        "inputs": inputs,
        "isLive": not reason,
    }
    parts = {
        "title": escape(circuit.title),
        "expression": escape("\n".join(map(visible, text.strip().split("\n")))),
        "reason": f'<p class="reason">{escape(reason)}.</p>' if reason else "",
        "drawing": drawing,
        "inputs": controls(inputs, circuit, reason),
        "rows": "".join(rows(circuit, marks, digits)),
        "steps": str(len(walk.steps)),
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
    }
    sizes = f"svg {{ min-width: {layout.width:.0f}px; max-width: {1.5 * layout.width:.0f}px; }}\n"
    script = f"const compute = (() => {{\n{script}return compute;\n}})();\n" if script else ""
    stream.write(assembled(parts, sizes, script))
    return f"{reason[0].lower()}{reason[1:]}" if reason else None


def assembled(parts: dict[str, str], sizes: str, generated: str) -> str:
    """The template with its parts, the style and the script. Nothing but these two may run or be loaded."""
    style = resource("page.css") + sizes
    script = f'"use strict";\n{generated}{resource("page.js")}'
    parts |= {"style": style, "script": script, "style_hash": hashed(style), "script_hash": hashed(script)}
    pieces = resource("template.html").split("{{")
    page = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        page += [parts[name], rest]
    return "".join(page)


def resource(name: str) -> str:
    return files("backprop.cli.graph").joinpath("page_parts", name).read_text("utf-8")


def hashed(text: str) -> str:
    """What a content security policy calls a piece of code that may run."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def inputs_of(circuit: Circuit) -> list[dict[str, Any]]:
    """The inputs in the order of the script's parameters, with their numbers in full."""
    inputs = []
    elements = [element for element in circuit.elements if element.kind is ElementKind.INPUT]
    order = {name: position for position, name in enumerate(circuit.elements[0].node.graph.inputs)}
    for element in sorted(elements, key=lambda element: order[element.sign]):
        numbers = [shortest(number) for number in np.ravel(element.value).tolist()]
        is_free = len(numbers) <= MAXIMUM_BOXES
        inputs.append({"name": element.sign, "numbers": numbers, "isFree": is_free, "shape": np.shape(element.value)})
    return inputs


def controls(inputs: Sequence[dict[str, Any]], circuit: Circuit, reason: str) -> str:
    """A slider and a box for each scalar, boxes for the entries of an array, a sentence where there is nothing."""
    if reason:
        return "<p>Write the page again with other values to see them.</p>"
    if not inputs:
        return "<p>The expression has no variables.</p>"
    return "".join(control(entry, position) for position, entry in enumerate(inputs))


def control(given: dict[str, Any], position: int) -> str:
    name = escape(given["name"])
    if not given["isFree"]:
        held = f"an array of {len(given['numbers'])} numbers, held fixed"
        return f'<div class="input"><span class="name">{name}</span><span>{held}</span></div>'
    if not given["shape"]:
        return (
            f'<div class="input"><label class="name" for="slider-{position}">{name}</label>'
            f'<input type="range" id="slider-{position}" data-input="{position}" data-entry="0">'
            f"{number_box(position, 0, given['numbers'][0], f'value of {name}')}</div>"
        )
    boxes = "".join(
        number_box(position, entry, given["numbers"][entry], entry_name(name, index))
        for entry, index in enumerate(np.ndindex(given["shape"]))
    )
    columns = f"columns-{min(given['shape'][-1], 6)}"
    return (
        f'<div class="input" role="group" aria-label="{name}"><span class="name">{name}</span>'
        f'<span class="entries {columns}">{boxes}</span></div>'
    )


def number_box(position: int, entry: int, number: str, label: str) -> str:
    return (
        f'<input type="text" inputmode="decimal" autocomplete="off" spellcheck="false" id="number-{position}-{entry}" '
        f'data-input="{position}" data-entry="{entry}" value="{number}" aria-label="{label}">'
    )


def rows(circuit: Circuit, marks: dict[int, Marks], digits: int) -> list[str]:
    """The table of nodes, for those who would rather read."""
    lines = []
    write_number = rounded(digits)
    shown = [element for element in circuit.elements if element.kind is not ElementKind.CONSTANT]
    for element in sorted(shown, key=lambda element: element.kind is not ElementKind.INPUT):
        mark = marks[element.number]
        label = escape(circuit.labels.get(element.node, element.sign))
        expression = brief(visible(show(element.node, circuit.labels)), LONGEST_EXPRESSION)
        value = cell("value", mark.value, mark.value_step, line_of(element.value, write_number))
        gradient = "<td></td>"
        if element.derivative is not None and mark.gradient is not None:
            gradient = cell("gradient", mark.gradient, mark.gradient_step, line_of(element.derivative, write_number))
        lines.append(
            f'<tr data-element="{element.number}"><th scope="row">{label}</th>'
            f"<td><code>{escape(expression)}</code></td>{value}{gradient}</tr>\n"
        )
    return lines


def cell(kind: str, quantity: int, step: int, text: str) -> str:
    return f'<td><span class="{kind}" data-quantity="{quantity}" data-step="{step}">{escape(text)}</span></td>'
