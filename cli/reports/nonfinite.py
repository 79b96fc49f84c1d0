"""Where results are infinite or not a number: for JSON, which writes them as null, and for warnings on stderr."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from backprop.autodiff.derivatives.trace import Birth, Step, Trace
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, is_finite
from backprop.parser.printers.expression import shortest, show

CONSTANT = "the constant {0} is not finite"
VALUE = "{0} is {1}"
GRADIENT = "the gradient through {0} is {1}"


def nonfinite_entries(trace: Trace, derivative: str) -> list[dict[str, Any]]:
    """One entry for each node's value or gradient and each of inf, -inf and nan in it.

    `where` is the node and the column, `entries` an array's indices, `start` and `end` the gate's place in the
    expression, `is_origin` whether it began here.
    """
    if trace.is_result_finite and not trace.origins:
        return []
    entries: list[dict[str, Any]] = [
        {"where": "f.value", "value": word} for word, _ in kinds_in(trace.value) if trace.output.is_constant
    ]
    for step in trace.steps:
        for column, value in (("value", step.value), (derivative, step.gradient)):
            for word, indices in kinds_in(value):
                span = step.node.span
                entry = {
                    "where": f"{trace.labels[step.node]}.{column}",
                    "value": word,
                    "gate": step.node.gate.name,
                    "start": span.start if span else None,
                    "end": span.end if span else None,
                    "is_origin": step.node in trace.origins if column == "value" else came_through(step, trace.origins),
                }
                entries.append({**entry, "entries": indices} if indices else entry)
    return entries


def came_through(step: Step, origins: Collection[Node]) -> bool:
    """Whether a gradient became non-finite at a gate where inf or nan began."""
    return any(share.user in origins and not is_finite(share.value) for share in step.shares)


def kinds_in(value: Array | None) -> Iterator[tuple[str, list[list[int]]]]:
    """Each non-finite kind in the value with its indices, none for a scalar."""
    if value is not None and not is_finite(value):
        from backprop.cli.question.value_kinds import KINDS  # here, not above: most numbers are finite

        for word, test in KINDS:
            mask = test(value)
            if np.any(mask):
                yield word, np.argwhere(mask).tolist() if np.ndim(value) else []


def described(trace: Trace, birth: Birth) -> str:
    """What a birth is, in a line: `n2 = log(x) is -inf`."""
    text, named, words = description(trace, birth)
    return text.format(named, " and ".join(words))


def description(trace: Trace, birth: Birth) -> tuple[str, str, list[str]]:
    """The sentence of a birth, the node that it speaks of, and which numbers these are."""
    label = trace.labels.get(birth.node)
    expression = show(birth.node, trace.labels)
    if birth.node.is_constant and label is None:
        return CONSTANT, expression, []
    named = f"{label} = {expression}" if label and label != expression else expression
    words = [shortest(float(birth.value))] if not np.ndim(birth.value) else [word for word, _ in kinds_in(birth.value)]
    return (GRADIENT if birth.kind == "gradient" else VALUE), named, words


def nonfinite_values(values: Mapping[str, Array]) -> list[dict[str, Any]]:
    """One entry for each of the named results and each of inf, -inf and nan in it."""
    entries = []
    for where, value in values.items():
        for word, indices in kinds_in(value):
            entry = {"where": where, "value": word}
            entries.append({**entry, "entries": indices} if indices else entry)
    return entries
