"""Texts where the calls of autodiff take graphs. Computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np

from backprop.autodiff.evaluation.binding import as_numbers, value_of
from backprop.autodiff.shapes import Shape
from backprop.cli.library.graphs import Graph
from backprop.parser import parse
from backprop.parser.constants import UnknownShape

Expression: TypeAlias = Graph | str
Reader: TypeAlias = Callable[[str, Mapping[str, Shape] | None], Graph]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

MOST_KEPT = 32  # graphs of texts that were read last: what was derived from a graph is kept with it
LONGEST_KEPT = 10_000  # characters of a text whose graph is kept


def reading(
    call: Callable[Concatenate[Graph, Parameters], Result], reader: Reader = parse
) -> Callable[Concatenate[Expression, Parameters], Result]:
    """The call with a text taken for its graph; where a range follows from a shape it is that of the values given."""

    @wraps(call)
    def taking_text(expression: Expression, /, *arguments: Parameters.args, **settings: Parameters.kwargs) -> Result:
        graph = graph_of(expression, (*arguments, settings), reader)
        return call(graph, *arguments, **settings)

    return taking_text


def graph_of(expression: Expression, given: tuple[Any, ...] = (), reader: Reader = parse) -> Graph:
    """The graph itself, or that of a text, read for the shapes of what mappings among `given` hold."""
    if not isinstance(expression, str):
        return expression
    try:
        graph = kept(expression, reader) if len(expression) <= LONGEST_KEPT else reader(expression, None)
        if not graph.assumed:
            return graph
    except UnknownShape:
        pass
    return reader(expression, dict(shapes_in(given)))


@lru_cache(MOST_KEPT)
def kept(text: str, reader: Reader) -> Graph:
    return reader(text, None)


def shapes_in(given: tuple[Any, ...]) -> Iterator[tuple[str, Shape]]:
    for mapping in given:
        if isinstance(mapping, Mapping):
            for name, value in mapping.items():
                if isinstance(value, float | int):
                    yield name, ()
                elif isinstance(value, Mapping):
                    yield from shapes_in((value,))
                elif is_array(value):
                    yield name, as_numbers(value, value_of(name)).shape


def is_array(value: Any) -> bool:
    """Whether a setting of a call may be a value that is an array: it is none of its other settings, as names are."""
    if isinstance(value, list | tuple):
        return not (value and all(isinstance(one, str) for one in value))
    return isinstance(value, np.ndarray) or hasattr(value, "__array__") or hasattr(value, "__dlpack__")
