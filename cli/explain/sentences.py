"""An explanation in sentences: blocks of lines, made for every format alike, in one notation or another.

A line is prose, pieces of formulas and numbers; how a number is written and coloured is the writer's. Knows no gate:
what a gate does is said by its declaration.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import Call
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.side_gates import Derivative
from backprop.autodiff.passes.side_means import counts_sides
from backprop.autodiff.shapes import Array
from backprop.cli.explain.formulas import MAXIMUM_OPERANDS
from backprop.cli.explain.habits import habit, names_operand_first
from backprop.cli.explain.notations import EQUALS, PLAIN, Code, Line, Notation, Piece, Quantity
from backprop.cli.explain.parts import joined, numbers_of, part_line
from backprop.cli.explain.steps import Explanation, ForwardStep, ReverseStep
from backprop.cli.output.numbers import MAXIMUM_WHOLE
from backprop.cli.reports.nonfinite import description
from backprop.parser.printers.expression import shortest

MAXIMUM_TERMS = 8  # of a sum that is written out
MAXIMUM_NAMES = 20  # of variables in a sentence
TITLE, SECTION, ITEM, PART = "title", "section", "item", "part"


class Paragraph(NamedTuple):
    """A line and what it is: the title, a section's heading, an item of the section, a part of the item above."""

    kind: str
    line: Line


def blocks(explanation: Explanation, notation: Notation = PLAIN) -> Iterator[Paragraph]:
    """The whole explanation, from the title to the result."""
    say = explanation.say
    yield Paragraph(TITLE, (Code(notation.verbatim(explanation.title)),))
    yield Paragraph(SECTION, say("Forward: values, inputs first"))
    yield from forward_blocks(explanation, notation)
    if explanation.births:
        yield Paragraph(SECTION, say("Not finite: where inf or nan began"))
        for birth in explanation.births:
            text, named, words = description(explanation.trace, birth)
            numbers = joined([(Code(notation.verbatim(word)),) for word in words], say(" and "))
            yield Paragraph(ITEM, say(text, Code(notation.verbatim(named)), numbers))
    if not explanation.result:
        yield Paragraph(SECTION, say("Result"))
        yield Paragraph(ITEM, say("There are no variables: nothing to differentiate."))
        return
    if explanation.is_tangent:
        heading: Line = say("Tangents: along {0}, inputs first", explanation.result[0][0])
    else:
        heading = say("Reverse: gradients, from the output back")
    yield Paragraph(SECTION, (*heading, *short_form(explanation, notation)))
    for step in explanation.steps:
        yield from step_blocks(explanation, step, notation)
    for line in remarks(explanation, notation):
        yield Paragraph(ITEM, line)
    glossary = foreign_gates(explanation)
    if glossary:
        from backprop.cli.reports.functions import signature

        yield Paragraph(SECTION, say("Functions in these formulas"))
        for gate in glossary:
            yield Paragraph(ITEM, (Code(notation.verbatim(signature(gate))), ": ", *say(gate.summary)))
    yield Paragraph(SECTION, say("Result"))
    yield from result_blocks(explanation, notation)


def short_form(explanation: Explanation, notation: Notation) -> Iterator[Piece]:
    """`; dq is short for df/dq`, of the first derivative that is not the seed, of a gate where there is one."""
    rest = [step for step in explanation.steps if not step.is_seed]
    label = next((step.label for step in sorted(rest, key=lambda step: step.is_input)), None)
    if label is None or not notation.abbreviates:
        return
    word = explanation.symbols.derivative_word
    above, below = (label, explanation.result[0][0]) if explanation.is_tangent else (explanation.output, label)
    whole = Code(notation.verbatim(f"{word(above)}/{word(below)}"))
    yield from explanation.say("; {0} is short for {1}", Code(notation.verbatim(word(label))), whole)


def items(lines: Iterable[tuple[bool, Line]]) -> Iterator[Paragraph]:
    """An item for each line; those that are short (True) and follow each other share one."""
    for is_short, group in itertools.groupby(lines, itemgetter(0)):
        together = [line for _, line in group]
        if is_short:
            together = [tuple([piece for line in together for piece in (", ", *line)][1:])]
        for line in together:
            yield Paragraph(ITEM, line)


