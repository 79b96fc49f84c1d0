"""What is known of parameters that fit: errors, intervals, correlations, and how good the fit is. Fits nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.student import chance_beyond, deviation_of
from backprop.autodiff.optimize.residuals import Matrix, Vector

CONFIDENCE = 0.95


class ResidualTotals(NamedTuple):
    """What the residuals add up to: how many they are (`size`), their squares, those of the responses about their
    means, each in the weights, and the sum of the logarithms of the weights.
    """

    size: int
    squares: float
    about_mean: float
    logarithms: float


def totals_of(blocks: Callable[[], Iterable[tuple[Matrix, Matrix]]], squares: float) -> ResidualTotals:
    """The totals of residuals with that sum of squares; `blocks` begins to give responses and weights of some rows."""
    size, logarithms = 0, 0.0
    weighted: Any = 0.0
    weight: Any = 0.0
    for responses, factors in blocks():
        size += responses.size
        logarithms += float(np.sum(np.log(factors)))
        weighted = weighted + np.sum(responses * factors**2, axis=1, keepdims=True)
        weight = weight + np.sum(factors**2, axis=1, keepdims=True)
    mean = weighted / weight
    about = sum(float(np.sum(((responses - mean) * factors) ** 2)) for responses, factors in blocks())
    return ResidualTotals(size, squares, about, logarithms)


class Statistics:
    """The statistics of `entries` that moved, `inverse` being a row for each: (J'J)^-1 is it times its transpose.

    `untold` entries take part in what the data do not tell: they have no errors; `rank` is how many directions they do
    tell. Not `is_absolute`: errors are scaled by the residuals' own variance. `spread` takes its place in a robust fit.
    `confidence` is the chance that an interval has the true value in it.
    """

    def __init__(
        self,
        entries: Sequence[str],
        values: Vector,
        inverse: Matrix,
        totals: ResidualTotals,
        *,
        is_absolute: bool,
        untold: Sequence[int] = (),
        rank: int | None = None,
        spread: float | None = None,
        confidence: float = CONFIDENCE,
    ) -> None:
        self.entries = list(entries)
        self.values = values
        self.totals = totals
        self.is_absolute = is_absolute
        self.inverse = inverse
        self.spread = spread
        self.confidence = confidence
        self.rank = len(self.entries) if rank is None else rank
        self._is_untold = np.isin(np.arange(len(self.entries)), untold)

    @property
    def degrees_of_freedom(self) -> int:
        return self.totals.size - self.rank

    @property
    def reduced_chi_square(self) -> float:
        freedom = self.degrees_of_freedom
        return self.totals.squares / freedom if freedom else math.nan

    @property
    def residual_standard_deviation(self) -> float:
        return math.sqrt(self.reduced_chi_square)

    @property
    def variance(self) -> float:
        """What (J'J)^-1 is multiplied by."""
        if self.spread is not None:
            freedom = self.degrees_of_freedom
            return self.spread * self.totals.size / freedom if freedom else math.nan
        return 1.0 if self.is_absolute else self.reduced_chi_square

    @cached_property
    def covariance(self) -> Matrix:
        return self._told(self.inverse @ self.inverse.T * self.variance)

    def _told(self, matrix: Matrix) -> Matrix:
        """The matrix with nan for entries that have no errors."""
        told: Matrix = np.where(self._is_untold[:, None] | self._is_untold[None, :], np.nan, matrix)
        return told

    @cached_property
    def standard_errors(self) -> Vector:
        errors: Vector = np.sqrt(np.sum(self.inverse**2, axis=1) * self.variance)
        return np.where(self._is_untold, np.nan, errors)

    @cached_property
    def correlation(self) -> Matrix:
        length = np.sqrt(np.sum(self.inverse**2, axis=1))
        scaled = self.inverse / np.where(length > 0.0, length, 1.0)[:, None]
        matrix = np.clip(scaled @ scaled.T, -1.0, 1.0)
        np.fill_diagonal(matrix, 1.0)
        return self._told(matrix)

    @cached_property
    def margins(self) -> Vector:
        """Half of each confidence interval."""
        return self.standard_errors * self.deviation

    @cached_property
    def deviation(self) -> float:
        """How many standard errors half of an interval is; nan without a degree of freedom."""
        freedom = math.inf if self.is_absolute else float(self.degrees_of_freedom)
        return deviation_of(1.0 - self.confidence, freedom) if freedom else math.nan

    @property
    def observation_deviation(self) -> float:
        """The standard deviation of an observation whose sigma is 1."""
        return 1.0 if self.is_absolute else self.residual_standard_deviation

    @cached_property
    def chances(self) -> Vector:
        """For each entry the chance of a value as far from 0 where the true one is 0."""
        freedom = math.inf if self.is_absolute else float(self.degrees_of_freedom)
        if not freedom:
            return np.full(len(self.entries), np.nan)
        with np.errstate(all="ignore"):
            deviations = self.values / self.standard_errors
        return np.array([chance_beyond(deviation, freedom) for deviation in deviations.tolist()])

    @property
    def r_squared(self) -> float:
        about = self.totals.about_mean
        return 1.0 - self.totals.squares / about if about else math.nan

    @property
    def minus_two_log_likelihood(self) -> float:
        """Of normal errors; their variance is a parameter of its own where it is not known."""
        count, squares, _, logarithms = self.totals
        constant = count * math.log(2.0 * math.pi) - 2.0 * logarithms
        if self.is_absolute:
            return squares + constant
        return (count * math.log(squares / count) if squares else -math.inf) + count + constant

    @property
    def unknowns(self) -> int:
        return len(self.entries) + (not self.is_absolute)

    @property
    def aic(self) -> float:
        return self.minus_two_log_likelihood + 2.0 * self.unknowns

    @property
    def bic(self) -> float:
        return self.minus_two_log_likelihood + math.log(self.totals.size) * self.unknowns
