"""log(exp(x) + exp(y)), of numbers."""

from __future__ import annotations

import math

from backprop.autodiff.numerics.routines.exact import add_pair, exponential


def logaddexp(x: float, y: float) -> float:
    """The larger and what the other adds to it; where both cancel, the logarithm of a sum with 32 digits."""
    sums = [0.0] * 2
    other = [0.0] * 2
    if x != x or y != y:
        return math.nan
    larger = max(x, y)
    smaller = min(x, y)
    if larger == smaller and math.isinf(larger):
        return larger
    result = larger + math.log1p(math.exp(smaller - larger))
    if larger > -1.0 and math.fabs(result) < -0.25 * larger:
        exponential(larger, sums)
        exponential(smaller, other)
        add_pair(sums, -1.0, 0.0)
        add_pair(sums, other[0], other[1])
        return math.log1p(sums[0])
    return result
