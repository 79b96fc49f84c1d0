"""Derivatives at infinity and next to the largest double: limits, exactly, where the function levels off or is a line.

The product of what vanishes with what grows is 0 there, not 0*inf.
"""

import math

import numpy as np
import pytest

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.passes.sides import to_differentiate

INF = math.inf
LEVEL = ["atan", "tanh", "sigmoid", "erf", "erfc", "normcdf", "normpdf", "softsign", "hard_tanh", "hard_sigmoid"]
SLOW = ["asinh", "cbrt"]  # they grow, but ever slower
LINES = ["softplus", "relu", "elu", "gelu", "silu", "mish"]  # 0 on the left, x on the right
SLOPES = {
    **{(name, side): 0.0 for name in (*LEVEL, *SLOW) for side in (-1, 1)},
    **{(name, side): float(side > 0) for name in LINES for side in (-1, 1)},
    ("acosh", 1): 0.0,
    ("log", 1): 0.0,
    ("sqrt", 1): 0.0,
}


@pytest.mark.parametrize("name, side", SLOPES)
@pytest.mark.parametrize("far", [INF, 1.7e308])
def test_derivatives_are_the_limits(name, side, far):
    graph = Graph(is_typed=True)
    x = graph.input("x", ())
    output = FUNCTIONS[name][0](x, *FUNCTIONS[name][0].defaults.values())
    orders = []
    for _ in range(4):
        found = adjoints(graph, output, graph.constant(1.0), [x]).of.get(x, graph.constant(0.0))
        (output,) = to_differentiate([found], output)
        orders.append(output)
    found = evaluate(orders, {"x": np.float64(side * far)})
    assert found == pytest.approx([SLOPES[name, side], 0, 0, 0], rel=0, abs=1e-150)
