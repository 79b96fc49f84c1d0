"""The derivative of a function along a line by differences of its values alone. Knows no graph and no rule of a gate.

A line is a function of a step t, the derivative that at t = 0. Where it gives an array, the derivative is that of the
sum of the entries, which are subtracted one by one so that large ones do not hide small ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from backprop.autodiff.shapes import Array

Line = Callable[[float], Array]

EPSILON = 2.0**-53
RATIO = 1.4  # of one step to the next, Ridders' choice; halved steps would agree on sin(64*pi*x) having slope 0 at 0
STEPS = 12  # of one table
FIRST_STEP = 0.1  # of the scale
STEP_BITS = 2.0**10  # a step has few bits, so that x + h and x - h are exact: its own rounding would count as slope
FINEST = 2.0**-42  # of the scale: the shortest step that few bits make exact
SIDE_RATIO = 16.0  # of one step to the next where the two sides are compared
SIGNIFICANT = 100.0  # times the noise
STAYS = 0.6  # two steps on, 256 times shorter: a gap of f'' * h is 256 times smaller, one of a kink is not


class Estimate(NamedTuple):
    """A derivative, how wrong it may be, and the longest step that it was made with (nan, inf, 0 where none was)."""

    value: float
    error: float
    step: float


def estimates(line: Line, scale: float, noise: float) -> Iterator[Estimate]:
    """Derivatives at 0 from ever other steps: first the scale's own, then 1's, then shorter ones.

    The longest steps have the least rounding, the shortest see no neighbouring corner, pole or period: which serves
    a function best only its values tell, so that the caller takes as many as it needs.
    """
    shorter = [unit * 10.0**-power for power in (2, 4, 6, 8, 10) for unit in dict.fromkeys((scale, 1.0))]
    for unit in dict.fromkeys((scale, 1.0, math.sqrt(scale), *shorter)):
        yield ridders(line, FIRST_STEP * unit, FINEST * scale, noise)


def ridders(line: Line, first_step: float, last_step: float, noise: float) -> Estimate:
    """Central differences with Richardson's extrapolation to step 0, and the entry whose neighbours agree best.

    `noise` is the least error of one value: what it comes to in a quotient is a part of the error. Source: Ridders,
    Accurate computation of F'(x) and F'(x)F''(x), Adv. Eng. Software 4 (1982); Numerical Recipes (2007), section 5.7.
    """
    best = Estimate(math.nan, math.inf, 0.0)
    above: list[float] = []
    steps: list[float] = []  # of the rows from the first that was finite
    for number in range(STEPS):
        step = few_bits(first_step / RATIO**number)
        if step <= last_step:
            break
        ahead, behind = line(step), line(-step)
        row = [total(ahead - behind) / (2 * step)]
        if not math.isfinite(row[0]):
            above, steps = [], []  # outside of the domain: begin again with a shorter step
            continue
        steps.append(step)
        rounding = 2 * max(rounding_of(ahead, noise), rounding_of(behind, noise)) / step
        for column, previous in enumerate(above):
            weight = (steps[-2 - column] / step) ** 2 - 1
            row.append(row[column] + (row[column] - previous) / weight)
            error = max(abs(row[-1] - row[column]), abs(row[-1] - previous)) + rounding
            if error < best.error:
                best = Estimate(row[-1], error, steps[0])
        if above and abs(row[-1] - above[-1]) > 1e3 * best.error:
            break  # rounding has taken over
        above = row
    return best


def total(values: Array) -> float:
    return float(np.sum(values))


def few_bits(step: float) -> float:
    mantissa, exponent = math.frexp(step)
    return math.ldexp(round(mantissa * STEP_BITS) / STEP_BITS, exponent)


def rounding_of(values: Array, noise: float) -> float:
    """How wrong a value may be: `noise` or, where it is larger, half a unit in the last place of each entry."""
    return max(noise, EPSILON * total(np.abs(values)))


def has_kink(line: Line, step: float, scale: float, noise: float) -> bool:
    """Whether the slopes ahead and behind differ by something that does not shrink with the step: a corner or a jump.

    From `step` on downwards, as far as the gap between them stands out from the noise.
    """
    here = line(0.0)
    step = max(step, FINEST * scale * SIDE_RATIO**4)
    gaps: list[float] = []
    while step > FINEST * scale:
        ahead, behind = line(step), line(-step)
        gap = abs(total((ahead - here) - (here - behind))) / step
        rounding = 4 * max(rounding_of(ahead, noise), rounding_of(behind, noise)) / step
        if not gap > SIGNIFICANT * rounding:  # nan included
            break
        gaps.append(gap)
        step /= SIDE_RATIO
    return len(gaps) >= 3 and gaps[-1] > STAYS * gaps[-3]


def is_edge(line: Line, scale: float) -> bool:
    """Whether the function ends here: finite on one side only, however short the step."""
    step = scale * 2.0**-30
    ahead, behind = (bool(np.all(np.isfinite(line(side)))) for side in (step, -step))
    return ahead is not behind


def variation(line: Line, scale: float) -> float:
    """How steep the entries are around 0: what makes a slope of 1e-17 at the top of a sine a zero."""
    step = FIRST_STEP * scale
    here = line(0.0)
    slopes = [total(np.abs(line(side) - here)) / step for side in (step, -step)]
    return max((slope for slope in slopes if math.isfinite(slope)), default=0.0)
