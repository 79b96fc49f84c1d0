"""Elementary kernels that keep their digits: activations, slopes, norms and the log-sum-exp family.

Each is the textbook's formula where that is accurate, and another road to the same number where it is not.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import special
from backprop.autodiff.numerics.double_double import DoubleDouble, two_sum
from backprop.autodiff.shapes import Array

Places: TypeAlias = tuple[int, ...] | None
Axis: TypeAlias = int | Places

LARGEST = sys.float_info.max
SELU_SCALE = 1.0507009873554805
SELU_SCALED_ALPHA = 1.7580993408473766


def power(x: Array, y: Array) -> Array:
    """x^y as IEEE 754 has it; NumPy takes the square root for x^0.5, which has another value at -inf and -0."""
    result: Array = np.power(x, y)
    if isinstance(y, float) and y != 0.5:
        return result
    is_root = np.equal(y, 0.5)
    if not np.any(is_root):
        return result
    return np.where(is_root & ((x == -np.inf) | (x == 0.0)), np.abs(x), result)[()]


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), or e^x / (1 + e^x) for negative x, where e^-x overflows: e^-|x| is in both, and taken once."""
    decay = np.exp(-np.abs(x))
    result: Array = np.maximum(decay, x >= 0.0) / (1.0 + decay)
    return result


def sigmoid_slope(x: Array) -> Array:
    """sigmoid(x) sigmoid(-x): 1 - sigmoid(x) is 0 at 40, not 4e-18."""
    decay = np.exp(-np.abs(x))
    square = 1.0 + decay
    square *= square
    result: Array = decay / square
    return result


def softplus(x: Array) -> Array:
    """log(1 + e^x), or x + log(1 + e^-x) for positive x, where e^x overflows."""
    result: Array = np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    return result


def logsigmoid(x: Array) -> Array:
    """log sigmoid(x) = -log(1 + e^-x), or x - log(1 + e^x) for negative x, where sigmoid(x) underflows."""
    result: Array = np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))
    return result


def logit(x: Array) -> Array:
    """log(x / (1 - x)); around its root log1p of x / (1 - x) - 1, whose numerator 2x - 1 is exact there."""
    around_root = np.abs(x - 0.5) < 0.25
    return np.where(around_root, np.log1p((2.0 * x - 1.0) / (1.0 - x)), np.log(x / (1.0 - x)))[()]


def tanh_slope(x: Array) -> Array:
    """1 / cosh(x)^2: 1 - tanh(x)^2 is 0 at 20, and cosh(x) inf at 711."""
    decay = np.exp(-np.abs(x))
    root: Array = 2.0 * decay / (1.0 + decay * decay)
    return root * root


def softsign(x: Array) -> Array:
    """x / (1 + |x|)."""
    bounded = np.clip(x, -LARGEST, LARGEST)
    result: Array = bounded / (1.0 + np.abs(bounded))
    return result


def silu(x: Array) -> Array:
    """x sigmoid(x), 0 at -inf. e^x comes in two halves, so that x e^x underflows no sooner than it must."""
    bounded = np.maximum(x, -LARGEST)
    root = np.exp(0.5 * np.minimum(bounded, 0.0))
    result: Array = bounded * root * root / (1.0 + np.exp(-np.abs(bounded)))
    return result


def gelu(x: Array) -> Array:
    """x normcdf(x), 0 at -inf. Source: Hendrycks & Gimpel 2016, equation 1."""
    result: Array = np.maximum(x, -LARGEST) * special.normcdf(x)
    return result


def mish(x: Array) -> Array:
    """x tanh(softplus(x)), 0 at -inf; with u = e^x the tanh is u(u + 2) / (u(u + 2) + 2) (Misra 2019)."""
    bounded = np.maximum(x, -LARGEST)
    half_decay = np.exp(-0.5 * np.abs(bounded))
    decay = half_decay * half_decay
    falling = bounded * half_decay * (half_decay * (decay + 2.0)) / (decay * (decay + 2.0) + 2.0)
    rising = bounded * ((1.0 + 2.0 * decay) / (1.0 + 2.0 * decay * (1.0 + decay)))
    return np.where(x < 0.0, falling, rising)[()]


