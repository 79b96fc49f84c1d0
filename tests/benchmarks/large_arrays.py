"""Large arrays at one point: gradients, and products of the Hessian with a vector, against JAX in doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff import hvp, value_and_grad
from backprop.parser import parse

from .measuring import Comparison, Runner, call

ROSENBROCK = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"
SIGMOID = "sum(sigmoid(x)^2)"
NETWORK = "sum((W @ relu(V @ x))^2)"
LAYERS = {"V": (128, 784), "W": (10, 128), "x": (784, 256)}
AIMS = {ROSENBROCK: 1.0, SIGMOID: 1.0, NETWORK: None}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    for text, entries, product in (
        *((ROSENBROCK, entries, product) for entries in (100_000, 10_000_000) for product in (False, True)),
        (SIGMOID, 4_000_000, False),
        (NETWORK, 784 * 256, False),
    ):
        size = 20 if tiny and text != NETWORK else entries
        name = f"{'Hessian times a vector' if product else 'gradient'} of {text[:14]}…, {size:,} entries"
        peer = {"jax": partial(jax, text, size, product)}
        yield Comparison(name, partial(backprop, text, size, product), peer, AIMS[text])


def values_of(text: str, entries: int) -> dict[str, Any]:
    random = np.random.default_rng(0)
    if text == NETWORK:
        return {name: random.normal(size=shape) * 0.1 for name, shape in LAYERS.items()}
    return {"x": random.normal(size=entries)}


def backprop(text: str, entries: int, product: bool) -> Runner:
    graph, values = parse(text), values_of(text, entries)
    if product:
        along = {name: np.ones_like(value) for name, value in values.items()}
        return call(lambda: hvp(graph, along, values))
    return call(lambda: value_and_grad(graph, values))


def jax(text: str, entries: int, product: bool) -> Runner:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    functions: dict[str, Callable[..., Any]] = {
        ROSENBROCK: lambda x: jnp.sum((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2),
        SIGMOID: lambda x: jnp.sum(jax.nn.sigmoid(x) ** 2),
        NETWORK: lambda V, W, x: jnp.sum((W @ jnp.maximum(V @ x, 0)) ** 2),
    }
    arrays = [jnp.asarray(value) for value in values_of(text, entries).values()]
    if product:
        along = [jnp.ones_like(array) for array in arrays]
        slope = jax.grad(functions[text])
        compiled = jax.jit(lambda points, directions: jax.jvp(slope, points, directions))
        return call(lambda: jax.block_until_ready(compiled(arrays, along)))
    compiled = jax.jit(jax.value_and_grad(functions[text], argnums=tuple(range(len(arrays)))))
    return call(lambda: jax.block_until_ready(compiled(*arrays)))
