"""Shapes with which an expression makes sense, for the cure of one that makes none of scalars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Shape

# What a name probably is comes first: matrices have capital letters.
MATRICES: tuple[Shape, ...] = ((2, 3), (3, 3), (), (2,), (3,), (3, 2))
VECTORS: tuple[Shape, ...] = ((3,), (), (2,), (2, 3), (3, 3))
MOST_TRIALS = 1000


def shapes_that_fit(graph: Graph, unknown: Sequence[str], given: Mapping[str, Shape]) -> str | None:
    """Options that give the unknown variables shapes that fit; None where none of those tried do."""
    likely = [MATRICES if name[0].isupper() else VECTORS for name in unknown]
    for trial in islice(product(*likely), MOST_TRIALS):
        chosen = dict(zip(unknown, trial, strict=True))
        try:
            graph.typed({**given, **chosen})
        except ExpressionError:
            continue
        options = [f"--shape {name}={','.join(map(str, shape))}" for name, shape in chosen.items() if shape]
        return f"variables without a value are scalars; say what is an array: {' '.join(options)}" if options else None
    return None
