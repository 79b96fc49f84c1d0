"""Readings from columns: the GUM's example H.2, whose printed digits come out, and what cannot be read."""

from __future__ import annotations

import json
import math

import pytest

from ...closeness import close_to

# JCGM 100:2008, table H.2: five simultaneous readings of a voltage, a current and a phase.
READINGS = (
    "V,I,phi\n5.007,19.663,1.0456\n4.994,19.639,1.0438\n5.005,19.640,1.0468\n4.990,19.685,1.0428\n4.999,19.678,1.0433\n"
)
INPUTS = ("V=@h2.csv:V", "I=@h2.csv:I", "phi=@h2.csv:phi")


@pytest.fixture
def h2(tmp_path):
    (tmp_path / "h2.csv").write_text(READINGS)


@pytest.mark.parametrize(
    "formula, value, printed",
    [("cos(phi)", "127.732", "0.071"), ("sin(phi)", "219.847", "0.296"), ("1", "254.260", "0.236")],
)
def test_the_example_h2_of_the_gum(h2, backprop, formula, value, printed):
    """The guide prints 0.295 for the second: its mean of five results has 0.29549, the law of propagation 0.29558."""
    text = f"1000*V/I*{formula}"
    inputs = INPUTS if "phi" in formula else INPUTS[:2]
    answer = json.loads(backprop("budget", text, *inputs, "--json").out)
    assert f"{answer['value']:.3f}" == value
    assert f"{answer['uncertainty']:.3f}" == printed
    assert answer["degrees_of_freedom"] == close_to(4.0, rel=1e-9)
    assert answer["expanded"]["coverage_factor"] == close_to(2.7764451051977934, rel=1e-12)


def test_means_uncertainties_and_correlations(h2, backprop):
    answer = json.loads(backprop("budget", "V*I*phi", *INPUTS, "--json").out)
    known = answer["inputs"]["V"]
    assert (f"{known['value']:.4f}", f"{known['uncertainty']:.4f}") == ("4.9990", "0.0032")
    assert (known["degrees_of_freedom"], known["distribution"]) == (4, "normal")
    found = {frozenset((a, b)): f"{r:.2f}" for a, b, r in answer["correlations"]}
    assert found == {frozenset("VI"): "-0.36", frozenset(("V", "phi")): "0.86", frozenset(("I", "phi")): "-0.65"}


def test_trials_from_t_distributions(h2, backprop):
    """JCGM 101, 6.4.9: the interval of the trials is then that of the guide's degrees of freedom."""
    answer = json.loads(backprop("budget", "2*V", "V=@h2.csv:V,t", "--json").out)
    low, high = answer["monte_carlo"]["interval"]
    assert (high - low) / 2 == close_to(answer["expanded"]["uncertainty"], rel=0.02)
    assert answer["verdict"]["first_order_suffices"]


def test_a_table_in_another_dialect(backprop, tmp_path):
    (tmp_path / "r.txt").write_text("Station 7\n\nV (mV);T\n1,5;a\n2,5;b\n")
    answer = backprop("budget", "2*V", "V=@r.txt:V", "--json")
    assert json.loads(answer.out)["inputs"]["V"]["value"] == 2
    assert "separated by ';', the header is line 3, decimal comma" in answer.err


def test_a_column_with_an_uncertainty_is_an_array(h2, backprop, tmp_path):
    """As everywhere `@FILE:COLUMN` is a value; so is a member of a JSON file."""
    (tmp_path / "all.json").write_text('{"g": 9.81}')
    asked = ("budget", "sum(V)*g", "V=@h2.csv:V+-0.1", "g=@all.json:g", "--trials", "20", "--json")
    answer = json.loads(backprop(*asked).out)
    assert answer["uncertainty"] == close_to(9.81 * 0.1 * 5**0.5, rel=1e-14)
    assert len(answer["inputs"]["V"]["value"]) == 5


def test_two_tables_are_independent(h2, backprop, tmp_path):
    (tmp_path / "other.csv").write_text("W\n1\n2\n4\n")
    answer = json.loads(backprop("budget", "V*W", "V=@h2.csv:V", "W=@other.csv:W", "--json").out)
    assert answer["correlations"] == []
    assert 2 < answer["degrees_of_freedom"] < 6


WRONG = [
    ("V=@h2.csv:W", "h2.csv has no column W"),
    ("V=@none.csv:V", "none.csv: no such file"),
    ("V=@h2.csv:V,dof=3", "dof=3 does not go with readings"),
    ("V=@one.csv:V", "one.csv:V holds 1 reading"),
    ("V=@empty.csv:V", "empty.csv:V holds 0 readings"),
    ("V=@equal.csv:V", "all 2 readings of equal.csv:V are equal"),
    ("V=@gap.csv:V", "gap.csv: line 3: V is empty"),
    ("V=@text.csv:V", "text.csv: line 2: V is 'a', which is not a number"),
]


@pytest.mark.parametrize("given, reason", WRONG, ids=[given for given, _ in WRONG])
def test_what_are_no_readings(h2, backprop, tmp_path, given, reason):
    for name, rows in (("one", "1\n"), ("empty", ""), ("equal", "3\n3\n"), ("gap", "1,2\n,2\n"), ("text", "a\n2\n")):
        (tmp_path / f"{name}.csv").write_text(f"V{',W' * (name == 'gap')}\n{rows}")
    answer = backprop("budget", "V^2", given)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err


def test_readings_cannot_be_correlated_otherwise(h2, backprop):
    answer = backprop("budget", "V*I", *INPUTS[:2], "--correlation", "V,I=0.5")
    assert answer.status == 2
    assert "--correlation V,I: the data say it already" in answer.err


def test_a_column_of_an_array_has_entries(backprop, tmp_path):
    (tmp_path / "x.csv").write_text("x[0],x[1]\n1,2\n2,4.5\n")
    answer = json.loads(backprop("budget", "a", "a=@x.csv:x[1]", "--json").out)
    assert answer["value"] == 3.25
    assert answer["uncertainty"] == close_to(2.5 / math.sqrt(2) / math.sqrt(2), rel=1e-14)
    assert "name one column" in backprop("budget", "a", "a=@x.csv:x").err
