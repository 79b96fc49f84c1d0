"""`backprop plot`: the dots on the screen against the function, gaps, points, and what is refused."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from backprop.cli.plot.axis import Axis, value_axis
from backprop.cli.plot.discontinuities import gaps_of

from ...closeness import close_to

BRAILLE = re.compile("[\u2801-\u28ff]")
DOTS = ((0, 0, 0x01), (0, 1, 0x02), (0, 2, 0x04), (1, 0, 0x08), (1, 1, 0x10), (1, 2, 0x20), (0, 3, 0x40), (1, 3, 0x80))
RED = re.compile("\x1b\\[31m([^\x1b]*)\x1b\\[0m")
ESCAPE = re.compile("\x1b\\[[0-9;]*m")


def panels(lines):
    """The rows of cells of each panel."""
    found, rows = [], []
    for line in lines:
        if re.match(r"^ *\S*[│┤]", line):
            rows.append(re.split("[│┤]", line, maxsplit=1)[1])
        elif "└" in line:
            columns = len(line.split("└")[1].rstrip("x").rstrip())
            found.append([row.ljust(columns)[:columns] for row in rows])
            rows = []
    return found


def dots_of(rows):
    """The places of the dots as fractions of the width and, from below, of the height."""
    width, height = 2 * len(rows[0]), 4 * len(rows)
    return [
        ((2 * column + across) / (width - 1), 1 - (4 * row + down) / (height - 1))
        for row, line in enumerate(rows)
        for column, sign in enumerate(line)
        if BRAILLE.match(sign)
        for across, down, bit in DOTS
        if (ord(sign) - 0x2800) & bit
    ]


def without_red(line):
    """The line with what is red, the derivative, left blank."""
    return ESCAPE.sub("", RED.sub(lambda found: " " * len(found[1]), line))


def distance(dot, function, low, high, cell):
    """How far a dot is from the function, in cells: up or down, within half a cell to the left and right."""
    x = np.linspace(dot[0] - cell[0] / 2, dot[0] + cell[0] / 2, 21)
    y = (function(np.clip(x, 0, 1)) - low) / (high - low)
    y = y[np.isfinite(y)]
    return max(0.0, float(y.min()) - dot[1], dot[1] - float(y.max())) / cell[1] if len(y) else math.inf


CURVES = {
    "sin(x)": (np.sin, np.cos, -5, 5),
    "x^2": (np.square, lambda x: 2 * x, -3, 3),
    "1/(1+exp(-x))": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, -5, 5),
    "sin(20*x)": (lambda x: np.sin(20 * x), lambda x: 20 * np.cos(20 * x), 0, 1),  # panels of their own
}


@pytest.mark.parametrize(
    ("expression", "columns"), [("sin(x)", "80"), ("sin(x)", "200"), *((one, "80") for one in list(CURVES)[1:])]
)
def test_dots_lie_on_the_curves(backprop, expression, columns):
    function, derivative, start, stop = CURVES[expression]
    answer = backprop("plot", expression, "--x", f"{start}:{stop}", COLUMNS=columns)
    assert (answer.status, answer.err) == (0, "")
    assert max(map(len, answer.lines)) <= int(columns)
    drawn = panels(answer.lines)
    x = np.linspace(start, stop, 5001)
    curves = [function, derivative]
    groups = [curves] if len(drawn) == 1 else [[one] for one in curves]
    assert len(drawn) == (2 if expression == "sin(20*x)" else 1)
    for rows, group in zip(drawn, groups, strict=True):
        values = np.concatenate([one(x) for one in group])
        margin = 0.04 * (values.max() - values.min())
        low, high = values.min() - margin, values.max() + margin
        cell = 1 / len(rows[0]), 1 / len(rows)
        dots = dots_of(rows)
        scaled = [lambda part, one=one: one(start + part * (stop - start)) for one in group]
        assert max(min(distance(dot, one, low, high, cell) for one in scaled) for dot in dots) <= 1
        for column in np.unique([dot[0] for dot in dots]):  # the function has a dot in every column
            wanted = (scaled[0](column) - low) / (high - low)
            nearest = min(abs(dot[1] - wanted) for dot in dots if abs(dot[0] - column) < cell[0])
            assert nearest <= cell[1]
        assert len({dot[0] for dot in dots}) == 2 * len(rows[0])


def test_colours_part_the_curves(backprop):
    answer = backprop("plot", "sin(x)", "--x", "-5:5", "--color", "always")
    dots = dots_of(panels([without_red(line) for line in answer.lines])[0])
    cell = 1 / 70, 1 / 17
    assert len(dots) > 200
    off = [dot for dot in dots if distance(dot, lambda part: np.sin(10 * part - 5), -1.08, 1.08, cell) > 1]
    assert off == []
    assert "\x1b[31m" in answer.out and "\x1b[32m" in answer.out


def test_without_colour_the_derivative_is_dashed(backprop):
    (rows,) = panels(backprop("plot", "x", "--x", "0:1").lines)
    dots = dots_of(rows)
    assert max(dot[1] for dot in dots) < 1  # a constant gets no room of its own
    top = [dot for dot in dots if dot[1] > 1.02 / 1.08]  # df/dx = 1 lies at 1 of -0.04 to 1.04
    assert 0.3 * 2 * len(rows[0]) < len({dot[0] for dot in top}) < 0.8 * 2 * len(rows[0])


@pytest.mark.parametrize("expression", ["tan(x)", "1/(x-0.0034) + 0*c", "1/x + 0*c"])
def test_no_line_crosses_a_pole(backprop, expression):
    fixed = ("--c", "1", "--wrt", "c") if "c" in expression else ()
    rows = panels(backprop("plot", expression, "--x", "-5:5", *fixed).lines)[0]
    dots = dots_of(rows)
    ends = [{dot[0] for dot in dots if low <= dot[1] <= high} for low, high in ((0, 0.12), (0.88, 1))]
    assert all(ends), "the branches are cut by the axis, not squeezed into it"
    assert not ends[0] & ends[1]


def test_nan_is_a_gap(backprop):
    rows = panels(backprop("plot", "where(x>0, x, nan)", "--x", "-1:1").lines)[0]
    assert min(dot[0] for dot in dots_of(rows)) >= 0.5 - 1 / len(rows[0])
    rows = panels(backprop("plot", "where(x>0, x, nan)", "--x", "-1:1").lines)[0]
    assert max(dot[0] for dot in dots_of(rows)) == 1


FUNCTIONS = {  # how many cuts, and whether there is a pole
    "a sine": (np.sin, 0, False),
    "a steep line": (lambda x: np.tanh(1e4 * (x - 0.0034)), 0, False),
    "a narrow peak": (lambda x: np.exp(-((1e3 * (x - 0.0034)) ** 2)), 0, False),
    "a root": (lambda x: np.cbrt(x - 0.0034), 0, False),
    "exp": (np.exp, 0, False),
    "a step": (lambda x: np.sign(x - 0.0034), 1, False),
    "steps": (lambda x: np.floor(x + 0.0034), 10, False),
    "an odd pole": (lambda x: 1 / (x - 0.0034), 1, True),
    "an even pole": (lambda x: 1 / (x - 0.0034) ** 2, 1, True),
    "a pole at a point": (lambda x: 1 / x, 2, True),
    "three poles": (lambda x: np.tan(x - 1), 3, True),
    "the end of a domain": (lambda x: np.sqrt(x - 0.0034), 501, False),
    "a pole at the end of a domain": (lambda x: 1 / np.sqrt(x - 0.0034), 501, True),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gaps(name):
    function, cuts, has_pole = FUNCTIONS[name]
    x = np.linspace(-5, 5, 1001)
    with np.errstate(all="ignore"):
        found = gaps_of(function, x, function(x))
    assert (int(found.cut.sum()), found.has_pole) == (cuts, has_pole)


def test_a_pole_does_not_make_the_rest_flat():
    x = np.linspace(-5, 5, 1000)
    assert value_axis(1 / x, has_pole=True, is_log=False).high < 10
    assert value_axis(1 / x, has_pole=False, is_log=False).high > 199
    assert value_axis(np.full(5, np.nan), has_pole=False, is_log=False) is None
    constant = value_axis(np.full(5, 3.0), has_pole=False, is_log=False)
    assert constant.low < 3 < constant.high


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (Axis(-5, 5), ["-4", "-2", "0", "2", "4"]),
        (Axis(0, 1e-6), ["0", "2e-7", "4e-7", "6e-7", "8e-7", "1e-6"]),
        (Axis(0, 0.6), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]),
        (Axis(0, 2e6), ["0", "5e5", "1e6", "1.5e6", "2e6"]),
        (
            Axis(1e6, 1e6 + 0.01),
            ["1000000.000", "1000000.002", "1000000.004", "1000000.006", "1000000.008", "1000000.010"],
        ),
        (Axis(0.01, 100, True), ["0.01", "0.1", "1", "10", "100"]),
        (Axis(2, 30, True), ["2", "5", "10", "20"]),
    ],
)
def test_ticks_are_nice_numbers(axis, texts):
    assert [tick.text for tick in axis.ticks(6)] == texts


def test_csv_has_what_grad_says(backprop):
    answer = backprop("plot", "x^2*sin(x) + k", "--x", "-1:1", "--k", "2", "--samples", "4", "--format", "csv")
    assert answer.lines[0] == "x,value,grad_x"
    assert len(answer.lines) == 5
    for line in answer.lines[1:]:
        x, value, slope = line.split(",")
        assert float(value) == close_to(float(x) ** 2 * math.sin(float(x)) + 2, rel=1e-14)
        gradient = backprop("grad", "x^2*sin(x) + k", f"x={x}", "k=2", "--wrt", "x")
        assert float(gradient.out) == close_to(float(slope), rel=1e-15)


@pytest.mark.parametrize(
    "expression",
    [
        "q = x^2 + y; w = sin(q)*x; w*q",  # q also reaches the output through w
        "q = x*y; p = q^3; q^2 + x",
        "q = x; q*x + y",  # another name of a variable
        "q = 1/(1+exp(-x)); y*log(q)",
        "value = x*y; relu(value - 1)",
        "q = y^2; x*q",  # which has no range
        "q = x^2; x + y",  # which the output does not depend on
    ],
)
def test_the_derivative_by_what_a_statement_computes_is_that_of_grad(backprop, expression):
    part = expression.split(" = ")[0]
    for fuse in ((), ("--fuse",)):
        tokens = (expression, "y=2", "--wrt", part, *fuse)
        answer = backprop("plot", *tokens, "x=-1:2", "--samples", "4", "--format", "tsv")
        assert answer.rows[0] == ["x", "value", f"grad_{part}"]
        for x, _, slope in answer.rows[1:]:
            assert float(slope) == close_to(float(backprop("grad", *tokens, f"x={x}").out), rel=1e-14)
    assert f"df/d{part}" in backprop("plot", expression, "x=-1:2", "y=2", "--wrt", part).out


def test_points_in_tsv_json_and_over_two_ranges(backprop):
    assert backprop("plot", "k*x", "x=0:2*pi", "k=3", "--wrt", "k", "--samples", "2", "--format", "tsv").rows == [
        ["x", "value", "grad_k"],
        ["0", "0", "0"],
        ["6.283185307179586", "18.84955592153876", "6.283185307179586"],
    ]
    found = json.loads(backprop("plot", "1/x", "--x", "-1:1", "--samples", "3", "--json").out)
    assert found["schema"] == 1
    assert found["points"][1] == {"x": 0, "value": None, "grad_x": None}
    assert {"where": "value", "value": "inf", "entries": [[1]]} in found["nonfinite"]
    assert found["ranges"] == [{"name": "x", "start": -1, "stop": 1, "log": False}]
    rows = backprop("plot", "x*y", "--y", "1:2", "--x", "3:5", "--samples", "2", "--format", "tsv").rows
    assert rows[:3] == [["x", "y", "value", "grad_x", "grad_y"], ["3", "1", "3", "1", "3"], ["5", "1", "5", "1", "5"]]
    assert len(rows) == 5


def test_points_on_a_log_axis_have_equal_ratios(backprop):
    answer = backprop("plot", "x", "--x", "0.01:100", "--log", "x", "--samples", "5", "--format", "csv")
    assert [float(line.split(",")[0]) for line in answer.lines[1:]] == close_to([0.01, 0.1, 1, 10, 100], rel=1e-12)


def test_a_log_axis_makes_exp_a_line(backprop):
    answer = backprop("plot", "exp(x)", "--x", "-5:5", "--log", "y")
    (rows,) = panels(answer.lines)
    dots = dots_of(rows)
    assert all(abs(up - (0.04 + across) / 1.08) < 1.5 / len(rows) for across, up in dots)
    assert "(the same curve)" in answer.lines[0]
    hidden = backprop("plot", "1/x", "--x", "0.1:5", "--log", "x,y")
    assert hidden.status == 0
    assert hidden.err == "note: df/dx is not positive everywhere, and has no place on a log axis there\n"


def test_arrays_and_other_variables_may_be_fixed(backprop):
    answer = backprop("plot", "sum((x-c)^2)", "--x", "0:2", "--c", "[1,2]", "--samples", "3", "--format", "csv")
    assert answer.lines == ["x,value,grad_x", "0,5,-6", "1,1,-2", "2,1,2"]
    slices = backprop("plot", "sum(x*c)", "--x", "0:1", "--c", "[1,2,3][1:]", "--samples", "2", "--format", "csv")
    assert slices.lines == ["x,value,grad_x", "0,0,5", "1,5,5"]


ARROWS = {"→": (1, 0), "↗": (1, 1), "↑": (0, 1), "↖": (-1, 1), "←": (-1, 0), "↙": (-1, -1), "↓": (0, -1), "↘": (1, -1)}


def test_a_contour_points_up_the_slope(backprop):
    answer = backprop("plot", "x^2 + y^2", "--x", "-2:2", "--y", "-2:2")
    (rows,) = panels(answer.lines[:-1])
    seen = 0
    for row, line in enumerate(rows):
        for column, sign in enumerate(line):
            if sign in ARROWS:
                x = (2 * column / (len(line) - 1) - 1) * len(line)
                y = (1 - 2 * row / (len(rows) - 1)) * len(rows) * 2
                arrow = np.array(ARROWS[sign]) / math.hypot(*ARROWS[sign])
                assert arrow @ (x, y) >= math.cos(math.pi / 8 + 0.01) * math.hypot(x, y)
                seen += 1
    assert seen > 40
    assert [float(edge) for edge in re.findall(r"[\d.]+", answer.lines[-1])] == [2, 4, 6]
    edge = rows[len(rows) // 2][0], rows[len(rows) // 2][len(rows[0]) // 2]
    assert edge == ("▒", "·")


DESCENT = "(1-x)^2 + 100*(y-x^2)^2"


def test_a_path_lies_on_its_points_in_a_contour_with_log_levels(backprop, tmp_path):
    (tmp_path / "way.csv").write_text("step,x,y,value,norm\n0,-1.2,1,24.2,9\n1,0,0,1,\n2,9,9,1,1\n3,1,1,0,0\n")
    answer = backprop("plot", DESCENT, "--x", "-2:2", "--y", "-1:3", "--log", "f", "--path", "way.csv")
    assert (answer.status, answer.err) == (0, "note: --path: 1 of 4 points lie outside of the ranges\n")
    (rows,) = panels(answer.lines[:-1])
    for sign, x, y in (("S", -1.2, 1), ("x", 0, 0), ("E", 1, 1)):
        (place,) = [(row, line.index(sign)) for row, line in enumerate(rows) if sign in line]
        assert place == (round((3 - y) / 4 * (len(rows) - 1)), round((x + 2) / 4 * (len(rows[0]) - 1)))
    assert [float(edge) for edge in re.findall(r"[\d.]+", answer.lines[-1])] == [1, 100]
    (tmp_path / "other.csv").write_text("a,b\n1,2\n3,4\n")
    wrong = backprop("plot", DESCENT, "--x", "-2:2", "--y", "-1:3", "--path", "other.csv")
    assert (wrong.status, wrong.out) == (2, "")
    assert wrong.err == "error: --path other.csv: no column is called x: there are a, b\n"


def test_several_expressions_and_entries_are_curves_with_their_own_derivatives(backprop):
    rows = backprop(
        "plot", "sin(x)", "[x^2, k*x]", "k", "--x", "0:2", "--k", "3", "--samples", "3", "--format", "tsv"
    ).rows
    assert rows[0] == ["x", "value_1", "grad_x_1", "value_2[0]", "grad_x_2[0]", "value_2[1]", "grad_x_2[1]",
                       "value_3", "grad_x_3"]  # fmt: skip
    for x, row in enumerate(rows[1:]):
        wanted = [x, math.sin(x), math.cos(x), x * x, 2 * x, 3 * x, 3, 3, 0]
        assert list(map(float, row)) == close_to(wanted, rel=1e-14)
    by_k = backprop("plot", "sin(x)", "k*x", "--x", "0:2", "--k", "3", "--wrt", "k", "--samples", "2", "--json").out
    assert json.loads(by_k)["points"][1] == {"x": 2, "value_1": math.sin(2), "grad_k_1": 0, "value_2": 6, "grad_k_2": 2}
    assert json.loads(by_k)["expressions"] == ["sin(x)", "k*x"]
    fused = backprop("plot", "x", "log(normcdf(x))", "--x", "-40:-39", "--fuse", "--samples", "2", "--format", "tsv")
    assert float(fused.rows[1][3]) == close_to(-804.6084420137538, rel=1e-13)  # log of the normal integral, by mpmath


def test_titles_legends_limits_and_sizes_in_text(backprop):
    tokens = ("sin(x)", "x", "--x", "-1:1")
    assert backprop("plot", *tokens).lines[0] == "⠒⠒⠒⠒⠒ f1 = sin(x)   ⠒⠂ ⠒⠂ f2 = x"
    given = backprop("plot", *tokens, "--title", "two", "--legend", "sine", "--ylim", "0:2", "--size", "40x12")
    assert given.lines[:2] == ["two", "⠒⠒⠒⠒⠒ sine   ⠒⠂ ⠒⠂ f2 = x"]
    assert (len(given.lines), max(map(len, given.lines))) == (12, 40)
    assert [line[0] for line in given.lines if line[:1] in "012"] == ["2", "1", "0"]
    bare = backprop("plot", *tokens, "--legend", "none")
    assert "┤" in bare.lines[0] or "│" in bare.lines[0]
    entries = backprop("plot", "[x, x^2]", "--x", "-1:1", "--wrt", "x").lines
    assert entries[0] == "f = [x, x^2]" and "df[1]/dx" in "".join(entries[:6])
    ascii = backprop("plot", "x", "x+1", "x+2", "--x", "0:1", TERM="dumb").out
    assert ascii.isascii() and all(sign in ascii for sign in ("***** f1", ". . . f2", "ooooo f3"))


def test_nan_is_a_gap_in_a_contour(backprop):
    (rows,) = panels(backprop("plot", "sqrt(x) + y", "--x", "-1:1", "--y", "-1:1").lines[:-1])
    half = len(rows[0]) // 2
    assert all(line[: half - 1].isspace() for line in rows)
    assert all(sign in "·░▒▓█→↗↑↖←↙↓↘○ " for line in rows for sign in line)


REFUSED = [
    (("x^2",), "no variable has a range", "--x -5:5"),
    (("x^2", "--x", "1"), "no variable has a range", "--x -5:5"),
    (("3",), "the expression has no variable to plot it over", "for example"),
    (("x^2", "--x", "5:5"), "the range 5:5 is empty", "START:STOP"),
    (("x^2", "--x", "5:-5"), "the range 5:-5 is reversed", "--x -5:5"),
    (("x^2", "x=5:-5"), "the range 5:-5 is reversed", "x=-5:5"),
    (("x^2", "--x", ":5"), "the range :5 is empty on one side", "START:STOP"),
    (("x^2", "--x", "0:inf"), "a bound of 0:inf is inf", "finite bounds"),
    (("x^2", "--x", "nan:1"), "a bound of nan:1 is nan", "finite bounds"),
    (("x^2", "--x", "[1,2]:3"), "is an array of shape", "numbers"),
    (("x^2", "--x", "1:2:3"), "1:2:3 is not a range", "--samples"),
    (("x^2", "--x", "1:2+"), "the value of x: expected a value after '+'", ""),
    (("x^2", "--x", "1:y"), "the value of x: ", ""),
    (("x^2", "--x", "1:1.0000000000000002"), "is too narrow", "wider"),
    (("x*y*z", "--x", "1:2", "--y", "1:2", "--z", "1:2"), "x, y and z have ranges", "fix the others"),
    (("x*y", "--x", "1:2"), "y has no value", "--y 1"),
    (("x^2", "--y", "1:2"), "y is not a variable of the expression", "its variables are x"),
    (("x^2", "--x", "1:2", "--x", "2:3"), "x is given twice", "omit one"),
    (("[x, y]", "--x", "1:2", "--y", "1:2"), "an array of shape (2", "sum("),
    (("x*ones(11)", "--x", "1:2"), "an array of shape (11), and a picture shows 1 to 10 curves", "(...)[0]"),
    (("x", *"123456789", "ones(2)", "--x", "1:2"), "12 curves are too many", "10 at most"),
    (("x", "+", "1", "--x", "1:2"), "unexpected argument '+'", '"x + 1"'),
    (("x^2", "x+*2", "--x", "1:2"), "expected a value", ""),
    (("x*y", "x", "--x", "1:2", "--y", "1:2"), "a contour shows one expression", "on its own"),
    (("x", "--x", "1:2", "--path", "way.csv"), "a path is drawn over a contour", "a second variable"),
    (("x*y", "--x", "1:2", "--y", "1:2", "--path", "way.csv"), "--path way.csv: no such file", ""),
    (("x*y", "--x", "1:2", "--y", "1:2", "--ylim", "0:1"), "--ylim: the vertical axis of a contour", "--y START:STOP"),
    (("x", "--x", "1:2", "--ylim", "1:0"), "--ylim: the range 1:0 is reversed", "--ylim 0:1"),
    (("x", "--x", "1:2", "--ylim", "0:1", "--log", "y"), "--ylim begins at zero", "omit"),
    (("x", "--x", "1:2", "--size", "0x8"), "--size 0x8 is not a width and a height", "--size 800x480"),
    (("x", "--x", "1:2", "--size", "8"), "--size 8 is not a width and a height", "--size 800x480"),
    (("x", "--x", "1:2", "--legend", "a", "--legend", "b", "--legend", "c"), "--legend c: there are only 2", "omit"),
    (("x", "--x", "1:2", "--legend", "none", "--legend", "b"), "beside names", "omit"),
    (("x", "--x", "1:2", "--theme", "drak"), "did you mean dark", ""),
    (("-x*y", "--x", "1:2", "--y", "1:2", "--log", "f"), "positive and finite nowhere", "--log f"),
    (("x*c", "--x", "1:2", "--c", "1", "--wrt", "q"), "q is not a variable", "x and c"),
    (("x*c", "--x", "1:2", "--c", "1", "--wrt", "x,c"), "a curve has one derivative", "--wrt x"),
    (("sum(x*c)", "--x", "1:2", "--c", "[1,2]", "--wrt", "c"), "is not a curve", "--wrt x"),
    (("q = [x, 2]; sum(q)", "--x", "1:2", "--wrt", "q"), "a derivative of shape (2) is not a curve", "--wrt x"),
    (("x*y", "--x", "1:2", "--y", "1:2", "--wrt", "x"), "the gradient by x and y", "omit --wrt"),
    (("q = x*y; q^2", "--x", "1:2", "--y", "1:2", "--wrt", "q"), "the gradient by x and y", "omit --wrt"),
    (("x^2", "--x", "-1:2", "--log", "x"), "the range of x begins at -1", "positive"),
    (("x^2", "--x", "0:2", "--log", "x"), "the range of x begins at 0", "positive"),
    (("x-9", "--x", "1:2", "--log", "y"), "positive and finite nowhere", "--log y"),
    (("x^2", "--x", "1:2", "--log", "q"), "'q' is not an axis", "--log x,y"),
    (("log(-x)", "--x", "1:2"), "finite nowhere", "another range"),
    (("log(-x*y)", "--x", "1:2", "--y", "1:2"), "finite nowhere", "other ranges"),
    (("value^2", "--value", "1:2", "--format", "csv"), "two columns value", "rename the variable"),
    (("x", "--x", "1:2", "--samples", "100000000"), "more than 4000000 points", "4000000"),
    (("x*y", "--x", "1:2", "--y", "1:2", "--samples", "3000", "--json"), "more than 4000000 points", "2000"),
    (("x", "--x", "1:2", "-o", "curve.xyz"), "plot cannot write .xyz", ".svg"),
    (("x", "--x", "1:2", "-o", "curve"), "no ending", ".svg"),
    (("x", "--x", "1:2", "-o", "nowhere/curve.csv"), "no such file or directory", ""),
]


def test_what_is_refused(answers_to):
    for (tokens, reason, cure), answer in zip(REFUSED, answers_to([("plot", *one[0]) for one in REFUSED]), strict=True):
        assert (answer.status, answer.out) == (2, ""), tokens
        assert answer.err.startswith("error: ") and reason in answer.err.splitlines()[0], answer.err
        assert cure in answer.err, answer.err
        assert "Traceback" not in answer.err


def test_a_terminal_too_narrow(terminal, backprop):
    for tokens in (("sin(x)", "--x", "-5:5"), ("x*y", "--x", "-5:5", "--y", "1:2")):
        answer = terminal("plot", *tokens, columns=19)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("error: 19 columns are too narrow")
        assert terminal("plot", *tokens, columns=20).status == 0
    assert backprop("plot", "x", "--x", "0:1", COLUMNS="19").status == 2
    assert backprop("plot", "x", "--x", "0:1", "--json", COLUMNS="19").status == 0
    wide = backprop("plot", "x*1e9 + 1/3", "--x", "0:1", COLUMNS="20")
    assert wide.status in (0, 2) and max(map(len, wide.lines), default=0) <= 20


@pytest.mark.parametrize("columns", [20, 80, 200])
@pytest.mark.parametrize("tokens", [("tan(x)", "--x", "-5:5"), ("x*y", "--x", "-5:5", "--y", "-1:1")])
def test_a_picture_fits_the_terminal(terminal, tokens, columns):
    answer = terminal("plot", *tokens, columns=columns)
    assert answer.status == 0
    assert len(answer.lines) <= 23
    assert max(map(len, answer.lines)) <= columns
    assert max(map(len, answer.lines)) >= columns - 1
    assert "\x1b[" in answer.raw


def test_no_colour(terminal, backprop):
    assert "\x1b[" not in terminal("plot", "sin(x)", "--x", "-5:5", NO_COLOR="1").raw
    assert "\x1b[" not in terminal("plot", "sin(x)", "--x", "-5:5", "--color", "never").raw
    assert "\x1b[" not in backprop("plot", "sin(x)", "--x", "-5:5").out
    assert "\x1b[31m" in backprop("plot", "sin(x)", "--x", "-5:5", FORCE_COLOR="1").out


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "latin-1"}])
def test_ascii(terminal, backprop, changes):
    for tokens in (
        ("sin(x)", "--x", "-5:5"),
        ("sin(x)*y", "--x", "-5:5", "--y", "1:2"),
        ("+".join(["x"] * 99), "--x", "0:1"),
    ):
        answer = backprop("plot", *tokens, **changes)
        assert answer.status == 0 and answer.out.isascii()
    assert terminal("plot", "sin(x)", "--x", "-5:5", TERM="dumb").raw.isascii()
    assert not backprop("plot", "sin(x)", "--x", "-5:5").out.isascii()
    assert any("*" in line and "." in line for line in backprop("plot", "sin(x)", "--x", "-5:5", TERM="dumb").lines)


ODD = [
    ("日本語^2 # <b>[red]", "--日本語", "-5:5"),
    ("format^2", "format=-5:5"),
    ("x_1^2", "--x_1", "-5:5"),
    ("π^2", "--π", "0:1"),
    ("y = x^2\ny + 1", "--x", "0:1"),
    ("+".join(f"sin({k}*x)" for k in range(1, 500)), "--x", "0:1"),
    *((text, "--x", "-1:1") for text in ("exp(700*x)", "x*1e-320", "1e300*x", "sin(x)^2+cos(x)^2", "x^-300")),
]


def test_odd_names_long_texts_huge_and_tiny_values(answers_to):
    for tokens, answer in zip(ODD, answers_to([("plot", *tokens) for tokens in ODD]), strict=True):
        assert (answer.status, answer.err) == (0, ""), tokens
        assert len(answer.lines) <= 21
        assert max(map(len, answer.lines)) <= 80


def test_a_curve_without_a_derivative_is_shown(backprop):
    answer = backprop("plot", "x*1e308*10", "--x", "-1:1")
    assert (answer.status, answer.err) == (0, "note: df/dx is finite nowhere\n")
    dots = dots_of(panels(answer.lines)[0])
    assert dots and all(abs(across - 0.5) < 0.05 for across, _ in dots)  # elsewhere it is beyond all doubles


@pytest.mark.parametrize("text", ["0:5e-324", "0:2e-323", "1:1.0000000000000002"])
def test_a_range_without_room_for_doubles_is_refused(backprop, text):
    answer = backprop("plot", "x", "--x", text)
    assert (answer.status, answer.out) == (2, "")
    assert "too narrow" in answer.err


def test_no_picture_is_wider_than_anybody_sees(backprop):
    assert max(map(len, backprop("plot", "x", "--x", "0:1", COLUMNS="1000000").lines)) <= 1000
