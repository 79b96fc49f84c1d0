"""The inverses of the normal distribution function and of erf, by functions that graph nodes have, too.

Source: Wichura (1988), Algorithm AS 241, Applied Statistics 37, 477-484 (PPND16).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import polynomial
from backprop.autodiff.shapes import Array

MIDDLE = 0.425
MIDDLE_NUMERATOR = (
    3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
)  # fmt: skip
MIDDLE_DENOMINATOR = (
    1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
)  # fmt: skip
TAIL_NUMERATOR = (
    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
    1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
)  # fmt: skip
TAIL_DENOMINATOR = (
    1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
)  # fmt: skip
FAR_NUMERATOR = (
    6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
)  # fmt: skip
FAR_DENOMINATOR = (
    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
)  # fmt: skip
SQRT_HALF = 0.7071067811865476


def norminv(p: Array) -> Array:
    """The x with normcdf(x) = p."""
    result: Array = _quantile(p - 0.5, np.minimum(p, 1.0 - p))
    return result


def erfinv(x: Array) -> Array:
    """The y with erf(y) = x."""
    result: Array = SQRT_HALF * _quantile(0.5 * x, 0.5 * (1.0 - np.abs(x)))
    return result


def _quantile(from_half: Any, tail: Any) -> Any:
    """The quantile of the probability 1/2 + from_half, `tail` being this or its complement, whichever is less."""
    square = MIDDLE * MIDDLE - from_half * from_half
    middle = polynomial(MIDDLE_NUMERATOR, square) * from_half / polynomial(MIDDLE_DENOMINATOR, square)
    root = np.sqrt(-np.log(tail))
    near, far = root - 1.6, np.minimum(root, 30.0) - 5.0  # 30 is beyond all doubles; infinity is left out
    size = np.where(
        root > 5.0,
        polynomial(FAR_NUMERATOR, far) / polynomial(FAR_DENOMINATOR, far),
        polynomial(TAIL_NUMERATOR, near) / polynomial(TAIL_DENOMINATOR, near),
    )
    size = np.where(np.equal(tail, 0.0), np.inf, size)
    outside = np.where(from_half < 0.0, -size, size)
    return np.where(np.abs(from_half) > MIDDLE, outside, middle)[()]


def norminv_slope(p: Array, normcdf: Callable[[Any], Any], normpdf: Callable[[Any], Any]) -> Array:
    """1 / normpdf(norminv(p)): the rounding of a quantile of -37 costs three digits, which a Newton step returns."""
    size = np.abs(norminv(p))
    density = normpdf(size)
    error = size * (normcdf(-size) - np.minimum(p, 1.0 - p)) / density
    return np.where(np.equal(size, np.inf), np.inf, (1.0 + error) / density)[()]