def elu(x: Array, a: Array) -> Array:
    """x, or a (e^x - 1) where x <= 0. Source: Clevert, Unterthiner & Hochreiter 2015, equation 15."""
    return np.where(x > 0.0, x, a * np.expm1(np.minimum(x, 0.0)))[()]


def selu(x: Array) -> Array:
    """scale x, or scale alpha (e^x - 1) where x <= 0. Source: Klambauer et al. 2017, equation 2."""
    return np.where(x > 0.0, SELU_SCALE * x, SELU_SCALED_ALPHA * np.expm1(np.minimum(x, 0.0)))[()]


def asin_slope(x: Array) -> Array:
    """1 / sqrt(1 - x^2), with factors that are exact near +-1."""
    result: Array = 1.0 / np.sqrt((1.0 - x) * (1.0 + x))
    return result


def acosh_slope(x: Array) -> Array:
    """1 / sqrt(x^2 - 1), nan below 1; two roots, because the product overflows at 1e155."""
    result: Array = 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0))
    return result


def asinh_slope(x: Array) -> Array:
    """1 / sqrt(1 + x^2)."""
    result: Array = 1.0 / np.hypot(1.0, x)
    return result


def atanh_slope(x: Array) -> Array:
    """1 / (1 - x^2), inf at +-1; the rational function's own value outside of them."""
    result: Array = 1.0 / (1.0 - x) / (1.0 + x)
    return result


def atan_slope(x: Array) -> Array:
    """1 / (1 + x^2); beyond 1e100 by two divisions, for the square overflows before the result underflows."""
    return np.where(np.abs(x) < 1e100, 1.0 / (1.0 + x * x), 1.0 / x / x)[()]


def atan2_slope_y(y: Array, x: Array) -> Array:
    """x / (x^2 + y^2): the derivative of atan2(y, x) by y."""
    return _over_squared_radius(x, y)


def atan2_turn(y: Array, x: Array) -> Array:
    """(y^2 - x^2)/(x^2 + y^2)^2, by factors that neither cancel nor overflow: the derivative of atan2 by y and x."""
    radius = np.hypot(x, y)
    result = ((y - x) / radius / radius) * ((y + x) / radius / radius)
    return np.where(np.isinf(radius), 0.0, result)[()]


def atan2_slope_x(y: Array, x: Array) -> Array:
    """-y / (x^2 + y^2): the derivative of atan2(y, x) by x."""
    return _over_squared_radius(-y, x)


def _over_squared_radius(numerator: Array, other: Array) -> Array:
    """a / (a^2 + b^2), with powers of two apart so that it is rounded once; 0 where a or b is infinite."""
    largest = np.maximum(np.abs(numerator), np.abs(other))
    mantissa, own_exponent = np.frexp(numerator)
    _, exponent = np.frexp(largest)
    a, b = np.ldexp(numerator, -exponent), np.ldexp(other, -exponent)
    quotient = np.ldexp(mantissa / (a * a + b * b), own_exponent - 2 * exponent)
    return np.where(np.isinf(largest), np.copysign(0.0, numerator), quotient)[()]


def ratio(x: Array, r: Array) -> Array:
    """x / r, and 0 for 0 / 0: the slope of a norm at the origin.

    Where r is inf, as the norm of the entries of x along the axes that r has not, that of the only infinite one is
    1 or -1, the limit; that of one of several depends on the way there, and is nan.
    """
    result = x / r
    if np.isfinite(np.sum(result)):
        return result
    result = np.where((x == 0.0) & (r == 0.0), 0.0, result)
    lengths = (1,) * (np.ndim(result) - np.ndim(r)) + np.shape(r)
    axes = tuple([axis for axis, length in enumerate(lengths) if length < np.shape(result)[axis]])
    is_far = np.isinf(x) & np.isinf(r)
    if axes and is_far.any():
        result = np.where(is_far & (np.sum(is_far, axis=axes, keepdims=True) == 1), np.sign(x), result)
    return result[()]


