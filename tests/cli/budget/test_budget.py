"""`backprop budget` as users run it: tables, data, words, pictures, targets, interrupts and what it refuses."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from importlib.util import find_spec

import pytest

from ...closeness import close_to
from ..conftest import environment

H1 = (
    "ls + d - ls*(da*theta + as*dt)",
    *("ls=50000623,U=75,k=3,dof=18", "d=215+-9.7,dof=25.6", "da=0+-5.8e-7,dof=50"),
    *("theta=-0.1+-0.41", "as=11.5e-6+-1.2e-6", "dt=0+-0.029,dof=2"),
)
S1_93 = (
    "(mR + dm)*(1 + (a - 1.2)*(1/rW - 1/rR)) - 100000",
    *("mR=100000+-0.05", "dm=1.234+-0.02", "a=1.2+-0.1,uniform", "rW=8000+-1000,uniform", "rR=8000+-50,uniform"),
)


@pytest.mark.smoke
def test_every_printed_digit_of_h1(backprop):
    answer = backprop("budget", *H1, "--coverage", "99%", "--format", "table")
    assert answer.status == 0
    assert "f = 50000838 ± 32 (standard uncertainty), in short 50000838(32)" in answer.out
    assert "U = 93 (k = 2.92, 99 %, 16.66 effective degrees of freedom, cut to whole ones)" in answer.out
    assert "second order: u = 34 (GUM 5.1.2)" in answer.out
    assert "verdict: first order does not suffice" in answer.out or "for one digit of u, not for two" in answer.out
    assert "the first derivative by theta, as is zero here" in answer.out


def test_the_shape_of_json(backprop):
    answer = json.loads(backprop("budget", *S1_93, "--json").out)
    assert answer["schema"] == 1
    assert answer["value"] == close_to(1.234, rel=1e-10)
    assert answer["uncertainty"] == close_to(0.05385164807134504, rel=1e-14)
    assert answer["result"] == "1.234(54)"
    assert answer["degrees_of_freedom"] is None
    assert answer["expanded"] == {
        "uncertainty": close_to(1.959963984540054 * 0.05385164807134504, rel=1e-14),
        "coverage_factor": close_to(1.959963984540054, rel=1e-14),
        "coverage": 0.95,
    }
    assert answer["inputs"]["mR"] == {
        **{"value": 100000, "uncertainty": 0.05, "degrees_of_freedom": None, "distribution": "normal"},
        **{"sensitivity": 1, "contribution": 0.05, "share": close_to(100 * 0.05**2 / 0.0029, rel=1e-13)},
    }
    assert answer["second_order"]["uncertainty"] == close_to(0.074963473850333806, rel=1e-12)
    assert answer["second_order"]["formula"] == "GUM 5.1.2"
    assert answer["second_order"]["vanishing"] == ["a", "rW", "rR"]
    assert f"{answer['monte_carlo']['uncertainty']:.4f}" in ("0.0754", "0.0755", "0.0756")
    assert answer["monte_carlo"]["seed"] == 0
    assert len(answer["monte_carlo"]["interval"]) == len(answer["monte_carlo"]["shortest_interval"]) == 2
    assert answer["verdict"]["first_order_suffices"] is False
    assert (answer["target"], answer["kinks"]) == (None, [])


def test_rows_for_machines(backprop):
    answer = backprop("budget", "m*h", "m=2.0+-0.1,dof=4", "h=5.00(12)", "--trials", "20")
    assert answer.rows[0] == ["quantity", "estimate", "u", "dof", "distribution", "sensitivity", "contribution",
                              "share_percent"]  # fmt: skip
    assert [row[:6] for row in answer.rows[1:3]] == [
        ["m", "2", "0.1", "4", "normal", "5"],
        ["h", "5", "0.12", "inf", "normal", "2"],
    ]
    assert answer.rows[3][:2] == ["f", "10"]
    assert answer.rows[3][7] == "100"
    assert "note: f = 10.00 ± 0.55" in answer.err
    assert backprop("budget", "m*h", "m=2.0+-0.1", "h=5", "--format", "plain", "-q").out == "10\n0.5\n"


def test_the_table_is_rounded_to_two_digits_of_each_uncertainty(terminal):
    answer = terminal("budget", "q = m/V; q", "m=2.5+-0.1", "V=3.1(2)", "--trials", "20000", columns=120)
    assert answer.status == 0
    lines = [line.split() for line in answer.lines]
    assert lines[0] == ["q", "=", "q", "=", "m/V;", "q"]
    assert ["m", "2.50", "0.10", "inf", "normal", "0.322581", "0.032", "27.7665"] in lines
    assert ["q", "0.806", "0.061", "inf", "0.061", "100"] in lines
    assert [line[0] for line in lines if any("█" in word for word in line)] == ["V", "m"]
    assert any("sensitivity: the derivative of the result" in line for line in answer.lines)


def test_bars_without_braille(terminal):
    assert " ####" in terminal("budget", "m", "m=2.5+-0.1", "--trials", "20", TERM="dumb").out


@pytest.mark.extras
@pytest.mark.parametrize("ending, start", [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_shares_as_a_picture(backprop, tmp_path, ending, start):
    if find_spec("matplotlib") is None:
        pytest.skip("matplotlib is not installed")
    answer = backprop("budget", "m*h", "m=2+-0.1", "h=3+-0.2", "-o", f"shares.{ending}")
    assert (answer.status, answer.out) == (0, "")
    assert (tmp_path / f"shares.{ending}").read_bytes().startswith(start)


def test_a_target(backprop):
    answer = backprop("budget", "a + b", "a=1+-0.3", "b=2+-0.4", "--target", "u=0.35", "--trials", "20", "--json")
    target = json.loads(answer.out)["target"]
    assert (target["uncertainty"], target["is_met"]) == (0.35, False)
    assert target["inputs"]["b"]["alone"] == close_to((0.35**2 - 0.3**2) ** 0.5, rel=1e-12)
    assert target["inputs"]["b"]["together"] == close_to(0.35 / 2**0.5, rel=1e-9)
    assert target["inputs"]["a"]["alone"] is None
    words = backprop("budget", "a + b", "a=1+-0.3", "b=2+-0.4", "--target", "U=1", "--trials", "20").err
    assert "target: u = 0.5102, U = 1 is met" in words
    assert "is enough alone" in backprop("budget", "a+b", "a=1+-1", "b=1+-1", "--target", "u=0.1").err


@pytest.mark.parametrize("given, coverage", [("0.99", 0.99), ("99%", 0.99), ("k=2", 0.9544997361036416)])
def test_coverage(backprop, given, coverage):
    answer = json.loads(backprop("budget", "a", "a=1+-0.3", "--coverage", given, "--trials", "20", "--json").out)
    assert answer["expanded"]["coverage"] == close_to(coverage, rel=1e-14)
    assert answer["monte_carlo"]["coverage"] == answer["expanded"]["coverage"]


def test_a_seed_says_all(backprop):
    asked = ("budget", "a^2", "a=1+-0.3", "--trials", "50000", "--json")
    assert backprop(*asked).out == backprop(*asked, "--seed", "0").out != backprop(*asked, "--seed", "1").out


def test_values_come_from_files_too(backprop, tmp_path):
    (tmp_path / "v.json").write_text('{"a": "2.0+-0.1,dof=4", "b": 3, "unused": "4(1)"}')
    (tmp_path / "x.json").write_text("[1, 2]")
    answer = json.loads(backprop("budget", "a*b", "--vars", "v.json", "--trials", "20", "--json").out)
    assert (answer["uncertainty"], answer["degrees_of_freedom"]) == (close_to(0.3, rel=1e-14), close_to(4, rel=1e-12))
    array = json.loads(backprop("budget", "sum(x)", "x=@x.json+-0.1,uniform", "--trials", "20", "--json").out)
    assert array["inputs"]["x"]["sensitivity"] == [1, 1]
    assert array["uncertainty"] == close_to(0.1 * (2 / 3) ** 0.5, rel=1e-14)


def test_a_length_may_follow_from_the_value(backprop):
    answer = backprop("budget", "sum(v[i]^2 for i in 0:len(v)-1)", "v=[1, 2]+-0.1", "--trials", "20", "--json")
    assert json.loads(answer.out)["uncertainty"] == close_to((0.04 + 0.16) ** 0.5, rel=1e-14)


def test_fused_gates_keep_their_digits(backprop):
    asked = ("budget", "log(normcdf(x))", "x=-40+-1", "--trials", "20")
    assert json.loads(backprop(*asked, "--fuse", "--json").out)["uncertainty"] == close_to(40.02496884720726, rel=1e-14)
    assert "has lost digits" in backprop(*asked).err


def test_where_first_order_is_not_finite(backprop):
    answer = backprop("budget", "sqrt(a)", "a=0+-1", "--json")
    assert answer.status == 0
    data = json.loads(answer.out)
    assert {"where": "uncertainty", "value": "inf"} in data["nonfinite"]
    assert data["uncertainty"] is None
    assert "warning: the gradient through f = sqrt(a) is inf" in answer.err
    words = backprop("budget", "sqrt(a)", "a=0+-1").err
    assert "trials are inf or nan, and left out" in words
    assert "cannot be compared" in words


def test_kinks_are_named(backprop):
    words = backprop("budget", "abs(a) + b", "a=0+-1", "b=1+-0.1").err
    assert "the expression bends or jumps at abs(a)" in words
    assert "bends" not in backprop("budget", "abs(a)", "a=9+-0.1").err


def test_the_numbers_are_explained_in_words_where_that_is_asked(backprop):
    assert "explanation" not in json.loads(backprop("budget", "m*h", "m=2+-0.1", "h=5+-0.1", "--json").out)
    said = json.loads(backprop("budget", "m*h", "m=2+-0.1", "h=5+-0.1,dof=4", "--json", "--explain").out)["explanation"]
    # u = sqrt(0.5^2 + 0.2^2); with half of u(m) sqrt(0.25^2 + 0.2^2) are left
    assert "m decides, with 86.2 % of the variance: half its u would leave u(f) = 0.32" in said
    assert not any("straight line" in line and "is not" in line for line in said)
    bent = backprop("budget", "x^2", "x=0+-0.1", "--explain", "--format", "table")
    assert bent.status == 0
    assert "over the width of the inputs the expression is not a straight line" in bent.out
    joint = (
        "budget",
        "a + b",
        "a=1+-0.1,dof=9",
        "b=1+-0.1",
        "--correlation",
        "a,b=0.5",
        "--explain",
        "--format",
        "table",
    )
    assert "the inputs are correlated: a share has half of each pair's common part" in backprop(*joint).out


WRONG = [
    (("m", "m=2"), "no input has an uncertainty"),
    (("sum(v)", "v=[1+-0.1, 2]"), "an uncertainty in the middle of a value"),
    (("m", "m=2+-0.1+-0.3"), "an uncertainty in the middle of a value"),
    (("m", "m=2+-0"), "the value of m: the uncertainty is zero"),
    (("m", "m=2+--1"), "the value of m: the uncertainty is not a positive number"),
    (("m", "m=2+-0.1,dof=0"), "dof is not a positive number"),
    (("m", "m=2+-inf"), "the uncertainty of 'm' is inf"),
    (("m", "m=inf+-1"), "the value of 'm' is not finite"),
    (("m*h", "m=2+-1"), "h has no value"),
    (("m", "m=2+-1", "h=3"), "h is not a variable of the expression"),
    (("[m, m]", "m=2+-1"), "only a number has an uncertainty, the output has shape (2)"),
    (("m", "m=2+-[1, 2]"), "the uncertainty of 'm' has shape (2), its value scalar"),
    (("m", "m=2+-1", "--coverage", "1.2"), "--coverage 1.2"),
    (("m", "m=2+-1", "--coverage", "k=-2"), "--coverage k -2"),
    (("m", "m=2+-1", "--coverage", "abc"), "'abc' is a variable"),
    (("m", "m=2+-1", "--target", "3"), "write U=0.1"),
    (("m", "m=2+-1", "--target", "U=0"), "--target 0"),
    (("m", "m=2+-1", "--trials", "1"), "--trials"),
    (("m", "m=2+-1", "--trials", "1000000000"), "1000000000 trials"),
    (("m", "m=2+-1", "--covariance", "none.json"), "no such file"),
]


@pytest.mark.parametrize("asked, reason", WRONG, ids=[" ".join(asked) for asked, _ in WRONG])
def test_what_is_refused(backprop, asked, reason):
    answer = backprop("budget", *asked)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    assert answer.err.count("\n") >= 1


def test_an_interrupt_prints_the_best_so_far(installed, tmp_path):
    """On a terminal, after the progress has begun; status 130."""
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [installed, "budget", "exp(a)", "a=1+-0.1", "--trials", "50000000", "--json"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env=environment({}),
        cwd=tmp_path,
    )
    os.close(slave)
    shown = b""
    deadline = time.monotonic() + 50
    while b" trials, u = " not in shown and time.monotonic() < deadline:
        shown += os.read(master, 4096)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=50)
    os.close(master)
    drawn = json.loads(out)["monte_carlo"]
    assert running.returncode == 130
    assert drawn["is_interrupted"]
    assert 0 < drawn["trials"] < 50_000_000


def test_help_lists_the_options(backprop):
    text = " ".join(backprop("budget", "--help").out.split())
    for word in ("--correlation", "--covariance", "--target", "--coverage", "--trials", "--seed", "half-width"):
        assert word in text
