"""Repeated differentiation of sums of products of powers, whose bases are variables, functions of them, and sums.

Each gate's local gradient says what its derivative is, so that a set of bases is soon closed: sin and cos, a tanh, an
exp. Source: Bronstein, Symbolic Integration I, section 3.1, of derivations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.gates import arrays
from backprop.autodiff.graph import Node
from backprop.autodiff.passes import power_sums
from backprop.autodiff.passes.entries import entries_of
from backprop.autodiff.passes.monomials import is_power
from backprop.autodiff.passes.parity import with_even_powers
from backprop.autodiff.passes.power_sums import PowerSum, joined
from backprop.autodiff.passes.reading import NoNormalForm, Reading
from backprop.autodiff.passes.textbook import Brief

MOST_FACTORS = 20_000  # powers in all products of a derivative, of which like ones are not yet together


class TooLong(Exception):
    """A derivative has more than MOST_FACTORS powers in its products."""


def listed(node: Node) -> Sequence[Node] | None:
    """The entries of a vector that is written entry by entry."""
    return entries_of(node) if len(node.shape) == 1 else None


class Derivation(Reading):
    """The derivatives of the bases by one variable."""

    def __init__(self, variable: Node) -> None:
        super().__init__(variable.graph)
        self.slopes: dict[Node, PowerSum] = {variable: power_sums.number(1)}
        self.kinks: list[Brief] = []  # the slopes of kinks that were met
        self.signs: set[Node] = set()
        self.radii: set[Node] = set()  # what a slope is divided by, which is none of the question's poles
        self.size = 0  # powers in the products of the derivative that is being made

    def derived(self, terms: PowerSum) -> PowerSum:
        """The derivative of a sum, its like terms together. Source: the product rule. Raises TooLong."""
        total: PowerSum = {}
        owed = {*self.owed}
        for powers, coefficient in terms.items():
            for base, exponent in powers:
                slope = self.slope(base)
                if not slope:
                    continue
                rest = joined(powers, frozenset([(base, -1)]))
                self.size += (len(rest) + 1) * len(slope)
                if self.size > MOST_FACTORS:
                    raise TooLong
                for inner_powers, factor in slope.items():
                    self.add(total, self.times(rest, inner_powers), coefficient * exponent * factor)
        self.owed -= self.radii - owed
        return with_even_powers(total, self.signs)

    def allow(self, briefs: Collection[Brief]) -> None:
        """Those of kinks may stand, of which a reader is told that both sides count there."""
        if any([brief.node.gate.kink is None and brief.node.gate.form is None for brief in briefs]):
            raise NoNormalForm
        self.kinks += briefs
        self.signs.update([brief.form for brief in briefs if brief.form.gate.is_flat])

    def slope(self, root: Node) -> PowerSum:
        """The derivative of a node, those of what it consists of first."""
        waiting = [root]
        while waiting:
            node = waiting[-1]
            missing = [] if node in self.slopes else [part for part in self._parts(node) if part not in self.slopes]
            if missing:
                waiting += missing
                continue
            if node not in self.slopes:
                self.slopes[node] = self._slope(node)
            waiting.pop()
        return self.slopes[root]

    def _parts(self, node: Node) -> list[Node]:
        terms, factors = self.terms_of(node), self.factors_of(node)
        if terms is not None:
            return power_sums.bases_of(terms)
        if factors is not None:
            return [base for base, _ in factors[0]]
        return [part for operand in node.inputs for part in listed(operand) or (operand,)]

    def _slope(self, node: Node) -> PowerSum:
        terms = self.terms_of(node)
        if terms is not None:
            return self.derived(terms)
        if self.factors_of(node) is not None:
            return self._slope_of_product(node)
        total: PowerSum = {}
        for local, slope in self._partials(node):
            for powers, coefficient in self.expression(local, may_have_corners=is_power(node)).items():
                for inner_powers, factor in slope.items():
                    self.add(total, self.times(powers, inner_powers), coefficient * factor)
        return total

    def _partials(self, node: Node) -> Iterator[tuple[Node, PowerSum]]:
        """The derivatives of a function by its operands, or the entries of one, each with that one's slope."""
        gate = node.gate
        for position, operand in enumerate(() if gate.is_flat else node.inputs):
            entries = listed(operand)
            parts = [operand] if entries is None else entries
            if not any([self.slopes[part] for part in parts]):
                continue
            if node.shape or gate.is_selection or (gate.has_local and gate.route(position, node.inputs, node)):
                raise NoNormalForm
            if gate.kink is not None:
                self.radii.add(node)
            if entries is None:
                locals_ = [gate.local(position, node.inputs, node) if gate.has_local else None]
            else:
                whole = gate.pull(position, node.graph.constant(1.0), node.inputs, node)
                if whole is None or whole.shape != operand.shape:
                    raise NoNormalForm
                locals_ = [arrays.index(whole, index=(place,)) for place in range(len(entries))]
            for part, local in zip(parts, locals_, strict=True):
                if local is None:
                    raise NoNormalForm
                yield local, self.slopes[part]

    def _slope_of_product(self, node: Node) -> PowerSum:
        """A product's derivative; of what is raised in terms of itself, if that has a pole anyway: -q/r for q = s/r."""
        factors = self.factors_of(node)
        assert factors is not None
        powers, coefficient = factors
        total: PowerSum = {}
        for base, exponent in powers:
            by_itself = exponent < 0 and node in self.raised
            whole, scale = (frozenset([(node, 1)]), exponent) if by_itself else (powers, exponent * coefficient)
            rest = joined(whole, frozenset([(base, -1)]))
            for inner_powers, factor in self.slopes[base].items():
                self.add(total, self.times(rest, inner_powers), scale * factor)
        return total

    def corners(self, order: int) -> list[Node]:
        """Conditions of points at which a form in the derivative of that order has no value, as its gates declare."""
        conditions: list[Node] = []
        for node in [base for base in self.slopes if is_power(base)]:
            moving = [position for position, operand in enumerate(node.inputs) if self.slopes.get(operand)]
            partials = {node}
            for done in range(1, order + 1):
                locals_ = [form.gate.local(position, form.inputs, form) for form in partials for position in moving]
                parts = needed([local for local in locals_ if local is not None]) if locals_ else []
                partials = {part for part in parts if part.gate.gap is not None}
                if len(moving) > 1 or done == order:
                    ordered = sorted(partials, key=lambda form: form.index)
                    conditions += [
                        form.gate.gap.where(*form.inputs, **form.settings) for form in ordered if form.gate.gap
                    ]
        return conditions
