"""Vectors that are written entry by entry, [a, 0] and eye(2)[0]: a sum of them is one such vector, of which one entry
is picked, and a sum with the entries of one_hot(y, 3) or eye(3)[1] is one entry.

No zero is multiplied, so that nothing that may be infinite is lost or made nan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.gates import arrays, constructors, labels, reductions
from backprop.autodiff.gates.placement import LONGEST_LIST, zeros
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.monomials import ONE, Monomial
from backprop.autodiff.shapes import Index, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.passes.simplify import Simplifier


def entries_of(node: Node) -> Sequence[Node] | None:
    """The entries of such a vector, or the rows of such a matrix; None for any other node."""
    if not node.shape:
        return None
    if node.gate is arrays.stack:
        return node.inputs if node.settings["axis"] == 0 else None
    if node.gate is constructors.zeros and node.shape[0] <= LONGEST_LIST:
        return [zeros(node.graph, node.shape[1:])] * node.shape[0]
    if is_row_of_identity(node) and len(node.shape) == 1 and node.shape[0] <= LONGEST_LIST:
        (position,) = node.settings["index"]
        return [node.graph.constant(float(index == position % node.shape[0])) for index in range(node.shape[0])]
    return None


def is_row_of_identity(node: Node) -> bool:
    return node.gate is arrays.index and node.inputs[0].gate is constructors.eye and len(node.settings["index"]) == 1


def entry_of(tidy: Simplifier, node: Node, operands: Sequence[Node]) -> Node | None:
    """What an index picks, or a sum leaves, of such vectors and of products of their entries; None where it is more."""
    if node.gate is arrays.index:
        return _picked(tidy, operands[0], node.settings["index"])
    if node.gate is reductions.total:
        return _sum_of_entries(tidy, node, operands[0])
    if node.gate is arrays.reshape:
        coefficient, powers = tidy.monomial(operands[0])
        if [base.gate for base in powers] == [constructors.ones]:
            return tidy.built(Monomial(coefficient, {_ones(node.graph, node.shape): ONE}))
    return None


def _entry(tidy: Simplifier, node: Node, index: Index) -> Node:
    picked = _picked(tidy, node, index)
    return arrays.index(node, index=index) if picked is None else picked


def _picked(tidy: Simplifier, node: Node, index: Index) -> Node | None:
    found = _picked_of_lists(node, index)
    if found is not None or len(node.shape) != 1 or len(index) != 1 or isinstance(index[0], Slice):
        return found
    terms = tidy.terms_of(node)
    if len(terms) > LONGEST_LIST:
        return None
    picked = [_entry_of_term(tidy, term, node.shape, lambda base: _entry_of_list(base, index)) for term in terms]
    found_all = [term for term in picked if term is not None]
    return tidy.sum(found_all) if len(found_all) == len(picked) else None


def _ones(graph: Graph, shape: Shape) -> Node:
    return graph.add(constructors.ones, (), (shape,)) if shape else graph.constant(1.0)


def _sum_of_entries(tidy: Simplifier, node: Node, summed: Node) -> Node | None:
    """The sum of products with vectors of which one entry is 1 and the others are 0; the sign of others before it."""
    coefficient, powers = tidy.monomial(summed)
    axes = shapes.normalized_axes(node.axis, len(summed.shape))
    if axes == (len(summed.shape) - 1,):
        for unit in [base for base, exponent in powers.items() if exponent == ONE and base.shape == summed.shape]:
            rest = {base: exponent for base, exponent in powers.items() if base is not unit}
            made = _entry_at(tidy, unit, Monomial(coefficient, rest))
            if made is not None and made.shape == node.shape:
                return made
    if coefficient == -1:
        inner = tidy.built(Monomial(ONE.number, powers))
        return tidy.built(Monomial(coefficient, {node.graph.add(node.gate, (inner,), node.attributes): ONE}))
    return None


def _entry_at(tidy: Simplifier, unit: Node, others: Monomial) -> Node | None:
    """The entry of a product of others where the unit has its 1, along the last axis."""
    if is_row_of_identity(unit):
        index = unit.settings["index"]
        term = _entry_of_term(tidy, others, unit.shape, lambda base: _entry(tidy, base, index))
        return None if term is None else tidy.built(term)
    if unit.gate is not labels.one_hot:
        return None
    if not others.powers:
        return tidy.built(Monomial(others.coefficient, {_ones(unit.graph, unit.shape[:-1]): ONE}))
    term = _entry_of_term(tidy, others, unit.shape, lambda base: labels.entry(base, *unit.inputs, axis=-1))
    return None if term is None else tidy.built(term)


def _entry_of_term(
    tidy: Simplifier, term: Monomial, shape: Shape, entry: Callable[[Node], Node | None]
) -> Monomial | None:
    """The product of the entries of the vectors in a product of them and of numbers."""
    factors = [Monomial(term.coefficient, {})]
    for base, exponent in term.powers.items():
        part = entry(base) if base.shape == shape else None if base.shape else base
        if part is None or exponent.symbolic is not None:
            return None
        factors.append(tidy.raised(part, exponent.number))
    made = tidy.product(factors)
    return None if made is None else tidy.monomial(made)


def _entry_of_list(node: Node, index: Index) -> Node | None:
    if node.gate is constructors.ones:
        return node.graph.constant(1.0)
    entries = entries_of(node)
    (position,) = index
    return None if entries is None or isinstance(position, Slice) else entries[position]


def _picked_of_lists(node: Node, index: Index) -> Node | None:
    """The entry of nested lists that the whole numbers of an index pick, as [a, b][0]; None where none is picked."""
    for position in index:
        if node.gate is not arrays.stack or node.settings["axis"] != 0 or isinstance(position, Slice):
            return None
        node = node.inputs[position]
    return node


def vectors_together(
    terms: list[Monomial],
    terms_of: Callable[[Node], Sequence[Monomial]],
    added: Callable[[Sequence[Monomial]], Node | None],
) -> list[Monomial]:
    """The terms of a sum, of which such vectors are one; a row of the identity stays one beside other terms."""
    vectors = {index: entries for index, term in enumerate(terms) if (entries := _entries_of_term(term)) is not None}
    shapes = {next(iter(terms[index].powers)).shape for index in vectors}
    if len(shapes) != 1 or len(vectors) == 1 < len(terms):
        return terms
    if len(vectors) == 1 and not is_row_of_identity(next(iter(terms[0].powers))):
        return terms
    made: list[Node] = []
    for position in range(len(next(iter(vectors.values())))):
        parts = [
            Monomial(terms[index].coefficient * part.coefficient, part.powers)
            for index, entries in vectors.items()
            for part in terms_of(entries[position])
        ]
        entry = added(parts)
        if entry is None:
            return terms
        made.append(entry)
    is_subtracted = len(vectors) < len(terms) and all(entry.is_literal and entry.value <= 0 for entry in made)
    if is_subtracted:
        made = [entry.graph.constant(0.0 - entry.value) for entry in made]
    vector = arrays.stack(*made, axis=0)
    first = min(vectors)
    return [
        Monomial(Fraction(-1 if is_subtracted else 1), {vector: ONE}) if index == first else term
        for index, term in enumerate(terms)
        if index == first or index not in vectors
    ]


def _entries_of_term(term: Monomial) -> Sequence[Node] | None:
    if len(term.powers) != 1:
        return None
    ((base, exponent),) = term.powers.items()
    return entries_of(base) if exponent == ONE else None
