"""The reference sets of NIST that are hardest, from both starts, with the defaults: every parameter to ten digits."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff import fit
from backprop.parser import parse_model

from .nist_sets import SETS, columns, digits

QUICK = [("BoxBOD", 1), ("Filip", 1), ("Lanczos1", 2)]
CASES = [
    pytest.param(name, start, id=f"{name}-{number}", marks=[pytest.mark.smoke] * ((name, number) in QUICK))
    for name, case in SETS.items()
    for number, start in enumerate(case["starts"], start=1)
]


@pytest.mark.parametrize("name, start", CASES)
def test_parameters_and_errors_are_the_certified_ones(name, start):
    case = SETS[name]
    result = fit(parse_model(case["model"]), columns(name), start)
    assert result.is_converged and not result.warnings
    found = {entry: digits(float(result.parameters[entry]), truth) for entry, truth in case["parameters"].items()}
    assert min(found.values()) >= 10.0, found
    errors = dict(zip(result.statistics.entries, result.statistics.standard_errors, strict=True))
    found = {entry: digits(errors[entry], truth) for entry, truth in case["standard_errors"].items()}
    assert min(found.values()) >= 9.0, found
    assert digits(result.statistics.totals.squares, case["residual_sum_of_squares"]) >= 9.0


@pytest.mark.parametrize("name", ["Bennett5", "MGH17", "Rat43", "Longley"])
def test_without_pairs_of_doubles_most_digits_are_right(name, monkeypatch):
    """As where there are too many rows for them: eight digits, and the errors with seven."""
    monkeypatch.setattr("backprop.autodiff.optimize.paired_residuals.MOST_ROWS", 1)
    case = SETS[name]
    result = fit(parse_model(case["model"]), columns(name), case["starts"][-1])
    assert min(digits(float(result.parameters[entry]), truth) for entry, truth in case["parameters"].items()) >= 8.0
    errors = dict(zip(result.statistics.entries, result.statistics.standard_errors, strict=True))
    assert min(digits(errors[entry], truth) for entry, truth in case["standard_errors"].items()) >= 7.0


def test_blocks_of_rows_give_what_all_rows_at_once_give(monkeypatch):
    case = SETS["Thurber"]
    model, data = parse_model(case["model"]), columns("Thurber")
    monkeypatch.setattr("backprop.autodiff.optimize.paired_residuals.MOST_ROWS", 1)
    whole = fit(model, data, case["starts"][0])
    monkeypatch.setattr("backprop.autodiff.optimize.residuals.BLOCK_ENTRIES", 24)
    cut = fit(model, data, case["starts"][0])
    for name, value in whole.parameters.items():
        assert cut.parameters[name] == pytest.approx(value, rel=1e-8, abs=0)


def test_pearsons_data_with_yorks_weights():
    """Truth to 18 digits; errors by the derivatives there, as Boggs & Rogers (1990) and York (2004) give them."""
    data = columns("Pearson-York")
    model = parse_model("y ~ a + b*x")
    errors = {"sigma": data["sy"], "sigma_x": {"x": data["sx"]}}
    result = fit(model, data, **errors)
    assert result.parameters["a"] == pytest.approx(5.47991022403286536, rel=1e-12, abs=0)
    assert result.parameters["b"] == pytest.approx(-0.480533407446201987, rel=1e-12, abs=0)
    assert result.statistics.totals.squares == pytest.approx(11.8663531940614453, rel=1e-12, abs=0)
    scaled = [0.359246522551111644, 0.0706202695287709323]
    assert result.statistics.standard_errors == pytest.approx(scaled, rel=1e-9, abs=0)
    absolute = fit(model, data, **errors, absolute_sigma=True)
    known = [0.294970735493108564, 0.0579850090007744364]
    assert absolute.statistics.standard_errors == pytest.approx(known, rel=1e-9, abs=0)
    assert absolute.statistics.correlation[1, 0] == pytest.approx(-0.96308813750799506, rel=1e-9, abs=0)


def test_small_errors_of_columns_are_as_none():
    data = columns("Rat43")
    model, start = parse_model(SETS["Rat43"]["model"]), SETS["Rat43"]["starts"][1]
    plain = fit(model, data, start)
    ones = np.ones(15)
    close = fit(model, data, start, sigma=ones, sigma_x={"x": 1e-7 * ones})
    for name, value in plain.parameters.items():
        assert close.parameters[name] == pytest.approx(value, rel=1e-8, abs=0)
