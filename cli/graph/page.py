"""The page: the circuit, its inputs to move, and the walk through both passes, in one file that needs no network.

Assembles what the other modules make. What the user wrote is escaped here, for HTML and for the data in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, TextIO

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import entry_name
from backprop.cli.graph.circuit import Circuit, ElementKind
from backprop.cli.graph.formula import marked
from backprop.cli.graph.layout import layout_of
from backprop.cli.graph.page_words import Words
from backprop.cli.graph.quantities import NotComputedError, Quantities
from backprop.cli.graph.svg import Marks, draw
from backprop.cli.graph.value_lines import line_of
from backprop.cli.graph.walk import Walk
from backprop.cli.output.numbers import rounded
from backprop.cli.output.output import Look
from backprop.cli.output.web_page import assembled, resource
from backprop.parser.names import SYMBOLS
from backprop.parser.printers.expression import shortest, show
from backprop.parser.printers.languages.javascript import JAVASCRIPT
from backprop.parser.visible import brief, visible

PACKAGE = "backprop.cli.graph"
MAXIMUM_BOXES = 24  # entries of an array that have a box; a larger one stays as it is
LONGEST_EXPRESSION = 120  # characters, in the table of nodes
LONGEST_TYPED = 200  # characters of a box
COLUMNS = ("node", "expression", "value", "gradient", "how")
SCRIPTS = ("numbers.js", "reading.js", "inputs.js", "circuit.js", "page.js")


def write(circuit: Circuit, stream: TextIO, look: Look) -> str | None:
    """Write the page; what is to be said of it on stderr. Raises Failure where the circuit cannot be laid out."""
    trace, text, digits = circuit.trace, circuit.text, look.digits
    words = Words(circuit.language)
    point = {step.node.name: step.value for step in trace.steps if step.node.name is not None}
    quantities = Quantities(trace.output, point)
    walk = Walk(trace, circuit, text, quantities, digits)
    marks = walk.marks(circuit)
    layout = layout_of(circuit, digits)
    drawing = draw(circuit, layout, marks, walk.shares(circuit), rounded(digits))
    tests = walk.wire_tests(circuit)
    try:
        script, reason = quantities.script(), ""
    except NotComputedError as error:
        script, reason = "", words.said("fixed", words.said(error.word, *error.given))
        walk.settle()
    inputs = [] if reason else inputs_of(circuit)
    data = {
        "digits": digits,
        **({} if reason else quantities.data()),
        "steps": walk.steps,
        "how": walk.how,
        "tests": {} if reason else tests,
        "inputs": inputs,
        "isLive": not reason,
        "constants": constants(),
        "words": words.texts,
    }
    parts = {
        "language": circuit.language,
        "title": escape(circuit.title),
        "expression": marked(circuit),
        "reason": f'<p class="reason">{escape(reason)}</p>' if reason else "",
        "drawing": drawing,
        "inputs": controls(words, inputs, reason),
        "reset": f'<button type="button" id="reset">{words.said("reset")}</button>' if any_free(inputs) else "",
        "heads": "".join(f'<th scope="col">{words.said(word)}</th>' for word in COLUMNS),
        "rows": "".join(rows(words, circuit, marks, digits)),
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        **{f"say {word}": escape(text) for word, text in words.texts.items()},
    }
    script = f"const compute = (() => {{\n{script}return compute;\n}})();\n" if script else ""
    style = resource(PACKAGE, "page.css")
    script = "".join(['"use strict";\n', script, *[resource(PACKAGE, name) for name in SCRIPTS]])
    stream.write(assembled(resource(PACKAGE, "template.html"), parts, style, script))
    return f"{reason[0].lower()}{reason[1:-1]}" if reason else None


def constants() -> dict[str, str]:
    """The constants that a box may name, in the letters of JavaScript's numbers."""
    named = leaves.NAMED_CONSTANTS
    words = {**dict(zip(named, named, strict=True)), **SYMBOLS}
    return {word: JAVASCRIPT.number(named[name]) for word, name in words.items()}


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


