"""What derivatives of large arrays at one point cost: python tests/benchmarks/large_arrays.py [--turns N] [--small]

Gradients and Hessian-vector products against NumPy by hand and, where it is installed, against JAX compiled in
doubles, each in turn. A line has the median ratios of this program's times to the other's in the same turn, by the
clock and by processor time of all threads; below 1 this program is the faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backprop import autodiff
from backprop.parser import parse

ROSENBROCK = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"
SIGMOID = "sum(sigmoid(x)^2)"
NETWORK = "sum((W @ tanh(V @ x))^2)"
Call = Callable[[], object]


def rosenbrock_by_hand(x: Any) -> tuple[Any, Any]:
    left, gap = 1.0 - x[:-1], x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -2.0 * left - 400.0 * gap * x[:-1]
    gradient[1:] += 200.0 * gap
    return np.sum(left**2 + 100.0 * gap**2), gradient


def rosenbrock_product_by_hand(x: Any, v: Any) -> Any:
    gap = x[1:] - x[:-1] ** 2
    moved = v[1:] - 2.0 * x[:-1] * v[:-1]
    product = np.zeros_like(x)
    product[:-1] = 2.0 * v[:-1] - 400.0 * (moved * x[:-1] + gap * v[:-1])
    product[1:] += 200.0 * moved
    return product


def sigmoid_by_hand(x: Any) -> tuple[Any, Any]:
    s = 1.0 / (1.0 + np.exp(-x))
    return np.sum(s**2), 2.0 * s * s * (1.0 - s)


def network_by_hand(W: Any, V: Any, x: Any) -> tuple[Any, Any, Any]:
    hidden = np.tanh(V @ x)
    out = W @ hidden
    upstream = 2.0 * out
    inner = (W.T @ upstream) * (1.0 - hidden**2)
    return np.sum(out**2), upstream @ hidden.T, inner @ x.T


def cases(is_small: bool) -> Iterator[tuple[str, Call, dict[str, Call]]]:
    """Each case by name: this program's call, and the others' by theirs."""
    random = np.random.default_rng(17)
    for entries in (20_000,) if is_small else (100_000, 10_000_000):
        x, v = random.normal(size=(2, entries))
        graph = parse(ROSENBROCK)
        yield (
            f"Rosenbrock's gradient, {entries} entries",
            lambda graph=graph, x=x: autodiff.value_and_grad(graph, x=x),
            {"NumPy by hand": lambda x=x: rosenbrock_by_hand(x)} | by_jax("gradient", rosenbrock, x),
        )
        yield (
            f"Rosenbrock's Hessian times a vector, {entries} entries",
            lambda graph=graph, x=x, v=v: autodiff.hvp(graph, {"x": v}, x=x),
            {"NumPy by hand": lambda x=x, v=v: rosenbrock_product_by_hand(x, v)} | by_jax("product", rosenbrock, x, v),
        )
    x = random.normal(size=20_000 if is_small else 4_000_000)
    graph = parse(SIGMOID)
    yield (
        f"gradient of sum(sigmoid(x)^2), {x.size} entries",
        lambda: autodiff.value_and_grad(graph, x=x),
        {"NumPy by hand": lambda: sigmoid_by_hand(x)} | by_jax("gradient", squares_of_sigmoids, x),
    )
    shapes = {"W": (10, 128), "V": (128, 784), "x": (784, 256)}
    point = {name: random.normal(size=shape) / 28.0 for name, shape in shapes.items()}
    network = parse(NETWORK)
    yield (
        "a network of 784, 128 and 10, 256 columns",
        lambda: autodiff.value_and_grad(network, point, wrt=["W", "V"]),
        {"NumPy by hand": lambda: network_by_hand(**point)},
    )


def rosenbrock(x: Any) -> Any:
    return ((1.0 - x[:-1]) ** 2 + 100.0 * (x[1:] - x[:-1] ** 2) ** 2).sum()


def squares_of_sigmoids(x: Any) -> Any:
    import jax

    return (jax.nn.sigmoid(x) ** 2).sum()


def by_jax(what: str, function: Callable[[Any], Any], *arrays: Any) -> dict[str, Call]:
    try:
        import jax
    except ModuleNotFoundError:
        return {}
    jax.config.update("jax_enable_x64", True)
    of = jax.value_and_grad(function)
    compiled = jax.jit(of if what == "gradient" else lambda x, v: jax.jvp(of, (x,), (v,)))
    given = [jax.numpy.asarray(array) for array in arrays]
    return {"JAX": lambda: jax.block_until_ready(compiled(*given))}


def seconds(call: Call) -> tuple[float, float]:
    """Of one call, by the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=15)
    arguments.add_argument("--small", action="store_true", help="arrays of 20,000 entries, to see that it runs")
    options = arguments.parse_args()
    for name, mine, others in cases(options.small):
        calls = {"this program": mine, **others}
        turns = [{who: seconds(call) for who, call in calls.items()} for _ in range(options.turns + 2)][2:]
        for who in others:
            ratios = [
                statistics.median([turn["this program"][kind] / max(turn[who][kind], 1e-9) for turn in turns])
                for kind in (0, 1)
            ]
            own = statistics.median([turn["this program"][0] for turn in turns])
            print(f"{name:55} {own * 1e3:9.2f} ms, of {who:14} {ratios[0]:6.2f} by the clock, {ratios[1]:6.2f} of work")


if __name__ == "__main__":
    main()
