"""Many variables within bounds: no matrix is made. Newton's steps by conjugate gradients, curvature by Lanczos.

Sources: Steihaug (1983); Nocedal & Wright, Numerical Optimization (2006), section 7.1; Golub & Van Loan, chapter 10.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from backprop.autodiff.optimize.conditions import FALL, STEP, Conditions, Mask, Region
from backprop.autodiff.optimize.descent import ACCEPTED, GOOD, MOST_REDUCED, UNBOUNDED
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Vector

MOST_PRODUCTS = 200  # with second derivatives, of one step
MOST_LANCZOS = 60  # of the certificate
SOLVED = 1e-10  # of the slope: what the certificate's Newton step may leave
CURVED = 1e-10  # of the largest curvature: what is less is rounding
NEGATIVE = 1e-9  # the same: what is downward

Product = Callable[[Vector], Vector]


class LargeConditions(Conditions):
    """The conditions at `vector` by products with second derivatives; bounds, but no constraints."""

    def __init__(self, functions: Functions, region: Region, vector: Vector) -> None:
        self.functions, self.region, self.vector = functions, region, vector
        self.scale = np.maximum(1.0, np.abs(vector))
        self.value = functions.value(vector)
        self.slope = functions.gradient(vector)
        self.is_finite = bool(np.isfinite(self.value) and np.isfinite(self.slope).all())
        at_lower, at_upper = vector <= region.lower, vector >= region.upper
        self._lower = np.where(at_lower, np.where(region.is_fixed, self.slope, np.maximum(self.slope, 0.0)), 0.0)
        self._upper = np.where(at_upper & ~region.is_fixed, np.maximum(-self.slope, 0.0), 0.0)
        self.is_free = ~((self._lower != 0.0) | (self._upper != 0.0) | region.is_fixed)

    @property
    def certificate(self) -> str:
        return (
            "the first-order conditions hold, and of the second order: "
            f"in {MOST_LANCZOS} products no direction curves downward"
        )

    @cached_property
    def multipliers(self) -> Vector:
        return np.zeros(0)

    @cached_property
    def at_lower(self) -> Vector:
        return np.asarray(self._lower)

    @cached_property
    def at_upper(self) -> Vector:
        return np.asarray(self._upper)

    @cached_property
    def rest(self) -> Vector:
        return np.where(self.is_free, self.slope, 0.0)

    @cached_property
    def violation(self) -> float:
        return 0.0

    @cached_property
    def relative_violation(self) -> float:
        return 0.0

    def product(self, direction: Vector) -> Vector:
        """Of the second derivatives among the free variables with a direction, in lengths of the scale."""
        moved = self.functions.product(self.vector, np.where(self.is_free, direction * self.scale, 0.0))
        return np.where(self.is_free, moved * self.scale, 0.0)

    @cached_property
    def extremes(self) -> tuple[float, float, Vector]:
        """The least and the largest curvature along the free variables, and the direction of the least: Lanczos."""
        return lanczos(self.product, np.where(self.is_free, 1.0, 0.0), MOST_LANCZOS)

    @cached_property
    def failure(self) -> str | None:
        if not self.is_finite:
            return "the objective or a derivative is not finite there"
        if np.isnan(self.extremes[0]):
            return "the second derivatives are not finite there"
        if not self.is_stationary:
            return f"the point is not stationary: a slope of {np.max(np.abs(self.rest)):.3g} is left"
        return "the point is a saddle: it curves downward" if self.kind == "saddle" else None

    @cached_property
    def is_stationary(self) -> bool:
        right = -self.rest * self.scale
        step, _ = conjugate_gradients(self.product, right, np.inf, SOLVED, 10 * MOST_PRODUCTS)
        size = max(1.0, abs(self.value))
        return bool(abs(right @ step) / 2.0 <= FALL * size and np.max(np.abs(step), initial=0.0) <= STEP)

    @cached_property
    def kind(self) -> str:
        least, largest, _ = self.extremes
        if least < -NEGATIVE * max(largest, 1.0):
            return "saddle"
        return "minimum" if least > CURVED * largest else "flat"

    @cached_property
    def descents(self) -> list[Vector]:
        way = self.extremes[2]
        return [way, -way] if self.kind == "saddle" else []

    @property
    def lowest(self) -> float | None:
        """About the least curvature, from above, in lengths of the variables' scale."""
        return self.extremes[0] if self.is_free.any() else None


