"""Entries that a variable names: which they are, where the gradient goes, in rows too, and what names none."""

import numpy as np
import pytest

from backprop.autodiff import compile, hessian, value_and_grad
from backprop.autodiff.derivatives.check import check
from backprop.autodiff.errors import ExpressionError
from backprop.parser import parse

SCORES = np.array([[0.5, -2.0, 1.5], [3.0, 0.25, -1.0]])


def cross_entropy(scores, label):
    return np.log(np.sum(np.exp(scores))) - scores[int(label)]


@pytest.mark.parametrize("label", [0.0, 2.0, -1.0, -3.0])
def test_the_loss_of_a_label_and_its_gradient(label):
    value, gradients = value_and_grad(parse("cross_entropy(s, y)"), s=SCORES[0], y=label)
    softmax = np.exp(SCORES[0]) / np.sum(np.exp(SCORES[0]))
    assert value == pytest.approx(cross_entropy(SCORES[0], label), rel=1e-15, abs=0)
    np.testing.assert_allclose(gradients["s"], softmax - np.eye(3)[int(label)], rtol=1e-14, atol=0)
    assert gradients["y"] == 0.0
    expected = np.diag(softmax) - np.outer(softmax, softmax)
    np.testing.assert_allclose(
        hessian(parse("cross_entropy(s, y)"), s=SCORES[0], y=label)["s"]["s"], expected, rtol=1e-13
    )


def test_a_number_and_a_variable_name_the_same_entry():
    by_number, by_variable = parse("cross_entropy(s, 2)"), parse("cross_entropy(s, y)")
    assert value_and_grad(by_number, s=SCORES[1])[0] == value_and_grad(by_variable, s=SCORES[1], y=2)[0]


def test_a_label_for_each_row_of_scores():
    value, _ = value_and_grad(parse("cross_entropy(s, y)"), s=SCORES, y=[2, 0])
    np.testing.assert_allclose(value, [cross_entropy(SCORES[0], 2), cross_entropy(SCORES[1], 0)], rtol=1e-15)
    found = check(parse("cross_entropy(s, y)*[1, 3]"), {"s": SCORES, "y": [2, 0]}, wrt=["s"])
    assert {entry.verdict for entry in found.entries} == {"ok"}


@pytest.mark.parametrize("text", ["s[y]*x", "one_hot(y, 3)*x", "cross_entropy(s, y)*x"])
def test_in_rows_each_label_counts_and_one_that_names_none_gives_nan_there_alone(text):
    graph = parse(text)
    labels = np.array([0.0, 2.0, 3.0, -1.0, 0.5, -4.0])
    given = {"x": np.arange(1.0, 7.0)} | ({"s": np.tile(SCORES[0], (6, 1))} if "s[" in text or "(s" in text else {})
    values, gradients = compile(graph)(y=labels, **given)
    for row, label in enumerate(labels):
        point = {name: array[row] for name, array in given.items()}
        if label in (3.0, 0.5, -4.0):
            assert np.isnan(values[row]).all()
            fault = "not a whole number" if label == 0.5 else "out of range for (an axis|axis 0) of length 3"
            with pytest.raises(ExpressionError, match=f"index {label:g} is {fault}"):
                value_and_grad(graph, y=label, **point)
        else:
            value, expected = value_and_grad(graph, y=label, **point)
            np.testing.assert_array_equal(values[row], value)
            for name, gradient in expected.items():
                np.testing.assert_array_equal(gradients[name][row], gradient)
