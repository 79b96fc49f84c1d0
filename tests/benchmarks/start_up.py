"""How long until the first answer: whole processes against importing click, lark and numpy, and Python alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from .measuring import BACKPROP, Comparison, command

CIRCUIT = ["(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4"]
FLOOR = "import click, lark, numpy"
QUESTIONS = {
    ("eval", *CIRCUIT, "--format", "json"): 0.6,
    ("eval", *CIRCUIT, "--format", "table"): None,
    ("grad", *CIRCUIT): 0.6,
    ("diff", "x^2*sin(x)"): 0.6,
    ("hessian", "relu(x)*y", "x=1", "y=2"): None,
    ("explain", "x*sin(x)", "x=1"): None,
    ("--help",): 0.4,
}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    floor = {FLOOR: partial(command, [sys.executable, "-c", FLOOR])}
    for words, aim in QUESTIONS.items():
        yield Comparison(" ".join(words), partial(command, [BACKPROP, *words]), floor, aim)
        if tiny:
            return
