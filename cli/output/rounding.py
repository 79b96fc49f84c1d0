"""Numbers that are not known exactly: two digits of the uncertainty, and the value rounded to match. Computes nothing.

Source: GUM (JCGM 100:2008), 7.2.2 and 7.2.6.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

DIGITS = 2
LEAST_EXPONENT = -5  # a number below 1e-5 is written with an exponent, as Python does it
EXACT = Context(prec=1000)  # digits between the largest double and the least
MOST_ZEROS = 3  # that stand for digits which are not known, before an exponent does


def place_of(uncertainty: float) -> int:
    """The power of ten of the second digit, once it is rounded: 0.0996 is 0.10."""
    return Decimal(f"{uncertainty:.{DIGITS - 1}e}").adjusted() - DIGITS + 1


def is_place(uncertainty: float) -> bool:
    """Whether the uncertainty says where to round."""
    return 0.0 < uncertainty < math.inf


def rounded_at(value: float, place: int) -> Decimal:
    """The value with its last digit at `place`; a zero without a sign."""
    number = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(place), context=EXACT)
    return number if number else abs(number)


def matched(value: float, uncertainty: float) -> str:
    """The value, rounded where the uncertainty's second digit is."""
    if not (is_place(uncertainty) and math.isfinite(value)):
        return f"{value:.6g}"
    place = place_of(uncertainty)
    return written(rounded_at(value, place), place, exponent_for(max(abs(value), uncertainty), place))


def written(number: Decimal, place: int, exponent: int) -> str:
    """A rounded number, with an exponent unless that is 0."""
    if not exponent:
        return f"{number:f}"
    return f"{mantissa(number, place, exponent)}e{exponent:+03d}"


def mantissa(number: Decimal, place: int, exponent: int) -> str:
    return f"{number.scaleb(-exponent, EXACT).quantize(Decimal(1).scaleb(place - exponent), context=EXACT):f}"


def exponent_for(value: float, place: int) -> int:
    """The exponent to write a positive number with whose last digit is at `place`: 0 where it reads well without."""
    exponent = max(rounded_at(value, place).adjusted(), place)
    return exponent if place > MOST_ZEROS or exponent < LEAST_EXPONENT else 0


def with_uncertainty(value: float, uncertainty: float) -> str:
    """`12.34 ± 0.56`, or `(5.670372 ± 0.000020)e-08`."""
    if not (is_place(uncertainty) and math.isfinite(value)):
        return f"{value:.6g} ± {uncertainty:.6g}"
    place = place_of(uncertainty)
    exponent = exponent_for(max(abs(value), uncertainty), place)
    pair = [mantissa(rounded_at(number, place), place, exponent) for number in (value, uncertainty)]
    both = " ± ".join(pair)
    return f"({both})e{exponent:+03d}" if exponent else both


def concise(value: float, uncertainty: float) -> str:
    """`12.34(56)`: the uncertainty in units of the value's last digit."""
    if not (is_place(uncertainty) and math.isfinite(value)):
        return with_uncertainty(value, uncertainty)
    place = place_of(uncertainty)
    exponent = exponent_for(max(abs(value), uncertainty), place)
    in_units = int(rounded_at(uncertainty, place).scaleb(-min(place - exponent, 0) - exponent, EXACT))
    has_point = place - exponent == -1  # one digit is behind the point: 12.3(1.5), not (15)
    shown = f"{in_units / 10:.1f}" if has_point else str(in_units)
    text = f"{mantissa(rounded_at(value, place), place, exponent)}({shown})"
    return f"{text}e{exponent:+03d}" if exponent else text