def hypot_slope(x: Array, y: Array) -> Array:
    """x / hypot(x, y), and its limits: 0 where both are 0, the sign of x where x alone is infinite."""
    result = ratio(x, np.hypot(x, y))
    if np.isfinite(np.sum(result)):
        return result
    return np.where(np.isinf(x) & np.isfinite(y), np.sign(x), result)[()]


def limit_product(a: Array, b: Array) -> Array:
    """a b, and 0 where a is 0, whatever b is: a branch not taken, a limit."""
    return np.where(a == 0.0, 0.0, a * b)[()]


def norm(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The square root of the sum of squares, 0 of nothing."""
    places = _as_tuple(axis)
    scaled, exponent = _safe_to_square(x, places)
    root = np.sqrt(np.sum(scaled * scaled, axis=places, keepdims=True))
    return _without_axes(np.ldexp(root, exponent), places, keepdims)


def variance(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean of (x - mean x)^2, in two passes."""
    places = _as_tuple(axis)
    scaled, exponent = _scaled_variance(x, places)
    return _without_axes(np.ldexp(scaled, 2 * exponent), places, keepdims)


def std(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The square root of the variance, right also where the variance itself overflows; 0 of equal entries."""
    places = _as_tuple(axis)
    scaled, exponent = _scaled_variance(x, places)
    return _without_axes(np.ldexp(np.sqrt(scaled), exponent), places, keepdims)


def _scaled_variance(x: Array, places: Places) -> tuple[Any, Any]:
    """The variance of x / 2^exponent. Source: Chan, Golub & LeVeque 1983, with shifted data.

    What is equal to the first entry is 0 apart from it, where a rounded mean is not.
    """
    scaled, exponent = _safe_to_square(x, places)
    if isinstance(scaled, np.ndarray) and scaled.ndim:
        along = range(scaled.ndim) if places is None else [axis % scaled.ndim for axis in places]
        scaled = scaled - scaled[tuple(slice(0, 1) if axis in along else slice(None) for axis in range(scaled.ndim))]
    else:
        scaled = scaled - scaled
    scaled -= _mean(scaled, places)  # in place: over many rows new memory costs more than the arithmetic
    scaled *= scaled
    return _mean(scaled, places), exponent


def _mean(x: Array, places: Places) -> Any:
    """The mean with its axes kept; nan of nothing, without NumPy's warning."""
    total = np.sum(x, axis=places, keepdims=True)
    return total / np.float64(np.size(x) / max(np.size(total), 1))


def _safe_to_square(x: Array, places: Places) -> tuple[Any, Any]:
    """x / 2^exponent, exactly: its largest magnitude is near 1 wherever squares might leave the range."""
    highest = np.max(x, axis=places, keepdims=True, initial=0.0)
    lowest = np.min(x, axis=places, keepdims=True, initial=0.0)
    _, exponent = np.frexp(np.maximum(highest, -lowest))
    if np.all(np.abs(exponent) < 400):
        return x, 0 * exponent
    return np.ldexp(x, -exponent), exponent


def _without_axes(kept: Any, places: Places, keepdims: bool) -> Array:
    if keepdims or not isinstance(kept, np.ndarray):
        return np.asarray(kept)[()]
    return np.squeeze(kept, axis=places)[()]


def _as_tuple(axis: Axis) -> Places:
    return (axis,) if isinstance(axis, int) else axis


def logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """log(sum(e^x)), without overflow, and accurate where it is near 0; -inf of nothing."""
    rows, places = as_rows(x, axis)
    largest, others = _largest_and_log_of_others(rows)
    total = np.asarray(largest + others)
    # A negative largest entry cancels against the rest: then the rounding of each exponential shows.
    doubtful = np.abs(total) < -0.25 * largest
    if doubtful.any():
        total[doubtful] = _logsumexp_near_its_root(rows[doubtful])
    if keepdims and isinstance(x, np.ndarray):
        total = total.reshape([1 if axis_index in places else size for axis_index, size in enumerate(x.shape)])
    return total[()]


def logaddexp(x: Array, y: Array) -> Array:
    """log(e^x + e^y), entry by entry."""
    return logsumexp(np.stack(np.broadcast_arrays(x, y), axis=-1), axis=-1)


def logaddexp_slope(x: Array, y: Array) -> Array:
    """e^x / (e^x + e^y) = sigmoid(x - y), with the rounding error of the difference put back."""
    difference, error = two_sum(x, -y)
    rest = sigmoid(-difference)
    result: Array = sigmoid(difference) * (1.0 + np.where(np.abs(error) < np.inf, error * rest, 0.0)[()])
    return result


def log_softmax(x: Array, axis: Axis = None) -> Array:
    """x - logsumexp(x), as two negative terms, and its limit where one entry is inf: 0 there, -inf elsewhere."""
    rows, places = as_rows(x, axis)
    rows, is_unknown = _as_far_below(rows)
    largest, others = _largest_and_log_of_others(rows)
    result = (rows - largest[..., None]) - others[..., None]
    return from_rows(result if is_unknown is None else np.where(is_unknown, np.nan, result), places, x)


def softmax(x: Array, axis: Axis = None) -> Array:
    """e^x / sum(e^x), without overflow, and its limit where one entry is inf: 1 there, 0 elsewhere."""
    rows, places = as_rows(x, axis)
    rows, is_unknown = _as_far_below(rows)
    weights = exp_of_difference(rows, np.max(rows, axis=-1, keepdims=True, initial=-np.inf))
    result = weights / np.sum(weights, axis=-1, keepdims=True)
    return from_rows(result if is_unknown is None else np.where(is_unknown, np.nan, result), places, x)


def _as_far_below(rows: Any) -> tuple[Any, Any]:
    """Rows with inf as those that share out alike: 0 there, and all else at -inf.

    Also which entries have no limit, or None: those at inf where there are several.
    """
    is_far = rows == np.inf
    if not is_far.any():
        return rows, None
    is_row = np.max(rows, axis=-1, keepdims=True) == np.inf  # which a nan is not
    count = np.sum(is_far, axis=-1, keepdims=True)
    return np.where(is_row, np.where(is_far, 0.0, -np.inf), rows), is_far & (count > 1)


def softmax_differential(direction: Array, x: Array, axis: Axis = None) -> Array:
    """s*(direction - sum(s*direction)) for s = softmax(x): its Jacobian, which is symmetric, times a direction."""
    apart, shares = _apart_from_largest(direction, x, axis)
    _, places = as_rows(x, axis)
    return from_rows(shares * (apart - np.sum(apart * shares, axis=-1, keepdims=True)), places, x)


def log_softmax_differential(direction: Array, x: Array, axis: Axis = None) -> Array:
    """direction - sum(s*direction) for s = softmax(x): the Jacobian of log_softmax times a direction."""
    apart, shares = _apart_from_largest(direction, x, axis)
    _, places = as_rows(x, axis)
    return from_rows(apart - np.sum(apart * shares, axis=-1, keepdims=True), places, x)


def log_softmax_transpose(upstream: Array, x: Array, axis: Axis = None) -> Array:
    """upstream - s*sum(upstream) for s = softmax(x): the transposed Jacobian of log_softmax times an upstream.

    Where one entry's share is next to 1, its 1 - s is the sum of the others' shares: 1 - 1 is 0 at x = (40, 0).
    """
    rows, places = as_rows(x, axis)
    given, _ = as_rows(upstream, axis)
    shares = as_rows(softmax(x, axis), axis)[0]
    is_largest = rows == np.max(rows, axis=-1, keepdims=True, initial=-np.inf)
    is_alone = is_largest & (np.sum(is_largest, axis=-1, keepdims=True) == 1)
    others = np.where(is_alone, np.sum(np.where(is_largest, 0.0, shares), axis=-1, keepdims=True), 1.0 - shares)
    rest = np.sum(given, axis=-1, keepdims=True) - given
    return from_rows(given * others - shares * rest, places, x)


def _apart_from_largest(direction: Array, x: Array, axis: Axis) -> tuple[Any, Any]:
    """The direction less its mean over the largest entries, whose difference from the mean would cancel; softmax(x)."""
    rows, _ = as_rows(x, axis)
    along, _ = as_rows(direction, axis)
    is_largest = rows == np.max(rows, axis=-1, keepdims=True, initial=-np.inf)
    center = np.sum(np.where(is_largest, along, 0.0), axis=-1, keepdims=True) / np.sum(
        is_largest, axis=-1, keepdims=True
    )
    return along - center, as_rows(softmax(x, axis), axis)[0]


def _largest_and_log_of_others(rows: Any) -> tuple[Any, Any]:
    """The largest entry m of each row, and log1p of the sum of e^(x - m) over the others."""
    if not rows.shape[-1]:
        return np.full(rows.shape[:-1], -np.inf), np.zeros(rows.shape[:-1])
    position = np.argmax(rows, axis=-1, keepdims=True)
    largest = np.take_along_axis(rows, position, axis=-1)
    weights: Any = exp_of_difference(rows, np.where(np.isfinite(largest), largest, 0.0))
    np.put_along_axis(weights, position, 0.0, axis=-1)
    return largest[..., 0], np.log1p(np.sum(weights, axis=-1))


def exp_of_difference(a: Array, b: Array) -> Array:
    """e^(a - b) with the rounding error of the difference put back: at 1600 it would cost 3 digits."""
    difference, error = two_sum(a, -b)
    result: Array = np.exp(difference) * (1.0 + np.where(np.abs(error) < np.inf, error, 0.0))
    return result


def _logsumexp_near_its_root(rows: Any) -> Any:
    """log1p(sum(e^x) - 1), where the largest e^x - 1 and the sum of the others cancel: with 32 digits."""
    count = rows.shape[-1]
    padded = np.full((*rows.shape[:-1], 1 << (count - 1).bit_length()), -1000.0)
    padded[..., :count] = np.maximum(rows, -1000.0)
    position = np.argmax(padded, axis=-1, keepdims=True)
    largest = DoubleDouble(np.take_along_axis(padded, position, axis=-1)[..., 0])
    np.put_along_axis(padded, position, -1000.0, axis=-1)
    others = DoubleDouble(padded).exp()
    while (half := others.high.shape[-1] // 2) > 0:
        others = others[..., :half] + others[..., half:]
    return np.log1p((largest.expm1() + others[..., 0]).value)


def as_rows(x: Array, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """x with the axes moved to the end and made one, and their places; a scalar is a row of one."""
    array = np.asarray(x)
    if not array.ndim:
        return array.reshape(1), ()
    every = range(array.ndim)
    places = tuple(every) if axis is None else tuple(every[axis_index] for axis_index in _as_tuple(axis) or ())
    kept = tuple(axis_index for axis_index in every if axis_index not in places)
    shape = [array.shape[axis_index] for axis_index in kept]
    length = math.prod(array.shape[axis_index] for axis_index in places)
    return array.transpose(kept + places).reshape([*shape, length]), places


def from_rows(rows: Any, places: tuple[int, ...], x: Array) -> Array:
    """The inverse of `as_rows`."""
    if not isinstance(x, np.ndarray):
        return np.float64(rows[0])
    kept = tuple(axis for axis in range(x.ndim) if axis not in places)
    order = kept + places
    moved: Array = rows.reshape([x.shape[axis] for axis in order]).transpose(np.argsort(order))
    return moved
