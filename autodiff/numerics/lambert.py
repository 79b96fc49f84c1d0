"""The principal branch of Lambert's W, the inverse of w e^w, by functions that graph nodes have, too."""

from __future__ import annotations

import math
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import polynomial
from backprop.autodiff.shapes import Array

# 1/e to 32 digits. The double next to -1/e, which is less than that, counts as the branch point itself.
INVERSE_E = (0.36787944117144233, -1.2428753672788363e-17)
# 1 + w by powers of p = sqrt(2 (e z + 1)), from p on. Source: Corless et al. (1996), equations 4.23 to 4.25.
AT_BRANCH = (
    1.0, -1 / 3, 11 / 72, -43 / 540, 769 / 17280, -221 / 8505, 680863 / 43545600, -1963 / 204120,
    226287557 / 37623398400, -5776369 / 1515591000, 169709463197 / 69528040243200, -1118511313 / 709296588000,
    667874164916771 / 650782456676352000, -500525573 / 744761417400,
)  # fmt: skip
NEAR = 0.09  # of p: there the first term left out is 1e-18


def lambertw(z: Array) -> Array:
    """The w >= -1 with w e^w = z; nan below -1/e."""
    p = _root(z)
    result: Array = np.where(p < NEAR, _next_to_branch(p) - 1.0, _elsewhere(z, p))[()]
    return result


def lambertw_slope(z: Array) -> Array:
    """1 / (e^w (1 + w)), which is w / (z (1 + w)): far on the right e^w has lost what the rounding of w costs."""
    w, p = lambertw(z), _root(z)
    above = np.where(p < NEAR, _next_to_branch(p), 1.0 + w)
    far = np.where(np.equal(z, np.inf), 0.0, w / z)
    result: Array = np.where(z > 1.0, far, np.exp(-w))[()] / above
    return result


def _root(z: Any) -> Any:
    """sqrt(2 (e z + 1)), of which e z + 1 keeps its digits next to the branch point."""
    high, low = INVERSE_E
    return np.sqrt(2.0 * math.e * np.where(np.equal(z, -high), 0.0, (z + high) + low))


def _next_to_branch(p: Any) -> Any:
    return p * polynomial(AT_BRANCH, p)


def _elsewhere(z: Any, p: Any) -> Any:
    """Two steps of fourth order from a guess that is right to 2 %.

    Sources: Winitzki (2003), Uniform approximations for transcendental functions; Fritsch, Shafer & Crowley (1973),
    Algorithm 443, Communications of the ACM 16, 123-124.
    """
    logarithm = np.log1p(z)
    right = logarithm * (1.0 - np.log1p(logarithm) / (2.0 + logarithm))
    left = math.e * z / (1.0 + 1.0 / (1.0 / p + (1.0 / (math.e - 1.0) - math.sqrt(0.5))))
    w = np.where(z > 0.0, right, left)
    for _ in range(2):
        rest = np.log(z / w) - w
        above = 1.0 + w
        q = 2.0 * above * (above + rest * (2.0 / 3.0))
        w = w + w * (rest / above) * ((q - rest) / (q - 2.0 * rest))
    return np.where(np.logical_or(np.equal(z, 0.0), np.equal(z, np.inf)), z, w)
