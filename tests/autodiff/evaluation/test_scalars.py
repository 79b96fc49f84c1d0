"""Gates as functions of Python floats against NumPy's, at samples, corners and the ends of the doubles; the rest."""

import math
from itertools import product

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.scalars import Refused, run_scalars, scalar_function, scalar_program
from backprop.autodiff.gates import GATES
from backprop.autodiff.numerics.elementary import REFUSALS
from backprop.parser import parse

MOST_ULPS = 2  # NumPy's exp, pow and tanh, which are made for rows, are as far from those of the C library
ENDS = (0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -2.5, 1e300)


def points_of(gate):
    """The operands and settings of its samples and corners, if they are numbers, and of the ends of the doubles.

    A routine is the same function for both, and some take their time at the ends.
    """
    defaults = {name: one.default for name, one in gate.attributes.items()}
    points = [(sample.operands, {**defaults, **sample.attributes}) for sample in gate.samples]
    points += [(corner.operands, defaults) for corner in gate.corners]
    points = [(operands, settings) for operands, settings in points if not any(map(np.ndim, operands))]
    if points and gate.routine is None:
        operands, settings = points[0]
        points += [(ends, settings) for ends in product(ENDS, repeat=len(operands))]
    return points


def function_of(gate):
    """Its function of floats at the first of its points, or None."""
    points = points_of(gate)
    if not points or gate.unread or gate.expand is not None:
        return None
    operands, settings = points[0]
    try:
        return scalar_function(gate, len(operands), tuple(settings.values()))
    except Refused:
        return None


CASES = [pytest.param(gate, id=gate.name) for gate in GATES if function_of(gate)]


@pytest.mark.parametrize("gate", CASES)
def test_a_gate_of_floats_is_numpys(gate):
    for operands, settings in points_of(gate):
        function = scalar_function(gate, len(operands), tuple(settings.values()))
        with np.errstate(all="ignore"):
            truth = float(gate.forward(*map(np.float64, operands), **settings))
        try:
            mine = function(*map(float, operands))
        except REFUSALS:
            continue
        assert type(mine) is float
        close = math.isfinite(truth) and abs(mine - truth) <= MOST_ULPS * math.ulp(truth)
        assert close or mine == truth or (mine != mine and truth != truth), operands
        assert math.copysign(1.0, mine) == math.copysign(1.0, truth) or truth != truth, operands


def test_what_people_write_has_such_functions():
    names = {case.values[0].name for case in CASES}
    assert len(names) >= 100
    assert names >= {
        "add",
        "pow",
        "exp",
        "where",
        "maximum",
        "sigmoid",
        "softplus",
        "gamma",
        "gammainc",
        "elu",
        "gelu",
        "ratio",
        "select",
        "power_partial",
    }


@pytest.mark.parametrize(
    "expression, values",
    [
        ("1/x", {"x": 0.0}),
        ("exp(x)", {"x": 1000.0}),
        ("log(x)", {"x": -1.0}),
        ("x*y", {"x": 1e200, "y": 1e200}),
        ("x+1", {"x": math.nan}),
        ("sinc(x)", {"x": 1.0}),
        ("sum([x, 1])", {"x": 1.0}),
        ("[1, 2]", {}),
    ],
)
def test_what_is_not_finite_and_what_has_no_function_is_refused(expression, values):
    graph, arrays = bind(parse(expression), values)
    with pytest.raises(Refused):
        run_scalars(scalar_program([graph.result]), {name: float(value) for name, value in arrays.items()})


def test_a_program_of_floats_gives_the_value():
    text = "q = x*sigmoid(y) + max(x, y, 2)^3; q if q > 0 else hypot(x, y)"
    values = {"x": 0.75, "y": -1.25}
    graph, _ = bind(parse(text), values)
    (mine,) = run_scalars(scalar_program([graph.result]), values)
    assert type(mine) is float
    assert mine == pytest.approx(value_and_grad(parse(text), **values)[0], rel=1e-15, abs=0)
