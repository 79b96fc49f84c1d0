"""What is chosen by a condition, tidied: choices by one condition together, none where a factor makes it already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.gates import logic, selection
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.monomials import ONE, Monomial, plain_number
from backprop.autodiff.passes.partners import partners_of

if TYPE_CHECKING:
    from backprop.autodiff.passes.simplify import Simplifier

MOST_CONDITIONS = 16  # that are read as one `and` or `or`
# Terms of a sum or factors of a product that is used in several places; merging longer ones could take quadratic time
LONGEST_MERGED = 16


def chosen(tidy: Simplifier, condition: Node, taken: Node, otherwise: Node) -> Node:
    """where(condition, taken, otherwise) of tidied branches."""
    taken, otherwise = under(tidy, condition, taken, 1), under(tidy, condition, otherwise, 2)
    node = tidy.graph.add(selection.where, (condition, taken, otherwise))
    is_zero = plain_number(otherwise) == 0
    if taken.shape == node.shape and (taken is otherwise or (is_zero and vanishes_with(tidy, taken, condition))):
        return taken
    if is_zero and condition.gate.is_indicator and not tidy.monomial(taken).powers:
        scaled = tidy.product([tidy.monomial(taken), tidy.monomial(condition)])
        return scaled if scaled is not None and scaled.shape == node.shape else node
    return node


def under(tidy: Simplifier, condition: Node, branch: Node, position: int) -> Node:
    """The branch, without a second choice by the same condition."""
    while branch.gate is selection.where and branch.inputs[0] is condition:
        branch = branch.inputs[position]
    tests, (coefficient, powers) = tidy.monomial(condition).powers, tidy.monomial(branch)
    if position == 1 and tests and all(test.gate.is_indicator and powers.get(test) == ONE for test in tests):
        rest = tidy.built(Monomial(coefficient, {base: power for base, power in powers.items() if base not in tests}))
        return rest if rest.shape == branch.shape else branch
    return branch


def together(tidy: Simplifier, terms: list[Monomial]) -> list[Monomial]:
    """The terms of a sum, those that are chosen by one condition as one choice."""
    places: dict[Node, list[int]] = {}  # by the condition, or by what may be one
    for position, term in enumerate(terms):
        if len(term.powers) == 1:
            ((base, exponent),) = term.powers.items()
            if exponent == ONE and (base.gate is selection.where or base.gate.is_indicator):
                places.setdefault(base if base.gate.is_indicator else base.inputs[0], []).append(position)
    gone: set[int] = set()
    for condition, alike in places.items():
        made = _one_choice(tidy, condition, [terms[index] for index in alike]) if len(alike) > 1 else None
        if made is not None:
            terms[alike[0]] = tidy.monomial(made)
            gone.update(alike[1:])
    return [monomial for index, monomial in enumerate(terms) if index not in gone]


def _one_choice(tidy: Simplifier, condition: Node, terms: Iterable[Monomial]) -> Node | None:
    """The sum of the choices by the condition, all of one shape."""
    branches: tuple[list[Monomial], list[Monomial]] = ([], [])
    shapes = set()
    for coefficient, powers in terms:
        (base,) = powers
        shapes.add(base.shape)
        numbers = tidy.graph.constant(1.0), tidy.graph.constant(0.0)
        for branch, monomials in zip(numbers if base is condition else base.inputs[1:], branches, strict=True):
            inner = tidy.terms_of(branch)
            parts = inner if len(inner) <= LONGEST_MERGED else [Monomial(ONE.number, {branch: ONE})]
            monomials += [Monomial(coefficient * part.coefficient, part.powers) for part in parts]
    taken, otherwise = map(tidy.sum, branches)
    if taken is None or otherwise is None:
        return None
    made = chosen(tidy, condition, taken, otherwise)
    return made if shapes == {made.shape} else None


def vanishes_with(tidy: Simplifier, node: Node, condition: Node) -> bool:
    """Whether the node is 0 where the condition is: a finite multiple of it, or one that a textbook writes so."""
    return all(_term_vanishes(tidy, term, condition) for term in tidy.terms_of(node))


def _term_vanishes(tidy: Simplifier, term: Monomial, condition: Node) -> bool:
    powers = term.powers
    above = [base for base, exponent in powers.items() if exponent.symbolic is None and exponent.number > 0]
    if condition in above:
        others = {base: exponent for base, exponent in powers.items() if base is not condition}
        return not condition.gate.is_flat or tidy.are_finite(others)
    tests = {base: tests_of(base) for base in above}
    gated = [base for base in above if tests[base]]
    if gated and implies([test for base in gated for test in tests[base]], condition):
        # the only factor with a test is zero itself; of several any one may be, and the others what they are
        return tidy.are_finite({base: exponent for base, exponent in powers.items() if [base] != gated})
    factors = tidy.monomial(condition).powers
    others = {base: exponent for base, exponent in powers.items() if factors.get(base) != exponent}
    return bool(factors) and len(powers) == len(factors) + len(others) and tidy.are_finite(others)


def tests_of(node: Node) -> list[Node]:
    """Tests of which each makes the node 0 where it fails."""
    tests = [partner for partner, product in partners_of(node) if product is node]
    if node.gate.is_indicator:
        tests.append(node)
    elif node.gate is selection.where and plain_number(node.inputs[2]) == 0:
        tests.append(node.inputs[0])
    return tests


def implies(tests: list[Node], condition: Node) -> bool:
    """Whether the condition is true where all tests are, read as far as two levels of `and` and `or`."""
    known = {part for test in tests for part in parts(test, logic.logical_and)}

    def is_known(part: Node) -> bool:
        return not known.isdisjoint(parts(part, logic.logical_or))

    return any(
        all(is_known(part) for part in parts(case, logic.logical_and)) for case in parts(condition, logic.logical_or)
    )


def parts(node: Node, connective: Gate) -> list[Node]:
    """The conditions that the connective joins, itself among them where it joins too many."""
    conditions: list[Node] = []
    waiting = [node]
    while waiting:
        condition = waiting.pop()
        if condition.gate is connective and len(conditions) + len(waiting) < MOST_CONDITIONS:
            waiting += condition.inputs
        else:
            conditions.append(condition)
    return conditions
