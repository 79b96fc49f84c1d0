"""How many standard uncertainties cover a probability, and the degrees of freedom of what is combined."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from backprop.autodiff.numerics.inverse_normal import norminv
from backprop.autodiff.numerics.routines.incomplete_beta import betainc

MOST_STEPS = 200
LEAST_DOF, MOST_DOF = 1e-2, 1e10  # beyond, the t distribution's quantile is the normal one's to all digits
EPSILON = float(np.finfo(np.float64).eps)


def coverage_factor(probability: float, dof: float = math.inf) -> float:
    """The t with which -t to t holds so much of Student's t distribution; of the normal one where `dof` is infinite.

    Source: GUM (JCGM 100:2008), annex G.3; the probability is betainc(1/2, dof/2, t^2/(dof + t^2)).
    """
    normal = -float(norminv(np.float64((1.0 - probability) / 2.0)))
    if dof > MOST_DOF:
        return normal
    low, high = 0.0, math.inf
    t = normal
    for _ in range(MOST_STEPS):
        excess = excess_within(t, dof, probability)
        low, high = (low, t) if excess > 0 else (t, high)
        step = t - excess / (2.0 * student_density(t, dof))
        if not low < step < high:
            step = 2.0 * t if math.isinf(high) else (low + high) / 2.0
        if abs(step - t) <= 2.0 * EPSILON * t:
            return step
        t = step
    return t


def excess_within(t: float, dof: float, probability: float) -> float:
    """How much more than that lies between -t and t, from the side where its digits are kept."""
    if t * t < dof:
        return betainc(0.5, dof / 2.0, t * t / (dof + t * t)) - probability
    return (1.0 - probability) - betainc(dof / 2.0, 0.5, dof / (dof + t * t))


def student_density(t: float, dof: float) -> float:
    logarithm = math.lgamma((dof + 1.0) / 2.0) - math.lgamma(dof / 2.0) - math.log(dof * math.pi) / 2.0
    return math.exp(logarithm - (dof + 1.0) / 2.0 * math.log1p(t * t / dof))


def normal_probability(factor: float) -> float:
    """How much of the normal distribution lies within so many standard uncertainties."""
    return math.erf(factor / math.sqrt(2.0))


def effective_dof(parts: Iterable[tuple[float, float]]) -> float:
    """The degrees of freedom of a sum of independent parts, each its part of the uncertainty and its own ones.

    Source: Welch-Satterthwaite, GUM (JCGM 100:2008), G.4.1.
    """
    rest = math.fsum(part**4 / dof for part, dof in parts)
    return 1.0 / rest if rest else math.inf
