"""Correlations by option, and covariance files: as JSON, as a table, and as `fit --json` writes them."""

from __future__ import annotations

import json

import pytest

from ...closeness import close_to

FITTED = {
    "parameters": {"a": {"value": 2.5, "standard_error": 0.1}, "b": {"value": 0.3, "standard_error": 0.02}},
    "covariance": {"a": {"a": 0.01, "b": 0.001}, "b": {"a": 0.001, "b": 0.0004}},
    "degrees_of_freedom": 7,
}
EXPECTED = 0.05488116360940264  # of a*exp(-2*b): c_a = e^-0.6, c_b = -5 e^-0.6, variances and covariance as above


def test_an_option_for_each_pair(backprop):
    answer = json.loads(
        backprop("budget", "V/J*cos(phi)", "V=4.9990+-0.0032", "J=19.661e-3+-9.5e-6", "phi=1.04446+-0.00075",
                 "--correlation", "V,J=-0.36", "--correlation", "V, phi=0.86", "--correlation", "J,phi=-0.65",
                 "--json").out
    )  # fmt: skip
    assert answer["uncertainty"] == close_to(0.06997872798837178, rel=1e-13)
    assert answer["degrees_of_freedom"] is None
    assert {"where": "degrees_of_freedom", "value": "inf"} in answer["nonfinite"]
    assert answer["correlations"] == [["V", "J", -0.36], ["V", "phi", 0.86], ["J", "phi", -0.65]]
    assert sum(part["share"] for part in answer["inputs"].values()) == close_to(100, rel=1e-12)


def test_entries_of_arrays(backprop):
    answer = backprop("budget", "sum(x)", "x=[1, 2]+-[3, 4]", "--correlation", "x[0],x[1]=0.5", "--json")
    assert json.loads(answer.out)["uncertainty"] == close_to((9 + 16 + 12) ** 0.5, rel=1e-14)
    square = backprop("budget", "sum(W)", "W=[[1, 2]]+-1", "--correlation", "W[0,0],W[0, 1]=1", "--json")
    assert json.loads(square.out)["uncertainty"] == 2


@pytest.mark.parametrize(
    "name, content, values",
    [
        ("fit.json", json.dumps(FITTED), ()),
        ("lists.json", json.dumps({**FITTED, "covariance": [[0.01, 0.001], [0.001, 0.0004]]}), ()),
        (
            "entries.json",
            json.dumps({**FITTED, "entries": ["b", "a"], "covariance": [[0.0004, 0.001], [0.001, 0.01]]}),
            (),
        ),
        ("cov.json", json.dumps({"covariance": FITTED["covariance"]}), ("a=2.5", "b=0.3")),
        ("bare.json", json.dumps(FITTED["covariance"]), ("a=2.5", "b=0.3")),
        ("cov.csv", "a,b\n0.01,0.001\n0.001,0.0004\n", ("a=2.5", "b=0.3")),
        ("named.csv", ",a,b\na,0.01,0.001\nb,0.001,0.0004\n", ("a=2.5", "b=0.3")),
        ("cov.tsv", "b\ta\n0.0004\t0.001\n0.001\t0.01\n", ("a=2.5", "b=0.3")),
    ],
)
def test_covariance_files(backprop, tmp_path, name, content, values):
    (tmp_path / name).write_text(content)
    answer = json.loads(backprop("budget", "a*exp(-b*t)", "t=2", *values, "--covariance", name, "--json").out)
    assert answer["uncertainty"] == close_to(EXPECTED, rel=1e-13)
    if not values:
        assert answer["degrees_of_freedom"] == close_to(7, rel=1e-9)


def test_a_fit_may_hold_more_and_a_value_goes_before_it(backprop, tmp_path):
    (tmp_path / "fit.json").write_text(json.dumps(FITTED))
    answer = json.loads(backprop("budget", "a + c", "a=9", "c=1+-0.2", "--covariance", "fit.json", "--json").out)
    assert answer["value"] == 10
    assert answer["inputs"]["a"]["uncertainty"] == close_to(0.1, rel=1e-14)
    assert answer["correlations"] == []


