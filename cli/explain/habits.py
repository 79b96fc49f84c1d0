"""What an explanation says of a gate: the habit that its declaration names, or what its local gradients say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backprop.autodiff.graph import Node
from backprop.cli.explain.formulas import Formula, bracketed
from backprop.cli.explain.notations import PLAIN, Code, Line, Notation, Piece
from backprop.cli.explain.parts import joined
from backprop.cli.explain.steps import Explanation, Factor, ReverseStep
from backprop.parser.printers.expression import show

MAXIMUM_HABIT = 12  # characters of a constant that stands in a habit in place of its operand's name


FORMULA = r"[^\uac00-\ud7a3]*[^\uac00-\ud7a3,;:]"  # what a formula has of a word: no Hangul, and no sign at its end


def names_operand_first(step: ReverseStep) -> bool:
    """Whether what is said of the gate has an operand for its subject."""
    return not step.factors and step.habit.split(" ")[0] in step.node.gate.operands


def habit(explanation: Explanation, step: ReverseStep, notation: Notation = PLAIN) -> Line:
    """The declaration's words, with the operands that they speak of by the names that they have here."""
    if step.factors:
        return effects(explanation, step.factors, notation)
    gate = step.node.gate
    expression = step.expression
    known = zip(gate.operands, [word_of(operand, expression) for operand in expression.node.inputs], strict=False)
    names = {name: word for name, word in known if word is not None and not name.startswith("*")}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b", re.ASCII) if names else None
    line: list[Piece] = []
    for place, word in enumerate("".join(explanation.say(step.habit)).split(" ")):
        line += [" "] * bool(place)
        formula = re.match(FORMULA, word)
        if pattern is None or formula is None or not pattern.search(formula[0]):
            line.append(word)
            continue
        is_alone = formula[0] in names
        said = names[formula[0]] if is_alone else pattern.sub(lambda name: bracketed("*", names[name[0]]), formula[0])
        line += [Code(notation.verbatim(said)), word[formula.end() :]]
    return tuple(line)


def effects(explanation: Explanation, factors: Sequence[Factor], notation: Notation) -> Line:
    """What a gate does for its operands that are no constants."""
    if len(factors) == 1:
        words, formula = factors[0].formula.said
        return explanation.say(words) if formula is None else explanation.say(words, Code(notation.formula(formula)))
    each = [
        explanation.say("{0} for {1}", Code(notation.formula(formula)), Code(notation.label(operand)))
        for operand, formula in factors
    ]
    return explanation.say("scales the gradient by {0}", joined(each, explanation.say(" and by ")))


def word_of(operand: Node, expression: Formula) -> str | None:
    """A symbol's name or a short constant, None for what would not fit into a sentence."""
    if not operand.is_constant:
        return expression.names.texts.get(operand)
    text = show(operand, {})
    return text if len(text) <= MAXIMUM_HABIT else None
