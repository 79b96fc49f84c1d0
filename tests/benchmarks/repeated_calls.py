"""A repeated call at one point beside CasADi, JAX and autograd: python tests/benchmarks/repeated_calls.py [--turns N]

Each gives the value of the neuron and its five gradients, of Python floats. Install the peers that are to be compared
(casadi, jax, autograd); those missing are left out. CasADi gets its own gradients in one Function, JAX runs
jit(value_and_grad) in doubles. All are called in turns; processor time a call, medians, and the median of the ratios
of `compile` to the others in the same turn.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

from backprop.autodiff import compile, value_and_grad
from backprop.parser import parse

TEXT = "sigmoid(w0*x0 + w1*x1 + w2)"
POINT = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
NUMBERS = tuple(POINT.values())
CALLS_A_TURN = 300

Call = Callable[[], Any]


def casadi() -> Call:
    import casadi

    inputs = [casadi.SX.sym(name) for name in POINT]
    w0, x0, w1, x1, w2 = inputs
    output = 1 / (1 + casadi.exp(-(w0 * x0 + w1 * x1 + w2)))
    function = casadi.Function("neuron", inputs, [output, *[casadi.gradient(output, one) for one in inputs]])
    return lambda: function(*NUMBERS)


def jax() -> Call:
    import jax

    jax.config.update("jax_enable_x64", True)

    def neuron(w0, x0, w1, x1, w2):  # type: ignore[no-untyped-def]
        return jax.nn.sigmoid(w0 * x0 + w1 * x1 + w2)

    compiled = jax.jit(jax.value_and_grad(neuron, argnums=tuple(range(len(POINT)))))
    return lambda: jax.block_until_ready(compiled(*NUMBERS))


def autograd() -> Call:
    import autograd
    import autograd.numpy as np

    def neuron(w0, x0, w1, x1, w2):  # type: ignore[no-untyped-def]
        return 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2)))

    function = autograd.value_and_grad(neuron, argnum=tuple(range(len(POINT))))
    return lambda: function(*NUMBERS)


PEERS: dict[str, Callable[[], Call]] = {"casadi": casadi, "jax": jax, "autograd": autograd}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=25)
    turns = arguments.parse_args().turns
    graph = parse(TEXT)
    function = compile(graph)
    calls: dict[str, Call] = {
        "compile": lambda: function(**POINT),
        "value_and_grad": lambda: value_and_grad(graph, **POINT),
    }
    calls |= {name: make() for name, make in PEERS.items() if importlib.util.find_spec(name)}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(turns + 1):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(CALLS_A_TURN):
                call()
            if turn:  # the first compiles
                seconds[name].append((time.process_time() - start) / CALLS_A_TURN)
    for name, times in seconds.items():
        ratio = statistics.median([own / other for own, other in zip(seconds["compile"], times, strict=True)])
        print(f"{name:15}{statistics.median(times) * 1e6:8.1f} us{ratio:8.2f} compile's time over this")


if __name__ == "__main__":
    main()