def forward_blocks(explanation: Explanation, notation: Notation) -> Iterator[Paragraph]:
    return items(
        (step.is_input and not np.ndim(step.value), forward_line(explanation, step, notation))
        for step in explanation.forward
    )


def forward_line(explanation: Explanation, step: ForwardStep, notation: Notation = PLAIN) -> Line:
    """`n1 = x + y = -2 + 5 = 3`."""
    label = Code(notation.label(step.label))
    value = Quantity(step.node, step.value, "value")
    if step.is_input or step.node.is_literal:
        return (label, EQUALS, value, *shape_of(explanation, step.value))
    expression = Code(notation.formula(step.expression))
    if isinstance(step.node.gate, Derivative):  # it computes nothing from numbers
        is_kink = counts_sides(step.node, step.value, step.operands)
        said = explanation.say(", for a kink is hit exactly, and both its sides count") if is_kink else ()
        return (label, EQUALS, expression, EQUALS, value, *shape_of(explanation, step.value), *said)
    numbers = () if len(step.operands) > MAXIMUM_OPERANDS else numbers_of(step.expression, step.given, notation)
    if numbers and not explanation.is_live and is_same(numbers_of(step.expression, step.given, PLAIN), value):
        numbers = ()
    return (label, EQUALS, expression, EQUALS, *numbers, value, *shape_of(explanation, step.value))


def is_same(numbers: Line, value: Quantity) -> bool:
    """Whether a formula with numbers is the number that it gives: -1 = -1."""
    return PLAIN.line(numbers[:-1], shortest) == PLAIN.quantity(value, shortest)


def shape_of(explanation: Explanation, value: Array) -> Line:
    """An array's shape in prose; a large one shows it by itself."""
    if not np.ndim(value) or not 0 < np.size(value) <= MAXIMUM_WHOLE:
        return ()
    return explanation.say(", shape {0}", shapes.show(np.shape(value)))


def step_blocks(explanation: Explanation, step: ReverseStep, notation: Notation = PLAIN) -> Iterator[Paragraph]:
    """What the pass does at a node: the sum of what it received, its gate's habit, what it passes on."""
    if explanation.is_tangent:
        yield from tangent_blocks(explanation, step, notation)
        return
    if step.is_seed:
        yield Paragraph(ITEM, (*total(explanation, step, notation), *explanation.say(", the seed")))
    elif len(step.received) > 1 or of_sides(step):
        yield Paragraph(ITEM, sum_line(explanation, step, notation))
    if step.is_input:
        return
    yield Paragraph(ITEM, gate_line(explanation, step, notation))
    for part in step.parts:
        yield Paragraph(PART, part_line(explanation, part, notation))
    for label in step.stopped:
        yield Paragraph(PART, explanation.say("to {0}: nothing", Code(notation.label(label))))
    if not step.parts and not step.stopped:
        asked = step.label in [name for name, _, _ in explanation.result]
        yield Paragraph(
            PART,
            explanation.say("this gradient was asked for: nothing to pass on")
            if asked
            else explanation.say("its inputs are constants: nothing to pass on"),
        )


def tangent_blocks(explanation: Explanation, step: ReverseStep, notation: Notation) -> Iterator[Paragraph]:
    """How a tangent comes from those of the operands."""
    if step.is_seed:
        yield Paragraph(ITEM, (*total(explanation, step, notation), *explanation.say(", the seed")))
        return
    yield Paragraph(ITEM, (Code(notation.label(step.label)), EQUALS, Code(notation.formula(step.expression))))
    for part in step.received:
        yield Paragraph(PART, part_line(explanation, part, notation))
    if len(step.received) != 1 or of_sides(step):
        yield Paragraph(PART, sum_line(explanation, step, notation))


def total(explanation: Explanation, step: ReverseStep, notation: Notation) -> Line:
    """`dx = 7`."""
    return (
        Code(notation.derivative(step.label, explanation.symbols)),
        EQUALS,
        Quantity(step.total_node, step.total, "gradient"),
    )