def controls(words: Words, inputs: Sequence[dict[str, Any]], reason: str) -> str:
    """A slider and a box for each scalar and each entry of an array, a sentence where there is nothing."""
    if reason:
        return f"<p>{words.said('again')}</p>"
    if not inputs:
        return f"<p>{words.said('no variables')}</p>"
    hint = f'<p class="hint">{words.said("boxes")}</p>' if any_free(inputs) else ""
    fields = "".join(control(words, given, position) for position, given in enumerate(inputs))
    return f'<div class="fields">{fields}</div>{hint}'


def any_free(inputs: Sequence[dict[str, Any]]) -> bool:
    return any(given["isFree"] and given["numbers"] for given in inputs)


def control(words: Words, given: dict[str, Any], position: int) -> str:
    name = escape(given["name"])
    if not given["isFree"]:
        held = words.said("held", len(given["numbers"]))
        return f'<div class="input"><span class="name">{name}</span><span>{held}</span></div>'
    if not given["shape"]:
        entry = entry_controls(words, position, 0, given["numbers"][0], name, f"slider-{position}-0")
        return f'<div class="input"><label class="name" for="slider-{position}-0">{name}</label>{entry}</div>'
    entries = "".join(
        entry_controls(words, position, entry, given["numbers"][entry], entry_name(name, index))
        for entry, index in enumerate(np.ndindex(given["shape"]))
    )
    columns = f"columns-{min(given['shape'][-1], 6)}"
    return (
        f'<div class="input" role="group" aria-label="{name}"><span class="name">{name}</span>'
        f'<span class="entries {columns}">{entries}</span></div>'
    )


def entry_controls(words: Words, position: int, entry: int, number: str, name: str, labelled: str = "") -> str:
    """The slider, the box and what is wrong with it. The slider is `labelled` already, or has a name of its own."""
    place = f'data-input="{position}" data-entry="{entry}"'
    name_of_slider = "" if labelled else f' aria-label="{words.said("slider of", name)}"'
    return (
        f'<span class="entry"><input type="range" id="slider-{position}-{entry}" {place}{name_of_slider}>'
        f'<input type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="{LONGEST_TYPED}" '
        f'id="number-{position}-{entry}" {place} value="{number}" aria-label="{words.said("value of", name)}" '
        f'aria-describedby="complaint-{position}-{entry}">'
        f'<span class="complaint" id="complaint-{position}-{entry}" role="status" hidden></span></span>'
    )


def rows(words: Words, circuit: Circuit, marks: dict[int, Marks], digits: int) -> list[str]:
    """The table of nodes, for those who would rather read."""
    lines = []
    write_number = rounded(digits)
    numbers: dict[Node, list[int]] = {}
    for element in circuit.elements:
        numbers.setdefault(element.node, []).append(element.number)
    shown = [element for element in circuit.elements if element.kind in (ElementKind.INPUT, ElementKind.GATE)]
    for element in sorted(shown, key=lambda element: element.kind is not ElementKind.INPUT):
        mark = marks[element.number]
        label = escape(circuit.labels.get(element.node, element.sign))
        expression = brief(visible(show(element.node, circuit.labels)), LONGEST_EXPRESSION)
        value = cell(words, "value", mark.value, mark.value_step, line_of(element.value, write_number))
        gradient = how = "<td></td>"
        if element.derivative is not None and mark.gradient is not None:
            gradient = cell(
                words, "gradient", mark.gradient, mark.gradient_step, line_of(element.derivative, write_number)
            )
            place = f'data-how="{element.number}" data-step="{mark.gradient_step}"'
            how = f'<td class="how" data-head="{words.said("how")}" {place}></td>'
        lines.append(
            f'<tr data-element="{" ".join(map(str, numbers[element.node]))}"><th scope="row">{label}</th>'
            f"<td><code>{escape(expression)}</code></td>{value}{gradient}{how}</tr>\n"
        )
    return lines


def cell(words: Words, kind: str, quantity: int, step: int, text: str) -> str:
    shown = f'<span class="{kind}" data-quantity="{quantity}" data-step="{step}">{escape(text)}</span>'
    return f'<td data-head="{words.said(kind)}">{shown}</td>'
