"""Matrices of arrays' derivatives: whichever way they are computed, they are those of one sweep after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop.autodiff import hessian, jacobian
from backprop.autodiff.derivatives import ways
from backprop.autodiff.derivatives.joint_sweep import JointSweep
from backprop.autodiff.derivatives.mostly_zeros import Spread
from backprop.autodiff.derivatives.sweeps import Sweep
from backprop.parser import parse

LENGTH = ways.LONG + 1
ROSENBROCK = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"
# The text, what is asked, and the way to it for arrays that are long.
CASES = (
    (ROSENBROCK, hessian, Spread),
    ("sum(sqrt(x)) + y^3", hessian, Spread),
    ("logsumexp(x)*x[0] + sum(x*v)^2*y", hessian, JointSweep),
    ("sum(log(x))*sum(x/v)", hessian, JointSweep),
    ("prod(x/v)*y", hessian, JointSweep),
    ("sum(max(x, v)^2*x)", hessian, Sweep),
    ("x[:-1]/x[1:] + sqrt(v[1:])", jacobian, Spread),
    ("[sum(x), sum(x^2), y*x[0]/v[3]]", jacobian, JointSweep),
    ("softmax(x)*v", jacobian, JointSweep),
    ("outer(x[:4], v[:4])^0.5*y", jacobian, JointSweep),
    ("cumsum(x)*relu(v)", jacobian, Sweep),
)


@pytest.mark.parametrize("length", [5, LENGTH])
@pytest.mark.parametrize(("text", "ask", "way"), CASES, ids=[f"{case[1].__name__} of {case[0]}" for case in CASES])
def test_every_way_gives_what_sweeps_give(
    monkeypatch: pytest.MonkeyPatch, text: str, ask: Any, way: type, length: int
) -> None:
    random = np.random.default_rng(3)
    graph, swept = parse(text), parse(text)
    whole = {"x": random.uniform(0.5, 1.5, length), "v": random.uniform(0.5, 1.5, length), "y": 1.25}
    found: list[Any] = []
    for name in ("way_to_jacobian", "way_to_hessian"):
        make = getattr(ways, name)
        monkeypatch.setattr(
            f"{ask.__module__}.{name}", lambda *nodes, make=make: found.append(make(*nodes)) or found[-1]
        )
    for places, end in (((), 0.0), ((2,), 0.0), ((0, 3), np.inf)):
        x = whole["x"].copy()
        x[list(places)] = end
        given = {name: value for name, value in {**whole, "x": x}.items() if name in graph.variables}
        with np.errstate(all="ignore"), monkeypatch.context() as patch:
            numbers = [ask(graph, given), ask(graph, given)]
            patch.setattr(ways, "are_of_arrays", lambda *_: False)
            patch.setattr(ways, "gradient_of_number", lambda *_: None)
            wanted = ask(swept, given)
        for one in numbers:
            same(one, wanted)
    wanted_way = way if length == LENGTH or way is Sweep else JointSweep
    assert type(found[0]) is wanted_way


def same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        for name, one in wanted.items():
            same(found[name], one)
    else:
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-300)
        assert not np.any(np.signbit(found) & (np.asarray(found) == 0.0))
