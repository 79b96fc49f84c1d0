"""What must improve for an uncertainty to reach a target, and by how much. Differentiates nothing."""

from __future__ import annotations

import math

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.uncertainty.inputs import Inputs
from backprop.autodiff.uncertainty.numbers import Vector

HALVINGS = 200


class Improvement(NamedTuple):
    """The standard uncertainty that an input needs if it `alone` improves (None: that is not enough), or if all that
    contribute most do `together`; there None where it may stay as it is.
    """

    alone: float | None
    together: float | None


class Target(NamedTuple):
    """The standard `uncertainty` that is wanted, whether it `is_met`, and what each input would need, by entry."""

    uncertainty: float
    is_met: bool
    improvements: dict[str, Improvement]


def target(inputs: Inputs, slopes: Vector, wanted: float) -> Target:
    """What first order says is needed for the standard uncertainty `wanted`.

    Together means that no contribution is larger than a common bound, which is the least change of the least of them.
    """
    with np.errstate(all="ignore"):
        parts = slopes * inputs.uncertainties / wanted
    if variance_of(inputs, parts) <= 1.0:
        return Target(wanted, True, {})
    if not np.isfinite(parts).all():
        return Target(wanted, False, {})
    bound = common_bound(inputs, parts)
    improvements = {}
    for place, (entry, part, uncertainty) in enumerate(zip(inputs.entries, parts, inputs.uncertainties, strict=True)):
        factor = factor_alone(inputs, parts, place)
        alone = None if factor is None else factor * float(uncertainty)
        together = float(uncertainty) * bound / abs(float(part)) if abs(part) > bound else None
        if alone is not None or together is not None:
            improvements[entry] = Improvement(alone, together)
    return Target(wanted, False, improvements)


# Parts are contributions over the wanted uncertainty from here on.


def variance_of(inputs: Inputs, parts: Vector) -> float:
    return float(parts @ inputs.correlated(parts))


def common_bound(inputs: Inputs, parts: Vector) -> float:
    """The largest bound on all contributions by which the variance is met."""
    low, high = 0.0, float(np.abs(parts).max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if variance_of(inputs, np.clip(parts, -middle, middle)) <= 1.0:
            low = middle
        else:
            high = middle
    return low


def factor_alone(inputs: Inputs, parts: Vector, entry: int) -> float | None:
    """What one uncertainty must be multiplied by; None where not even 0 is enough.

    The variance is a quadratic function of it: part^2 s^2 + 2 part cross s + rest.
    """
    others = parts.copy()
    others[entry] = 0.0
    correlated = inputs.correlated(others)
    part, cross, rest = float(parts[entry]), float(correlated[entry]), float(others @ correlated)
    excess = rest - 1.0
    discriminant = cross * cross - excess
    if part == 0.0 or discriminant < 0.0:
        return None
    factor = (math.copysign(math.sqrt(discriminant), part) - cross) / part
    return factor if 0.0 < factor < 1.0 else None
