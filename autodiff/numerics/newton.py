"""Roots and minima by Newton's method with safeguards, to the last digits. Knows functions of arrays, and no gate.

The roots of numbers are sought in many rows at once; those of a system, and minima, row by row. What is not found is
nan, and every search takes a bounded number of values.
Source: Dennis & Schnabel, Numerical Methods for Unconstrained Optimization and Nonlinear Equations, chapters 2 and 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
Equation = Callable[[Numbers, Numbers], tuple[Numbers, Numbers]]  # of places and their rows: the value and the slope
System = Callable[[Numbers], tuple[Numbers, Numbers]]  # of a place: the values and their Jacobian
Objective = Callable[[Numbers], tuple[float, Numbers, Numbers]]  # of a place: the value, the gradient and the Hessian

EPSILON = 2.0**-52
MOST_STEPS = 60
LENGTHS = np.array([1.0, 0.5, 0.25, 0.0625, 2.0, 3.0, 0.00390625])  # of a step; 2 and 3 lead to a double, triple root
CLOSE = 1e-10  # a Newton step, relative to the root, behind which there is one
NEAR = 1e-8  # the same of a minimum, relative also to the way to it: a flat one has no digits
SCALES = 10.0 ** np.linspace(-9.0, 9.0, 145)  # how far from the start a change of sign is looked for
MOST_CHANGES = 12  # of sign that are looked at
LEAST = 2.0**-1022  # of the doubles with all their digits
NEXT_TO_NOTHING = 1e-100  # a place whose powers are lost, too, and which is a root to every digit that matters
FALLEN = 1e-3  # what is left of the values at a change of sign where it closes in on a root; at a jump nothing falls


def roots(equation: Equation, start: Numbers) -> Numbers:
    """A root near each of the starts, nan where none is found."""
    rows = np.arange(len(start))
    x = np.array(start, dtype=float)
    with np.errstate(all="ignore"):
        value, slope = equation(x, rows)
        searching = np.isfinite(value) & (value != 0.0)
        for _ in range(MOST_STEPS):
            here = np.flatnonzero(searching)
            if not len(here):
                break
            steps = value[here] / slope[here]
            candidates = x[here, None] - steps[:, None] * LENGTHS
            values, slopes = equation(candidates.ravel(), np.repeat(here, len(LENGTHS)))
            sizes = np.abs(values).reshape(candidates.shape)
            sizes[~np.isfinite(sizes)] = np.inf
            halves = sizes <= 0.1 * np.abs(value[here])[:, None]  # the first of them is Newton's own step
            best = np.where(halves.any(axis=1), halves.argmax(axis=1), sizes.argmin(axis=1))
            is_better = sizes[np.arange(len(here)), best] < np.abs(value[here])
            flat = np.arange(len(here)) * len(LENGTHS) + best
            moved = here[is_better]
            x[moved] = candidates.ravel()[flat[is_better]]
            value[moved], slope[moved] = values[flat[is_better]], slopes[flat[is_better]]
            searching[here] = is_better & (value[here] != 0.0)
        found = np.isfinite(slope) & (np.abs(value / slope) <= CLOSE * np.abs(x))
        for row in np.flatnonzero(~found):
            found[row] = is_root(equation, float(x[row]), float(value[row]), int(row))
            if not found[row]:
                x[row] = bracketed(equation, float(start[row]), int(row))
    return x


def is_root(equation: Equation, x: float, value: float, row: int) -> bool:
    """Whether a place from which no Newton step tells is one: its value is noise, or 0 and not for want of digits."""
    return is_noise(equation, x, row) if value else not is_lost(equation, x, row)


def is_noise(equation: Equation, x: float, row: int) -> bool:
    """Whether the value there is no larger than the differences between its neighbours: at a double root it is not."""
    places = x * (1.0 + EPSILON * np.arange(-4.0, 5.0))
    values, _ = equation(places, np.full(9, row))
    return bool(np.isfinite(values).all() and abs(values[4]) <= 2.0 * np.abs(np.diff(values)).max())


def is_lost(equation: Equation, x: float, row: int) -> bool:
    """Whether the value there is 0 only for want of smaller numbers, as that of exp is from -746 on.

    It is 0 on one side as far as one looks, and on the other the last that is not is less than a double with all its
    digits. A multiple root has values on both sides, relu(x - 1) has whole ones next to those that are 0.
    """
    reach = SCALES * max(abs(x), 1.0)
    rows = np.full(len(reach), row)
    for side in (reach, -reach):
        beyond, before = equation(x + side, rows)[0], equation(x - side, rows)[0]
        if np.any(beyond) or not np.any(before):
            continue
        place = int(np.flatnonzero(before)[0])
        ends = np.array([x - side[place - 1] if place else x, x - side[place]])
        for _ in range(40):
            places = np.linspace(ends[0], ends[1], 17)
            values, _ = equation(places, np.full(17, row))
            at = int(np.flatnonzero(values)[0])
            if np.array_equal(ends, places[at - 1 : at + 1]):
                break
            ends = places[at - 1 : at + 1]
        return bool(abs(values[at]) < LEAST and abs(places[at]) > NEXT_TO_NOTHING)
    return False


def bracketed(equation: Equation, start: float, row: int) -> float:
    """The root at the change of sign that is nearest to the start, nan where no root is at one."""
    reach = SCALES * max(abs(start), 1.0)
    places = np.concatenate([start - reach[::-1], [start], start + reach])
    values, _ = equation(places, np.full(len(places), row))
    signs = np.sign(values)
    is_change = (signs[:-1] * signs[1:] <= 0.0) & (signs[:-1] != signs[1:])
    changes = sorted(np.flatnonzero(is_change), key=lambda one: abs(one + 0.5 - len(SCALES)))
    for left in changes[:MOST_CHANGES]:
        root = _closed_in(equation, places[left : left + 2], values[left : left + 2], row)
        if np.isfinite(root) and not is_lost(equation, root, row):
            return root
    return np.nan


def _closed_in(equation: Equation, ends: Numbers, values: Numbers, row: int) -> float:
    """The root between two ends of different sign, nan where the sign jumps."""
    before = np.abs(values).min()
    for _ in range(40):
        places = np.unique(np.concatenate([ends, np.linspace(ends[0], ends[1], 17)]))
        values, _ = equation(places, np.full(len(places), row))
        if not np.isfinite(values).all():
            return np.nan
        if np.any(values == 0.0):
            return float(places[np.flatnonzero(values == 0.0)[0]])
        (changes,) = np.nonzero(np.sign(values[:-1]) != np.sign(values[1:]))
        if not len(changes) or len(places) <= 3:
            break
        ends = places[changes[0] : changes[0] + 2]
    best = np.abs(values).argmin()
    return float(places[best]) if np.abs(values[best]) <= FALLEN * before else np.nan


def solution(system: System, start: Numbers) -> Numbers:
    """A root of a system near the start, nan where none is found."""
    x = np.array(start, dtype=float)
    with np.errstate(all="ignore"):
        value, slopes = system(x)
        for _ in range(2 * MOST_STEPS):
            if not np.any(value):
                return x
            step = _solved(slopes, value)
            for length in LENGTHS[[0, 1, 2, 3, 6]]:
                there = x - length * step
                new, new_slopes = system(there)
                if np.linalg.norm(new) < np.linalg.norm(value):
                    break
            else:
                break
            x, value, slopes = there, new, new_slopes
        is_found = np.isfinite(value).all() and np.abs(_solved(slopes, value)).max() <= CLOSE * np.abs(x).max()
    return x if is_found else np.full(len(x), np.nan)


def minimum(objective: Objective, start: Numbers) -> Numbers:
    """A minimum near the start, nan where none is found: not at a saddle, nor where the values fall for ever."""
    x = np.array(start, dtype=float)
    with np.errstate(all="ignore"):
        value, gradient, hessian = objective(x)
        for _ in range(4 * MOST_STEPS):
            if not np.isfinite(hessian).all() or not np.any(gradient):
                break
            step, falls = _downhill(gradient, hessian)
            for length in 0.25 ** np.arange(0.0, 12.0):
                there = x + length * step
                found = objective(there)
                is_lower = found[0] <= value + 1e-4 * length * falls
                # Where the values have no digits left to tell, the gradient tells.
                is_level = abs(found[0] - value) <= 16 * EPSILON * abs(value)
                if is_lower or (is_level and np.linalg.norm(found[1]) < np.linalg.norm(gradient)):
                    break
            else:
                break
            if np.array_equal(there, x):
                break
            x, (value, gradient, hessian) = there, found
        if not np.isfinite(hessian).all():
            return np.full(len(x), np.nan)
        curvatures = np.linalg.eigvalsh(hessian)
        way = max(np.abs(x).max(), np.abs(x - start).max())
        is_found = curvatures[0] >= -EPSILON * np.abs(curvatures).max() * len(x)
        is_found &= not np.any(gradient) or bool(np.abs(_solved(hessian, gradient)).max() <= NEAR * way)
    return x if is_found else np.full(len(x), np.nan)


def _downhill(gradient: Numbers, hessian: Numbers) -> tuple[Numbers, float]:
    """Newton's step where all curvatures are positive, else that with their absolute values; and how much it falls."""
    curvatures, directions = np.linalg.eigh(hessian)
    sizes = np.maximum(np.abs(curvatures), EPSILON * np.abs(curvatures).max())
    sizes[sizes == 0.0] = np.linalg.norm(gradient)
    step = -directions @ ((directions.T @ gradient) / sizes)
    return step, float(gradient @ step)


def _solved(slopes: Numbers, value: Numbers) -> Numbers:
    """Newton's step, infinite where there is none."""
    try:
        return np.linalg.solve(slopes, value)
    except np.linalg.LinAlgError:
        return np.full(len(value), np.inf)
