"""The roots of a function within a range, each apart from the others: intervals are cut until each has none, or one.

None where the enclosure of the values leaves 0 out, one where that of the slope does and the ends' signs differ. What
is left when intervals are as short as can be told apart is looked at: a root that the function only touches, a pole, a
jump, or something that stays open. Source: Moore, Kearfott & Cloud (2009), chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.intervals import Ends
from backprop.autodiff.optimize.enclosures import Mask, OneVariable

FIRST = 61  # intervals to begin with
BEYOND = 1e-7 / np.pi  # of the range: how far beyond its ends is looked, lest a root be at the end of an interval
PART = 0.5 - 0.1 / np.pi  # of an interval: where it is cut, for the same reason
MOST_OPEN = 2**16  # intervals at once
FEW = 100
MOST_CUTS = 54
MOST_STEPS = 120  # towards one root
PROBES = 33  # points of what is left
SHORT = 2.0**-44  # of the range: an interval that is cut no more
POINT = 2.0**-30  # of the range: how far what is left may reach and still be one point
NOISE = 4.0  # roundings of a value: what is no more may be 0
MOST_LEFT = 500  # stretches that are looked at one by one

Stretch = tuple[float, float]


class IsolatedRoot(NamedTuple):
    """`value`, the function's `slope` and value (`residual`) there. `error` is how far rounding may move the root.

    The `kind` is `simple`, `crossing` where the sign changes but the slope vanishes or has a jump, or `touching` where
    the function is 0 but for rounding and has one sign on both sides.
    """

    value: float
    slope: float
    residual: float
    error: float
    kind: str

    @property
    def digits(self) -> float:
        relative = self.error / max(abs(self.value), 1.0)
        return float(np.clip(-np.log10(max(relative, np.finfo(float).eps)), 0.0, 15.9))

    @property
    def condition(self) -> float:
        """How many of its own roundings the root may be off."""
        return max(1.0, self.error / float(np.spacing(max(abs(self.value), 1.0))))


class Isolation(NamedTuple):
    """The roots in order, stretches that are `unresolved` and may have others, and those where every point is one.

    `is_interrupted`: an interrupt ended it, and what was open is unresolved.
    """

    roots: list[IsolatedRoot]
    unresolved: list[Stretch]
    zero: list[Stretch]
    is_interrupted: bool


class Subranges(NamedTuple):
    """Intervals side by side, by their ends."""

    lower: Ends
    upper: Ends

    def where(self, chosen: Mask) -> Subranges:
        return Subranges(self.lower[chosen], self.upper[chosen])

    def halves(self) -> Subranges:
        cut = self.lower + PART * (self.upper - self.lower)
        return Subranges(np.ravel(np.column_stack([self.lower, cut])), np.ravel(np.column_stack([cut, self.upper])))


def isolated(
    function: OneVariable, low: float, high: float, tell: Callable[[int, int], None] | None = None
) -> Isolation:
    """Those from `low` to `high`. `tell` gets the number of cuts, and of the intervals that are open."""
    with np.errstate(all="ignore"):
        pieces = cut_up(function, low, high, tell)
        roots, still, is_interrupted = crossings_in(function, pieces)
        rest = joined(pieces.left, is_loose=True)
        for start, end in rest:
            more = None
            if len(rest) <= MOST_LEFT and not is_interrupted:
                try:
                    more = looked_at(function, start, end, POINT * (high - low))
                except KeyboardInterrupt:
                    is_interrupted = True
            roots += more or []
            still += [(start, end)] if more is None else []
    zero = joined(pieces.flat)
    inside = [placed(root, low, high) for root in roots if low - root.error <= root.value <= high + root.error]
    near = SHORT * 16.0 * (high - low)
    apart = [root for root in inside if not any(start - near <= root.value <= end + near for start, end in zero)]
    within = [(max(start, low), min(end, high)) for start, end in sorted(still) if end >= low and start <= high]
    everywhere = [(max(start, low), min(end, high)) for start, end in zero]
    return Isolation(distinct(apart), within, everywhere, is_interrupted)


class Pieces(NamedTuple):
    """Intervals with one root, those that are roots throughout, and those of which the bounds decide nothing."""

    brackets: list[Subranges]
    flat: list[Subranges]
    left: list[Subranges]
    is_interrupted: bool


def cut_up(function: OneVariable, low: float, high: float, tell: Callable[[int, int], None] | None) -> Pieces:
    """The range and some room around it, halved until the bounds of value and slope decide; an interrupt ends that."""
    room = BEYOND * (high - low)
    ends = np.linspace(low - room, high + room, FIRST + 1)
    cells = Subranges(ends[:-1], ends[1:])
    nothing = cells.where(np.zeros(FIRST, dtype=bool))
    pieces = Pieces([nothing], [nothing], [nothing], is_interrupted=False)
    for number in range(MOST_CUTS):
        if not len(cells.lower):
            break
        try:
            if tell:
                tell(number, len(cells.lower))
            sorts = sorted_out(function, cells)
        except KeyboardInterrupt:
            pieces = pieces._replace(is_interrupted=True)
            break
        pieces.brackets.append(cells.where(sorts.has_one))
        pieces.flat.append(cells.where(sorts.is_zero))
        pieces.left.append(cells.where(sorts.is_noise))
        cells = cells.where(sorts.is_open)
        if 2 * len(cells.lower) > MOST_OPEN:
            break
        is_short = cells.upper - cells.lower <= np.maximum(SHORT * (high - low), 4.0 * np.spacing(np.abs(cells.lower)))
        pieces.left.append(cells.where(is_short))
        cells = cells.where(~is_short).halves()
        if len(cells.lower) <= FEW:
            cells = cells.halves().halves()  # takes no longer, and is there sooner
    pieces.left.append(cells)
    return pieces


def crossings_in(function: OneVariable, pieces: Pieces) -> tuple[list[IsolatedRoot], list[Stretch], bool]:
    """The roots in the brackets, the brackets where they are not known, and whether an interrupt is the reason."""
    try:
        return list(crossings(function, pieces.brackets)), [], pieces.is_interrupted
    except KeyboardInterrupt:
        return [], joined(pieces.brackets), True


class Sorts(NamedTuple):
    """Which intervals have one root, are roots throughout, are no more than rounding, or have to be cut."""

    has_one: Mask
    is_zero: Mask
    is_noise: Mask
    is_open: Mask


def sorted_out(function: OneVariable, cells: Subranges) -> Sorts:
    lower, upper = cells
    found = function.enclosed(lower, upper)
    (least, most), (down, up) = found.value, found.slope
    left, right = function.at(lower)[0], function.at(upper)[0]
    is_defined = np.isfinite(left) & np.isfinite(right)
    is_zero = (least == 0.0) & (most == 0.0) & is_defined
    may = (least <= 0.0) & (most >= 0.0) & ~is_zero
    at_left, at_right = function.rounding(lower), function.rounding(upper)
    is_bounded = np.isfinite(least) & np.isfinite(most) & is_defined & found.is_smooth
    is_sure = is_bounded & ((down > 0.0) | (up < 0.0)) & (np.abs(left) > at_left) & (np.abs(right) > at_right)
    is_noise = may & is_bounded & (np.maximum(-least, most) <= NOISE * np.minimum(at_left, at_right))
    return Sorts(may & is_sure & (left * right < 0.0), is_zero, is_noise, may & ~is_sure & ~is_noise)


def placed(root: IsolatedRoot, low: float, high: float) -> IsolatedRoot:
    return root._replace(value=min(max(root.value, low), high))


def joined(parts: list[Subranges], *, is_loose: bool = False) -> list[Stretch]:
    """Intervals that touch, as one; also those of which the gap is shorter than they are where it `is_loose`."""
    lower, upper = (np.concatenate(ends) for ends in zip(*parts, strict=True))
    order = np.argsort(lower)
    stretches: list[Stretch] = []
    for start, end in zip(lower[order].tolist(), upper[order].tolist(), strict=True):
        room = (max(end - start, stretches[-1][1] - stretches[-1][0]) if is_loose else 0.0) if stretches else 0.0
        if stretches and start <= stretches[-1][1] + room:
            stretches[-1] = stretches[-1][0], max(end, stretches[-1][1])
        else:
            stretches.append((start, end))
    return stretches


def distinct(roots: list[IsolatedRoot]) -> list[IsolatedRoot]:
    """In order, without those that are one root found twice."""
    kept: list[IsolatedRoot] = []
    for root in sorted(roots, key=lambda one: one.value):
        if kept and root.value - kept[-1].value <= kept[-1].error + root.error:
            kept[-1] = max(kept[-1], root, key=lambda one: (one.kind == "simple", -abs(one.residual)))
        else:
            kept.append(root)
    return kept


def crossings(function: OneVariable, brackets: list[Subranges]) -> Iterator[IsolatedRoot]:
    """The root within each bracket, by Newton's steps that stay inside, or halves."""
    lower, upper = (np.concatenate(parts) for parts in zip(*brackets, strict=True))
    if not len(lower):
        return
    point = refined(function, lower, upper)
    value, slope, _ = function.at(point)
    error = errors(function, point)
    for numbers in zip(point.tolist(), slope.tolist(), value.tolist(), error.tolist(), strict=True):
        yield IsolatedRoot(*numbers, "simple")


