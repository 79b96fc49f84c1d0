r"""Which differential ends which integral: the dx of \int_0^1 x\,dx, and that of \int_0^1 \frac{dx}{x}.

A d before a name is one where an integral waits for it between the same brackets. In a text with an upright
\mathrm{d} before a name only such a d is one.
"""

from __future__ import annotations

import re
from itertools import pairwise

from backprop.autodiff.errors import ExpressionError
from backprop.parser.latex import commands
from backprop.parser.latex.units import FRACTIONS, Unit

INTEGRAL = r"\int"
FRACTION_END = "}"  # the text of a differential that was in a numerator
ITALIC = re.compile("d")
UPRIGHT = re.compile(r"\\(?:mathrm|text|textrm|operatorname)\s*(?:\{\s*d\s*\}|d)")
OPENING = {"{", *commands.OPENING, *commands.ENCLOSING}
CLOSING = {"}", *commands.OPENING.values(), *[closing for closing, _ in commands.ENCLOSING.values()]}
SIGNS = ("+", "-", "\u2212")


class OpenGroup:
    """What is open between two brackets, and the integrals that wait in it.

    `is_moved`: the differential of a numerator has been found; it ends its integral behind the denominator, which
    `ends_integral`.
    """

    __slots__ = ("ends_integral", "integrals", "is_moved", "is_numerator", "is_sum")

    def __init__(self, *, ends_integral: bool = False, is_numerator: bool = False) -> None:
        self.integrals: list[Unit] = []
        self.ends_integral = ends_integral
        self.is_numerator = is_numerator
        self.is_sum = self.is_moved = False


class Differentials:
    """The units of a text, in which each differential is one, behind what is integrated.

    `variables`: the variable of each integral, by where its sign begins. Raises ExpressionError for an integral
    without a differential, and for a differential without one.
    """

    def __init__(self, sequence: list[Unit]) -> None:
        self.variables: dict[int, Unit] = {}
        self.units: list[Unit] = []
        self.groups = [OpenGroup()]
        is_upright = any(UPRIGHT.fullmatch(one.text) and other.kind == "name" for one, other in pairwise(sequence))
        self.sign = UPRIGHT if is_upright else ITALIC
        place = 0
        while place < len(sequence):
            unit, *behind = sequence[place : place + 3]
            if behind and behind[0].kind == "name" and self.sign.fullmatch(unit.text) and not unit.below:
                self.differential(unit, behind[0], ends_group=[one.text for one in behind[1:]] == ["}"])
                place += 1
            else:
                self.other(unit)
            place += 1
        for group in self.groups:
            self.refuse_waiting(group)

    def differential(self, sign: Unit, name: Unit, *, ends_group: bool) -> None:
        group = self.groups[-1]
        whole = Unit("differential", f"d{name.text}", sign.start, name.end)
        is_above = group.is_numerator and ends_group and not group.integrals and not group.is_sum
        waiting = self.groups[-2] if is_above else group
        if waiting.integrals and (name.text != "d" or self.sign is UPRIGHT):
            self.variables[waiting.integrals.pop().start] = name
        elif self.variables or any(one.integrals for one in self.groups):
            raise ExpressionError(
                f"which integral ends with 'd{name.text}'?",
                whole.span,
                r"write it between the same brackets as its \int; where d is a variable, all differentials \mathrm{d}x",
            )
        else:
            self.units += [sign, name]
            return
        if not is_above:
            self.units.append(whole)
            return
        waiting.is_moved = True
        if self.units[-1].text in ("{", *SIGNS):
            self.units.append(Unit("number", "1", sign.start, name.end))

    def other(self, unit: Unit) -> None:
        group = self.groups[-1]
        text = unit.text
        before = self.units[-1].text if self.units else ""
        self.units.append(unit)
        if text == INTEGRAL:
            group.integrals.append(unit)
        elif text in OPENING:
            self.groups.append(OpenGroup(ends_integral=group.is_moved, is_numerator=before in FRACTIONS))
            group.is_moved = False
        elif text in CLOSING and len(self.groups) > 1:
            self.refuse_waiting(self.groups.pop())
            if group.ends_integral:
                self.units.append(Unit("differential", FRACTION_END, unit.start, unit.end))
        elif text in SIGNS and before != "{":
            group.is_sum = True

    def refuse_waiting(self, group: OpenGroup) -> None:
        if group.integrals:
            raise ExpressionError(
                "no differential ends this integral",
                group.integrals[-1].span,
                rf"write \, {'dx' if self.sign is ITALIC else chr(92) + 'mathrm{d}x'} behind what is integrated",
            )
