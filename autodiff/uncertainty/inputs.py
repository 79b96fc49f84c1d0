"""What is known of the inputs: estimates, standard uncertainties, degrees of freedom, correlations. Checks them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import as_array, value_of
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, entry_name, show
from backprop.autodiff.uncertainty.distributions import DISTRIBUTIONS
from backprop.autodiff.uncertainty.numbers import Matrix, Vector

NEGATIVE = 1e-9  # an eigenvalue of correlations, for each of them: what rounding leaves of zero
MOST_NAMED = 5
Correlations = Mapping[tuple[str, str], float]


class Uncertain(NamedTuple):
    """An input's estimate and standard uncertainty, each a number or an array; one holds for all entries.

    `dof` are the uncertainty's degrees of freedom; `distribution` is what trials draw from. `rows` names the readings
    that it was estimated from: inputs from the same ones have their degrees of freedom in common.
    """

    value: Any
    uncertainty: Any
    dof: float = math.inf
    distribution: str = "normal"
    rows: str | None = None


def within(value: Any, half_width: Any, distribution: str = "uniform", dof: float = math.inf) -> Uncertain:
    """The input that lies within so much of its estimate, by a distribution that has ends.

    Source: GUM (JCGM 100:2008), 4.3.7, 4.3.9 and table 1 of JCGM 101:2008. Raises ExpressionError for another one.
    """
    ended = {name: kind.half_widths for name, kind in DISTRIBUTIONS.items() if kind.half_widths}
    if distribution not in ended:
        raise ExpressionError(f"{distribution!r} has no half-width", cure=f"those with one are {', '.join(ended)}")
    return Uncertain(value, np.asarray(half_width, dtype=np.float64) / ended[distribution], dof, distribution)


class Inputs:
    """All values by name, and of the entries of those that are uncertain: names, and vectors of what is known."""

    def __init__(self, given: Mapping[str, Any], correlations: Correlations) -> None:
        self.values: dict[str, Array] = {}
        self.known: dict[str, Uncertain] = {}
        for name, what in given.items():
            known = what if isinstance(what, Uncertain) else None
            self.values[name] = as_array(known.value if known else what, value_of(name))
            if known:
                self.known[name] = checked(name, known, self.values[name])
        if not self.known:
            name = next(iter(given), "x")
            cure = f"give one: {name}=2.0+-0.1, or the readings of a column: {name}=@FILE:COLUMN"
            raise ExpressionError("no input has an uncertainty", cure=cure)
        self.names = tuple(self.known)
        self.entries = tuple([entry for name in self.names for entry in entries_of(name, self.values[name].shape)])
        self.estimates = self.joined(self.values)
        self.uncertainties = self.joined({name: known.uncertainty for name, known in self.known.items()})
        each = [self.known[name] for name in self.names for _ in range(self.values[name].size)]
        self.dof = [known.dof for known in each]
        self.distributions = [known.distribution for known in each]
        self.rows = [known.rows for known in each]
        self.correlation = correlation_matrix(self.entries, correlations, given) if correlations else None

    def joined(self, parts: Mapping[str, Any]) -> Vector:
        """The entries of all uncertain inputs in one vector."""
        return np.concatenate([np.ravel(parts[name]) for name in self.names])

    def split(self, vector: Any) -> dict[str, Any]:
        """A vector of entries, or a matrix with a row for each, by name and in the input's shape."""
        ends = np.cumsum([self.values[name].size for name in self.names])
        return {
            name: vector[end - self.values[name].size : end].reshape((*self.values[name].shape, *vector.shape[1:]))[()]
            for name, end in zip(self.names, ends, strict=True)
        }

    def correlated(self, vector: Vector) -> Vector:
        """The correlation matrix times a vector."""
        return vector if self.correlation is None else self.correlation @ vector

    @cached_property
    def groups(self) -> list[list[int]]:
        """The entries that are correlated with each other, directly or by way of others; most stand alone."""
        if self.correlation is None:
            return [[entry] for entry in range(len(self.entries))]
        left, groups = set(range(len(self.entries))), []
        while left:
            group, waiting = set(), [min(left)]
            while waiting:
                entry = waiting.pop()
                if entry not in group:
                    group.add(entry)
                    waiting += np.flatnonzero(self.correlation[entry]).tolist()
            left -= group
            groups.append(sorted(group))
        return groups

    def group_dof(self, group: Sequence[int]) -> float | None:
        """The degrees of freedom of a group; None where several that are limited have them not in common."""
        if len(group) == 1 or all(math.isinf(self.dof[entry]) for entry in group):
            return self.dof[group[0]]
        rows = {self.rows[entry] for entry in group}
        return self.dof[group[0]] if len(rows) == 1 and None not in rows else None


