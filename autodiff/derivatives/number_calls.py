"""Calls with numbers alone that come again: what has passed every check once is found by the names, and run at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from backprop.autodiff.derivatives.programs import AtNumbers, seeds_of
from backprop.autodiff.evaluation.flat_program import are_numbers
from backprop.autodiff.graph import Graph


def with_seeds(kind: str, given: Mapping[str, Any], directions: Mapping[str, Any]) -> dict[str, Any]:
    """The values, beside them those of the inputs for directions; with what is not a number nothing is found again."""
    return {**given, **(seeds_of(kind, directions) if are_numbers(directions.values()) else directions)}


def recalled(graph: Graph, asked: Hashable, given: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[float]] | None:
    """The names that it is differentiated by and the results, where `asked` was asked with numbers for these names.

    None where it was not, and where NumPy is to answer.
    """
    if not are_numbers(given.values()):
        return None
    known = graph.programs.find((asked, tuple(given), graph.state))
    if known is None:
        return None
    names, at_numbers = known
    numbers = at_numbers.run(given)
    return None if numbers is None else (names, numbers)


def remember(graph: Graph, asked: Hashable, given: Mapping[str, Any], names: Sequence[str], computation: Any) -> None:
    """Keep what has answered `asked`, if the numbers that were given are all that it needs."""
    is_of_numbers = isinstance(computation, AtNumbers) and are_numbers(given.values())
    if is_of_numbers and given.keys() >= {*computation.flat.names}:
        graph.programs.keep((asked, tuple(given), graph.state), (names, computation), computation.size)
