"""Many rows and five parameters through `backprop fit`, an iteration of it against a pass of `backprop batch`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import partial

import numpy as np

from .measuring import BACKPROP, ENVIRONMENT, Comparison, Cost, Runner, command

MODEL = "a*exp(-b*x) + c*exp(-d*x) + k"
VALUES = {"a": 3.0, "b": 0.5, "c": 2.0, "d": 0.1, "k": 1.0}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    rows = 200 if tiny else 1_000_000
    peers = {"a pass of batch": partial(one_pass, rows)}
    yield Comparison(f"{rows:,} rows, an iteration", partial(iteration, rows), peers, aim=3.0)


def file_of(rows: int) -> str:
    path = f"fit_{rows}.csv"
    if not os.path.exists(path):
        random = np.random.default_rng(0)
        x = random.uniform(0.0, 10.0, rows)
        y = 3.0 * np.exp(-0.5 * x) + 2.0 * np.exp(-0.1 * x) + 1.0 + random.normal(0.0, 0.1, rows)
        np.savetxt(path, np.column_stack([x, y]), fmt="%.6f", delimiter=",", header="x,y", comments="")
    return path


def iteration(rows: int) -> Runner:
    words = [BACKPROP, "fit", f"y ~ {MODEL}", file_of(rows), "b=0.6", "d=0.2"]
    counted = [*words, "--format", "json"]
    shown = subprocess.run(counted, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
    count = int(shown.stdout.partition(b'"iterations": ')[2].partition(b",")[0])
    whole = command(words)

    def run() -> Cost:
        cost = whole()
        return Cost(cost.clock / count, cost.processor / count, cost.memory)

    return run


def one_pass(rows: int) -> Runner:
    values = [f"{name}={value}" for name, value in VALUES.items()]
    wrt = [word for name in VALUES for word in ("--wrt", name)]
    return command(
        [BACKPROP, "batch", f"y - ({MODEL})", file_of(rows), *values, *wrt, "-o", "out.csv"], makes="out.csv"
    )
