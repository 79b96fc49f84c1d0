"""Four million rows in memory beside JAX, Numba and NumExpr: python tests/benchmarks/rows_in_memory.py

Each gives the value and all gradients of every row. Install the peers that are to be compared (jax, numba, numexpr);
those missing are left out. JAX runs jit(vmap(value_and_grad)) in doubles; Numba (parallel) and NumExpr get gradients
written by hand. All read the same numbers, make fresh results and use every core. `copy` is what memory allows:
fresh arrays of the results' number and size, copied from others that exist, by the threads that compile() uses. All
run once a round, in an order that is drawn for each: a busy moment of the machine hits all alike, and so does what
the run before left of the memory. Times are medians.
"""

from __future__ import annotations

import importlib.util
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff import compile
from backprop.autodiff.evaluation import threads
from backprop.parser import parse

ROWS = 4_000_000
ROUNDS = 25
CIRCUIT = "(x+y)*z"
NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = {CIRCUIT: ("x", "y", "z"), NEURON: ("w0", "x0", "w1", "x1", "w2")}

Runner = Callable[[], Any]


def main() -> None:
    print(f"{ROWS:,} rows, {threads.usable_cores()} cores, medians of {ROUNDS} rounds")
    generator = np.random.default_rng(0)
    for text, names in NAMES.items():
        columns = {name: generator.normal(size=ROWS) for name in names}
        runners = {"copy": copier(len(names) + 1), "backprop": backprop(text, columns)}
        for peer, make in PEERS.items():
            if importlib.util.find_spec(peer):
                runners[peer] = make(text, columns)
        report(text, runners)


def report(text: str, runners: dict[str, Runner]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    order = random.Random(0)
    for round_number in range(ROUNDS + 1):
        for name in order.sample(list(runners), len(runners)):
            start = time.perf_counter()
            result = runners[name]()
            elapsed = time.perf_counter() - start
            del result
            if round_number:  # the first compiles
                seconds[name].append(elapsed)
    median = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"\n{text}")
    for name, middle in median.items():
        print(f"  {name:9}{middle * 1e3:8.1f} ms{median['backprop'] / middle:8.2f} backprop's time over this")
    if peers := {name: middle for name, middle in median.items() if name not in ("copy", "backprop")}:
        fastest = min(peers, key=peers.__getitem__)
        print(f"  {median['backprop'] / peers[fastest]:.2f} of the fastest peer ({fastest}); at most 1 is the aim")
    print(f"  {median['backprop'] / median['copy']:.2f} of a copy of the results; at most 3 is the aim")


def copier(count: int) -> Runner:
    sources = [np.random.default_rng(1).normal(size=ROWS) for _ in range(count)]

    def run() -> Any:
        fresh = [np.empty(ROWS) for _ in sources]

        def work(start: int, stop: int) -> None:
            for source, target in zip(sources, fresh, strict=True):
                np.copyto(target[start:stop], source[start:stop])

        threads.over_rows(work, ROWS, 2**15)
        return fresh

    return run


def backprop(text: str, columns: dict[str, Any]) -> Runner:
    function = compile(parse(text))
    return lambda: function(columns)


def jax(text: str, columns: dict[str, Any]) -> Runner:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    functions = {
        CIRCUIT: lambda x, y, z: (x + y) * z,
        NEURON: lambda w0, x0, w1, x1, w2: 1 / (1 + jnp.exp(-(w0 * x0 + w1 * x1 + w2))),
    }
    by_all = tuple(range(len(columns)))
    compiled = jax.jit(jax.vmap(jax.value_and_grad(functions[text], argnums=by_all)))
    arrays = [jnp.asarray(column) for column in columns.values()]
    return lambda: jax.block_until_ready(compiled(*arrays))


def numba(text: str, columns: dict[str, Any]) -> Runner:
    import numba

    @numba.njit(parallel=True)  # type: ignore[misc]
    def circuit(x, y, z):  # type: ignore[no-untyped-def]
        rows = len(x)
        value, by_x, by_y, by_z = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
        for row in numba.prange(rows):
            total = x[row] + y[row]
            value[row], by_x[row], by_y[row], by_z[row] = total * z[row], z[row], z[row], total
        return value, by_x, by_y, by_z

    @numba.njit(parallel=True)  # type: ignore[misc]
    def neuron(w0, x0, w1, x1, w2):  # type: ignore[no-untyped-def]
        rows = len(w0)
        value, by_w0, by_x0 = np.empty(rows), np.empty(rows), np.empty(rows)
        by_w1, by_x1, by_w2 = np.empty(rows), np.empty(rows), np.empty(rows)
        for row in numba.prange(rows):
            output = 1 / (1 + np.exp(-(w0[row] * x0[row] + w1[row] * x1[row] + w2[row])))
            slope = output * (1 - output)
            value[row], by_w0[row], by_x0[row] = output, slope * x0[row], slope * w0[row]
            by_w1[row], by_x1[row], by_w2[row] = slope * x1[row], slope * w1[row], slope
        return value, by_w0, by_x0, by_w1, by_x1, by_w2

    function = {CIRCUIT: circuit, NEURON: neuron}[text]
    return lambda: function(*columns.values())


def numexpr(text: str, columns: dict[str, Any]) -> Runner:
    import numexpr

    def circuit() -> Any:
        total = numexpr.evaluate("x + y", columns)
        value = numexpr.evaluate("total * z", {**columns, "total": total})
        return value, columns["z"].copy(), columns["z"].copy(), total

    def neuron() -> Any:
        output = numexpr.evaluate("1/(1+exp(-(w0*x0+w1*x1+w2)))", columns)
        slope = numexpr.evaluate("output*(1-output)", {"output": output})
        known = {**columns, "slope": slope}
        return output, *[numexpr.evaluate(f"slope*{name}", known) for name in ("x0", "w0", "x1", "w1")], slope

    return {CIRCUIT: circuit, NEURON: neuron}[text]


PEERS: dict[str, Callable[[str, dict[str, Any]], Runner]] = {"jax": jax, "numba": numba, "numexpr": numexpr}

if __name__ == "__main__":
    sys.exit(main())
