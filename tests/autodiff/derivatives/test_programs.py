"""The programs of derivatives: made once, dropped with the graph, and without masks where these change nothing."""

from __future__ import annotations

import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, compile, hessian, hvp, jacobian, jvp, value_and_grad
from backprop.autodiff.derivatives import programs
from backprop.autodiff.derivatives.programs import AtPoint, Derived
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.evaluation.recent import Recent
from backprop.autodiff.graph import MOST_PROGRAMS, Graph
from backprop.autodiff.passes.kink_hits import take_hits
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse

SELECTING = (
    "sqrt(relu(x))*y",
    "sqrt(max(x, y))",
    "relu(x)^1.5*y",
    "max(x, y)^0.5 + min(exp(x), 1)*y",
    "acos(clip(x, -1, 1))/y",
    "exp(min(x, y))*max(x, 0)",
    "sum(sqrt(relu([x, y])))",
    "log(max([x, y, 1]))",
    "max([sqrt(x), y])*min([x, y^2])",
    "where(x > 0, sqrt(relu(y)), relu(x)/y)",
    "hard_tanh(x)/hard_sigmoid(y)",
    "sum([[x, 1], [y, x]] @ relu([1/x, sqrt(y)]))",
    "relu(grad(sqrt(relu(x)), x))*y",
    "1/relu(x) > y",
    "atan(1/relu(x)) + y^2",
    "norm([relu(x), y])",
)
POINTS = tuple(product((-1.0, 0.0, 800.0, np.inf), (0.0, 2.0, -np.inf)))


def numbers(found: Any) -> list[Any]:
    """All numbers of a result, in order."""
    if isinstance(found, dict):
        return [one for part in found.values() for one in numbers(part)]
    if isinstance(found, tuple):
        return [one for part in found for one in numbers(part)]
    return [found]


def every_derivative(graph: Graph, values: dict[str, float]) -> list[Any]:
    direction = {"x": 1.0, "y": -0.5}
    found: list[Any] = []
    with np.errstate(all="ignore"):
        for ask in (
            lambda: value_and_grad(graph, values),
            lambda: jvp(graph, direction, values),
            lambda: jacobian(graph, values),
            lambda: hessian(graph, values),
            lambda: hvp(graph, direction, values),
        ):
            found += numbers(ask())
    return found


