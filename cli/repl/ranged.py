"""The ranges behind an expression in a session: `sin(x) x=-5:5`. Computes nothing."""

from __future__ import annotations

import re

from backprop.cli.question.argv import GivenValue, normalized
from backprop.cli.question.ranges import Range, is_range, read_range

FEW_POINTS = 101  # of a plot that is one line of text
LAST_RANGE = re.compile(r"(?:^|(?<=\s))([^\W\d]\w*)\s*=\s*([^=]*:[^=]*)$")


def ranged(text: str) -> tuple[str, tuple[Range, ...]]:
    """The expression, and the ranges behind it. Raises ExpressionError or Failure for a range that is none."""
    ranges: list[Range] = []
    while (match := LAST_RANGE.search(text)) and is_range(match[2]):
        ranges.insert(0, read_range(GivenValue(normalized(match[1]), match[2].strip(), f"{match[1]}=")))
        text = text[: match.start()].rstrip()
    return text.strip(), tuple(ranges)
