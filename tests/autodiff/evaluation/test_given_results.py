"""`compile(...)(..., out=...)`: the caller's arrays are filled, or refused for what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, compile
from backprop.autodiff.evaluation.batched_lowering import MOST_ROWS
from backprop.parser import parse

ROWS = 5
Given = Callable[[Any, Any, Any], Any]  # of the value's array, the gradients' and a column


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


def every_other(length: int) -> Any:
    return np.empty(2 * length)[::2]


@pytest.mark.parametrize("make", [np.empty, every_other, lambda rows: np.empty((rows, 3))[:, 1]])
@pytest.mark.parametrize("rows", [0, 1, ROWS, MOST_ROWS + 1])
def test_given_arrays_are_filled_and_returned(make: Callable[[int], Any], rows: int) -> None:
    x = np.linspace(1.0, 2.0, rows)
    f = compile(parse("x*exp(-y)"))
    value, slopes = make(rows), {"y": make(rows), "x": make(rows)}
    found, gradients = f(x=x, y=0.5, out=(value, slopes))
    assert found is value and list(gradients) == ["x", "y"]
    assert all(gradients[name] is slopes[name] for name in slopes)
    wanted, truth = f(x=x, y=0.5)
    np.testing.assert_array_equal(value, wanted)
    for name in truth:
        np.testing.assert_array_equal(slopes[name], truth[name])


def test_what_a_call_returned_is_filled_by_the_next() -> None:
    f = compile(parse("sum(tanh(W @ x))"), wrt=["x"])
    random = np.random.default_rng(0)
    given = {"W": random.normal(size=(4, 2, 3)), "x": random.normal(size=(4, 3))}
    results = f(given)
    other = {name: -2.0 * value for name, value in given.items()}
    np.testing.assert_array_equal(f(other, out=results)[1]["x"], f(other)[1]["x"])
    np.testing.assert_array_equal(results[0], f(other)[0])


def test_only_what_is_computed_is_given() -> None:
    value = np.empty(1)
    assert compile(parse("x^2"), gradients=False)(x=3.0, out=(value, {})) == (np.array([9.0]), {})
    assert value == 9.0


def test_a_variable_may_be_called_out() -> None:
    f = compile(parse("out*x"))
    value, gradients = f(out=[2.0, 3.0], x=5.0)
    assert value.tolist() == [10.0, 15.0] and gradients["out"].tolist() == [5.0, 5.0]
    f({"out": [4.0, 6.0]}, x=7.0, out=(value, gradients))
    assert value.tolist() == [28.0, 42.0] and gradients["x"].tolist() == [4.0, 6.0]


@pytest.mark.parametrize(
    "given, reason",
    [
        (lambda value, slopes, x: value, "out is not a pair of an array and a dictionary of arrays"),
        (lambda value, slopes, x: (value, value), "out is not a pair of an array and a dictionary of arrays"),
        (lambda value, slopes, x: (value, {}), "out has no array for the gradient by 'x' and 'y'"),
        (
            lambda value, slopes, x: (value, {**slopes, "v": np.empty(ROWS)}),
            "out has an array for 'v', by which no gradient is computed",
        ),
        (lambda value, slopes, x: (value.tolist(), slopes), "the array for the value is not a NumPy array"),
        (lambda value, slopes, x: (value[1:], slopes), "the array for the value has shape (4), the result (5)"),
        (lambda value, slopes, x: (value[:, None], slopes), "the array for the value has shape (5, 1), the result (5)"),
        (
            lambda value, slopes, x: (value.astype(np.float32), slopes),
            "the array for the value is of float32, not of float64",
        ),
        (lambda value, slopes, x: (value.astype(">f8"), slopes), "the array for the value is of >f8, not of float64"),
        (lambda value, slopes, x: (read_only(value), slopes), "the array for the value is read-only"),
        (
            lambda value, slopes, x: (np.lib.stride_tricks.as_strided(value, strides=(0,)), slopes),
            "entries of the array for the value share memory",
        ),
        (lambda value, slopes, x: (x[::-1], slopes), "the array for the value and the values of 'x' share memory"),
        (
            lambda value, slopes, x: (value, {**slopes, "y": slopes["x"]}),
            "the array for the gradient by 'x' and the array for the gradient by 'y' share memory",
        ),
    ],
)
def test_what_is_wrong_with_the_arrays(given: Given, reason: str) -> None:
    x = np.linspace(1.0, 2.0, ROWS)
    f = compile(parse("x*y"))
    value, slopes = f(x=x, y=2.0)
    with pytest.raises(ExpressionError) as caught:
        f(x=x, y=3.0, out=given(value, slopes, x))
    assert caught.value.reason == reason
    assert caught.value.cure
    assert value.tolist() == (2.0 * x).tolist(), "nothing was computed"
