"""Loops by the same loops in mpmath: values, first and second derivatives, in both modes and over rows."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff import compile, hessian, hvp, jvp, value_and_grad, vjp
from backprop.parser import parse

from ...closeness import close_to

DIGITS = 50
KEPT = 1e-13  # of the largest of the derivatives beside it: a sum of terms of either sign has the digits of its terms


def newton(a, s):
    for _ in range(5):
        s = (s + a / s) / 2
    return s


def recurrent(w, u):
    h = mpf(0)
    for t, x in enumerate((0.5, -1.0, 2.0)):
        h = mp.tanh(w * h + u * mpf(x) + mpf(t) / 8)
    return h


def leapfrog(x, y, p, q):
    """Ten steps of a planet around a mass of 1: its energy."""
    r, v, dt = [x, y], [p, q], mpf(1) / 8
    for _ in range(10):
        v = [one + dt / 2 * pull for one, pull in zip(v, attraction(r), strict=True)]
        r = [one + dt * speed for one, speed in zip(r, v, strict=True)]
        v = [one + dt / 2 * pull for one, pull in zip(v, attraction(r), strict=True)]
    return r[0] ** 2 + 2 * r[1] ** 2 + v[0] - 3 * v[1]


def attraction(r):
    return [-one / mp.sqrt(r[0] ** 2 + r[1] ** 2) ** 3 for one in r]


def fibonacci(x, y):
    for _ in range(6):
        x, y = y, x * y + 1
    return x / y


LEAPFROG = """
pull(r) = -r/norm(r)^3
kick(r, v) = v + pull(r)/16
drift(r, v) = [r + v/8, v]
finish(s) = [s[0], kick(s[0], s[1])]
step(r, v) = finish(drift(r, kick(r, v)))
s = iterate(step, [x, y], [p, q], 10)
s[0] @ ([1, 2]*s[0]) + s[1] @ [1, -3]
"""
CASES = {
    "sum(i^2*sin(i*x) for i in 1:5)": (lambda x: sum(i**2 * mp.sin(i * x) for i in range(1, 6)), [(0.3,), (-2.0,)]),
    "prod(x - i*y for i in -1:2)": (lambda x, y: mp.fprod(x - i * y for i in range(-1, 3)), [(0.3, 0.7), (2.0, 1.0)]),
    "sum(prod((x - j)/(i - j) if i != j else 1 for j in 0:3)*exp(i*y) for i in 0:3)": (
        lambda x, y: sum(mp.fprod((x - j) / (i - j) for j in range(4) if j != i) * mp.exp(i * y) for i in range(4)),
        [(0.4, 0.2), (2.0, -1.0)],
    ),
    "sum(sum(sin(i*x + j*y) for j in 1:i) for i in 1:3)": (
        lambda x, y: sum(mp.sin(i * x + j * y) for i in range(1, 4) for j in range(1, i + 1)),
        [(0.3, 0.7)],
    ),
    "max(sin(i*x) + y^2 for i in 1:4)": (lambda x, y: max(mp.sin(i * x) for i in range(1, 5)) + y**2, [(0.3, 0.5)]),
    "min(cos(i*x)*y for i in [0.5, 1, 3])": (
        lambda x, y: min(mp.cos(mpf(i) * x) * y for i in (0.5, 1, 3)),
        [(0.3, 2.0)],
    ),
    "logsumexp(i*x - y for i in 0:3)": (lambda x, y: mp.log(sum(mp.exp(i * x - y) for i in range(4))), [(0.3, 0.5)]),
    "f(s) = (s + a/s)/2; iterate(f, s, 5)": (newton, [(2.0, 1.0), (3.0, 5.0)]),
    "data = [0.5, -1, 2]; step(h, t) = tanh(w*h + u*data[t] + t/8); iterate(step, 0, 3)": (recurrent, [(0.5, 0.25)]),
    "f(a, b) = [b, a*b + 1]; s = iterate(f, x, y, 6); s[0]/s[1]": (fibonacci, [(0.5, 0.25), (-1.0, 0.5)]),
    LEAPFROG: (leapfrog, [(1.0, 0.0, 0.1, 0.9), (0.7, -0.4, 0.5, 1.0)]),
}
ROWS = [
    pytest.param(text, truth, point, id=f"{text.split()[0]}{place}-{number}")
    for place, (text, (truth, points)) in enumerate(CASES.items())
    for number, point in enumerate(points)
]
ORDERS = {
    "leapfrog": ("x", "y", "p", "q"),
    "newton": ("a", "s"),
    "recurrent": ("w", "u"),
}


def partial(truth, point, order):
    """A partial derivative of the truth, to about 25 digits."""
    with mp.workdps(DIGITS):
        return (
            float(mpmath.diff(truth, tuple(map(mpf, point)), order)) if any(order) else float(truth(*map(mpf, point)))
        )


def unit(size, *places):
    return tuple(places.count(place) for place in range(size))


@pytest.mark.parametrize("text, truth, point", ROWS)
def test_derivatives_to_the_second_order_in_both_modes(text, truth, point):
    graph = parse(text)
    names = ORDERS.get(truth.__name__, ("x", "y")[: len(point)])
    assert set(names) <= set(graph.variables)
    size, values = len(names), dict(zip(names, point, strict=True))
    value, gradient = value_and_grad(graph, wrt=names, **values)
    assert value == close_to(partial(truth, point, unit(size)), rel=KEPT)
    slopes = [partial(truth, point, unit(size, place)) for place in range(size)]
    scale = KEPT * max(map(abs, slopes))
    assert [gradient[name] for name in names] == pytest.approx(slopes, rel=KEPT, abs=scale)
    assert [vjp(graph, 1.0, wrt=names, **values)[1][name] for name in names] == pytest.approx(
        slopes, rel=KEPT, abs=scale
    )
    forward = [jvp(graph, {name: 1.0}, **values)[1] for name in names]
    assert forward == pytest.approx(slopes, rel=KEPT, abs=scale)
    pairs = list(itertools.product(range(size), repeat=2))
    bends = [partial(truth, point, unit(size, *pair)) for pair in pairs]
    scale = 10 * KEPT * max(map(abs, bends))
    matrix = hessian(graph, wrt=names, **values)
    assert [matrix[names[row]][names[column]] for row, column in pairs] == pytest.approx(bends, rel=KEPT, abs=scale)
    products = [hvp(graph, {names[column]: 1.0}, **values)[1][names[row]] for row, column in pairs]
    assert products == pytest.approx(bends, rel=KEPT, abs=scale)


@pytest.mark.parametrize("text", [text for text, (_, points) in CASES.items() if len(points) > 1])
def test_rows_are_as_single_points(text):
    truth, points = CASES[text]
    names = ORDERS.get(truth.__name__, ("x", "y")[: len(points[0])])
    graph = parse(text)
    values, gradients = compile(graph)(
        **{name: np.array(column) for name, column in zip(names, zip(*points, strict=True), strict=True)}
    )
    for row, point in enumerate(points):
        value, gradient = value_and_grad(graph, **dict(zip(names, point, strict=True)))
        assert values[row] == close_to(value, rel=1e-15)
        assert [gradients[name][row] for name in names] == close_to([gradient[name] for name in names], rel=1e-14)


@pytest.mark.parametrize("function", ["max", "min"])
def test_a_tie_is_shared_equally(function):
    _, gradient = value_and_grad(parse(f"{function}(v[i] for i in 0:3)"), v=np.array([2.0, 2.0, 2.0, 2.0]))
    assert gradient["v"].tolist() == [0.25] * 4


def test_terms_that_are_arrays_keep_their_axes():
    graph = parse("sum(i*v for i in 1:3) + max(i*v for i in 1:2) + mean(i*v for i in 1:3) + [i*v for i in 1:2][1]")
    values = np.array([1.0, -2.0])
    assert value_and_grad(graph, v=values)[0].tolist() == (6 * values + [2, -2] + 2 * values + 2 * values).tolist()