def entries_of(name: str, shape: Sequence[int]) -> list[str]:
    return [entry_name(name, index) for index in np.ndindex(*shape)]


def checked(name: str, known: Uncertain, value: Array) -> Uncertain:
    """The input with an uncertainty for each entry. Raises ExpressionError for what cannot be."""
    uncertainty = as_array(known.uncertainty, f"the uncertainty of '{name}'")
    try:
        uncertainty = np.array(np.broadcast_to(uncertainty, value.shape))[()]
    except ValueError:
        raise ExpressionError(
            f"the uncertainty of '{name}' has shape {show(uncertainty.shape)}, its value {show(value.shape)}",
            cure="give one uncertainty, or one for each entry",
        ) from None
    for entry, size in zip(entries_of(name, value.shape), np.ravel(uncertainty).tolist(), strict=True):
        if size == 0.0:
            raise ExpressionError(
                f"the uncertainty of '{entry}' is zero",
                cure="give it an uncertainty, or a value without one: a constant",
            )
        if not 0.0 < size < math.inf:
            raise ExpressionError(f"the uncertainty of '{entry}' is {size:g}", cure="give a positive number")
    if not np.isfinite(value).all():
        raise ExpressionError(f"the value of '{name}' is not finite", cure="give a number")
    if not known.dof > 0:
        raise ExpressionError(f"the degrees of freedom of '{name}' are {known.dof:g}", cure="give a positive number")
    if known.distribution not in DISTRIBUTIONS:
        raise ExpressionError(
            f"the distribution of '{name}' is {known.distribution!r}",
            cure=f"the distributions are {', '.join(DISTRIBUTIONS)}",
        )
    if DISTRIBUTIONS[known.distribution].has_tails and math.isinf(known.dof):
        raise ExpressionError(
            f"'{name}' is drawn from a t distribution without degrees of freedom", cure="give them: dof=4"
        )
    return known._replace(value=value, uncertainty=uncertainty)


def correlation_matrix(entries: Sequence[str], correlations: Correlations, given: Iterable[str]) -> Matrix | None:
    """The matrix with ones on its diagonal; None where all are zero. Raises ExpressionError where it cannot be one."""
    place = {entry: position for position, entry in enumerate(entries)}
    matrix = np.eye(len(entries))
    seen = set()
    for pair, coefficient in correlations.items():
        written = f"the correlation of '{pair[0]}' and '{pair[1]}'"
        for entry in pair:
            if entry not in place:
                raise unknown_entry(entry, written, entries, given)
        if pair[0] == pair[1]:
            raise ExpressionError(f"a correlation of '{pair[0]}' with itself", cure="name two inputs")
        if not -1.0 <= coefficient <= 1.0:
            raise ExpressionError(f"{written} is {coefficient:g}", cure="a correlation is a number from -1 to 1")
        if frozenset(pair) in seen:
            raise ExpressionError(f"{written} is given twice", cure="omit one of the two")
        seen.add(frozenset(pair))
        row, column = (place[entry] for entry in pair)
        matrix[row, column] = matrix[column, row] = coefficient
    if not matrix[~np.eye(len(entries), dtype=bool)].any():
        return None
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least < -NEGATIVE * len(entries):
        raise ExpressionError(
            f"the correlations contradict each other: their matrix has the eigenvalue {least:.3g}",
            cure="no quantities vary together so: look at signs, and at correlations left out, which are 0",
        )
    return matrix


def unknown_entry(entry: str, written: str, entries: Sequence[str], given: Iterable[str]) -> ExpressionError:
    named = ", ".join(entries[:MOST_NAMED]) + (" …" if len(entries) > MOST_NAMED else "")
    cure = f"the uncertain inputs are {named}"
    if entry in given:
        is_array = any(known.startswith(f"{entry}[") for known in entries)
        cure = (
            f"name its entries: {entry}[0]" if is_array else f"give it an uncertainty, or omit the correlation; {cure}"
        )
        return ExpressionError(f"{written}: '{entry}' {'is an array' if is_array else 'has no uncertainty'}", cure=cure)
    return ExpressionError(f"{written}: '{entry}' is not an input", cure=cure)
