"""Lambert's W against mpmath, next to the branch point and over the whole range."""

import math

import mpmath
import numpy as np
from mpmath import mpf

from backprop.autodiff.numerics import lambert

BRANCH = -lambert.INVERSE_E[0]
POINTS = (
    *(BRANCH + 10.0**power for power in range(-16, 0)), math.nextafter(BRANCH, 0), -0.3664, -0.3663,
    -0.1, -1e-9, -5e-324, 5e-324, 1e-300, 1e-9, 0.1, 0.999, 1.001, math.e, 20.0, 1e5, 1e100, 1.7e308,
)  # fmt: skip


def test_value_and_slope():
    with np.errstate(all="ignore"), mpmath.workdps(60):
        values, slopes = lambert.lambertw(np.array(POINTS)), lambert.lambertw_slope(np.array(POINTS))
        for z, value, slope in zip(POINTS, values, slopes, strict=True):
            assert (lambert.lambertw(np.float64(z)), lambert.lambertw_slope(np.float64(z))) == (value, slope)
            truth = mpmath.lambertw(mpf(z)).real
            steep = 1 / (mpmath.exp(truth) * (1 + truth))
            # What half a unit in the last place of z changes: it is much for the slope next to the branch point.
            forced = 1 / abs(mpmath.e * mpf(z) + 1)
            assert abs(mpf(float(value)) - truth) <= 10 * mpf(2) ** -53 * abs(truth), z
            assert abs(mpf(float(slope)) - steep) <= (8 + forced) * mpf(2) ** -53 * steep + mpf(2) ** -1073, z


def test_ends():
    ends = np.array([BRANCH, 0.0, -0.0, math.inf, -math.inf, -0.4, math.nan])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(lambert.lambertw(ends), [-1, 0, -0.0, math.inf, math.nan, math.nan, math.nan])
        np.testing.assert_array_equal(lambert.lambertw_slope(ends), [math.inf, 1, 1, 0, math.nan, math.nan, math.nan])
