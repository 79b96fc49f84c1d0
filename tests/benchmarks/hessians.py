"""Hessians of arrays: called again beside CasADi's and JAX's compiled ones, and the first sparse one beside gradients.

CasADi gives its sparse matrix, and what it makes SciPy's of it, as ours is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff import hessian, value_and_grad
from backprop.parser import parse

from .measuring import Comparison, Cost, Runner, call

ROSENBROCK = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"


def comparisons(tiny: bool) -> Iterator[Comparison]:
    for entries in (20,) if tiny else (100, 300):
        peers = {"casadi": partial(casadi, entries, True), "casadi's own": partial(casadi, entries, False)}
        name = f"Hessian of {ROSENBROCK[:14]}…, {entries} entries"
        yield Comparison(f"sparse {name}, again", partial(again, entries, True), peers, aim=1.0)
        yield Comparison(f"{name}, again", partial(again, entries, False), {"jax": partial(jax, entries)}, aim=1.0)
    entries = 20 if tiny else 1_000_000
    ten = {"ten gradients": partial(ten_gradients, entries)}
    yield Comparison(f"first sparse Hessian, {entries:,} entries", partial(first, entries), ten, aim=1.0)


def values(entries: int) -> dict[str, Any]:
    return {"x": np.random.default_rng(0).normal(size=entries)}


def again(entries: int, sparse: bool) -> Runner:
    graph, given = parse(ROSENBROCK), values(entries)
    return call(lambda: hessian(graph, given, sparse=sparse))


def first(entries: int) -> Runner:
    given = values(entries)
    return call(lambda: hessian(parse(ROSENBROCK), given, sparse=True))


def ten_gradients(entries: int) -> Runner:
    graph, given = parse(ROSENBROCK), values(entries)
    one = call(lambda: value_and_grad(graph, given))

    def run() -> Cost:
        return one().per(0.1)

    return run


def casadi(entries: int, in_scipy: bool) -> Runner:
    import casadi

    x = casadi.SX.sym("x", entries)
    matrix, _ = casadi.hessian(rosenbrock(casadi.sum1)(x), x)
    function, point = casadi.Function("hessian", [x], [matrix]), values(entries)["x"]
    return call(lambda: function(point).sparse() if in_scipy else function(point))


def jax(entries: int) -> Runner:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function, point = jax.jit(jax.hessian(rosenbrock(jnp.sum))), jnp.asarray(values(entries)["x"])
    return call(lambda: jax.block_until_ready(function(point)))


def rosenbrock(total: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: total((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2)
