"""The uncertainty of rows, as nodes: what `budget` gives for each."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff import ExpressionError
from backprop.autodiff.evaluation.batched_gradients import plan_gradients
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.uncertainty.budget import budget
from backprop.autodiff.uncertainty.inputs import Uncertain
from backprop.autodiff.uncertainty.rows import check_is_number, uncertainty_name
from backprop.parser import parse

VALUES = {"x": np.array([1.0, 2.0, 0.5]), "y": np.array([3.0, -1.0, 2.0])}
SIZES = {"x": np.array([0.1, 0.02, 1.0]), "y": np.array([0.3, 0.5, 0.01])}


def of_rows(text, values, sizes):
    typed = parse(text).typed({name: value.shape[:-1] for name, value in values.items()})
    for name, size in sizes.items():
        typed.input(uncertainty_name(name), size.shape[:-1])
    columns = {**values, **{uncertainty_name(name): size for name, size in sizes.items()}}
    plan = plan_gradients(typed, (), list(columns), uncertain=list(sizes))
    return RowProgram(plan, {}).run(columns)


@pytest.mark.parametrize("text", ["x*y", "sin(x)/y + x^2", "exp(x*y)"])
def test_rows_are_as_budgets(text):
    _, uncertainty, *shares = of_rows(text, VALUES, SIZES)
    for row in range(3):
        known = {name: Uncertain(VALUES[name][row], SIZES[name][row]) for name in VALUES}
        alone = budget(parse(text), known, trials=20)
        np.testing.assert_allclose(uncertainty[row], alone.uncertainty, rtol=1e-14)
        np.testing.assert_allclose(
            [share[row] for share in shares], [p.share for p in alone.inputs.values()], rtol=1e-13
        )


def test_arrays_have_one_share():
    values = {"x": np.array([[1.0], [2.0]]), "y": np.array([3.0])}
    _, uncertainty, *shares = of_rows("sum(x)*y", values, {"x": np.array([[0.3], [0.4]]), "y": np.array([0.5])})
    np.testing.assert_allclose(uncertainty, np.hypot(1.5, 1.5))
    np.testing.assert_allclose(shares, [[50.0], [50.0]])


def test_none_is_zero_and_a_negative_one_is_nan():
    _, uncertainty, share = of_rows("x^2", {"x": np.array([1.0, 1.0])}, {"x": np.array([0.0, -1.0])})
    np.testing.assert_array_equal(uncertainty, [0.0, np.nan])
    np.testing.assert_array_equal(share, [0.0, np.nan])


def test_only_a_number_has_one():
    with pytest.raises(ExpressionError, match=r"only a number has an uncertainty, the output has shape \(2\)"):
        check_is_number(parse("[x, x]").typed({}))
