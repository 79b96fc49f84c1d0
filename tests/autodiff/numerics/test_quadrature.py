"""Integrals of many rows at once against their closed forms: smooth, singular at an end, to infinity, divergent."""

import math

import numpy as np
import pytest

from backprop.autodiff.numerics.quadrature import integrate

from ...closeness import close_to

INTEGRALS = [
    ("x^2", lambda t: t * t, 0, 1, 1 / 3, 1e-15),
    ("backwards", lambda t: t * t, 1, 0, -1 / 3, 1e-15),
    ("bell", lambda t: np.exp(-t * t), -np.inf, np.inf, math.sqrt(math.pi), 1e-15),
    ("narrow bell far out", lambda t: np.exp(-((t - 30) ** 2)), -np.inf, np.inf, math.sqrt(math.pi), 2e-15),
    (
        "0*inf far out",
        lambda t: np.exp(-t * t) * np.cosh(t),
        -np.inf,
        np.inf,
        math.sqrt(math.pi) * math.exp(0.25),
        2e-15,
    ),
    ("slow tail", lambda t: 1 / (1 + t * t), 0, np.inf, math.pi / 2, 1e-15),
    ("slower tail", lambda t: t**-1.5, 1, np.inf, 2, 1e-15),
    ("tail to the left", np.exp, -np.inf, 0, 1, 1e-15),
    ("pole of a root", lambda t: 1 / np.sqrt(t), 0, 1, 2, 1e-15),
    ("at an end that is not 0", lambda t: 1 / np.sqrt(2 - t), 0, 2, math.sqrt(8), 1e-14),
    ("at both ends", lambda t: 1 / np.sqrt(t * (1 - t)), 0, 1, math.pi, 2e-14),
    ("hardly integrable", lambda t: t**-0.9, 0, 1, 10, 1e-14),
    ("logarithm and root", lambda t: np.log(t) / np.sqrt(t), 0, 1, -4, 1e-14),
    ("bend inside", lambda t: abs(t - 0.3), 0, 1, 0.29, 1e-14),
    ("step inside", lambda t: (t < 0.3) * 1.0, 0, 1, 0.3, 1e-14),
    ("needle", lambda t: 1 / (1e-8 + (t - 0.37) ** 2), 0, 1, 1e4 * (math.atan(6300) + math.atan(3700)), 1e-13),
    ("many waves", lambda t: np.cos(1000 * t), 0, 1, math.sin(1000) / 1000, 1e-12),
    ("tiny", lambda t: 1e-200 * t, 0, 1, 0.5e-200, 1e-15),
]
DIVERGENT = [
    ("1/t", lambda t: 1 / t, 0, 1),
    ("1/t^2", lambda t: 1 / t**2, 0, 1),
    ("1/t to infinity", lambda t: 1 / t, 1, np.inf),
    ("pole inside", lambda t: 1 / (t - 0.3), 0, 1),
    ("nan inside", lambda t: np.sqrt(t - 0.5), 0, 1),
    ("nan as an end", lambda t: t, 0, np.nan),
]


def of_one_row(function, lower, upper):
    counted = []

    def counts(t, rows):
        counted.append(len(t))
        with np.errstate(all="ignore"):
            return function(t)[None]

    (value,) = integrate(counts, np.array([float(lower)]), np.array([float(upper)]))[0]
    assert sum(counted) < 200_000
    return value


@pytest.mark.parametrize(
    "function, lower, upper, truth, rel", [one[1:] for one in INTEGRALS], ids=[one[0] for one in INTEGRALS]
)
def test_an_integral_has_its_digits(function, lower, upper, truth, rel):
    assert of_one_row(function, lower, upper) == close_to(truth, rel=rel)


@pytest.mark.parametrize("function, lower, upper", [one[1:] for one in DIVERGENT], ids=[one[0] for one in DIVERGENT])
def test_what_has_no_integral_is_nan(function, lower, upper):
    assert np.isnan(of_one_row(function, lower, upper))


def test_rows_and_entries_are_integrated_together():
    scale = np.array([1.0, 2.0, 3.0, 0.5])
    values = integrate(
        lambda t, row: np.stack([scale[row] * t, t**2]), np.zeros(4), np.array([1.0, np.nan, 2.0, 0.0]), 2
    )
    np.testing.assert_allclose(values[:, [0, 2, 3]], [[0.5, 6.0, 0.0], [1 / 3, 8 / 3, 0.0]], rtol=1e-15, atol=0)
    assert np.isnan(values[:, 1]).all()
