"""Absolute values and signs in products of powers: |u|^2 is u^2, |u| sign(u) is u, sign(u)^2 is 1, u sign(u) is |u|."""

from __future__ import annotations

from collections.abc import Collection

from backprop.autodiff.graph import Node
from backprop.autodiff.passes import power_sums
from backprop.autodiff.passes.partners import partners_of
from backprop.autodiff.passes.power_sums import Powers, PowerSum, Rational


def with_even_powers(terms: PowerSum, signs: Collection[Node]) -> PowerSum:
    """The sum, its absolute values and signs to the powers 1 and -1 at most.

    `signs` are slopes of a kink: where one is 0, both sides count, of which the squares are 1.
    """
    bases = power_sums.bases_of(terms)
    if not any(base.gate.even_of is not None or base in signs for base in bases):
        return terms
    total: PowerSum = {}
    for powers, coefficient in terms.items():
        power_sums.add_scaled(total, {_even(powers, signs): coefficient})
    return total


def _even(powers: Powers, signs: Collection[Node]) -> Powers:
    exponents = {base: exponent % 2 if base in signs else exponent for base, exponent in powers}
    for base, exponent in powers:
        if base.gate.even_of is None or exponent.denominator != 1:
            continue
        inner = base.gate.even_of(*base.inputs, **base.settings)
        direction = 1 if exponent > 0 else -1
        moved: Rational = exponent - exponent % 2 * direction
        for partner, product in partners_of(base):
            if exponent % 2 and product is inner and exponents.get(partner) == 1:
                exponents[partner], moved = 0, exponent
        exponents[base] = exponent - moved
        exponents[inner] = exponents.get(inner, 0) + moved
    for sign in [base for base in signs if exponents.get(base)]:
        for partner, product in partners_of(sign):
            if exponents.get(partner, 0) >= 1:
                exponents[sign], exponents[partner] = 0, exponents[partner] - 1
                exponents[product] = exponents.get(product, 0) + 1
                break
    return frozenset([item for item in exponents.items() if item[1]])