def refined(function: OneVariable, lower: Ends, upper: Ends) -> Ends:
    """Where the function changes its sign, as near as doubles tell."""
    sign = np.sign(function.at(lower)[0])
    point = lower + 0.5 * (upper - lower)
    best, least = point, np.full(point.shape, np.inf)
    for _ in range(MOST_STEPS):
        value, slope, _ = function.at(point)
        is_better = np.abs(value) < least
        best, least = np.where(is_better, point, best), np.where(is_better, np.abs(value), least)
        before = lower, upper
        lower = np.where(np.sign(value) == sign, point, lower)
        upper = np.where(np.sign(value) == sign, upper, point)
        newton = point - value / slope
        halved = upper - lower <= 0.6 * (before[1] - before[0])
        half = lower + 0.5 * (upper - lower)
        further = np.where(
            (newton > lower) & (newton < upper) & (halved | (np.abs(newton - point) < 1e-6)), newton, half
        )
        if np.all((further == point) | (value == 0.0) | (further <= lower) | (further >= upper)):
            break
        point = np.where(value == 0.0, point, further)
    return best


def errors(function: OneVariable, point: Ends) -> Ends:
    """How far from a root a point may be by rounding: that of its value, over the slope, and its own."""
    _, slope, _ = function.at(point)
    off = np.abs(function.at(point)[0]) + function.rounding(point)
    own = 0.5 * np.spacing(np.abs(point))
    return np.maximum(own, np.where(slope != 0.0, off / np.abs(slope), np.inf))


