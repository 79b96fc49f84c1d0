"""Products of powers of which two are simpler as one node, as the gates declare it: abs(x)*sign(x) is x."""

from __future__ import annotations

from fractions import Fraction

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.monomials import ONE, Exponent, is_whole

BELOW = Exponent(Fraction(-1), None)


class Merged(NamedTuple):
    """A product without two of its powers, or one, in whose place `node` stands `times` times."""

    powers: dict[Node, Exponent]
    node: Node
    times: Fraction


def merged(powers: dict[Node, Exponent], *, has_quotients: bool) -> Merged | None:
    """The product with one pair of partners as the node that it is; None where there is none.

    A partner 1/cos(x) is the factor cos(x) below the bar, with `has_quotients`.
    """
    for base, exponent in powers.items():
        even = base.gate.even_of
        if (even is None and base.gate.partners is None) or not is_above(exponent):
            continue
        for partner, product in partners_of(base) if len(powers) > 1 else ():
            if is_reciprocal(partner):
                below = partner.inputs[1]
                if has_quotients and exponent == ONE and powers.get(below) == BELOW:
                    rest = {node: power for node, power in powers.items() if node not in (base, below)}
                    return Merged(rest, product, ONE.number)
                continue
            other = powers.get(partner)
            if other is not None and is_above(other):
                times = min(exponent.number, other.number)
                return Merged(lowered(lowered(powers, base, times), partner, times), product, times)
        if even is not None and exponent.number % 2 == 0:
            return Merged(lowered(powers, base, exponent.number), even(*base.inputs, **base.settings), exponent.number)
    return None


def partners_of(node: Node) -> list[tuple[Node, Node]]:
    """The factors with which the node's product is one node, each with that node."""
    partners = node.gate.partners
    return [] if partners is None else list(partners(*node.inputs, **node.settings))


def is_reciprocal(node: Node) -> bool:
    return node.gate is METHODS["/"] and node.inputs[0].is_number(1.0)


def is_above(exponent: Exponent) -> bool:
    return is_whole(exponent) and exponent.number > 0


def lowered(powers: dict[Node, Exponent], base: Node, times: Fraction) -> dict[Node, Exponent]:
    """The powers with `times` fewer factors of the base."""
    left = powers[base].number - times
    return {
        node: Exponent(left, None) if node is base else power
        for node, power in powers.items()
        if node is not base or left
    }
