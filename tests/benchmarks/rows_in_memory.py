"""Rows in memory, the value and all gradients of each, with fresh results.

JAX runs jit(vmap(value_and_grad)) in doubles; Numba (parallel) and NumExpr get gradients written by hand. `copy` is
what memory allows: fresh arrays of the results' number and size, copied by the threads that compile() uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff import compile
from backprop.autodiff.evaluation import threads
from backprop.parser import parse

from .measuring import Comparison, Runner, call

CIRCUIT = "(x+y)*z"
NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = {CIRCUIT: ("x", "y", "z"), NEURON: ("w0", "x0", "w1", "x1", "w2")}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    rows = 1_000 if tiny else 4_000_000
    for text in NAMES:
        peers = {name: partial(make, text, rows) for name, make in PEERS.items()}
        yield Comparison(f"{rows:,} rows of {text}", partial(backprop, text, rows), peers, aim=1.0)


def columns_of(text: str, rows: int) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    return {name: generator.normal(size=rows) for name in NAMES[text]}


def backprop(text: str, rows: int) -> Runner:
    function, columns = compile(parse(text)), columns_of(text, rows)
    return call(lambda: function(columns))


def copy(text: str, rows: int) -> Runner:
    sources = [np.random.default_rng(1).normal(size=rows) for _ in range(len(NAMES[text]) + 1)]

    def run() -> Any:
        fresh = [np.empty(rows) for _ in sources]

        def work(start: int, stop: int) -> None:
            for source, target in zip(sources, fresh, strict=True):
                np.copyto(target[start:stop], source[start:stop])

        threads.over_rows(work, rows, 2**15)
        return fresh

    return call(run)


def jax(text: str, rows: int) -> Runner:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    functions = {
        CIRCUIT: lambda x, y, z: (x + y) * z,
        NEURON: lambda w0, x0, w1, x1, w2: 1 / (1 + jnp.exp(-(w0 * x0 + w1 * x1 + w2))),
    }
    arrays = [jnp.asarray(column) for column in columns_of(text, rows).values()]
    compiled = jax.jit(jax.vmap(jax.value_and_grad(functions[text], argnums=tuple(range(len(arrays))))))
    return call(lambda: jax.block_until_ready(compiled(*arrays)))


def numba(text: str, rows: int) -> Runner:
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

    function, columns = {CIRCUIT: circuit, NEURON: neuron}[text], columns_of(text, rows)
    return call(lambda: function(*columns.values()))


def numexpr(text: str, rows: int) -> Runner:
    import numexpr

    columns = columns_of(text, rows)

    def circuit() -> Any:
        total = numexpr.evaluate("x + y", columns)
        value = numexpr.evaluate("total * z", {**columns, "total": total})
        return value, columns["z"].copy(), columns["z"].copy(), total

    def neuron() -> Any:
        output = numexpr.evaluate("1/(1+exp(-(w0*x0+w1*x1+w2)))", columns)
        slope = numexpr.evaluate("output*(1-output)", {"output": output})
        known = {**columns, "slope": slope}
        return output, *[numexpr.evaluate(f"slope*{name}", known) for name in ("x0", "w0", "x1", "w1")], slope

    return call({CIRCUIT: circuit, NEURON: neuron}[text])


PEERS: dict[str, Callable[[str, int], Runner]] = {"jax": jax, "numba": numba, "numexpr": numexpr, "copy": copy}
