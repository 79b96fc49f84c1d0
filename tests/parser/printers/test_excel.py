"""Formulas agree with value_and_grad at every gate's samples and corners, as LibreOffice computes them.

It saves 15 digits: the bound of 7e-15 is half of the last one and the 2e-15 of the other languages (test_code.py); that
of the gamma function and its kin is 1e-12.
"""

from __future__ import annotations

import math
import re
import shutil

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.parser.printers.languages.excel import digits, letters, write

from .running import BOUND_AT_ANY_LENGTH, LACKING, is_at_any_length, nodes_of, truth_of
from .spreadsheet import computed
from .test_code import CORNERS, gate_cases
from .test_scalars import MORE_ROOM, agrees, at_declared_points

needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
BOUND = 7e-15
INFINITE = ("acot(x0)",)  # 1/x is on the way: an error where it is infinite, at which the value is not
OF_LIBREOFFICE = ("x^y", {"x": -8.0, "y": 1 / 3})  # takes an odd root


def formulas(text, values, row=2):
    """The numbers of a row, and the formulas behind; None where a gate is refused."""
    shapes = {name: np.shape(value) for name, value in values.items()}
    entries = [
        ("".join([name, *[f"[{index}]" for index in place]]), float(np.asarray(value)[place]))
        for name, value in values.items()
        for place in np.ndindex(np.shape(value))
    ]
    cells = {name: f"{letters(column)}{row}" for column, (name, _) in enumerate(entries, start=1)}
    try:
        code = write("f", *nodes_of(text, **shapes), cells=cells)
    except ExpressionError as error:
        assert error.reason.split("'")[1] in LACKING and error.cure, error.reason
        return None
    return [*[number for _, number in entries], *code.splitlines()[-1].split("\t")], len(entries)


def declared():
    """(text, values, numbers in the order of the results, bound) of what all gates declare."""
    for text, values in [*gate_cases(), *CORNERS]:
        value, gradient = truth_of(text, values)
        bound = BOUND_AT_ANY_LENGTH if is_at_any_length(text) else BOUND
        yield text, values, [value, *[gradient[name] for name in values]], bound
    for gate, text, values, value, gradient in at_declared_points():
        results = [value, *[gradient[name] for name in values]]
        bound = BOUND + MORE_ROOM.get(gate.name, 0) * 2.0**-52
        yield text, values, np.concatenate([np.ravel(result) for result in results]), bound


@needs_soffice
def test_every_gate_agrees_at_its_samples_and_corners(tmp_path):
    """Where a number is not finite there is an error; nothing else may be one."""
    rows, wanted = [], []
    for text, values, truths, bound in declared():
        is_finite = all(np.all(np.isfinite(value)) for value in values.values())
        is_asked = is_finite and text not in INFINITE and (text, values) != OF_LIBREOFFICE
        found = formulas(text, values, len(rows) + 1) if is_asked else None
        if found is not None:
            row, first = found
            rows.append(row)
            wanted.append((text, values, truths, bound, first))
    assert len(rows) > 400
    for (text, values, truths, bound, first), row in zip(wanted, computed(rows, tmp_path), strict=True):
        for mine, truth in zip(row[first:], truths, strict=False):
            assert (mine is None) == (not math.isfinite(truth)), (text, values, mine, truth)
            assert mine is None or agrees(mine, truth, bound), (text, values, mine, truth)


def test_results_stand_behind_the_inputs_and_what_they_share_behind_them():
    assert write("f", *nodes_of("k*x^2"), {"x": "B7", "k": "$F$1"}).splitlines() == [
        "value\tgrad_k\tgrad_x\tt1",
        "=$F$1 * J7\t=J7\t=$F$1 * (2 * B7)\t=B7^2",
    ]
    other = write("f", *nodes_of("x*y"), {"x": "B1", "y": "'My, sheet'!Z9"})
    assert other == "=B1 * 'My, sheet'!Z9\t='My, sheet'!Z9\t=B1\n"  # there is no row above for names


@pytest.mark.parametrize(
    "text, formula", [("-x^2", "=-(A2^2)"), ("(-x)^2", "=(-A2)^2"), ("(-2)^x", "=(-2)^A2"), ("2^x^3", "=2^(A2^3)")]
)
def test_a_sign_binds_tighter_than_a_power_there_and_powers_from_the_left(text, formula):
    assert write("f", nodes_of(text)[0], {}).splitlines()[1] == formula


@pytest.mark.parametrize("value", [0.1, math.pi, 2.5066282746310002, -1.4142135623730951, 1e22, 3.0, 5e-324, 1.7e308])
def test_of_numbers_with_more_than_15_digits_the_rest_is_added(value):
    text = digits(value)
    parts = [float(part) for part in re.findall(r"\d[\d.]*(?:e[-+]?\d+)?", text)]
    assert all(float(f"{part:.15g}") == part for part in parts)
    assert eval(text) == value  # the test's own output


@pytest.mark.parametrize("text", [" + ".join(f"sin({k}*x)" for k in range(500)), "tanh(" * 300 + "x" + ")" * 300])
def test_no_formula_is_too_long_or_too_deep_for_excel(text):
    for formula in write("f", *nodes_of(text)).splitlines()[1].split("\t"):
        depth = np.cumsum([(letter == "(") - (letter == ")") for letter in formula])
        assert len(formula) < 8192 and max(depth) < 64
