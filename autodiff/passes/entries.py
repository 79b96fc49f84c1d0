"""Vectors that are written entry by entry, [a, 0] and eye(2)[0]: a sum of them is one such vector.

No zero is multiplied, so that nothing that may be infinite is lost or made nan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from backprop.autodiff.gates import arrays, constructors
from backprop.autodiff.gates.placement import LONGEST_LIST
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.monomials import ONE, Monomial


def entries_of(node: Node) -> Sequence[Node] | None:
    """The entries of such a vector, None for any other node."""
    if len(node.shape) != 1:
        return None
    if node.gate is arrays.stack:
        return node.inputs
    if is_row_of_identity(node) and len(node.shape) == 1 and node.shape[0] <= LONGEST_LIST:
        (position,) = node.settings["index"]
        return [node.graph.constant(float(index == position % node.shape[0])) for index in range(node.shape[0])]
    return None


def is_row_of_identity(node: Node) -> bool:
    return node.gate is arrays.index and node.inputs[0].gate is constructors.eye and len(node.settings["index"]) == 1


def vectors_together(
    terms: list[Monomial],
    terms_of: Callable[[Node], Sequence[Monomial]],
    added: Callable[[Sequence[Monomial]], Node | None],
) -> list[Monomial]:
    """The terms of a sum, of which such vectors are one; a row of the identity stays one beside other terms."""
    vectors = {index: entries for index, term in enumerate(terms) if (entries := _entries_of_term(term)) is not None}
    if len({len(entries) for entries in vectors.values()}) != 1 or len(vectors) == 1 < len(terms):
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
