"""A formula at a point with a direction, its derivatives along it at 50 digits, and what rounding leaves of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

from .formulas import EXTREMES, NUMBERS, Formula, formula, written
from .series import Line, NoTruth

ORDERS = 4
SPARE = 4  # coefficients more, for square roots at 0
DIGITS, MORE_DIGITS = 50, 75
TRIALS = 4
ROUNDINGS = 1000  # roundings of the size of those that the trials make: a derivative of order 4 has hundreds of gates
LEAST = mpf(10) ** -290
RANGE = 1000  # powers of 2
HIGH = 3  # from this order on six digits are enough: what a third derivative's gates cancel is no gate's promise
HIGH_DIGITS = mpf(10) ** -6


class Case(NamedTuple):
    """A scalar formula, the values of its variables and the direction of the line through them."""

    formula: Formula
    point: Mapping[str, np.ndarray]
    direction: Mapping[str, np.ndarray]

    @property
    def text(self) -> str:
        return self.formula.text()

    def on_line(self) -> str:
        """The formula as a function of t, which is 0 at the point."""
        moved = {
            name: f"({written(value)} + t*{written(self.direction[name])})"
            if np.any(self.direction[name])
            else written(value)
            for name, value in self.point.items()
        }
        return self.formula.text(moved)

    def along(self, gradient: Mapping[str, Any]) -> float:
        """The derivative along the direction, from the gradient."""
        parts = [np.asarray(gradient[name])[step != 0] * step[step != 0] for name, step in self.direction.items()]
        return float(sum(np.sum(part) for part in parts))

    def shorter(self) -> Iterator[Case]:
        """The case with a shorter formula, a rounder point or fewer directions."""
        for one in self.formula.shorter():
            names = one.variables()
            point = {name: self.point.get(name, np.full(shape, 0.5)) for name, shape in names.items()}
            step = {name: self.direction.get(name, np.zeros(shape)) for name, shape in names.items()}
            if any(map(np.any, step.values())):
                yield Case(one, point, step)
        for values, field in ((self.point, "point"), (self.direction, "direction")):
            for name, value in values.items():
                for place in np.ndindex(value.shape):
                    for simple in (0.0, 1.0, 2.0)[: 3 if field == "point" else 1]:
                        if value[place] != simple and (value[place] not in (0.0, 1.0, 2.0) or simple < value[place]):
                            changed = value.copy()
                            changed[place] = simple
                            changes = {**values, name: changed}
                            if field == "point" or any(map(np.any, changes.values())):
                                yield self._replace(**{field: changes})


def case(random: Random) -> Case:
    """A formula at a point where corners and ties are frequent."""
    while True:
        found = formula(random, (), random.choice((1, 1, 2, 2, 3, 4, 5, 7)))
        names = found.variables()
        if names:
            break
    pool: tuple[Callable[[], float], ...] = (
        lambda: random.choice(NUMBERS), lambda: random.choice(NUMBERS), lambda: round(random.gauss(0, 1), 3),
        lambda: random.choice((random.random(), random.gauss(0, 3), random.choice(EXTREMES))),
    )  # fmt: skip
    draw = random.choice(pool)
    point = {name: drawn(draw, shape) for name, shape in names.items()}
    direction = {name: np.zeros(shape) for name, shape in names.items()}
    chosen = random.choice(list(names))
    direction[chosen][tuple(random.randrange(length) for length in names[chosen])] = 1.0
    if random.random() < 0.3:  # no round numbers, whose parts would cancel and leave nothing but rounding
        direction = {name: drawn(lambda: round(random.gauss(0, 1), 2), shape) for name, shape in names.items()}
    return Case(found, point, direction)


def drawn(draw: Callable[[], float], shape: tuple[int, ...]) -> np.ndarray:
    return np.array([draw() for _ in range(int(np.prod(shape)))]).reshape(shape)


class Truth(NamedTuple):
    """The derivative of one order, and how far a sound computation may be off."""

    value: float
    allowed: float


class Truths(NamedTuple):
    """By order; None where the two sides of a kink differ, or no digit is certain. `touches`: it is hit exactly."""

    of: tuple[Truth | None, ...]
    touches: bool


def truths(one: Case, seed: str) -> Truths:
    """The derivatives along the direction, orders 0 to 4. Raises NoTruth."""
    exact, line = coefficients(one, 1, DIGITS)
    touches = line.touched
    random = Random(seed)
    trials = [coefficients(one, 1, DIGITS, random)[0] for _ in range(TRIALS)]
    finer = coefficients(one, 1, MORE_DIGITS)[0]
    other = coefficients(one, -1, DIGITS)[0] if touches else exact
    resting = {name: np.zeros_like(step) for name, step in one.direction.items()}
    at_point = coefficients(one._replace(direction=resting), 1, DIGITS)[0][0] if touches else exact[0]
    found: list[Truth | None] = []
    for order in range(ORDERS + 1):
        value = exact[order]
        allowed = ROUNDINGS * max(abs(trial[order] - value) for trial in trials) + LEAST
        if order >= HIGH:
            allowed = max(allowed, HIGH_DIGITS * abs(value))
        is_known = abs(finer[order] - value) <= allowed / ROUNDINGS and abs(other[order] - value) <= allowed
        # A derivative of which rounding may leave nothing says nothing.
        is_certain = is_known and (value == 0 or allowed <= abs(value) / 1000 or allowed <= LEAST * 2)
        factorial = mp.factorial(order)
        if abs(at_point - exact[0]) > abs(at_point) * HIGH_DIGITS:
            is_certain = False  # it jumps here: there is no derivative
        if order > 1 and line.extreme * (order + 1) > RANGE:
            is_certain = False  # an adjoint, 1/x^(order + 1) for 1/x, leaves the doubles
        found.append(Truth(float(value * factorial), float(allowed * factorial)) if is_certain else None)
    return Truths(tuple(found), touches)


def coefficients(one: Case, side: int, digits: int, random: Random | None = None) -> tuple[list[mpf], Line]:
    """The series along the line as seen from one side, and what was met on the way."""
    with mp.workdps(digits):
        line = Line(ORDERS + 1 + SPARE * any(word in one.text for word in ("norm", "hypot", "std")), side, random)
        inputs = {
            name: np.frompyfunc(line.series, 2, 1)(value, one.direction[name]) for name, value in one.point.items()
        }
        found = one.formula.series(inputs).coefficients
    if len(found) <= ORDERS:
        raise NoTruth
    return found, line
