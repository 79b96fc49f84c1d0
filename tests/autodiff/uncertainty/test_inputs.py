"""What is known of inputs, and what cannot be: refused with the input's name and a cure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff import ExpressionError
from backprop.autodiff.uncertainty.inputs import Inputs, Uncertain, within

from ...closeness import close_to


@pytest.mark.parametrize("distribution, divisor", [("uniform", 3), ("triangular", 6), ("arcsine", 2)])
def test_half_widths(distribution, divisor):
    known = within(2.0, [0.1, 0.2], distribution, 50)
    np.testing.assert_allclose(known.uncertainty, np.array([0.1, 0.2]) / math.sqrt(divisor), rtol=1e-15)
    assert (known.value, known.dof, known.distribution) == (2.0, 50, distribution)
    with pytest.raises(ExpressionError, match="'normal' has no half-width"):
        within(2.0, 0.1, "normal")


def test_vectors_and_names_of_entries():
    inputs = Inputs({"a": 3.0, "x": Uncertain([[1.0, 2.0]], 0.1), "b": Uncertain(5.0, 0.2, 4)}, {("x[0,1]", "b"): 0.5})
    assert inputs.entries == ("x[0,0]", "x[0,1]", "b")
    np.testing.assert_array_equal(inputs.uncertainties, [0.1, 0.1, 0.2])
    assert inputs.groups == [[0], [1, 2]]
    assert inputs.group_dof([0]) == math.inf
    assert inputs.group_dof([1, 2]) is None
    assert inputs.split(np.arange(3.0))["b"] == 2.0
    assert inputs.split(np.arange(3.0))["x"].shape == (1, 2)


A = Uncertain(1.0, 0.1)
WRONG = [
    ({"a": 1.0}, {}, "no input has an uncertainty"),
    ({"a": Uncertain(1.0, 0.0)}, {}, "the uncertainty of 'a' is zero"),
    ({"a": Uncertain(1.0, -0.1)}, {}, "the uncertainty of 'a' is -0.1"),
    ({"a": Uncertain(1.0, math.nan)}, {}, "the uncertainty of 'a' is nan"),
    ({"a": Uncertain(1.0, math.inf)}, {}, "the uncertainty of 'a' is inf"),
    ({"a": Uncertain([1.0, 2.0], [0.1, 0.0])}, {}, r"the uncertainty of 'a\[1\]' is zero"),
    ({"a": Uncertain(1.0, [0.1, 0.2])}, {}, r"the uncertainty of 'a' has shape \(2\), its value scalar"),
    ({"a": Uncertain(math.inf, 0.1)}, {}, "the value of 'a' is not finite"),
    ({"a": Uncertain("b", 0.1)}, {}, "the value of 'a' is neither a number"),
    ({"a": Uncertain(1.0, 0.1, 0.0)}, {}, "the degrees of freedom of 'a' are 0"),
    ({"a": Uncertain(1.0, 0.1, math.nan)}, {}, "the degrees of freedom of 'a' are nan"),
    ({"a": Uncertain(1.0, 0.1, 4, "gamma")}, {}, "the distribution of 'a' is 'gamma'"),
    ({"a": Uncertain(1.0, 0.1, distribution="t")}, {}, "without degrees of freedom"),
    ({"a": A, "b": A}, {("a", "b"): 1.1}, "the correlation of 'a' and 'b' is 1.1"),
    ({"a": A, "b": A}, {("a", "b"): math.nan}, "the correlation of 'a' and 'b' is nan"),
    ({"a": A, "b": A}, {("a", "a"): 0.5}, "a correlation of 'a' with itself"),
    ({"a": A, "b": A}, {("a", "c"): 0.5}, "'c' is not an input"),
    ({"a": A, "b": 1.0}, {("a", "b"): 0.5}, "'b' has no uncertainty"),
    ({"a": A, "b": Uncertain([1.0, 2.0], 0.1)}, {("a", "b"): 0.5}, "'b' is an array"),
    ({"a": A, "b": A}, {("a", "b"): 0.5, ("b", "a"): 0.5}, "is given twice"),
    ({"a": A, "b": A, "c": A}, {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}, "has the eigenvalue -0.8"),
]


@pytest.mark.parametrize("given, correlations, reason", WRONG, ids=[reason for _, _, reason in WRONG])
def test_what_cannot_be(given, correlations, reason):
    with pytest.raises(ExpressionError, match=reason) as error:
        Inputs(given, correlations)
    assert error.value.cure


def test_what_is_wholly_correlated_may_be():
    inputs = Inputs({"a": A, "b": A, "c": A}, {("a", "b"): 1.0, ("b", "c"): -1.0, ("a", "c"): -1.0})
    assert inputs.groups == [[0, 1, 2]]
    assert float(np.ones(3) @ inputs.correlated(np.ones(3))) == close_to(1.0, rel=1e-14)
    assert Inputs({"a": A, "b": A}, {("a", "b"): 0.0}).correlation is None
