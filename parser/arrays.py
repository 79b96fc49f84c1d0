"""Lists: `[1, x]`, `[[1, 2], [3, 4]]`. Ragged ones are refused."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.lazy_numpy import np
from backprop.parser.operand import Display, Operand
from backprop.parser.scope import Scope

MAXIMUM_DEPTH = 32  # the dimensions that every NumPy from 1.26 on can hold


def display(scope: Scope, entries: Sequence[Operand], span: Span) -> Display:
    """A list: one constant where every entry is a literal, else its entries stacked."""
    lists = [entry for entry in entries if isinstance(entry, Display)]
    result = Display("ARRAY", "", *span)
    result.length = len(entries)
    result.depth = 1 + max((entry.depth for entry in lists), default=0)
    if result.depth > MAXIMUM_DEPTH:
        raise ExpressionError(f"lists are nested more than {MAXIMUM_DEPTH} deep", span, "an array has fewer dimensions")
    if lists:
        refuse_ragged(entries)
    if all(entry.is_literal for entry in entries):
        result.value = np.array([entry.value for entry in entries], dtype=np.float64)
    else:
        nodes = tuple([scope.node(entry) for entry in entries])
        result.node = scope.graph.add(OPERATORS["stack"], nodes, (0,), span)
    return result


def refuse_ragged(entries: Sequence[Operand]) -> None:
    """Raise ExpressionError at the first entry that is written in another shape than an earlier one."""
    literals = [(np.shape(entry.value), entry) for entry in entries if entry.is_literal]
    lists = [((entry.length,), entry) for entry in entries if isinstance(entry, Display)]
    outermost = [(shape[:1], entry) for shape, entry in literals if not shape]
    for shapes_and_entries in (sorted(lists + outermost, key=lambda pair: pair[1].start_pos), literals):
        for shape, entry in shapes_and_entries:
            expected = shapes_and_entries[0][0]
            if shape != expected:
                raise ExpressionError(
                    f"ragged list: an entry of shape {shapes.show(shape)} after one of {shapes.show(expected)}",
                    entry.span,
                    "every row of an array has the same length",
                )
