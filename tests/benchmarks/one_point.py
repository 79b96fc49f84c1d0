"""What derivatives cost: python tests/benchmarks/one_point.py [--before PYTHON] [--turns N] [--only WORD]

Processor time of a graph's first call, of the calls after it, of derivatives as text, and of many rows. `--before`
names the interpreter of another checkout's environment: both then do each case in turn, and the last column is the
median of the ratios of this checkout's times to those of the other in the same turn.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backprop import autodiff
from backprop.parser import parse

SECONDS_A_TURN = 0.05
FRESH_GRAPHS = 100
ROWS = 2**16
NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NETWORK = "sum((W @ relu(V @ x))^2)"
DEEP_NETWORK = "sum(relu(U @ relu(W @ relu(V @ x)))^2)"
SCALARS = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
RANDOM = np.random.default_rng(7)
LAYERS = {name: RANDOM.normal(0.5, size=shape) for name, shape in {"V": (4, 3), "W": (2, 4), "x": 3}.items()}
POINTS: dict[str, dict[str, Any]] = {
    NEURON: SCALARS,
    "relu(x)*y": {"x": 1.5, "y": 2.0},
    "max(x, y)^2 + abs(x)": {"x": 1.5, "y": 2.0},
    "log(sum(exp(x)))": {"x": np.linspace(-1.0, 1.0, 5)},
    "std(x)*mean(y)": {"x": np.linspace(-1.0, 2.0, 5), "y": np.linspace(0.0, 2.0, 5)},
    NETWORK: LAYERS,
    DEEP_NETWORK: {**LAYERS, "U": RANDOM.normal(0.5, size=(3, 2))},
}
BY_ROWS = ("relu(x)*y", "max(x, y)", "abs(x) + y^2", "1/(1+exp(-x*y))", "var(v)", "std(v)", "norm(v)", "x*y")
SYMBOLIC = (
    *("x^2*sin(x)", "(x+y)*z", NEURON, "log(1+exp(x))", "x^3*y + y^3*x", "exp(-x^2/2)/sqrt(2*pi)", "sin(x)/x"),
    *("tanh(w*x + b)^2", "sqrt(x^2 + y^2)", "atan2(y, x)", "x^y", "a*exp(-b*t)*cos(w*t)", "relu(x)*y", "1/x + 1/x^2"),
    *("abs(x)^2", "max(x, y)", "where(x > 0, sqrt(x), 0)", "(a*x + b)/(c*x + d)", "log(x)/log(b)", "gelu(x)"),
    *("hypot(x, y)", "softplus(x)*sigmoid(x)", "sin(cos(tan(x)))", "(x - m)^2/s^2 + 2*log(s)", "asin(x)*acos(x)"),
    *("((x + 1)^2 + (x - 1)^2)^3", "x*y*z*x*y*z", "cosh(x) - sinh(x)", "erf(x/sqrt(2))", "cbrt(x)*x^0.5", "G*m/r^2"),
)


def cases() -> Iterator[tuple[str, Callable[[], Callable[[], object]]]]:
    """Each case by name, as a function that makes what one call of is timed."""
    for text, values in POINTS.items():
        along = {name: np.ones(np.shape(value)) for name, value in values.items()}
        calls = {
            "gradient": lambda graph, values=values: autodiff.value_and_grad(graph, values),
            "jvp": lambda graph, values=values, along=along: autodiff.jvp(graph, along, values),
        }
        if text not in ("log(sum(exp(x)))", "std(x)*mean(y)"):
            calls["hvp"] = lambda graph, values=values, along=along: autodiff.hvp(graph, along, values)
        if text in (NEURON, NETWORK):
            calls["hessian"] = lambda graph, values=values: autodiff.hessian(graph, values)
            calls["jacobian"] = lambda graph, values=values: autodiff.jacobian(graph, values)
        for name, call in calls.items():
            yield f"first {name:9} {text}", lambda text=text, call=call: first_calls(text, call)
            yield f"again {name:9} {text}", lambda text=text, call=call: again(text, call)
    for text in SYMBOLIC:
        yield f"diff {text}", lambda text=text: diff(text)
    for text in BY_ROWS:
        yield f"rows {text}", lambda text=text: rows(text)


def first_calls(text: str, call: Callable[[Any], object]) -> Callable[[], object]:
    graphs = [parse(text) for _ in range(FRESH_GRAPHS)]
    return lambda: call(graphs.pop())


def again(text: str, call: Callable[[Any], object]) -> Callable[[], object]:
    graph = parse(text)
    return lambda: call(graph)


def diff(text: str) -> Callable[[], object]:
    symbolic = first_module("autodiff.derivatives.symbolic", "autodiff.symbolic")
    report = first_module("cli.reports.derivative", "cli.reports.symbolic")

    def computed() -> object:
        found = symbolic.derivatives(parse(text))
        return [report.as_text(node, shares=False) for node in found.written.values()]

    return computed


def rows(text: str) -> Callable[[], object]:
    compiled = autodiff.compile(parse(text))
    random = np.random.default_rng(1)
    columns = {name: random.normal(size=(ROWS, 8) if name == "v" else ROWS) for name in compiled.graph.variables}
    return lambda: compiled(columns)


def first_module(*names: str) -> Any:
    """The first of the modules that exists: a file may have moved since the other checkout."""
    for name in names:
        try:
            return importlib.import_module(f"backprop.{name}")
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"none of the modules {', '.join(names)} exists")


def serve() -> None:
    """Time each case whose number is read, and print the processor seconds of one call, the median."""
    made = list(cases())
    for line in sys.stdin:
        name, make = made[int(line)]
        call = make()
        times: list[float] = []
        while sum(times) < SECONDS_A_TURN and not (name.startswith("first") and len(times) == FRESH_GRAPHS):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
        print(statistics.median(times), flush=True)


class Server:
    """An interpreter that serves the cases."""

    def __init__(self, python: str) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        command = [python, __file__, "--serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def seconds(self, number: int) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(number, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--before", metavar="PYTHON")
    arguments.add_argument("--turns", type=int, default=9)
    arguments.add_argument("--only", metavar="WORD", default="")
    arguments.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.serve:
        serve()
        return
    servers = [Server(python) for python in (sys.executable, options.before) if python]
    totals: dict[str, list[float]] = {}
    for number, (name, _) in enumerate(cases()):
        if options.only not in name:
            continue
        turns = [[server.seconds(number) for server in servers] for _ in range(options.turns + 1)][1:]
        medians = [statistics.median(times) for times in zip(*turns, strict=True)]
        print_line(name, medians, statistics.median([times[0] / times[-1] for times in turns]))
        kind = " ".join(name.split()[: 1 if name.startswith(("diff", "rows")) else 2])
        totals[kind] = [one + other for one, other in zip(totals.get(kind, [0.0, 0.0]), medians, strict=False)]
    for kind, sums in totals.items():
        print_line(f"{kind}: in sum", sums, sums[0] / sums[-1])


def print_line(name: str, seconds: list[float], ratio: float) -> None:
    times = "".join(f"{one * 1e6:12.1f} us" for one in seconds)
    print(f"{name:60}{times}{f'{ratio:8.2f}' if len(seconds) > 1 else ''}", flush=True)


if __name__ == "__main__":
    main()
