"""How many standard uncertainties cover a probability, and the degrees of freedom of what is combined."""

from __future__ import annotations

import math
from collections.abc import Iterable

from backprop.autodiff.numerics.student import deviation_of

MOST_DOF = 1e10  # beyond, quantiles are those of the normal distribution to ten digits


def coverage_factor(probability: float, dof: float = math.inf) -> float:
    """The t with which -t to t holds so much of Student's t distribution; of the normal one where `dof` is infinite.

    Source: GUM (JCGM 100:2008), annex G.3.
    """
    return deviation_of(1.0 - probability, dof if dof <= MOST_DOF else math.inf)


def normal_probability(factor: float) -> float:
    """How much of the normal distribution lies within so many standard uncertainties."""
    return math.erf(factor / math.sqrt(2.0))


def effective_dof(parts: Iterable[tuple[float, float]]) -> float:
    """The degrees of freedom of a sum of independent parts, each its part of the uncertainty and its own ones.

    Source: Welch-Satterthwaite, GUM (JCGM 100:2008), G.4.1.
    """
    rest = math.fsum(part**4 / dof for part, dof in parts)
    return 1.0 / rest if rest else math.inf
