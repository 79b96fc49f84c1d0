"""`budget` on published examples: first and second order to 12 digits, trials to what they can, every printed digit."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from backprop.autodiff import ExpressionError
from backprop.autodiff.uncertainty.budget import Budget, budget
from backprop.autodiff.uncertainty.coverage import coverage_factor
from backprop.autodiff.uncertainty.inputs import Uncertain, within
from backprop.parser import parse

from ...closeness import close_to
from .gum_cases import BY_NAME, correlations_of, inputs_of

EVERY_CASE = pytest.mark.parametrize("name", BY_NAME)
CANCELLED = {"S1-9.3": 1e-10}  # its value is 1.234 less than the rounding of 100001.234


@cache
def answer(name: str) -> Budget:
    case = BY_NAME[name]
    return budget(parse(case["expr"]), inputs_of(case), correlations=correlations_of(case))


def truth(name: str, key: str) -> float:
    return float(BY_NAME[name]["truth"][key])


@EVERY_CASE
def test_first_order_has_twelve_digits(name):
    result, case = answer(name), BY_NAME[name]
    assert result.value == close_to(truth(name, "value"), rel=CANCELLED.get(name, 1e-13))
    assert result.uncertainty == close_to(truth(name, "u"), rel=1e-12)
    for entry, sensitivity in case["truth"]["sensitivities"].items():
        assert result.inputs[entry].sensitivity == close_to(float(sensitivity), rel=1e-12)
        assert result.inputs[entry].contribution == close_to(float(case["truth"]["contributions"][entry]), rel=1e-12)
    if result.uncertainty:
        assert sum(part.share for part in result.inputs.values()) == close_to(100.0, rel=1e-12)


@pytest.mark.parametrize("name", [name for name, case in BY_NAME.items() if "dof_welch_satterthwaite" in case["truth"]])
def test_degrees_of_freedom_and_expanded_uncertainties(name):
    result = answer(name)
    assert result.degrees_of_freedom == close_to(truth(name, "dof_welch_satterthwaite"), rel=1e-12)
    for coverage in (0.95, 0.99):
        expanded = coverage_factor(coverage, result.degrees_of_freedom) * result.uncertainty
        assert expanded == close_to(truth(name, f"U{coverage * 100:.0f}"), rel=1e-12)
    whole = budget(parse(BY_NAME[name]["expr"]), inputs_of(BY_NAME[name]), coverage=0.99, trials=20)
    assert whole.expanded == close_to(truth(name, "U99_dof_truncated"), rel=1e-12)


@EVERY_CASE
def test_trials_agree_with_those_of_another_program(name):
    """Within six standard deviations of both; u is harder where tails are heavy."""
    drawn, other = answer(name).monte_carlo, BY_NAME[name]["truth"]["mc"]
    assert drawn.is_stable
    spread = 6.0 * (other["u"] / math.sqrt(drawn.trials) + other["se_mean"])
    assert abs(drawn.mean - other["mean"]) <= spread
    assert drawn.uncertainty == close_to(other["u"], rel=6e-3)
    if name == "TN1900-E13":
        return  # the other program drew t distributions, of the same u
    for mine, theirs in zip(
        (*drawn.interval, *drawn.shortest), (*other["interval95"], *other["shortest95"]), strict=True
    ):
        assert abs(mine - theirs) <= 0.08 * other["u"]


INSUFFICIENT = ("GUM-H1", "GUM-H1-nine", "NUM-Gauge", "S1-9.2-W", "S1-9.3", "S1-9.4-1", "S1-9.4-2", "S1-9.4-5")


@pytest.mark.parametrize("name", [*INSUFFICIENT, *(name for name in BY_NAME if name.startswith("S2"))])
def test_the_verdict_says_where_first_order_fails(name):
    assert not answer(name).verdict.first_order_suffices
    assert not answer(name).verdict.is_close


@pytest.mark.parametrize("name", ["GUM5-1-pH", "GUM5-13-thermometer", "TN1900-E13", "NUM-Stefan", "SNL-dof"])
def test_the_verdict_says_where_it_suffices(name):
    assert answer(name).verdict.first_order_suffices


def digits(number: float, text: str) -> str:
    """The number rounded to the last digit of the text."""
    return f"{Decimal(number).quantize(Decimal(text)):f}"


@pytest.mark.parametrize(
    "name, printed",
    [(name, case["published"]) for name, case in BY_NAME.items() if case["published"] and name != "QUAM-A1"],
)
def test_every_printed_digit(name, printed):
    """Of NUM-Resistance the GUM rounded its correlations: from its readings u is 0.071, as test_readings.py has it."""
    result = answer(name)
    drawn = result.monte_carlo
    found = {"value": result.value, "u": result.uncertainty, "u_second_order": result.second_order.uncertainty}
    for key, number in found.items():
        if key in printed and (name, key) != ("NUM-Resistance", "u"):
            assert Decimal(digits(number, printed[key])) == Decimal(printed[key]), key
    if "mc_u" in printed and name != "TN1900-E13":  # there it is that of few trials with heavy tails
        for number, text, error in zip((drawn.mean, drawn.uncertainty), (printed.get("mc_mean"), printed["mc_u"]),
                                       drawn.errors, strict=False):  # fmt: skip
            half_a_unit = 0.5 * 10.0 ** Decimal(text or 0).as_tuple().exponent
            assert text is None or abs(number - float(text)) <= half_a_unit + 1.5 * error
    if name == "GUM-H1":
        assert math.floor(result.degrees_of_freedom) == int(printed["dof"])
        at_99 = budget(parse(BY_NAME[name]["expr"]), inputs_of(BY_NAME[name]), coverage=0.99, trials=20)
        assert digits(at_99.expanded, printed["U99"]) == printed["U99"]


def test_two_examples_of_ea_4_02():
    """S2 and S4 of EA-4/02: a weight of 10 kg as worked out by metrodata.de (examples/s02_en.html), 10000.025 g with
    29.1 mg and U = 58 mg, and a gauge block, 49.999926 mm with 36.4 nm.

    The gauge block's product of two deviations that are zero contributes 11.8 nm, in second order only.
    """
    weight = budget(
        parse("mS + dmD + dm + dmC + dB"),
        {
            "mS": Uncertain(10_000.005, 0.0225),
            "dmD": within(0.0, 0.015),
            "dm": Uncertain(0.020, 0.0142),
            "dmC": within(0.0, 0.010),
            "dB": within(0.0, 0.010),
        },
        trials=20,
    )
    assert f"{weight.value:.3f}" == "10000.025"
    assert f"{1000 * weight.uncertainty:.1f}" == "29.1"
    assert f"{2000 * weight.uncertainty:.0f}" == "58"
    assert [f"{part.share:.1f}" for part in weight.inputs.values()] == ["59.6", "8.8", "23.7", "3.9", "3.9"]
    gauge = budget(
        parse("lS + dlD + dl + dlC - L*(a*dt + da*Dt) - dlV"),
        {
            "lS": Uncertain(50.000_02, 15e-6),
            "dlD": within(0.0, 30e-6),
            "dl": Uncertain(-94e-6, 5.37e-6),
            "dlC": within(0.0, 32e-6),
            "L": 50.0,
            "a": within(11.5e-6, 1e-6),
            "da": within(0.0, 2e-6, "triangular"),
            "dt": within(0.0, 0.05),
            "Dt": within(0.0, 0.5),
            "dlV": within(0.0, 6.7e-6),
        },
        trials=20,
    )
    assert f"{gauge.value:.6f}" == "49.999926"
    assert f"{1e6 * gauge.second_order.uncertainty:.1f}" == "36.4"
    assert f"{1e6 * gauge.inputs['dt'].contribution:.1f}" == "16.6"
    assert gauge.second_order.vanishing == ("a", "da", "Dt")


def test_the_gauge_block_of_jcgm_101():
    """JCGM 101, 9.5: 838 nm; first order gives 32 nm, trials with t distributions 36 nm.

    The limits of two inputs, which there are uncertain themselves, are taken as they are, which moves the ends.
    """
    result = budget(
        parse("Ls + D + d1 + d2 - Ls*(da*(t0 + Delta) + as*dt) - 50000000"),
        {
            "Ls": Uncertain(50_000_623.0, 25.0, 18, "t"),
            "D": Uncertain(215.0, 6.0, 24, "t"),
            "d1": Uncertain(0.0, 4.0, 5, "t"),
            "d2": Uncertain(0.0, 7.0, 8, "t"),
            "as": within(11.5e-6, 2e-6),
            "t0": Uncertain(-0.1, 0.2),
            "Delta": within(0.0, 0.5, "arcsine"),
            "da": within(0.0, 1e-6),
            "dt": within(0.0, 0.05),
        },
        coverage=0.99,
        trials=1_000_000,
    )
    drawn = result.monte_carlo
    found = [result.value, result.uncertainty, drawn.mean, drawn.uncertainty]
    assert [round(number) for number in found] == [838, 32, 838, 36]


def test_arrays_have_an_entry_each():
    result = budget(
        parse("sum(w*x)"),
        {"w": [2.0, 3.0], "x": Uncertain([1.0, 5.0], [0.1, 0.2])},
        correlations={("x[0]", "x[1]"): 0.5},
        trials=20,
    )
    np.testing.assert_allclose(result.inputs["x"].sensitivity, [2.0, 3.0])
    assert result.uncertainty == close_to(math.sqrt(0.04 + 0.36 + 2 * 0.5 * 0.2 * 0.6), rel=1e-14)


def test_defaults_of_the_text_are_exact():
    result = budget(parse("g = 9.81; m*g"), {"m": Uncertain(2.0, 0.1)}, trials=20)
    assert result.uncertainty == close_to(0.981, rel=1e-14)


def test_a_group_from_the_same_readings_has_their_degrees_of_freedom():
    """JCGM 100, H.2.4: means of five simultaneous readings are as the mean of five results."""
    same = {name: Uncertain(1.0, 0.1, 4, rows="readings") for name in "ab"}
    result = budget(parse("a + 2*b"), same, correlations={("a", "b"): 0.3}, trials=20)
    assert result.degrees_of_freedom == close_to(4.0, rel=1e-12)
    assert result.factor == close_to(coverage_factor(0.95, 4), rel=1e-14)
    other = {**same, "b": Uncertain(1.0, 0.1, 9)}
    unknown = budget(parse("a + 2*b"), other, correlations={("a", "b"): 0.3}, trials=20)
    assert unknown.degrees_of_freedom is None
    assert unknown.factor == close_to(coverage_factor(0.95), rel=1e-14)


def test_gates_that_bend_are_named():
    result = budget(parse("abs(a) + sqrt(b) + floor(c)"), {"a": Uncertain(0.0, 1.0), "b": 2.0, "c": 1.5}, trials=20)
    assert [node.gate.name for node in result.kinks] == ["abs"]
    assert result.uncertainty == 0.0
    assert not result.verdict.first_order_suffices


def test_what_is_not_finite_comes_out():
    result = budget(parse("sqrt(a)"), {"a": Uncertain(0.0, 1.0)}, trials=1000)
    assert math.isinf(result.uncertainty)
    assert 400 < result.monte_carlo.nonfinite < 600
    assert not result.verdict.first_order_suffices
    nothing = budget(parse("log(a)"), {"a": Uncertain(-50.0, 1.0)}, trials=100)
    assert math.isnan(nothing.value)
    assert math.isnan(nothing.monte_carlo.uncertainty)


def test_an_interrupt_keeps_what_there_is():
    def stop(trials: int, uncertainty: float) -> None:
        raise KeyboardInterrupt

    result = budget(parse("2*a"), {"a": Uncertain(1.0, 0.5)}, trials=10**6, tell=stop)
    assert result.is_interrupted
    assert 0 < result.monte_carlo.trials < 10**6
    assert result.uncertainty == 1.0


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"coverage": 1.0}, "the coverage is 1"),
        ({"coverage": math.nan}, "the coverage is nan"),
        ({"trials": 1}, "1 trials"),
        ({"seed": -1}, "the seed is -1"),
        ({"target_uncertainty": -1.0}, "the target is -1"),
        ({"target_expanded": math.inf}, "the target is inf"),
    ],
)
def test_settings_that_cannot_be(settings, reason):
    with pytest.raises(ExpressionError, match=reason):
        budget(parse("a"), {"a": Uncertain(1.0, 0.5)}, **settings)


def test_only_a_number_has_a_budget():
    with pytest.raises(ExpressionError, match=r"the output has shape \(2\)") as error:
        budget(parse("[a, a]"), {"a": Uncertain(1.0, 0.5)})
    assert tuple(error.value.span) == (0, 6)
