"""The symbolic derivatives that a command's options ask for. Renders nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprop.autodiff.derivatives.symbolic import MAXIMUM_ORDER, Derivatives, derivatives
from backprop.autodiff.shapes import MAXIMUM_ENTRIES, Shape
from backprop.cli.question.argv import normalized
from backprop.cli.question.question import Question, chosen_names
from backprop.cli.status import Failure

MOST_DIGITS = 18  # of a length in an option


def differentiated(question: Question, wrt: Sequence[str], order: int, shapes: Sequence[str]) -> Derivatives:
    """The derivatives by the names of `wrt`. Raises Failure or ExpressionError."""
    if not 1 <= order <= MAXIMUM_ORDER:
        raise Failure(f"--order {order}", f"an order is a number from 1 to {MAXIMUM_ORDER}")
    given = {name: np.shape(value) for name, value in question.values.items()}
    for text in shapes:
        name, shape = read_shape(text)
        if name not in question.graph.inputs:
            raise Failure(f"--shape {text}: {name} is no variable of the expression", "leave it away")
        if given.setdefault(name, shape) != shape:
            raise Failure(f"--shape {text}: the value of {name} has another shape", "leave one of the two away")
    names = chosen_names(wrt, list(given) + [name for name in question.graph.variables if name not in given])
    return derivatives(question.graph, names, order=order, given=given)


def read_shape(text: str) -> tuple[str, Shape]:
    """`W=2,3` as the name and the shape. Raises Failure."""
    name, _, lengths = text.partition("=")
    parts = [part.strip() for part in lengths.split(",")] if lengths.strip() else []
    if not name.strip() or not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise Failure(f"--shape {text}", "write NAME=LENGTH,LENGTH: --shape W=2,3")
    longest = max(parts, key=len)
    if len(longest) > MOST_DIGITS:
        raise Failure(
            f"--shape {name}: a length of {len(longest)} digits", f"an array has at most {MAXIMUM_ENTRIES} entries"
        )
    return normalized(name.strip()), tuple(map(int, parts))
