"""The value and all gradients at one point of scalars, from Python: a graph that is called again, and its first call.

CasADi and JAX have compiled the function, Autograd traces it at each call. `first` is text to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backprop.autodiff import compile, value_and_grad
from backprop.parser import parse

from .measuring import Comparison, Runner, call

NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
POINT = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    yield Comparison("the neuron, called again", again, PEERS, aim=1.0)
    yield Comparison("the neuron, compiled and called again", compiled, PEERS, aim=1.0)
    yield Comparison("the neuron, text to answer", first)


def again() -> Runner:
    graph = parse(NEURON)
    return call(lambda: value_and_grad(graph, POINT))


def compiled() -> Runner:
    function = compile(parse(NEURON))
    return call(lambda: function(POINT))


def first() -> Runner:
    return call(lambda: value_and_grad(parse(NEURON), POINT))


def casadi() -> Runner:
    import casadi

    symbols = [casadi.SX.sym(name) for name in POINT]
    w0, x0, w1, x1, w2 = symbols
    value = 1 / (1 + casadi.exp(-(w0 * x0 + w1 * x1 + w2)))
    function = casadi.Function("neuron", symbols, [value, *(casadi.gradient(value, symbol) for symbol in symbols)])
    values = list(POINT.values())
    return call(lambda: function(*values))


def jax() -> Runner:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    function = jax.jit(jax.value_and_grad(neuron(jnp.exp), argnums=tuple(range(len(POINT)))))
    values = list(POINT.values())
    return call(lambda: jax.block_until_ready(function(*values)))


def autograd() -> Runner:
    import autograd
    import autograd.numpy as autograd_numpy

    function = autograd.value_and_grad(lambda values: neuron(autograd_numpy.exp)(*values))
    values = tuple(POINT.values())
    return call(lambda: function(values))


def neuron(exp: Callable[..., float]) -> Callable[..., float]:
    return lambda w0, x0, w1, x1, w2: 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2)))


PEERS = {"casadi": casadi, "jax": jax, "autograd": autograd}
