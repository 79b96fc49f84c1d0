"""A million trials of a formula of ten inputs: `backprop budget` with them, less the same with 20 of them.

By hand in NumPy it is the trials alone: the draws, the formula and the sorted results of which the interval is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .measuring import BACKPROP, Comparison, Cost, Runner, call, command

FORMULA = "a*b/c + d*exp(-p*f) + sqrt(g*h) + sin(r)*j"
MEANS = {name: 1 + place / 10 for place, name in enumerate("abcdpfghrj")}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    trials = 1_000 if tiny else 1_000_000
    yield Comparison(f"{trials:,} trials, ten inputs", partial(budget, trials), {"numpy": partial(by_hand, trials)})


def budget(trials: int) -> Runner:
    words = [BACKPROP, "budget", FORMULA, *(f"{name}={mean}+-0.01" for name, mean in MEANS.items()), "--json"]
    many, few = (command([*words, "--trials", str(number)]) for number in (trials, 20))

    def run() -> Cost:
        more, less = many(), few()
        return Cost(max(more.clock - less.clock, 1e-9), max(more.processor - less.processor, 1e-9), more.memory)

    return run


def by_hand(trials: int) -> Runner:
    def run() -> object:
        random = np.random.default_rng(0)
        a, b, c, d, p, f, g, h, r, j = (random.normal(mean, 0.01, trials) for mean in MEANS.values())
        return np.sort(a * b / c + d * np.exp(-p * f) + np.sqrt(g * h) + np.sin(r) * j)

    return call(run)