def sum_line(explanation: Explanation, step: ReverseStep, notation: Notation) -> Line:
    """`x is used 2 times: dx = 3 + 4 = 7`."""
    terms: list[Piece] = []
    for part in step.received[:MAXIMUM_TERMS]:
        terms += [Code(" + "), Quantity(part.nodes.value, part.value, "gradient", bool(terms))]
    left = len(step.received) - MAXIMUM_TERMS
    more = explanation.say(" + {0} more", str(left)) if left > 0 else ()
    name, equals, value = total(explanation, step, notation)
    sum_of_terms = (*terms[1:], *more, EQUALS) if terms else ()
    if of_sides(step):
        return (*explanation.say("a kink is hit exactly, and both its sides count: "), name, equals, value)
    label = Code(notation.label(step.label))
    if explanation.is_tangent:
        return (*explanation.say("in all: "), name, equals, *sum_of_terms, value)
    uses = len(step.received)
    twice, often = "{0} is used twice: ", "{0} is used {1} times: "
    return (*explanation.say(twice if uses == 2 else often, label, str(uses)), name, equals, *sum_of_terms, value)


def of_sides(step: ReverseStep) -> bool:
    """Whether a kink is hit, and the derivative is not the sum of what the node received at the kink itself."""
    return counts_sides(step.total_node, step.total, [part.value for part in step.received])


def gate_line(explanation: Explanation, step: ReverseStep, notation: Notation = PLAIN) -> Line:
    """`f = n1 * z. The mul gate swaps: …`."""
    line: Line = (Code(notation.label(step.label)), EQUALS, Code(notation.formula(step.expression)))
    if not step.tells_habit:
        return line
    text = ". The {0} gate: {1}." if names_operand_first(step) else ". The {0} gate {1}."
    return (*line, *explanation.say(text, step.gate, habit(explanation, step, notation)))


def remarks(explanation: Explanation, notation: Notation) -> Iterator[Line]:
    """What is to be said of the variables that no gradient reaches, and of those that were not asked for."""
    if explanation.untouched:
        names = listed(explanation, explanation.untouched)
        one, several = "{0} is reached by no gradient: it is 0", "{0} are reached by no gradient: it is 0"
        yield explanation.say(one if len(explanation.untouched) == 1 else several, names)
    if explanation.left_out:
        names = listed(explanation, explanation.left_out)
        text = "held fixed: {0}" if explanation.is_tangent else "not asked for: {0}"
        yield explanation.say(text, names)


def listed(explanation: Explanation, names: Sequence[str]) -> Line:
    first = ", ".join(names[:MAXIMUM_NAMES])
    more = len(names) - MAXIMUM_NAMES
    return explanation.say("{0} and {1} more", first, str(more)) if more > 0 else (first,)


def foreign_gates(explanation: Explanation) -> list[Gate]:
    """The functions in the shares that the user did not write and that work on whole arrays: `outer`, `diag`."""
    own = {step.node.gate for step in explanation.forward}
    foreign: dict[Gate, None] = {}
    for step in explanation.steps:
        for part in step.received:
            if part.share is not None and not part.is_product:
                for node in part.share.nodes:
                    gate = node.gate
                    if gate.is_function and gate.is_public and not gate.has_local and isinstance(gate.notation, Call):
                        foreign[gate] = None
    return [gate for gate in foreign if gate not in own]


def result_blocks(explanation: Explanation, notation: Notation) -> Iterator[Paragraph]:
    """The derivatives asked for, scalars last."""
    lines: list[tuple[bool, Line]] = []
    for name, _, value in explanation.result:
        label = explanation.output if explanation.is_tangent else name
        node = explanation.trace.graph.inputs.get(name)
        derivative = None if node is None else explanation.trace.derivatives.get(node)
        symbol = Code(notation.derivative(label, explanation.symbols))
        lines.append(
            (
                not np.ndim(value),
                (symbol, EQUALS, Quantity(derivative, value, "gradient"), *shape_of(explanation, value)),
            )
        )
    return items(sorted(lines, key=itemgetter(0)))