def descend_by_products(
    functions: Functions,
    start: Vector,
    region: Region,
    *,
    most: int,
    tell: Callable[[Vector, float], None],
) -> Vector:
    """The point that no step of a trust region improves, or the last after `most` steps."""
    vector, value = start, functions.value(start)
    radius = max(1.0, 0.1 * float(np.linalg.norm(vector)))
    for _ in range(most):
        slope = functions.gradient(vector)
        is_free = free(vector, slope, region)
        right = np.where(is_free, -slope, 0.0)
        length = float(np.linalg.norm(right))
        if not length or not np.isfinite(length):
            break
        product = among(functions, vector, is_free)
        step, bent = conjugate_gradients(product, right, radius, min(0.5, np.sqrt(length)) * 0.1, MOST_PRODUCTS)
        trial = np.clip(vector + step, region.lower, region.upper)
        moved = trial - vector
        is_cut = bool(np.any(moved != step))
        expected = float(right @ moved - 0.5 * (moved @ (product(moved) if is_cut else bent)))
        if is_cut and not expected > 0.0:  # the bounds have turned it: against the slope instead
            trial = np.clip(vector + right * (radius / length), region.lower, region.upper)
            moved = trial - vector
            expected = float(right @ moved)
        if not expected > MOST_REDUCED * max(abs(value), 1e-25):
            break
        reached = functions.value(trial)
        share = (value - reached) / expected if np.isfinite(reached) else -1.0
        size = float(np.linalg.norm(moved))
        if share < 0.25:
            radius = 0.25 * min(size, radius)
        elif share > GOOD and size > 0.8 * radius:
            radius *= 2.0
        if share > ACCEPTED:
            vector, value = trial, reached
            tell(vector, value)
            if value < UNBOUNDED:
                break
        if radius <= 1e-15 * max(1.0, float(np.linalg.norm(vector))):
            break
    return vector


def free(vector: Vector, slope: Vector, region: Region) -> Mask:
    """Which variables are not held by a bound that the slope pushes them against."""
    held: Mask = ((vector <= region.lower) & (slope > 0.0)) | ((vector >= region.upper) & (slope < 0.0))
    return ~(held | region.is_fixed)


def among(functions: Functions, vector: Vector, is_free: Mask) -> Product:
    """Products with the second derivatives among some variables."""
    return lambda direction: np.where(is_free, functions.product(vector, np.where(is_free, direction, 0.0)), 0.0)


def conjugate_gradients(
    product: Product, right: Vector, radius: float, left: float, most: int
) -> tuple[Vector, Vector]:
    """A step, within the radius, that solves `product(step) = right` but for `left` of it; and its product.

    Where the curvature turns downward it goes to the radius, or ends where there is none.
    """
    step, bent = np.zeros_like(right), np.zeros_like(right)
    rest, direction = right, right
    squared = float(rest @ rest)
    enough = left**2 * squared
    for _ in range(most):
        if squared <= enough or not squared:
            break
        moved = product(direction)
        curvature = float(direction @ moved)
        if not np.isfinite(curvature):
            break
        share = squared / curvature if curvature > 0.0 else np.inf
        further = step + share * direction if np.isfinite(share) else step
        if not np.isfinite(share) or float(np.linalg.norm(further)) >= radius:
            if not np.isfinite(radius):
                break
            share = to_radius(step, direction, radius)
            return step + share * direction, bent + share * moved
        step, bent = further, bent + share * moved
        rest = rest - share * moved
        before, squared = squared, float(rest @ rest)
        direction = rest + (squared / before) * direction
    return step, bent


def to_radius(step: Vector, direction: Vector, radius: float) -> float:
    """How far along a direction the length of the step becomes the radius."""
    a, b, c = float(direction @ direction), float(step @ direction), float(step @ step) - radius**2
    return float((-b + np.sqrt(max(b * b - a * c, 0.0))) / a)


def lanczos(product: Product, shape: Vector, most: int) -> tuple[float, float, Vector]:
    """The least and the largest eigenvalue that so many products show, and the least one's vector.

    They begin with a vector of random signs where `shape` is not 0.
    """
    vector = shape * np.random.default_rng(0).choice([-1.0, 1.0], len(shape))
    length = float(np.linalg.norm(vector))
    if not length:
        return np.inf, np.inf, vector
    most = min(most, int(np.sum(shape != 0.0)))
    basis = np.zeros((most + 1, len(shape)))
    basis[0] = vector / length
    diagonal: list[float] = []
    beside: list[float] = []
    for number in range(most):
        moved = product(basis[number])
        diagonal.append(float(basis[number] @ moved))
        if not np.isfinite(diagonal[-1]):
            return np.nan, np.nan, vector
        known = basis[: number + 1]
        for _ in range(2):  # lest rounding bring back what was there
            moved = moved - (known @ moved) @ known
        length = float(np.linalg.norm(moved))
        if length <= 1e-12 * max(np.abs(diagonal)):
            break
        beside.append(length)
        basis[number + 1] = moved / length
    count = len(diagonal)
    values, vectors = np.linalg.eigh(
        np.diag(diagonal) + np.diag(beside[: count - 1], 1) + np.diag(beside[: count - 1], -1)
    )
    return float(values[0]), float(values[-1]), vectors[:, 0] @ basis[:count]