@pytest.mark.parametrize("text", SELECTING)
def test_the_numbers_are_those_with_masks(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    points = [dict(zip("xy", point, strict=True)) for point in POINTS]
    graph = parse(text)
    found = [every_derivative(graph, point) for point in points]
    with monkeypatch.context() as patch:
        patch.setattr(Derived, "numbers", lambda self: self.masked.compute(self.arrays))
        graph = parse(text)
        wanted = [every_derivative(graph, point) for point in points]
    np.testing.assert_array_equal(found, wanted)
    assert np.isfinite(wanted).any()


@pytest.mark.parametrize("text", [*SELECTING, "x*y + exp(x)", "abs(x)*max(x, y)^2", "x^y"])
def test_a_call_gives_what_it_gives_on_a_new_graph(text: str) -> None:
    points = [dict(zip("xy", point, strict=True)) for point in POINTS]
    alone = [every_derivative(parse(text), point) for point in points]
    graph = parse(text)
    backwards = [every_derivative(graph, point) for point in points[::-1]]
    np.testing.assert_array_equal(backwards[::-1], alone)
    np.testing.assert_array_equal([every_derivative(graph, point) for point in points], alone)


def selections(graph: Graph, weights: np.ndarray[Any, Any]) -> list[int]:
    """How many masks the gradient's programs have that are made when it is asked for with these weights."""
    made = []

    def make(typed: Graph) -> AtPoint:
        slopes = gradients(typed.result, list(typed.inputs.values()))
        made.append(len([node for node in typed.nodes if node.gate.name == "select"]))
        return AtPoint(lower(slopes))

    arrays = {"W": weights, "V": np.arange(6.0).reshape(3, 2) - 3, "x": np.array([1.0, 2.0])}
    Derived(graph, "gradient here", arrays, make).numbers()
    return made


def test_what_is_finite_is_computed_once_and_without_masks() -> None:
    graph = parse("sum(W @ relu(V @ x))")
    assert selections(graph, np.ones((2, 3))) == [0]
    assert selections(graph, np.ones((2, 3))) == []
    (masks,) = selections(graph, np.full((2, 3), np.inf))
    assert masks > 0
    assert selections(graph, np.full((2, 3), np.inf)) == []


def test_kinks_that_only_the_plain_derivatives_met_are_not_told() -> None:
    graph = parse("relu(x)")
    results = iter([np.nan, 1.0, 2.0])

    class Meeting(AtPoint):
        def compute(self, values: Any) -> list[Any]:
            found = next(results)
            if found != 1.0:
                programs.record([graph.result])
            return [np.float64(found)]

    def numbers_of_call() -> Any:
        return Derived(graph, "meets", {"x": np.float64(0)}, lambda typed: Meeting(lower([typed.result]))).numbers()

    take_hits()
    assert numbers_of_call() == [1.0]
    assert take_hits() == []
    assert numbers_of_call() == [2.0]
    assert take_hits() == [graph.result]


def test_a_kink_is_told_of_by_each_call_that_hits_it() -> None:
    graph = parse("relu(x)^2 + relu(y)")
    take_hits()
    for x, count in ((0.0, 1), (1.0, 0), (0.0, 1), (np.inf, 0), (0.0, 1)):
        hessian(graph, x=x, y=3.0)
        assert len(take_hits()) == count


def test_every_call_differentiates_once(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = parse("x^3*y + sin(y)")
    first = every_derivative(graph, {"x": 1.5, "y": 2.0})
    with monkeypatch.context() as patch:
        patch.setattr(Graph, "typed", None)
        assert every_derivative(graph, {"x": 1.5, "y": 2.0}) == first
        again = every_derivative(graph, {"x": -2.0, "y": 0.5})
        _, other = hvp(graph, {"x": 1.0, "y": 4.0}, x=-2.0, y=0.5)
    assert again == every_derivative(parse("x^3*y + sin(y)"), {"x": -2.0, "y": 0.5})
    assert other == {"x": 6 * -2 * 0.5 + 4 * 3 * 4, "y": 3 * 4 - 4 * np.sin(0.5)}


def test_what_is_asked_decides_the_program() -> None:
    graph = parse("x*y^2 + pi")
    assert value_and_grad(graph, x=2.0, y=3.0) == (18.0 + np.pi, {"x": 9.0, "y": 12.0})
    assert value_and_grad(graph, x=2.0, y=3.0, wrt=["y"])[1] == {"y": 12.0}
    assert list(value_and_grad(graph, x=2.0, y=3.0, wrt=["y", "x"])[1]) == ["y", "x"]
    assert value_and_grad(graph, x=2.0, y=3.0, pi=1.0) == (19.0, {"x": 9.0, "y": 12.0, "pi": 1.0})
    assert value_and_grad(graph, x=2.0, y=3.0, upstream=2.0)[1] == {"x": 18.0, "y": 24.0}
    assert value_and_grad(graph, x=2.0, y=3.0, upstream=1.0)[1] == {"x": 9.0, "y": 12.0}
    _, gradient = value_and_grad(graph, x=[2.0, 3.0], y=3.0)
    np.testing.assert_array_equal(gradient["x"], [9.0, 9.0])
    assert gradient["y"] == 30.0
    for upstream in ([1.0], [1.0, 2.0]):
        with pytest.raises(ExpressionError, match="the upstream gradient has shape"):
            value_and_grad(graph, x=2.0, y=3.0, upstream=upstream)
    assert jvp(graph, {"x": 1.0}, x=2.0, y=3.0)[1] == 9.0
    assert jvp(graph, {"y": 1.0}, x=2.0, y=3.0)[1] == 12.0
    assert jvp(graph, {"y": -3.0, "x": 0.0}, x=2.0, y=3.0)[1] == -36.0


def test_a_graph_that_grew_is_differentiated_anew() -> None:
    graph = parse("x^2")
    function = compile(graph)
    assert value_and_grad(graph, x=3.0)[1] == {"x": 6.0}
    assert hessian(graph, x=3.0) == {"x": {"x": 2.0}}
    np.testing.assert_array_equal(function(x=[3.0])[1]["x"], [6.0])
    graph.output = graph.result * graph.result
    assert value_and_grad(graph, x=3.0)[1] == {"x": 108.0}
    assert hessian(graph, x=3.0) == {"x": {"x": 108.0}}
    np.testing.assert_array_equal(function(x=[3.0])[1]["x"], [108.0])
    graph.output = graph.result + graph.input("z")
    with pytest.raises(ExpressionError, match="no value for 'z'"):
        value_and_grad(graph, x=3.0)
    assert value_and_grad(graph, x=3.0, z=1.0) == (82.0, {"x": 108.0, "z": 1.0})
    assert function(x=[3.0], z=1.0)[1]["z"] == [1.0]


def test_programs_go_with_their_graph_and_are_not_pickled() -> None:
    graph = parse("exp(x)*y + sum(relu([x, y]))^2")
    for point in POINTS:
        every_derivative(graph, dict(zip("xy", point, strict=True)))
    assert len(graph.programs) > 0
    assert len(pickle.loads(pickle.dumps(graph)).programs) == 0
    take_hits()
    left = weakref.ref(graph)
    del graph
    gc.collect()
    assert left() is None


def test_what_is_kept_is_bounded() -> None:
    graph = parse("x*2")
    for length in range(2 * MOST_PROGRAMS):
        value_and_grad(graph, x=np.ones(length))
    assert len(graph.programs) == MOST_PROGRAMS
    recent = Recent(most=3, most_size=10)
    made: list[int] = []

    def asked(number: int, size: int) -> int:
        def make() -> int:
            made.append(number)
            return number

        result: int = recent.get(number, make, lambda _: size)
        return result

    assert [asked(number, 4) for number in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert made == [1, 2, 3, 2], "2 was not used for longest, and three do not fit"
    assert asked(4, 11) == 4 and len(recent) == 2, "what is too large puts nothing out"


def test_threads_may_share_a_graph() -> None:
    graph = parse("relu(x)^2*y + exp(-x*y)/max(x, y)")
    points = [{"x": 0.5 * place, "y": 3.0 - place} for place in range(8)] * 16
    wanted = [every_derivative(parse("relu(x)^2*y + exp(-x*y)/max(x, y)"), point) for point in points[:8]] * 16
    with ThreadPoolExecutor(8) as threads:
        np.testing.assert_array_equal(list(threads.map(lambda point: every_derivative(graph, point), points)), wanted)
