"""What a tidied derivative may not lose: the range of the doubles, a corner, an edge of the domain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.evaluation.execution import evaluate
from backprop.parser import parse
from backprop.parser.printers.expression import TEXTBOOK, show

from ...cases import as_one_test
from ...closeness import close_to

CONSTANTS = [1e200, 1e-200, 6.02e23, 6.626e-34, 1e-300, 1e300, 1e6, 1e-9, 0.1, 3.0]
FORMS = [
    "({c}*x)^2",
    "({c}*x)^10",
    "({c}*x)^14",
    "({c}*x)^60",
    "({c}*x)^-3",
    "(x/{d})^7",
    "1/({c}*x)",
    "1/({c}*x)^2",
    "exp({c}*x)",
    "exp({c}*x*{c}*{d})",
    "exp(({c}*x)^2)",
    "atan({c}*x)*({c}*x)",
    "sin({c}*x)^3",
    "{c}*x*({c}*x)",
    "({c}*x)*({c}*x)/{c}",
    "sqrt(({c}*x)^2 + 1)",
    "asin(x*{c}/4096)",
    "log({c}*x)*{c}",
    "where(x*{c} > 1, ({c}*x)^3, ({c}*x)^2)",
]
SCALES = [0.5, 1.0, -2.0, 100.0]


def plain_and_read_again(text: str, wrt: str, point: dict[str, float], order: int = 1) -> tuple[float, float, str]:
    """The plain derivative's value, and that of the tidied one after its text was read again."""
    found = derivatives(parse(text), [wrt], order=order)
    written = show(found.written[wrt], {}, spacing=TEXTBOOK)
    again = parse(written).typed({})
    values = {name: np.float64(value) for name, value in point.items()}
    with np.errstate(all="ignore"):
        (plain,) = evaluate([found.plain[wrt]], values)
        (read,) = evaluate([again.result], {name: values[name] for name in again.inputs if name in values})
    return float(plain), float(read), written


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("form", FORMS)
def test_constants_are_folded_inside_the_range_alone(form: str, constant: float) -> None:
    text = form.format(c=repr(constant), d=repr(1 / constant))
    for scale in SCALES:
        plain, read, written = plain_and_read_again(text, "x", {"x": scale / constant})
        assert "inf" not in written and "nan" not in written
        if math.isfinite(plain) and (plain == 0 or abs(plain) > 1e-290):
            assert read == close_to(plain, rel=1e-11), written


@pytest.mark.parametrize(
    "text, written",
    [
        ("(6.626e-34*x)^10", "10*(6.626e-34*x)^9*6.626e-34"),
        ("(1e200*x)^2", "2*(1e+200*x)*1e+200"),
        ("exp(1e200*x*1e200*1e-300)", "1e+100*exp(1e+100*x)"),
        ("(1000000*x)^60", "60000000*(1000000*x)^59"),
        ("asin(x/1e-200)", "1e+200/sqrt(1 - (1e+200*x)^2)"),
        ("(2*x)^3*0.5", "12*x^2"),
        ("6.626e-34*3e8*x", "1.9878e-25"),
        ("x^2/1e200/1e200", "1e-200*1e-200*(2*x)"),
        ("x^2*1e200*1e200", "1e+200*1e+200*(2*x)"),
        ("(1e-200*x^2)*1e-200", "1e-200*1e-200*(2*x)"),
        ("x*1e308*10", "10*1e+308"),
        ("sin(x/1e-320)", "cos(x/1e-320)/1e-320"),
        ("(x/1e-320)*1e-300", "1e-300/1e-320"),
        ("x^2*(1/0)", "2*x/0"),
    ],
)
def test_what_is_folded(text: str, written: str) -> None:
    assert plain_and_read_again(text, "x", {"x": 1.0})[2] == written


CORNERS = [
    ("acos(y/y)", "y", {"y": 2.0}),
    ("acos(y/y)", "y", {"y": 0.0}),
    ("z/(y-y)", "z", {"y": 2.0, "z": 1.0}),
    ("z/(y-y)", "y", {"y": 2.0, "z": 1.0}),
    ("x/x", "x", {"x": 0.0}),
    ("x^2/x", "x", {"x": 0.0}),
    ("x*(1/x)", "x", {"x": 0.0}),
    ("log(x) - log(x) + x", "x", {"x": -1.0}),
    ("(log(x) - log(x))*x", "x", {"x": -1.0}),
    ("x^0.5*x^0.5", "x", {"x": -1.0}),
    ("(x^0.5)^2", "x", {"x": -1.0}),
    ("(x^n)^2", "x", {"x": -1.0, "n": 0.5}),
    ("x^n*x", "x", {"x": 0.0, "n": -1.0}),
    ("x^n*x^m", "x", {"x": 0.0, "n": -1.0, "m": 1.0}),
    ("sqrt(x)*0", "x", {"x": 0.0}),
    ("0/x*x", "x", {"x": 0.0}),
    ("(x*y)^3", "x", {"x": 1e200, "y": 1e-200}),
    ("(x/y)^3", "x", {"x": 1e200, "y": 1e200}),
    ("where(x > 0, (x > 0)*log(x), 0)", "x", {"x": 0.0}),
    ("where(x > 0, (x > 0)/x, 0)", "x", {"x": 0.0}),
    ("max(x, y, z)", "x", {"x": 1.0, "y": 1.0, "z": 1.0}),
    ("abs(x)^2", "x", {"x": math.inf}),
    ("x*abs(x)", "x", {"x": -math.inf}),
    ("abs(x)^3", "x", {"x": math.nan}),
    ("relu(x)^2", "x", {"x": math.inf}),
    ("max(x, 0)^2", "x", {"x": -math.inf}),
    ("x^2 if x > 0 else x^3", "x", {"x": 0.0}),
    ("acosh(x)", "x", {"x": -2.0}),
    ("acosh(x)", "x", {"x": 1.0}),
    ("x/3 + x/7", "x", {"x": 0.0}),
    ("abs(x)", "x", {"x": 0.0}),
    ("abs(x)", "x", {"x": -0.0}),
    ("1/x", "x", {"x": -0.0}),
    ("1/x", "x", {"x": math.inf}),
    ("atan(x)", "x", {"x": math.inf}),
    ("x*exp(-x)", "x", {"x": math.nan}),
]


@as_one_test("text, wrt, point", CORNERS)
def test_a_corner_stays(text: str, wrt: str, point: dict[str, float]) -> None:
    plain, read, written = plain_and_read_again(text, wrt, point)
    assert read == close_to(plain, rel=1e-12, nan_ok=True), written


def test_what_cancels_everywhere_is_left_away() -> None:
    assert plain_and_read_again("y*sin(x) - sin(x)*y + x", "x", {"x": 1.0, "y": 1.0})[2] == "1"
    assert plain_and_read_again("x - x + 3*x - x", "x", {"x": 1.0})[2] == "2"
