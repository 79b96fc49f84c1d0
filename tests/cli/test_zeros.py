"""Derivatives at zeros of products, determinants and radii, at infinity, and digits by a large mean: by commands."""

from __future__ import annotations

import json
import math

import pytest

from ..closeness import close_to

LARGE = "x=[1700000000.123,1700000000.223,1700000000.523]"
IDENTITY = [[1, 0], [0, 1]]
HESSIANS = [
    ("prod(x)", ["x=[0,2,3]"], [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    ("prod(x)", ["x=[0,0,3]"], [[0, 3, 0], [3, 0, 0], [0, 0, 0]]),
    ("prod([1e-20,1,1]+t*[1,1,1])", ["t=0"], 4),
    ("det(A)", ["A=[[1,2],[2,4]]"], [[[[0, 0], [0, 1]], [[0, 0], [-1, 0]]], [[[0, -1], [0, 0]], [[1, 0], [0, 0]]]]),
    ("det([[1+t,2],[2,4+t]])", ["t=1e-12"], 2),
    ("det(eye(3)*t)", ["t=0"], 0),
    ("norm(x)^2/2", ["x=[0,0]"], IDENTITY),
    ("norm(x)^2/2", ["x=[1e-160,1e-20]"], IDENTITY),
    ("cos(norm(w))", ["w=[0,0]"], [[-1, 0], [0, -1]]),
    ("exp(-norm(x)^2)", ["x=[0,0]"], [[-2, 0], [0, -2]]),
    ("sqrt(1+norm(x)^2)", ["x=[0,0]"], IDENTITY),
    ("norm(x)*norm(x)", ["x=[0,0]"], [[2, 0], [0, 2]]),
    ("norm(x)^4", ["x=[0,0]"], [[0, 0], [0, 0]]),
    ("norm(x)", ["x=[0,0]"], [[0, 0], [0, 0]]),
    ("std([x,-x])^2", ["x=0"], 2),
    ("atan(x)", ["x=inf"], 0),
    ("erf(x)", ["x=-inf"], 0),
    ("gelu(x)", ["x=inf"], 0),
    ("var(x)", ["x=[3,3]"], [[0.5, -0.5], [-0.5, 0.5]]),
]


@pytest.mark.parametrize("expression, values, matrix", HESSIANS)
def test_hessian(backprop, expression, values, matrix):
    answer = backprop("hessian", expression, *values, "--json")
    ((row,),) = [tuple(one.values()) for one in json.loads(answer.out)["hessian"].values()]
    assert (answer.status, row) == (0, matrix)


def test_hessian_of_a_hypotenuse(backprop):
    assert backprop("hessian", "hypot(x,y)^2", "x=0", "y=0").rows[1:] == [["x", "2", "0"], ["y", "0", "2"]]
    assert backprop("hessian", "cos(hypot(x,y))", "x=0", "y=0").rows[1:] == [["x", "-1", "0"], ["y", "0", "-1"]]


def test_products_with_a_direction(backprop):
    near = backprop("hvp", "prod(x)", "x=[1e-20,1,1]", "--direction", "x=[1,1,1]")
    assert near.rows[1:] == [["x[0]", "2"], ["x[1]", "1"], ["x[2]", "1"]]
    radius = backprop("hvp", "exp(-norm(x)^2)", "x=[0,0]", "--direction", "x=[1,2]")
    assert radius.rows[1:] == [["x[0]", "-2"], ["x[1]", "-4"]]
    nested = backprop("jvp", "grad(cos(norm(x)),x)", "x=[0,0]", "--tangent", "x=[3,-1]", "--json")
    assert json.loads(nested.out)["tangent"] == [-3, 1]


@pytest.mark.parametrize(
    "expression, values, derivative",
    [
        ("grad(norm(x)^2/2,x)[0]", ["x=[0,0]"], "[1, 0]"),
        ("grad(grad(grad(hypot(x,y)^4,x),x),y)", ["x=0", "y=0", "--wrt", "y"], "8"),
        ("grad(grad(grad(cos(hypot(x,y)),x),x),x)", ["x=0", "y=0", "--wrt", "x"], "1"),
        ("grad(prod(x),x)[1]", ["x=[0,2,3]"], "[3, 0, 0]"),
        ("grad(grad(det(diag(a)),a)[0],a)[1]", ["a=[0,0,0,0]"], "[0, 0, 0, 0]"),
        ("grad(grad(det(diag(a)),a)[0],a)[1]", ["a=[0,0,2,0]"], "[0, 0, 0, 2]"),
        ("std(v)", ["--v", "[0.1,0.1,0.1]"], "[0, 0, 0]"),
        ("std(v)", ["--v", "0.7*ones(49)"], str([0] * 49)),
        ("var(x)", ["x=[1,2,3.0000001]"], "[-0.6666666888888888, -2.2222222185853805e-08, 0.6666667111111111]"),
        ("var(x)", [LARGE], "[-0.11111116409301758, -0.04444440205891927, 0.15555556615193686]"),
        (
            "std(x)",
            ["x=[1000000001,1000000002,1000000004]"],
            "[-0.35634832254989923, -0.08908708063747481, 0.44543540318737407]",
        ),
        ("grad(atan(x),x)", ["x=1e100"], "-2e-300"),
        ("grad(asinh(x),x)", ["x=1e150"], "-1e-300"),
        ("grad(softsign(x),x)", ["x=1e100"], "-2e-300"),
        ("x^0.5", ["x=-inf"], "0"),
    ],
)
def test_gradient(backprop, expression, values, derivative):
    answer = backprop("grad", expression, *values)
    assert answer.status == 0
    assert json.loads(answer.out) == close_to(json.loads(derivative), rel=1e-15)


def test_orders_above_two_at_zero(backprop):
    for expression, order, value in [
        ("prod([t,t,t,1+t])", 3, "6"),
        ("prod([t,t,t,1+t])", 4, "24"),
        ("det([[t,1,0],[0,t,1],[t,0,t]])", 3, "6"),
        ("hypot(t,0)^4", 4, "24"),
        ("cos(norm([t,2*t]))", 4, "25"),
        ("std([t,-t])^2", 2, "2"),
    ]:
        answer = backprop("diff", expression, "--order", str(order), "t=0", "--format", "plain")
        assert answer.lines[-1] == value, expression


def test_orders_above_two_near_zero(backprop):
    for expression, order, at, value in [
        ("cos(norm([t,2*t]))", 4, "1e-10", 25),
        ("cos(norm([t,2*t]))", 5, "1e-5", -1.25e-3),
        ("cos(norm([t,2*t]))", 3, "1e-160", 2.5e-159),
        ("cos(norm([t,2*t]))", 6, "0", -125),
        ("exp(-norm([t,2*t])^2)", 6, "0", -15000),
        ("sqrt(1+hypot(t,2*t)^2)", 6, "0", 5625),
        ("std([t,-t])*tanh(std([t,-t]))", 6, "1e-10", 96),
        ("cosh(sqrt(2)*hypot(t,t))", 6, "1e-10", 64),
    ]:
        answer = backprop("diff", expression, "--order", str(order), f"t={at}", "--format", "plain")
        assert float(answer.lines[-1]) == close_to(value, rel=1e-9), expression
    found = backprop("batch", "grad(grad(cos(norm([t,2*t])),t),t)", stdin="t\n0\n1e-160\n1e-10\n1e-5\n0.5\n")
    third = [float(line.split(",")[2]) for line in found.lines[1:]]
    assert third == close_to([0, 2.5e-159, 2.5e-9, 2.5e-4, 5**1.5 * math.sin(5**0.5 / 2)], rel=1e-7)


def test_rows_are_what_a_point_alone_is(backprop):
    expression = "grad(norm([x,y])^2/2, x) + grad(cos(hypot(x,y)), x) + prod([x,y,x])"
    points = [("0", "0"), ("3", "4"), ("1e-160", "0"), ("0", "-2")]
    found = backprop("batch", expression, stdin="x,y\n" + "".join(f"{x},{y}\n" for x, y in points))
    for line, (x, y) in zip(found.lines[1:], points, strict=True):
        alone = backprop("grad", expression, f"x={x}", f"y={y}").lines
        assert list(map(float, line.split(",")[3:])) == close_to(list(map(float, alone)), rel=1e-14)
    assert found.lines[1] == "0,0,0,0,0"


def test_rows_of_roots_and_spreads(backprop):
    found = backprop("batch", "x^0.5", stdin="x\n-inf\n-0.0\n4\n")
    assert [line.split(",")[1] for line in found.lines[1:]] == ["inf", "0", "2"]
    rows = "a,b,c\n1700000000.123,1700000000.223,1700000000.523\n0.1,0.1,0.1\n"
    spread = backprop("batch", "var([a,b,c]) + std([a,b,c])*0", stdin=rows)
    first, second = [list(map(float, line.split(",")[3:])) for line in spread.lines[1:]]
    assert first[1:] == close_to([-0.11111116409301758, -0.04444440205891927, 0.15555556615193686], rel=1e-15)
    assert second == [0.0, 0.0, 0.0, 0.0]


def test_the_text_has_no_trace_of_the_limits(backprop):
    second = backprop("diff", "cos(hypot(x,1))", "--order", "2").out.strip()
    assert second == "-(x^2*hypot(x, 1)*cos(hypot(x, 1)) + sin(hypot(x, 1)))/hypot(x, 1)^3"
    assert backprop("diff", "norm(x)^2", "x=[1,2]").lines[0] == "2*x"
