"""An axis: where a number lies on it, and the numbers written along it. Knows no terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple

Points = np.ndarray[Any, np.dtype[Any]]

HUGE = 4e307  # a value beyond counts as infinite: the length of an axis is a double
FLAT = 1e-12  # of the largest value; what differs by less is a constant with rounding errors
MARGIN = 0.04  # of an axis that is left free at both ends
TAIL = 5  # per cent of the values that a pole may push out at each end
REACH = 0.5  # of the length between the tails that is shown beyond them
MOST_FIXED = 6  # characters of a tick that are better than an exponent
FEW_DECADES = 2  # a log axis with fewer has ticks between the powers of ten


class Tick(NamedTuple):
    value: float
    text: str


class Axis(NamedTuple):
    """From `low` to `high`, which differ; on a log axis both are positive."""

    low: float
    high: float
    is_log: bool = False

    def fraction(self, value: Points | float) -> Any:
        """Where the value lies: 0 at the low end, 1 at the high one; nan where it is not on the axis at all."""
        with np.errstate(all="ignore"):
            low, high, here = map(self._scaled, (self.low, self.high, value))
            return (here - low) / (high - low)

    def slope(self, value: Points) -> Points:
        """What `fraction` gains where the value grows by one."""
        span = float(self._scaled(self.high) - self._scaled(self.low))
        return 1.0 / (value * math.log(10) * span) if self.is_log else np.full(np.shape(value), 1.0 / span)

    def _scaled(self, value: Points | float) -> Any:
        return np.log10(np.where(np.asarray(value) > 0, value, np.nan)) if self.is_log else np.asarray(value)

    def ticks(self, most: int) -> list[Tick]:
        """Nice numbers on the axis, about as many as asked for at most."""
        if self.is_log:
            powers = list(log_values(self.low, self.high, max(most, 1)))
            if len(powers) > 1:
                return [Tick(value, log_text(value)) for value in powers]
        values: list[float] = []
        while len(values) < 2:  # one number alone does not tell the scale
            step = nice_step((self.high - self.low) / max(most, 1))
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            values = [count * step for count in range(first, last + 1)]
            most += 1
        return [Tick(value, text_of(value, step, max(abs(self.low), abs(self.high)))) for value in values]


def value_axis(values: Points, *, has_pole: bool, is_log: bool) -> Axis | None:
    """The axis that shows the values, a pole's only as far as the others reach; None where there are none."""
    shown = values[np.isfinite(values) & (np.abs(values) < HUGE)]
    if is_log:
        shown = shown[shown > 0]
    if not len(shown):
        return None
    tail = TAIL if has_pole else 0
    if is_log:
        low, high = widened(*limits(np.log10(shown), tail), least=0.15)
        return Axis(10 ** max(low, -307.0), 10 ** min(high, 308.0), True)
    return Axis(*widened(*limits(shown, tail)))


def limits(values: Points, tail: int) -> tuple[float, float]:
    """The least and the largest, but beyond a `tail` (per cent) at each end only so far as the others reach."""
    low, high = float(values.min()), float(values.max())
    lower, upper = (float(bound) for bound in np.percentile(values, [tail, 100 - tail]))
    reach = REACH * (upper - lower)
    return (max(low, lower - reach), min(high, upper + reach)) if reach > 0 else (low, high)


def widened(low: float, high: float, least: float = 0.0) -> tuple[float, float]:
    """Limits with a margin; around a constant there is room of half its size."""
    length = high - low
    if is_flat(low, high):
        room = least or abs(low) / 2 or 1.0
        return low - room, high + room
    return low - MARGIN * length, high + MARGIN * length


def is_flat(low: float, high: float) -> bool:
    return high - low <= max(FLAT * max(abs(low), abs(high)), 1e-290)


def is_constant(values: Points) -> bool:
    """Whether the values that are finite differ by no more than rounding."""
    shown = values[np.isfinite(values)]
    return not len(shown) or is_flat(float(shown.min()), float(shown.max()))


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return float(next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= least * (1 - 1e-9)))


def text_of(value: float, step: float, largest: float) -> str:
    """A tick with the digits that its neighbours need to differ."""
    digit = math.floor(math.log10(step) + 1e-9)  # of the step's last digit, the first left of the point being 0
    digit -= abs(step / 10.0**digit - 2.5) < 1e-6
    if len(fixed(largest, digit)) <= max(MOST_FIXED, len(with_exponent(largest, digit))):
        return fixed(value, digit)
    return with_exponent(value, digit) if value else "0"


def fixed(value: float, digit: int) -> str:
    return f"{value + 0.0:.{max(0, -digit)}f}"


def with_exponent(value: float, digit: int) -> str:
    digits = max(0, math.floor(math.log10(abs(value)) + 1e-9) - digit)
    return with_short_exponent(f"{value:.{digits}e}")


def log_values(low: float, high: float, most: int) -> Iterator[float]:
    """Powers of ten, so many apart that they are few; with few decades also their multiples by 2 and 5."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if math.log10(high) - math.log10(low) < FEW_DECADES:
        for exponent in range(first - 1, last + 1):
            yield from (
                value
                for factor in (1, 2, 5)
                if low <= (value := factor * 10.0**exponent) * (1 + 1e-9) <= high * 1.000001
            )
        return
    apart = max(1, math.ceil((last - first + 1) / most))
    yield from (10.0**exponent for exponent in range(first, last + 1) if exponent % apart == 0)


def log_text(value: float) -> str:
    return with_short_exponent(f"{value:.6g}")


def with_short_exponent(text: str) -> str:
    """`1e6` for `1.0e+06`."""
    digits, has_exponent, exponent = text.partition("e")
    if has_exponent and "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{digits}e{int(exponent)}" if has_exponent else text
