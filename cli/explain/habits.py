"""What an explanation says of a gate: the habit that its declaration names, or what its local gradients say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from backprop.autodiff.graph import Node
from backprop.cli.explain.formulas import Formula, bracketed
from backprop.cli.explain.notations import PLAIN, Code, Notation, Piece
from backprop.cli.explain.steps import Factor, ReverseStep
from backprop.parser.printers.expression import show

MAXIMUM_HABIT = 12  # characters of a constant that stands in a habit in place of its operand's name


def habit(step: ReverseStep, notation: Notation = PLAIN) -> Iterator[Piece]:
    """The declaration's words, with the operands that they speak of by the names that they have here."""
    if step.factors:
        yield from effects(step.factors, notation)
        return
    gate = step.node.gate
    expression = step.expression
    known = zip(gate.operands, [word_of(operand, expression) for operand in expression.node.inputs], strict=False)
    names = {name: word for name, word in known if word is not None and not name.startswith("*")}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    words = step.habit.split(" ")
    yield ":" if words[0] in gate.operands else ""
    for word in words:
        if pattern is None or not pattern.search(word):
            yield f" {word}"
            continue
        formula = word.rstrip(",;:")
        is_alone = formula in names
        said = names[formula] if is_alone else pattern.sub(lambda name: bracketed("*", names[name[0]]), formula)
        yield " "
        yield Code(notation.verbatim(said))
        yield word[len(formula) :]
    yield "."


def effects(factors: Sequence[Factor], notation: Notation) -> Iterator[Piece]:
    """What a gate does for its operands that are no constants."""
    if len(factors) == 1:
        words, formula = factors[0].formula.said
        yield f" {words}"
        yield from () if formula is None else (" ", Code(notation.formula(formula)))
    else:
        for place, (operand, formula) in enumerate(factors):
            yield " and by " if place else " scales the gradient by "
            yield Code(notation.formula(formula))
            yield " for "
            yield Code(notation.label(operand))
    yield "."


def word_of(operand: Node, expression: Formula) -> str | None:
    """A symbol's name or a short constant, None for what would not fit into a sentence."""
    if not operand.is_constant:
        return expression.names.texts.get(operand)
    text = show(operand, {})
    return text if len(text) <= MAXIMUM_HABIT else None
