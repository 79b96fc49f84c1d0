"""What `--bounds a=0:5` and other options of the form NAME=... say. Computes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backprop.cli.question.argv import normalized
from backprop.cli.question.names import check_known
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

Bounds = tuple[float, float]


def read_all_bounds(bounds: Sequence[str], known: Sequence[str]) -> dict[str, Bounds]:
    """Those of each variable. Raises ExpressionError or Failure."""
    read = dict(read_bounds(text, known) for text in bounds)
    if len(read) < len(bounds):
        raise Failure("--bounds gives one variable bounds twice", "omit one of the two: --bounds a=0:5 has both")
    return read


def read_bounds(
    text: str, known: Sequence[str], option: str = "--bounds", example: str = "--bounds a=0:5, a=0: or a=:5"
) -> tuple[str, Bounds]:
    """`a=0:5`, either end of which may be empty. Raises ExpressionError or Failure."""
    name, value = read_pair(text, known, option, example)
    low, colon, high = value.partition(":")
    if not colon or ":" in high:
        raise Failure(f"{option} {text}", f"write NAME=LOWER:UPPER: {example}")
    ends = [
        float(number) if part.strip() else default
        for part, default in ((low, -math.inf), (high, math.inf))
        for number in [read_value(f"a bound of {name}", part.strip()) if part.strip() else 0.0]
    ]
    if not ends[0] <= ends[1]:
        raise Failure(f"{option} {text}: there is no room between them", "write the lower one first")
    return name, (ends[0], ends[1])


def read_pair(text: str, known: Sequence[str], option: str, example: str) -> tuple[str, str]:
    """`NAME=...`, NAME being one of the model's. Raises Failure."""
    written, equals, value = text.partition("=")
    name = normalized(written.strip())
    if not equals or not name or not value.strip():
        raise Failure(f"{option} {text}", f"write {example}")
    check_known(option, name, known)
    return name, value.strip()
