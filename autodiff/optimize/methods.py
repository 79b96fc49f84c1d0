"""The textbook's methods, a step at a time, to see how they go: each takes the slope and says where to go next.

Sources: Polyak (1964), Nesterov (1983), Tieleman & Hinton (2012), Kingma & Ba, Adam (2015).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.conditions import Region
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Vector

KEPT = 0.9  # of the velocity, or of the mean of squares, from step to step
KEPT_OF_SQUARES = 0.999  # Adam's
TINY = 1e-8

Rule = Callable[[Functions, Vector], Vector]  # the step from a point


def gradient_descent(rate: float) -> Rule:
    return lambda functions, vector: -rate * functions.gradient(vector)


def momentum(rate: float, looks_ahead: float = 0.0) -> Rule:
    velocity: Vector = np.zeros(1)

    def step(functions: Functions, vector: Vector) -> Vector:
        nonlocal velocity
        velocity = KEPT * velocity - rate * functions.gradient(vector + looks_ahead * velocity)
        return velocity

    return step


def nesterov(rate: float) -> Rule:
    return momentum(rate, KEPT)


def rmsprop(rate: float) -> Rule:
    squares: Vector = np.zeros(1)

    def step(functions: Functions, vector: Vector) -> Vector:
        nonlocal squares
        slope = functions.gradient(vector)
        squares = KEPT * squares + (1.0 - KEPT) * slope**2
        return np.asarray(-rate * slope / (np.sqrt(squares) + TINY))

    return step


def adam(rate: float) -> Rule:
    mean: Vector = np.zeros(1)
    squares: Vector = np.zeros(1)
    number = 0

    def step(functions: Functions, vector: Vector) -> Vector:
        nonlocal mean, squares, number
        slope = functions.gradient(vector)
        number += 1
        mean = KEPT * mean + (1.0 - KEPT) * slope
        squares = KEPT_OF_SQUARES * squares + (1.0 - KEPT_OF_SQUARES) * slope**2
        along, size = mean / (1.0 - KEPT**number), squares / (1.0 - KEPT_OF_SQUARES**number)
        return np.asarray(-rate * along / (np.sqrt(size) + TINY))

    return step


def newton(rate: float) -> Rule:
    def step(functions: Functions, vector: Vector) -> Vector:
        slope, curvature = functions.gradient(vector), functions.hessian(vector)
        return np.asarray(-rate * np.linalg.lstsq(curvature, slope, rcond=None)[0], dtype=np.float64)

    return step


class Textbook(NamedTuple):
    """A method's rule, and the rate that it has where none is given."""

    rule: Callable[[float], Rule]
    rate: float


METHODS = {
    "gd": Textbook(gradient_descent, 0.01),
    "momentum": Textbook(momentum, 0.01),
    "nesterov": Textbook(nesterov, 0.01),
    "rmsprop": Textbook(rmsprop, 0.01),
    "adam": Textbook(adam, 0.1),
    "newton": Textbook(newton, 1.0),
}


def walked(
    rule: Rule,
    functions: Functions,
    region: Region,
    start: Vector,
    steps: int,
    tell: Callable[[Vector, float], None],
    refuse: Callable[[Vector], None],
) -> Vector:
    """Where so many steps lead, each cut at the bounds; the way ends where nothing moves or something is not finite.

    `tell` gets each point and its value, `refuse` the one at which something is not finite.
    """
    vector = start
    for _ in range(steps):
        further = np.clip(vector + rule(functions, vector), region.lower, region.upper)
        value, slope = functions.value(further), functions.gradient(further)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            refuse(further)
            break
        if np.array_equal(further, vector):
            break
        vector = further
        tell(vector, value)
    return vector
