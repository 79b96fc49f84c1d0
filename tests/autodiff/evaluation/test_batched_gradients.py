"""The plan of the value and the gradients of many rows: which results it has, and in which order."""

import numpy as np
import pytest

from backprop.autodiff.evaluation.batched_gradients import plan_gradients
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse

X = np.array([1.0, 2.0])
Y = np.array([3.0, 5.0])


@pytest.mark.parametrize("wrt", [(), ("y",), ("y", "x")])
def test_the_value_its_gradients_and_what_is_between(wrt):
    typed = parse("q = x*y; q^2").typed({})
    plan = plan_gradients(typed, wrt, ["x", "y"], [typed.names["q"]])
    value, *rest = RowProgram(plan, {}).run({"x": X, "y": Y})
    by = {"x": 2 * X * Y * Y, "y": 2 * X * Y * X}
    expected = [*(by[name] for name in wrt), X * Y, *([2 * X * Y] if wrt else [])]
    np.testing.assert_array_equal(value, (X * Y) ** 2)
    np.testing.assert_array_equal(rest, expected)


def test_what_the_output_does_not_depend_on_has_zeros_of_its_shape():
    typed = parse("x; y^2").typed({"x": (2, 3), "y": (4,)})
    by_x, by_y = gradients(typed.result, [typed.inputs["x"], typed.inputs["y"]])
    assert (by_x.shape, by_y.shape) == ((2, 3), (4,))
    assert gradients(typed.result, []) == []
    (found,) = RowProgram(plan_gradients(typed, ["x"], ["y"]), {"x": np.ones((2, 3))}).run({"y": np.ones((4, 7))})[1:]
    assert found.shape == (2, 3, 7) and not found.any()