def test_covariances_of_entries(backprop, tmp_path):
    matrix = {"x[0]": {"x[0]": 9, "x[1]": 6}, "x[1]": {"x[0]": 6, "x[1]": 16}}
    (tmp_path / "c.json").write_text(json.dumps(matrix))
    answer = json.loads(backprop("budget", "sum(x)", "x=[1, 2]", "--covariance", "c.json", "--json").out)
    assert answer["uncertainty"] == close_to(37**0.5, rel=1e-14)
    assert "x[2] is missing" in backprop("budget", "sum(x)", "x=[1, 2, 3]", "--covariance", "c.json").err


WRONG_OPTIONS = [
    ("a=3", "write two names and a number: --correlation m,h=0.3"),
    ("a,b,c=3", "write two names and a number"),
    ("a,b", "write two names and a number"),
    ("a,b=1.3", "the correlation of 'a' and 'b' is 1.3"),
    ("a,b=[1]", "a correlation is one number"),
    ("a,b=x", "'x' is a variable"),
    ("a,a=0.3", "a correlation of 'a' with itself"),
    ("a,q=0.3", "'q' is not an input"),
    ("a,c=0.3", "'c' has no uncertainty"),
]


@pytest.mark.parametrize("given, reason", WRONG_OPTIONS)
def test_what_is_no_correlation(backprop, given, reason):
    answer = backprop("budget", "a + b + c", "a=1+-1", "b=1+-1", "c=1", "--correlation", given)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err


def test_correlations_that_are_no_matrix_of_correlations(backprop):
    pairs = [("--correlation", pair) for pair in ("a,b=0.9", "b,c=0.9", "a,c=-0.9")]
    answer = backprop("budget", "a + b + c", "a=1+-1", "b=1+-1", "c=1+-1", *sum(pairs, ()))
    assert (answer.status, answer.out) == (2, "")
    assert "the correlations contradict each other: their matrix has the eigenvalue -0.8" in answer.err
    twice = backprop("budget", "a + b", "a=1+-1", "b=1+-1", "--correlation", "a,b=0", "--correlation", "b,a=0.1")
    assert "--correlation b,a is given twice" in twice.err


WRONG_FILES = [
    ("[1, 2]", "it does not hold an object"),
    ("{", "line 1, column 2"),
    ('{"parameters": {"a": {"value": 1}}}', "it has no covariance"),
    ('{"parameters": {"a": {}}, "covariance": {"a": {"a": 1}}}', "the parameter a has no value"),
    ('{"entries": ["a"], "covariance": [[1, 2]]}', "1 names need as many rows of as many numbers"),
    ('{"entries": 3, "covariance": [[1]]}', "its entries are not a list of names"),
    ('{"a": 3}', "its covariance is not an object of objects"),
    ('{"a": {"a": 1, "b": 0}, "b": {"b": 1}}', "the covariance of b and a is not a number"),
    ('{"a": {"a": 1, "b": 0.5}, "b": {"a": 0, "b": 1}}', "its covariance is not symmetric"),
    ('{"a": {"a": 0}}', "the variance of a is 0, not a positive number"),
    ('{"a": {"a": -1}}', "the variance of a is -1, not a positive number"),
    ('{"a": {"a": 1, "b": 2}, "b": {"a": 2, "b": 1}}', "the correlation of b and a would be 2"),
    ('{"a": {"a": 1}, "z": {"z": 1, "a": 0}}', "the covariance of a and z is not a number"),
    ('{"z": {"z": 1}}', "tells of none of the inputs a, b"),
    ('{"a": {"a": 1, "z": 0}, "z": {"z": 1, "a": 0}}', "z is not a variable of the expression"),
    ('{"b": {"b": 1}}', "b has an uncertainty, and --covariance c.json gives one, too"),
]


@pytest.mark.parametrize("content, reason", WRONG_FILES, ids=[reason for _, reason in WRONG_FILES])
def test_what_is_no_covariance_file(backprop, tmp_path, content, reason):
    (tmp_path / "c.json").write_text(content)
    answer = backprop("budget", "a*b", "a=1", "b=1+-1", "--covariance", "c.json")
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    table = "a,b\n1\n"
    (tmp_path / "c.csv").write_text(table)
    assert "2 names need as many rows" in backprop("budget", "a*b", "a=1", "b=1", "--covariance", "c.csv").err
