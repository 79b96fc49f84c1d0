"""A derivative as a reader gets it, and where that is not what the derivative is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.execution import evaluate, run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.compact import derivative_of_order, shorter
from backprop.autodiff.passes.derivation import Derivation
from backprop.autodiff.passes.simplify import Simplifier, tidied
from backprop.autodiff.passes.textbook import Brief, Exemption, in_textbook_form

MOST_FORMS = 20  # that are looked at: for each, all of the formula may have to be
BESIDE = 1e-6  # how far from a kink its sides are looked at
CLOSE = 1e-4  # what the formula may change on that way, relative to its size
ELSEWHERE = ((0.7, 0.31), (1.9, -0.23))  # the first of the other variables, and the step to the next


def simplified(node: Node, exemptions: list[Exemption] | None = None, *, counts_sides: bool = False) -> Node:
    """The node, of the same typed graph, that says what `node` says as a textbook would write it.

    Where it does not is added to `exemptions`: what those gates declare whose brief form stands in it, of a derivative
    that at a kink is the mean of both sides (`counts_sides`) or is not.
    """
    briefs: list[Brief] = []
    spelled = in_textbook_form(node, briefs=briefs)
    tidy = Simplifier(spelled, has_negative_powers=False)
    formula = tidy.result()
    if not briefs:
        return shorter(tidy, formula)
    if exemptions is not None:
        exemptions += _exemptions(briefs, {*needed([spelled])}, formula, counts_sides)
    return formula


def simplified_of_order(node: Node, variable: Node, order: int, exemptions: list[Exemption]) -> Node:
    """The derivative of that order of a scalar by a variable, tidied after each. Raises NoNormalForm where none is.

    To `exemptions` is added where the form has no value; there the derivative is its limit.
    """
    derivation = Derivation(variable)
    formula = derivative_of_order(derivation, node, order)
    corners = [corner for corner in derivation.corners(order) if may_hold(corner)]
    exemptions += [Exemption(formula, condition, None, None, None) for condition in corners]
    parts = {*needed([formula])}
    for brief in derivation.kinks[:MOST_FORMS]:
        apart = {*needed([brief.form])}.difference(needed(brief.operands))
        kink = Exemption(formula, brief.corner, None, None, True)
        if not parts.isdisjoint(apart) and kink not in exemptions and _counts(kink, formula):
            exemptions.append(kink)
    return formula


def _exemptions(
    briefs: Sequence[Brief], spelled: Collection[Node], formula: Node, counts_sides: bool
) -> list[Exemption]:
    """What the forms do not say that stand in the formula, of which some are among its nodes before it was tidied."""
    parts = {*needed([formula])}
    exemptions: list[Exemption] = []
    standing = [brief for brief in briefs if brief.form in spelled]
    for brief in standing[:MOST_FORMS]:
        form = tidied(brief.form)
        if any(part in parts for part in needed([form]) if part.inputs):
            declared = [exemption for exemption in brief.exemptions() if exemption.counts_sides in (None, counts_sides)]
            exemptions += [exemption._replace(form=form) for exemption in declared if _counts(exemption, formula)]
    return exemptions


def _counts(exemption: Exemption, formula: Node) -> bool:
    return may_hold(exemption.condition) and not (exemption.counts_sides and is_mean(formula, exemption.condition))


def may_hold(condition: Node) -> bool:
    """Whether a condition holds, or depends on inputs."""
    if any(node.gate is leaves.input for node in needed([condition])):
        # x == 0 and 1/2 == 0 does not
        return condition.gate is not METHODS["and"] or all(map(may_hold, condition.inputs))
    return bool(np.any(evaluate([condition], {})[0]))


def is_mean(formula: Node, kink: Node) -> bool:
    """Whether the formula is the mean of its two sides at a kink; looked at where that is one number of a variable."""
    variable, *others = kink.inputs
    if variable.gate is not leaves.input or variable.shape or len(others) != 1 or not others[0].is_literal:
        return False
    at = float(others[0].value)
    program = lower([formula])
    inputs = [node for node in needed([formula]) if node.gate is leaves.input and node is not variable]
    for first, step in ELSEWHERE:
        values = {str(node.name): np.full(node.shape, first + step * position) for position, node in enumerate(inputs)}
        here, below, above = (
            run(program, {**values, str(variable.name): np.float64(at + side * BESIDE * max(1.0, abs(at)))})[0]
            for side in (0.0, -1.0, 1.0)
        )
        size = np.maximum(np.abs(below), np.abs(above))
        if not np.all(np.abs((below + above) / 2 - here) <= CLOSE * size):
            return False
    return True
