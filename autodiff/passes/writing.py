"""A derivative as a reader gets it, and where that is not what the derivative is."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from fractions import Fraction

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.execution import evaluate_numbers, run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.compact import derivative_of_order, shorter
from backprop.autodiff.passes.derivation import Derivation
from backprop.autodiff.passes.monomials import LARGEST_DENOMINATOR
from backprop.autodiff.passes.simplify import Simplifier, tidied
from backprop.autodiff.passes.textbook import Brief, Exemption, in_textbook_form

MOST_FORMS = 20  # that are looked at: for each, all of the formula may have to be
BESIDE = 1e-6  # how far from a kink its sides are looked at
CLOSE = 1e-4  # what the formula may change on that way, relative to its size
ELSEWHERE = ((0.7, 0.31), (1.9, -0.23))  # the first of the other variables, and the step to the next


def simplified(
    node: Node,
    exemptions: list[Exemption] | None = None,
    *,
    counts_sides: bool = False,
    has_decimals: bool = True,
) -> Node:
    """The node, of the same typed graph, that says what `node` says as a textbook would write it.

    Without `has_decimals` a number that is no whole one comes from a division, and is written as that. Where it does
    not is added to `exemptions`: what those gates declare whose brief form stands in it, of a derivative that at a kink
    is the mean of both sides (`counts_sides`) or is not.
    """
    briefs: list[Brief] = []
    spelled = in_textbook_form(node, briefs=briefs)
    tidy = Simplifier(spelled if has_decimals else in_fractions(spelled), has_negative_powers=False, has_quotients=True)
    formula = tidy.result()
    if not briefs:
        return shorter(tidy, formula)
    if exemptions is not None:
        exemptions += _exemptions(briefs, {*needed([spelled])}, formula, counts_sides)
    return formula


def contains_decimals(node: Node) -> bool:
    """Whether a decimal is written in an expression, as 0.5 is and 1/2 is not."""
    return any(part.is_literal and not float(part.value).is_integer() for part in needed([node]))


def in_fractions(root: Node) -> Node:
    """The node with quotients of whole numbers in place of decimals."""
    twin: dict[Node, Node] = {}
    for node in needed([root]):
        operands = tuple([twin.get(operand, operand) for operand in node.inputs])
        if node.is_literal:
            value = float(node.value)
            near = Fraction(value).limit_denominator(LARGEST_DENOMINATOR) if math.isfinite(value) else Fraction(0)
            if near.denominator > 1 and float(near) == value:
                top, bottom = (node.graph.constant(float(part)) for part in near.as_integer_ratio())
                twin[node] = node.graph.add(METHODS["/"], (top, bottom))
        else:
            twin[node] = node.of(operands)
    return twin.get(root, root)


def simplified_of_order(node: Node, variable: Node, order: int, exemptions: list[Exemption]) -> Node:
    """The derivative of that order of a scalar by a variable, tidied after each. Raises NoNormalForm where none is.

    To `exemptions` is added where the form has no value; there the derivative is its limit.
    """
    derivation = Derivation(variable)
    formula = derivative_of_order(derivation, node, order)
    corners = dict.fromkeys(decided(corner, variable) for corner in derivation.corners(order) if may_hold(corner))
    exemptions += [Exemption(formula, condition, None, None, None) for condition in corners if condition is not None]
    parts = {*needed([formula])}
    for brief in derivation.kinks[:MOST_FORMS]:
        below = {*needed(brief.operands)}
        shown = {*needed([brief.form])} - below | below & derivation.radii
        kink = Exemption(formula, brief.corner, None, None, True)
        if not parts.isdisjoint(shown) and kink not in exemptions and _counts(kink, formula):
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


def decided(condition: Node, variable: Node) -> Node | None:
    """Where a line in the variable alone is 0 and something else holds: whether that holds there; None where not."""
    if condition.gate is not METHODS["and"]:
        return condition
    equation, other = condition.inputs
    line = equation.inputs[0] if equation.gate is METHODS["=="] and equation.inputs[1].is_number(0.0) else None
    if line is None or inputs_in(condition) != {variable}:
        return condition
    at_zero, at_one, at_two = (
        float(evaluate_numbers([line], {str(variable.name): np.float64(at)})[0]) for at in (0.0, 1.0, 2.0)
    )
    if at_zero - at_one != at_one - at_two or at_zero == at_one:
        return condition
    root = np.float64(at_zero / (at_zero - at_one))
    values = evaluate_numbers([line, other], {str(variable.name): root})
    return condition if values[0] != 0.0 else equation if values[1] else None


def inputs_in(node: Node) -> set[Node]:
    return {part for part in needed([node]) if part.gate is leaves.input}


def may_hold(condition: Node) -> bool:
    """Whether a condition holds, or depends on inputs."""
    if inputs_in(condition):
        # x == 0 and 1/2 == 0 does not
        return condition.gate is not METHODS["and"] or all(map(may_hold, condition.inputs))
    return bool(np.any(evaluate_numbers([condition], {})[0]))


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
