"""How the direction of a vector turns as the vector moves: the Jacobian of x/norm(x), and of standard scores.

Its entries are sums over the other entries, as y^2/r^3 of 1/r - x^2/r^3: there nothing cancels, and nothing overflows
that is not too large itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import stable
from backprop.autodiff.numerics.deviations import deviations
from backprop.autodiff.shapes import Axis, normalized_axes

Array = Any


def unit(x: Array, axis: Axis) -> Array:
    """x / norm(x), 0 where that is 0."""
    return stable.ratio(x, stable.norm(x, axis=axis, keepdims=True))


def scores(x: Array, axis: Axis) -> Array:
    """(x - mean x) / std(x), 0 where that is 0."""
    return stable.ratio(deviations(x, axis=axis), stable.std(x, axis=axis, keepdims=True))


def unit_turn(x: Array, w: Array, axis: Axis) -> Array:
    """(w - e sum(e w)) / r for e = x/r, r = norm(x): w_i sum e_j^2 / r - e_i sum e_j w_j / r over the others j."""
    radius = stable.norm(x, axis=axis, keepdims=True)
    e = stable.ratio(x, radius)
    over = stable.ratio(e, radius)

    def turned(e: Array, over: Array, w: Array) -> Array:
        return w * _of_others(e * over) - over * _of_others(e * w)

    return np.where(np.isinf(radius), 0.0, _along(turned, axis, e, over, w))[()]


def scores_turn(x: Array, w: Array, axis: Axis) -> Array:
    """(w - mean w - e mean(e w)) / s for the scores e and s = std(x).

    It is (n - 1)/n^2 (c A - t C) / s^3: A is the sum of the other entries' squared distances from their own mean, C
    that of these times w's, and t and c are how far the entry is from those means. Source: Chan, Golub & LeVeque
    (1983), on the sums of squares of joined samples.
    """
    deviation = stable.std(x, axis=axis, keepdims=True)

    def turned(x: Array, deviation: Array, w: Array) -> Array:
        n = x.shape[-1]
        e = stable.ratio(x - x[..., :1], deviation)
        over = stable.ratio(e, deviation)
        squares, products = _comoment_of_others(e, over), _comoment_of_others(e, w)
        apart, over_apart = w - _mean_of_others(w), over - _mean_of_others(over)
        return (n - 1) / n**2 * (apart * squares - over_apart * products)

    return np.where(np.isinf(deviation), 0.0, _along(turned, axis, x, deviation, w))[()]


def hypot_along(x: Array, y: Array) -> Array:
    """y^2/r^3 for r = hypot(x, y): how x/r changes with x."""
    radius = np.hypot(x, y)
    e = stable.ratio(y, radius)
    return np.where(np.isinf(radius), 0.0, e * stable.ratio(e, radius))[()]


def hypot_across(x: Array, y: Array) -> Array:
    """-x y/r^3: how x/r changes with y, and y/r with x."""
    radius = np.hypot(x, y)
    smaller, larger = np.fmin(np.abs(x), np.abs(y)), np.fmax(np.abs(x), np.abs(y))
    product = stable.ratio(larger, radius) * stable.ratio(stable.ratio(smaller, radius), radius)
    return np.where(np.isinf(radius), 0.0, -np.sign(x) * np.sign(y) * product)[()]


def _along(turned: Callable[..., Array], axis: Axis, x: Array, *others: Array) -> Array:
    """The function of operands whose last axis holds the entries that belong together, in the shape of the first."""
    places = normalized_axes(axis, np.ndim(x))
    if not np.size(x):
        return np.zeros(np.shape(x))
    order = (*[axis_index for axis_index in range(np.ndim(x)) if axis_index not in places], *places)
    kept = len(order) - len(places)
    moved = [np.transpose(operand, order) for operand in (x, *others)]
    result = turned(*[operand.reshape((*operand.shape[:kept], -1)) for operand in moved])
    return np.transpose(result.reshape(moved[0].shape), np.argsort(order))


def _before(x: Array) -> Array:
    """For each place the sum of the entries before it."""
    result = np.zeros(x.shape)
    np.cumsum(x[..., :-1], axis=-1, out=result[..., 1:])
    return result


def _after(x: Array) -> Array:
    return _before(x[..., ::-1])[..., ::-1]


def _of_others(x: Array) -> Array:
    """For each place the sum of the other entries: what is small loses no digits to the entry itself."""
    return _before(x) + _after(x)


def _mean_of_others(x: Array) -> Array:
    return _of_others(x) / max(x.shape[-1] - 1, 1)


def _comoment_of_others(x: Array, y: Array) -> Array:
    """For each place the sum over the other entries of the products of how far x and y are from their means there."""
    n = x.shape[-1]
    before = np.arange(float(n))
    after = before[::-1]
    x_before, y_before = [_before(operand) / np.maximum(before, 1.0) for operand in (x, y)]
    x_after, y_after = [_after(operand) / np.maximum(after, 1.0) for operand in (x, y)]
    first = _before(before / (before + 1.0) * (x - x_before) * (y - y_before))
    second = _after(after / (after + 1.0) * (x - x_after) * (y - y_after))
    between = before * after / max(n - 1, 1)
    return first + second + between * (x_before - x_after) * (y_before - y_after)
