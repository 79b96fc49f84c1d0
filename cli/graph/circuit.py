"""The circuit of a trace as plain data: what is drawn, and which wire leads where. Knows no format and no layout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.notation import Infix, Postfix, Prefix, Subscript
from backprop.autodiff.derivatives.trace import Step, Trace, TracedContribution, labels_of, shown_nodes
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.side_gates import Derivative
from backprop.autodiff.shapes import Array
from backprop.cli.output.themes import THEMES, Theme
from backprop.cli.reports.nodes import OUTPUT, title
from backprop.parser.printers.expression import given_settings, setting_text, show
from backprop.parser.printers.inside import inside
from backprop.parser.visible import brief, visible

LONGEST_TITLE = 900  # characters
LONG_SIGN = 4  # characters; longer ones stand in a box
CALLED = re.compile(r"\w+(?=\s*\()")


class ElementKind(Enum):
    """What an element is: a variable, a number, a gate, or what stands for another element beside a use of it."""

    INPUT = "input"
    CONSTANT = "constant"
    GATE = "gate"
    REPEAT = "repeat"


class Element(NamedTuple):
    """Something drawn. `sign` stands in the circle, or is the input's name or the constant's text.

    `detail` are a gate's settings (`axis=0`), `label` what a result is called, where it has a name of the user's or
    is the output. `value` is None in a circuit without numbers, `derivative` where it was not asked for. `uses` counts
    the wires that leave it.
    """

    number: int
    kind: ElementKind
    node: Node
    sign: str
    detail: str
    label: str
    value: Any
    derivative: Array | None
    uses: int


class Wire(NamedTuple):
    """From the element `tail` into the gate `head`; `share` is what of the gradient came back along it.

    `share` is None where nothing is to be said of it: the wire is the only one, or there is no gradient.
    """

    tail: int
    head: int
    share: Array | None
    is_taken: bool


class Shown(NamedTuple):
    """What a picture of a series shows: the values and the derivatives of which elements, the shares of which wires.

    All have their room from the first picture on, so that nothing moves. `active` are the elements of the step.
    """

    values: frozenset[int]
    derivatives: frozenset[int]
    shares: frozenset[int]
    active: frozenset[int]


class PictureStyle(NamedTuple):
    """How a circuit is to be drawn: to the right or down, with its numbers or without.

    `shown` is None where all of it is.
    """

    theme: Theme = THEMES["light"]
    direction: str = "right"
    has_values: bool = True
    scale: float = 1.0
    shown: Shown | None = None


class Circuit(NamedTuple):
    """`elements` in topological order, their numbers being their places; `output` is the number of the last gate.

    It is that of a `trace` of the expression `text`. `labels` are the names that `eval` gives the nodes, `derivative`
    is what the second number of each is called, `language` that of a page.
    """

    trace: Trace
    text: str
    title: str
    elements: tuple[Element, ...]
    wires: tuple[Wire, ...]
    output: int
    derivative: str
    labels: Mapping[Node, str]
    style: PictureStyle = PictureStyle()
    language: str = "en"


# By the operand, the gate that it flows into, and its position there.
Uses = Mapping[tuple[Node, Node, int], TracedContribution]


def circuit_of(trace: Trace, text: str, derivative: str) -> Circuit:
    """The circuit of a trace; `derivative` is what the second number is called: gradient or tangent."""
    names = set(trace.graph.names.values())
    number: dict[Node, int] = {}
    elements: list[Element] = []
    wires: list[Wire] = []
    counts: dict[int, int] = {}
    shares = shares_of(trace, derivative)
    for step in trace.steps:
        node = step.node
        tails = []
        for operand in node.inputs:
            if operand not in number:
                elements.append(constant(len(elements), operand))
                tails.append(len(elements) - 1)
            else:
                tails.append(number[operand])
        head = number[node] = len(elements)
        is_named = node in names or node is trace.output
        label = trace.labels[node] if is_named and node.gate is not leaves.input else ""
        kind = ElementKind.INPUT if node.gate is leaves.input else ElementKind.GATE
        elements.append(Element(head, kind, node, sign_of(node), detail_of(node), label, step.value, step.gradient, 0))
        for position, (operand, tail) in enumerate(zip(node.inputs, tails, strict=True)):
            counts[tail] = counts.get(tail, 0) + 1
            share = shares.get((operand, node, position))
            is_asked = derivative == "gradient" and elements[tail].derivative is not None
            value = share.value if share else np.zeros(operand.shape)[()]  # through `x > 0` nothing flows
            wires.append(Wire(tail, head, value if is_asked else None, share is None or share.is_taken))
    if trace.output not in number:
        number[trace.output] = len(elements)
        elements.append(constant(len(elements), trace.output)._replace(label=OUTPUT))
    return Circuit(
        trace,
        text,
        brief(visible(title(trace, text)), LONGEST_TITLE),
        tuple([element._replace(uses=counts.get(element.number, 0)) for element in elements]),
        tuple([wire if counts[wire.tail] > 1 else wire._replace(share=None) for wire in wires]),
        number[trace.output],
        derivative,
        trace.labels,
    )


def circuit_without_numbers(graph: Graph, text: str) -> Circuit:
    """The circuit of a graph that has no values yet."""
    shown = shown_nodes(graph)
    nothing: Any = None
    steps = [Step(node, nothing, None, ()) for node in shown]
    trace = Trace(graph, steps, graph.result, nothing, {}, labels_of(graph, shown), {}, [], frozenset(), "forward")
    return circuit_of(trace, text, "tangent")


def shares_of(trace: Trace, derivative: str) -> Uses:
    """Each share by the wire that it runs along."""
    shares = {}
    for step in trace.steps:
        for share in step.shares:
            ends = (share.user, step.node) if derivative == "tangent" else (step.node, share.user)
            shares[(*ends, share.position)] = share
    return shares


def constant(number: int, node: Node) -> Element:
    """A constant, which is drawn at each of its uses."""
    value = node.value
    text = node.name or show(node, {})
    if value is None:  # zeros(3), eye(2)
        value = node.gate.forward(**node.settings)
    return Element(number, ElementKind.CONSTANT, node, brief(text, 24), "", "", value, None, 0)


def sign_of(node: Node) -> str:
    """What stands in a gate's circle: the operator's sign, else the gate's name."""
    if node.name is not None:
        return node.name
    notation = node.gate.notation
    if isinstance(notation, Infix | Prefix):
        return notation.sign or notation.symbol.strip()
    if isinstance(notation, Postfix):
        return notation.symbol.strip() or node.gate.name
    if isinstance(notation, Subscript):
        return show(node, {node.inputs[0]: ""})
    return written_name(node)


def written_name(node: Node) -> str:
    """The gate's name, as the text calls it where that is one of its aliases: `max` for `maximum`."""
    source, span = node.graph.source, node.span
    found = CALLED.match(source, span.start) if source and span else None
    return found[0] if found and found[0] in node.gate.aliases else node.gate.name


def detail_of(node: Node) -> str:
    """The gate's settings that are not left at their default: `axis=0`."""
    if not node.inputs or isinstance(node.gate.notation, Subscript) or isinstance(node.gate, Derivative):
        return ""
    if node.gate.has_inside:
        return show(inside(node).body, {})
    return ", ".join(f"{name}={setting_text(value)}" for name, _, value in given_settings(node))


def has_wire(element: Element) -> bool:
    """Whether numbers stand on its wire; a constant has them in its name, unless it is the output."""
    return element.value is not None and (element.kind is not ElementKind.CONSTANT or bool(element.label))


def is_long(element: Element) -> bool:
    return max(len(element.sign), len(element.detail) - 4) > LONG_SIGN
