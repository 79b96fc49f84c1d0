"""The derivative of a function along a line by differences of its values alone. Knows no graph and no rule of a gate.

Where the function gives an array, the derivative is that of the sum of the entries, which are subtracted one by one so
that large ones do not hide small ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, takewhile

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array

EPSILON = 2.0**-53
TINIEST = 2.0**-1074  # what a value that underflows is rounded to a multiple of
RATIO = 1.4  # of one step to the next, Ridders' choice; halved steps would agree on sin(64*pi*x) having slope 0 at 0
STEPS = 12  # of one table
FIRST_STEP = 0.1  # of the unit
STEP_BITS = 2.0**10  # a step has few bits, so that x + h and x - h are exact: its own rounding would count as slope
FINEST = 2.0**-42  # of a number: the shortest step that few bits make exact
SMALLEST = 2.0**-1040  # the shortest step away from 0, where every one is exact
SIDE_RATIO = 16.0  # of one step to the next where the two sides are compared
LEAP = 2.0**8  # the same below FINEST of the scale, around 0
RUNGS = 3  # of such steps, from the finest up, that confirm an estimate
SIGNIFICANT = 100.0  # times the noise
STAYS = 0.6  # two steps on, 256 times shorter: a gap of f'' * h is 256 times smaller, one of a kink is not
BENT = 0.1  # of the gap between the sides: a side that bends by more is an oscillation's, which steps do not resolve
AT_REST = 0.1  # of how far the values move at the longest step: more than that at the finest is an oscillation
SURE = 10.0  # times its estimated error: further off than that a numeric derivative is not
POWERS = (2, 4, 6, 8, 10)  # of ten, by which the first steps are shorter than the units


class Along:
    """A function of the step along a line. Many steps at once take little longer than one, where they are kept."""

    def __init__(self, values: Callable[[Sequence[float]], Sequence[Array]], are_kept: bool) -> None:
        self.values, self.are_kept = values, are_kept
        self.known: dict[float, Array] = {}

    def at(self, step: float) -> Array:
        if not self.are_kept:
            return self.values([step])[0]
        self.look(step)
        return self.known[step]

    def look(self, *steps: float) -> None:
        """Have the values at these steps together, when one of them is asked for."""
        unknown = [step for step in dict.fromkeys(steps) if step not in self.known] if self.are_kept else []
        if unknown:
            self.known.update(zip(unknown, self.values(unknown), strict=True))


class Line(NamedTuple):
    """A function along a line: `along` gives its values by the step, the derivative is that at step 0.

    `scale` is the unit of steps, `finest` the shortest step that is exact, `noise` the least error of one value.
    """

    along: Along
    scale: float
    finest: float
    noise: float

    def at(self, step: float) -> Array:
        return self.along.at(step)

    def sides(self, steps: Iterable[float]) -> Iterator[tuple[float, Array, Array]]:
        """Each step with the values ahead and behind; some are computed together before they are asked for."""
        ladder = iter(steps)
        while some := list(islice(ladder, STEPS)):
            self.along.look(0.0, *some, *[-step for step in some])
            for step in some:
                yield step, self.at(step), self.at(-step)


class Estimate(NamedTuple):
    """A derivative and how wrong it may be, the longest and the shortest step of its table, and the table's spread.

    The spread is how far the quotients of its steps, before they are extrapolated, are from the derivative.
    """

    value: float = math.nan
    error: float = math.inf
    step: float = 0.0
    shortest: float = 0.0
    spread: float = math.inf


def estimates(line: Line, slope: float) -> Iterator[Estimate]:
    """Derivatives at 0 from ever other steps: first the scale's own, then 1's, then shorter ones.

    The longest steps have the least rounding, the shortest see no neighbouring corner, pole or period: which serves
    a function best only its values tell, so that the caller takes as many as it needs. The last is the step in which
    a line of that `slope` goes as far as the values do: tanh(1e200*x) has room for no other.
    """
    units = dict.fromkeys((line.scale, 1.0))
    shorter = [unit * 10.0**-power for power in POWERS for unit in units]
    for unit in dict.fromkeys((*units, math.sqrt(line.scale), *shorter)):
        yield ridders(line, FIRST_STEP * unit)
    reach = max(movement(line, FIRST_STEP * unit) for unit in units) / slope if slope else math.inf
    if reach < max(units):
        yield ridders(line, FIRST_STEP * reach)


def ridders(line: Line, first_step: float) -> Estimate:
    """Central differences with Richardson's extrapolation to step 0, and the entry whose neighbours agree best.

    What the values' rounding comes to in a quotient is a part of the error. Source: Ridders, Accurate computation of
    F'(x) and F'(x)F''(x), Adv. Eng. Software 4 (1982); Numerical Recipes (2007), section 5.7.
    """
    best = Estimate()
    above: list[float] = []
    quotients: list[float] = []  # of the rows from the first that was finite
    steps: list[float] = []
    ladder = [few_bits(first_step / RATIO**number) for number in range(STEPS)]
    for step, ahead, behind in line.sides(takewhile(lambda step: step > line.finest, ladder)):
        row = [total(ahead - behind) / (2 * step)]
        if not math.isfinite(row[0]):
            above, quotients, steps = [], [], []  # outside of the domain: begin again with a shorter step
            continue
        steps.append(step)
        quotients.append(row[0])
        rounding = 2 * rounding_of(line, ahead, behind) / step
        for column, previous in enumerate(above):
            weight = (steps[-2 - column] / step) ** 2 - 1
            row.append(row[column] + (row[column] - previous) / weight)
            error = max(abs(row[-1] - row[column]), abs(row[-1] - previous)) + rounding
            if error < best.error:
                best = Estimate(row[-1], error, steps[0])
        if above and abs(row[-1] - above[-1]) > 1e3 * best.error:
            break  # rounding has taken over
        above = row
    if not quotients:
        return best
    return best._replace(shortest=steps[-1], spread=max(abs(quotient - best.value) for quotient in quotients))


def total(values: Array) -> float:
    return float(np.add.reduce(values, axis=None))


def few_bits(step: float) -> float:
    mantissa, exponent = math.frexp(step)
    return math.ldexp(round(mantissa * STEP_BITS) / STEP_BITS, exponent)


def rounding_of(line: Line, ahead: Array, behind: Array) -> float:
    """How wrong a value may be: the noise or, where it is larger, half a unit in the last place of each entry."""
    return max(line.noise, *(EPSILON * total(np.abs(values)) for values in (ahead, behind)), TINIEST)


def has_kink(line: Line, step: float) -> bool:
    """Whether the two sides differ by something that does not shrink with the step: a corner or a jump.

    From `step` on downwards, as far as the difference stands out from the noise.
    """
    here = line.at(0.0)
    first = max(step, min(line.finest, FINEST * line.scale) * SIDE_RATIO**4)
    steps: list[float] = []
    corners: list[float] = []
    jumps: list[float] = []
    for step, ahead, behind in line.sides(rungs(line, first)):
        least = SIGNIFICANT * 4 * rounding_of(line, ahead, behind)
        corner, jump = abs(total((ahead - here) - (here - behind))), abs(total(ahead - behind))
        is_smooth = bool(jumps) and jump < 0.25 * jumps[-1]
        if not corner > least and (is_smooth or not jump > least):  # nan included
            break
        steps.append(step)
        corners.append(corner / step if corner > least else 0.0)
        jumps.append(jump)
    if len(steps) < 3:
        return False
    is_corner = corners[-1] > STAYS * corners[-3]
    is_jump = jumps[-1] > max(STAYS * jumps[-3], least)
    gaps = [corner * step for corner, step in zip(corners, steps, strict=True)] if is_corner else jumps
    return (is_corner or is_jump) and all(is_straight(line, steps[index], gaps[index]) for index in (-3, -2, -1))


def rungs(line: Line, step: float, leap: float = LEAP) -> Iterator[float]:
    """Steps from this one down to the finest."""
    while step > line.finest:
        yield step
        step /= SIDE_RATIO if step > FINEST * line.scale else leap


def is_straight(line: Line, step: float, gap: float) -> bool:
    """Whether each side by itself bends far less than the two are apart."""
    for side in (step, -step):
        far, middle, near = line.at(side), line.at(0.75 * side), line.at(0.5 * side)
        if not abs(total(far - 2 * middle + near)) <= BENT * gap + 4 * rounding_of(line, far, near):
            return False
    return True


def is_resolved(line: Line, estimate: Estimate) -> bool:
    """Whether shorter steps say the same, and the values are at rest at the finest: else the steps see too little."""
    far = AT_REST * movement(line, estimate.step)
    for step, ahead, behind in line.sides(2 * SIDE_RATIO**number * line.finest for number in range(RUNGS)):
        if step < estimate.shortest:
            rounding = 2 * rounding_of(line, ahead, behind)
            inexact = EPSILON * line.scale / step * abs(estimate.value)  # of the step itself along a slanted line
            off = abs(total(ahead - behind) / (2 * step) - estimate.value)
            if not off <= 2 * estimate.spread + SURE * (rounding / step + inexact + estimate.error):
                return False
            if step == 2 * line.finest and not movement(line, step) <= far + SURE * rounding:
                return False
    return not is_rough(line, estimate)


def is_rough(line: Line, estimate: Estimate) -> bool:
    """Whether the values change faster between the estimate's steps and none than they do at its steps."""
    steepest = 10 * max(variation(line, estimate.step), variation(line, estimate.shortest))
    rough = 0  # one such step may meet a place close by where all digits are lost
    for step, ahead, behind in line.sides(rungs(line, estimate.shortest / SIDE_RATIO, SIDE_RATIO)):
        rounding = rounding_of(line, ahead, behind)
        rough += movement(line, step) > steepest * step + SURE * rounding
        if rough > 1:
            return True
    return False


def is_edge(line: Line) -> bool:
    """Whether the function ends here: finite on one side only, however short the step."""
    ahead, behind = (bool(np.all(np.isfinite(line.at(side)))) for side in (2 * line.finest, -2 * line.finest))
    return ahead is not behind


def variation(line: Line, step: float) -> float:
    """How steep the entries are around 0: what makes a slope of 1e-17 at the top of a sine a zero."""
    return movement(line, step) / step if step else 0.0


def movement(line: Line, step: float) -> float:
    """How far the entries go in a step, to the side on which they go further and stay finite."""
    here = line.at(0.0)
    moves = [total(np.abs(line.at(side) - here)) for side in (step, -step)]
    return max((move for move in moves if math.isfinite(move)), default=0.0)
