"""Four million rows of the neuron beside Numba by hand, into given arrays and into fresh ones.

python tests/benchmarks/filled_rows.py [--rows N] [--turns N]

Numba (parallel) gets the gradients written by hand, and is left out where it is not installed. Both use every core,
once a turn, in an order that is drawn for each. Processor time, freeing fresh results included: medians, and the
median of the ratios to Numba's time in the same turn.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff import compile
from backprop.parser import parse

NAMES = ("w0", "x0", "w1", "x1", "w2")
SPELLINGS = {"sigmoid": "sigmoid(w0*x0+w1*x1+w2)", "textbook": "1/(1+exp(-(w0*x0+w1*x1+w2)))"}

Runner = Callable[[], Any]


def backprop(columns: dict[str, Any]) -> dict[str, Runner]:
    runners: dict[str, Runner] = {}
    for name, text in SPELLINGS.items():
        function = compile(parse(text))
        results = function(columns)
        runners[f"fresh {name}"] = lambda function=function: function(columns)  # type: ignore[misc]
        runners[f"given {name}"] = lambda function=function, out=results: function(columns, out=out)  # type: ignore[misc]
    return runners


def numba(columns: dict[str, Any]) -> dict[str, Runner]:
    import numba

    @numba.njit(parallel=True)  # type: ignore[misc]
    def fill(w0, x0, w1, x1, w2, value, by_w0, by_x0, by_w1, by_x1, by_w2):  # type: ignore[no-untyped-def]
        for row in numba.prange(len(w0)):
            output = 1 / (1 + np.exp(-(w0[row] * x0[row] + w1[row] * x1[row] + w2[row])))
            slope = output * (1 - output)
            value[row], by_w0[row], by_x0[row] = output, slope * x0[row], slope * w0[row]
            by_w1[row], by_x1[row], by_w2[row] = slope * x1[row], slope * w1[row], slope

    @numba.njit  # type: ignore[misc]
    def fresh(w0, x0, w1, x1, w2):  # type: ignore[no-untyped-def]
        rows = len(w0)
        value, by_w0, by_x0 = np.empty(rows), np.empty(rows), np.empty(rows)
        by_w1, by_x1, by_w2 = np.empty(rows), np.empty(rows), np.empty(rows)
        fill(w0, x0, w1, x1, w2, value, by_w0, by_x0, by_w1, by_x1, by_w2)
        return value, by_w0, by_x0, by_w1, by_x1, by_w2

    inputs = tuple(columns.values())
    given = [np.zeros(len(inputs[0])) for _ in range(len(NAMES) + 1)]
    return {"fresh numba": lambda: fresh(*inputs), "given numba": lambda: fill(*inputs, *given)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=4_000_000)
    arguments.add_argument("--turns", type=int, default=15)
    options = arguments.parse_args()
    generator = np.random.default_rng(0)
    columns = {name: generator.normal(size=options.rows) for name in NAMES}
    runners = backprop(columns)
    if importlib.util.find_spec("numba"):
        runners |= numba(columns)
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    order = random.Random(0)
    for turn in range(options.turns + 1):
        for name in order.sample(list(runners), len(runners)):
            start = time.process_time()
            result = runners[name]()
            del result
            if turn:  # the first compiles
                seconds[name].append(time.process_time() - start)
    for name, times in seconds.items():
        peer = seconds.get(f"{name.split()[0]} numba", times)
        ratio = statistics.median([own / other for own, other in zip(times, peer, strict=True)])
        print(f"{name:16}{statistics.median(times) * 1e3:8.1f} ms{ratio:8.2f} of Numba's time")


if __name__ == "__main__":
    main()
