"""Numbers alone: the same digits as arrays have, at once, however often they are asked for."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mpmath
import numpy as np
import pytest

from backprop.autodiff import ExpressionError, compile, value_and_grad
from backprop.autodiff.evaluation.compiled_function import MOST_PLANS
from backprop.autodiff.evaluation.flat_program import FlatProgram
from backprop.autodiff.graph import Graph
from backprop.parser import parse

NEURON = "sigmoid(w*x + b)"
TEXTS = (
    *(NEURON, "x^y + atan2(w, b)", "max(x, y, w)*relu(b)", "where(x > y, sqrt(x - y), 0)", "clip(x, y, w) + 0*b"),
    *(
        "gelu(x)*erf(y) + lgamma(w^2)",
        "softplus(x)*silu(y) - elu(w, 2)",
        "hypot(x, y)/abs(w) + sinc(b)",
        "x // y + w % b",
    ),
    *("log(x)*exp(y) + 1/w", "pi*x + e^y", "std([x, y])*w", "q = x*y; q^2 + w", "tanh(x)^3 + (x < y)"),
)
POINTS = (
    {"x": 1.5, "y": 0.75, "w": -2.5, "b": 0.5},
    {"x": 0.0, "y": 0.0, "w": 0.0, "b": -0.0},  # poles and kinks
    {"x": -8.0, "y": 1 / 3, "w": 1e200, "b": 1e200},  # outside of domains
    {"x": 2, "y": 800, "w": -800, "b": np.float64(3.0)},  # beyond the range; of other types
    {"x": math.inf, "y": -1.0, "w": math.nan, "b": 1e-320},
)


def close(found: Any, truth: Any) -> None:
    """Up to the units of the last place in which NumPy's functions and those of `math` differ, and their slopes."""
    np.testing.assert_allclose(found, truth, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("text", TEXTS)
def test_numbers_give_what_arrays_of_them_give(text: str) -> None:
    graph = parse(text)
    f = compile(graph)
    for point in POINTS:
        given = {name: value for name, value in point.items() if name in graph.variables}
        values, gradients = f({name: [float(value)] for name, value in given.items()})
        for _ in range(3):
            for value, slopes in (f(given), f(**given), value_and_grad(graph, given)):
                close(np.ravel(value), values)
                assert list(slopes) == list(gradients)
                for name, slope in slopes.items():
                    close(np.ravel(slope), gradients[name])


def test_the_digits_are_right() -> None:
    point = {"w": 0.3, "x": -1.7, "b": 0.2}
    with mpmath.workdps(40):
        truth = 1 / (1 + mpmath.exp(-(mpmath.mpf(0.3) * mpmath.mpf(-1.7) + mpmath.mpf(0.2))))
        slope = truth * (1 - truth)
        wanted = [float(one) for one in (truth, slope * mpmath.mpf(-1.7), slope * mpmath.mpf(0.3), slope)]
    values, gradients = compile(parse(NEURON))(point)
    np.testing.assert_allclose([values[0], *[one[0] for one in gradients.values()]], wanted, rtol=5e-16, atol=0)


def test_what_was_asked_before_is_only_run(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parse(NEURON)
    f = compile(graph, fixed={"b": 0.5})
    wanted = f(w=2.0, x=-1.0)[0].item(), value_and_grad(graph, w=2.0, x=-1.0, b=0.5)[0]
    monkeypatch.setattr(Graph, "typed", None)
    assert (f(w=2.0, x=-1.0)[0].item(), value_and_grad(graph, w=2, x=np.float64(-1.0), b=0.5)[0]) == wanted
    monkeypatch.setattr(FlatProgram, "run", lambda *_: None)
    assert value_and_grad(graph, w=2.0, x=-1.0, b=0.5)[0] == pytest.approx(wanted[1], rel=1e-15, abs=0)


def test_names_and_gradients_are_those_of_the_question() -> None:
    graph = parse("x*y^2 + pi")
    for _ in range(3):
        assert value_and_grad(graph, x=2.0, y=3.0, wrt="y") == (18.0 + math.pi, {"y": 12.0})
        assert value_and_grad(graph, y=3.0, x=2.0) == (18.0 + math.pi, {"x": 9.0, "y": 12.0})
        assert list(value_and_grad(graph, x=2.0, y=3.0, wrt=iter(["y", "x"]))[1]) == ["y", "x"]
        assert value_and_grad(graph, x=2.0, y=3.0, pi=1.0) == (19.0, {"x": 9.0, "y": 12.0, "pi": 1.0})
        assert compile(graph, wrt=["y"])({"x": 2.0}, y=3.0)[1] == {"y": np.array([12.0])}
    f = compile(parse("c = 4; c*x"), gradients=False)
    assert [f(x=2.0), f(x=2.0, c=5.0), f(x=3)] == [(8.0, {}), (10.0, {}), (12.0, {})]


def test_a_graph_that_grew_is_another() -> None:
    graph = parse("x^2")
    f = compile(graph)
    assert (f(x=3.0)[0], value_and_grad(graph, x=3.0)) == (9.0, (9.0, {"x": 6.0}))
    graph.output = graph.result * graph.result
    assert (f(x=3.0)[0], value_and_grad(graph, x=3.0)) == (81.0, (81.0, {"x": 108.0}))


def test_wrong_numbers_are_refused_the_second_time_too() -> None:
    graph = parse("x*y")
    f = compile(graph)
    for ask in (f, lambda **given: value_and_grad(graph, given)):
        ask(x=1.0, y=2.0)
        for wrong in ({"x": 1.0}, {"x": 1.0, "y": 2.0, "v": 3.0}, {"x": 10**400, "y": 1}, {"x": "1", "y": 2.0}):
            for _ in range(2):
                with pytest.raises(ExpressionError):
                    ask(**wrong)


def test_results_are_apart_and_of_the_caller() -> None:
    f = compile(parse("x*y"))
    values, gradients = f(x=2.0, y=3.0)
    assert values.shape == (1,) and not np.shares_memory(values, gradients["x"])
    values[:], gradients["x"][:] = 7.0, 8.0
    assert gradients["y"] == 2.0 and f(x=2.0, y=3.0)[0] == 6.0


def test_what_is_kept_is_bounded_and_threads_may_share_it() -> None:
    names = [f"x{number}" for number in range(2 * MOST_PLANS)]
    f = compile(parse(" + ".join([f"{name} = 1" for name in names]).replace(" + ", "; ") + "; " + "*".join(names)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: f({name: 3.0})[0].item(), names * 4))
    assert found == [3.0] * len(found)
    assert len(f._numbers) == MOST_PLANS
