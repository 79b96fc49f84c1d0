"""The mean over the sides of kinks, told apart by the slopes that hold there. Knows no graph; sides.py does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from backprop.autodiff.lazy_numpy import np

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

ROUNDING = 1e-12  # all sides are taken at the same point: what agrees as a rule is equal

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


def signature_of(slope: Numbers) -> Numbers:
    """A number for each direction in each row, (rows, directions), that differs where any entry of the slope does."""
    entries = np.nan_to_num(slope.reshape((-1, *slope.shape[-2:])))
    signature: Numbers = np.tensordot(np.cos(np.arange(1, len(entries) + 1)), entries, axes=1)
    return signature


def makes_difference(value: Numbers, signature: Numbers, weights: Numbers) -> bool:
    """Whether the mean of a value depends on the side that the signature tells, all other kinks averaged."""
    with np.errstate(all="ignore"):
        means = [
            np.sum(value * weights * (signature == side), axis=-1) / np.sum(weights * (signature == side))
            for side in np.unique(signature)
        ]
    return not np.all(are_equal(np.stack(means, axis=-1)))


def weights_of(signatures: Sequence[Numbers]) -> Numbers:
    """The weight of each direction in each row: equal for the sides, shared by directions to one side."""
    mixed = sum(np.cos(position + 0.5) * signature for position, signature in enumerate(signatures))
    signature = np.asarray(mixed, dtype=np.float64)
    alike = np.sum(signature[:, :, None] == signature[:, None, :], axis=-1)
    weights: Numbers = 1.0 / alike
    total: Numbers = np.sum(weights, axis=-1, keepdims=True)
    shared: Numbers = weights / total
    return shared


def are_equal(value: Numbers) -> Any:
    """Where the values along the last axis are equal, to rounding."""
    first = value[..., :1]
    with np.errstate(all="ignore"):
        is_equal = (value == first) | (np.isnan(value) & np.isnan(first))
        is_close = np.abs(value - first) <= ROUNDING * np.abs(first)
    return np.all(is_equal | is_close, axis=-1)


def counts_sides(derivative: Node | None, total: Any, shares: Sequence[Any]) -> bool:
    """Whether the `total` of a derivative is the mean of the sides of a kink, and not the sum of the shares."""
    if derivative is None or not derivative.gate.is_informed:  # of what its sides are
        return False
    with np.errstate(all="ignore"):
        return not np.allclose(sum(shares), total, rtol=ROUNDING, atol=0.0, equal_nan=True)


def hadamard(order: int) -> Numbers:
    """Signs, at least `order` rows of them, any two rows and any two columns of which are orthogonal.

    Source: Sylvester (1867); Horadam, Hadamard Matrices and Their Applications, section 2.1.
    """
    signs = np.ones((1, 1))
    while len(signs) < order:
        signs = np.block([[signs, signs], [signs, -signs]])
    return signs