def looked_at(function: OneVariable, low: float, high: float, short: float) -> list[IsolatedRoot] | None:
    """The roots in what is left of the range, none where it is a pole or a jump; None where nobody can say."""
    room = 0.5 * (high - low)
    points = np.unique(np.concatenate([np.linspace(low, high, PROBES), [low - room, high + room]]))
    value = function.at(points)[0]
    if not np.isfinite(value).any():
        return []
    is_zero = np.abs(value[1:-1]) <= NOISE * function.rounding(points[1:-1])
    if high - low > short and not is_zero.all():
        return None
    whole = function.enclosed(np.array([low]), np.array([high]))
    is_whole = bool(np.isfinite(value).all() and whole.is_smooth[0] and np.isfinite([*whole.value]).all())
    crosses = bool(value[0] * value[-1] < 0.0)
    if crosses and is_whole:
        nearest = float(refined(function, points[:1], points[-1:])[0])
        if low <= 0.0 <= high and not function.at(np.zeros(1))[0][0]:
            nearest = 0.0  # doubles are dense there, and steps stop short of it
    else:
        nearest = closest(function, points, value)
    found, steep, _ = (float(one[0]) for one in function.at(np.array([nearest])))
    if abs(found) <= NOISE * float(function.rounding(np.array([nearest]))[0]) or (crosses and is_whole):
        error = uncertainty(function, nearest, low, high)
        return [IsolatedRoot(nearest, steep, found, error, kind="crossing" if crosses else "touching")]
    return []


def closest(function: OneVariable, points: Ends, value: Ends) -> float:
    """The point nearby where the function is nearest to 0: at the edge of where it is defined, by Newton's steps on it,
    on its slope, or at 0 itself, near which doubles are dense.
    """

    def away(point: float) -> float:
        return float(np.nan_to_num(np.abs(function.at(np.array([point]))[0][0]), nan=np.inf))

    low, high = float(points[0]), float(points[-1])
    candidates = [float(points[np.nanargmin(np.abs(value))])] + [0.0] * (low <= 0.0 <= high)
    is_defined = np.isfinite(value)
    for place in np.flatnonzero(is_defined[1:] != is_defined[:-1]):
        candidates.append(edge(function, float(points[place]), float(points[place + 1])))
    for by_slope in (True, False):
        here = 0.5 * (low + high) if by_slope else min(candidates, key=away)
        for _ in range(60):
            first, slope, bend = (float(one[0]) for one in function.at(np.array([here])))
            top, bottom = (slope, bend) if by_slope else (first, slope)
            step = top / bottom if bottom else 0.0
            if not np.isfinite(step) or not low <= here - step <= high or here - step == here:
                break
            here -= step
        if by_slope and away(here) <= NOISE * float(function.rounding(np.array([here]))[0]):
            return here  # of all points where the function is rounding, the one where it turns
        candidates.append(here)
    return min(candidates, key=away)


def edge(function: OneVariable, low: float, high: float) -> float:
    """The last point that is defined, where one of the two is."""
    is_low = bool(np.isfinite(function.at(np.array([low]))[0][0]))
    while low < (middle := low + 0.5 * (high - low)) < high:
        if bool(np.isfinite(function.at(np.array([middle]))[0][0])) == is_low:
            low = middle
        else:
            high = middle
    return low if is_low else high


def uncertainty(function: OneVariable, point: float, low: float, high: float) -> float:
    """How far around a root that is only touched the function is 0 but for rounding."""
    points = np.linspace(low, high, 2 * PROBES)
    is_zero = np.abs(function.at(points)[0]) <= NOISE * function.rounding(points)
    far = np.max(np.abs(points[is_zero] - point), initial=0.0)
    return float(max(far, 0.5 * np.spacing(abs(point))))
