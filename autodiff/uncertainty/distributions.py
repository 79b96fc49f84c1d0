"""The distributions that an input may have: what a half-width says of them, and how they are drawn. Knows no input.

Source: JCGM 101:2008, 6.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.special import normcdf

SQRT_2, SQRT_3, SQRT_6 = math.sqrt(2.0), math.sqrt(3.0), math.sqrt(6.0)

Draws = np.ndarray[Any, np.dtype[np.float64]]
Generator = np.random.Generator


class Distribution(NamedTuple):
    """A symmetric distribution about 0 with a standard uncertainty of 1.

    `half_widths`: the standard uncertainties between its middle and its end, None where it has no end. `fill` draws
    independent numbers into an array; `of_normal` takes those of a standard normal distribution to its own, which
    correlated inputs need. Where the distribution `has_tails` of a t distribution, both are the normal's, which are
    stretched by the root of a chi square afterwards.
    """

    half_widths: float | None
    fill: Callable[[Generator, Draws], None]
    of_normal: Callable[[Draws], Draws]
    has_tails: bool = False


def fill_normal(random: Generator, out: Draws) -> None:
    random.standard_normal(out=out)


def fill_uniform(random: Generator, out: Draws) -> None:
    random.random(out=out)
    out -= 0.5
    out *= 2.0 * SQRT_3


def fill_triangular(random: Generator, out: Draws) -> None:
    """The sum of two that are uniform."""
    random.random(out=out)
    out -= random.random(out.shape)
    out *= SQRT_6


def fill_arcsine(random: Generator, out: Draws) -> None:
    random.random(out=out)
    out *= math.pi
    np.cos(out, out=out)
    out *= SQRT_2


def uniform_of_normal(z: Draws) -> Draws:
    return 2.0 * SQRT_3 * (_probability(z) - 0.5)


def triangular_of_normal(z: Draws) -> Draws:
    """The inverse of the distribution function, from the nearer end."""
    tail = _probability(-np.abs(z))
    return np.copysign(SQRT_6 * (1.0 - np.sqrt(2.0 * tail)), z)


def arcsine_of_normal(z: Draws) -> Draws:
    return SQRT_2 * np.sin(math.pi * (_probability(z) - 0.5))


def itself(z: Draws) -> Draws:
    return z


def _probability(z: Draws) -> Draws:
    probability: Draws = np.asarray(normcdf(z))
    return probability


DISTRIBUTIONS = {
    "normal": Distribution(None, fill_normal, itself),
    "t": Distribution(None, fill_normal, itself, has_tails=True),
    "uniform": Distribution(SQRT_3, fill_uniform, uniform_of_normal),
    "triangular": Distribution(SQRT_6, fill_triangular, triangular_of_normal),
    "arcsine": Distribution(SQRT_2, fill_arcsine, arcsine_of_normal),
}
