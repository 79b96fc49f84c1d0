"""Cures for words behind an expression: values without names, an expression that the shell took apart or replaced.

Imported only for an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from backprop.autodiff.errors import ExpressionError
from backprop.cli.question.values import is_value

SHELL = "put the expression in quotes, so that the shell leaves its * alone"
LONGEST_QUOTED = 100  # characters of an expression that a cure repeats


def cure_of_surplus(together: str, words: Sequence[str]) -> str | None:
    """What to do about words of which the first was to be the whole expression; None where nobody knows."""
    expression, *rest = words
    if all(map(os.path.exists, words)):
        return f'{SHELL}: "x*y"'
    option = re.fullmatch(r"-([^\W\d]\w*)", rest[0])
    if option and len(rest) > 1 and is_value(rest[1]):
        return f"a value is given as --{option[1]} {rest[1]}"
    if all(map(is_value, rest)):
        named = [f"{name}={value}" for name, value in zip(variables_of(expression), rest, strict=False)]
        if len(named) == len(rest):
            return f"give values by their names: {' '.join(named)}"
    if variables_of(together) and len(together) < LONGEST_QUOTED:
        return f'put the whole expression in quotes: "{together}"'
    return None


def variables_of(text: str) -> Sequence[str]:
    """The variables of an expression, none where it is no expression."""
    from backprop.cli.question.expression import of_either_kind

    try:
        return of_either_kind(text).variables
    except ExpressionError:
        return ()
