"""The statements run in databases and agree with value_and_grad to 1e-12, relative.

SQLite runs every function at its samples and corners, DuckDB and PostgreSQL those that differ there.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import GATES
from backprop.parser import parse
from backprop.parser.printers.coverage import MISSING
from backprop.parser.printers.forms import FORMS
from backprop.parser.printers.languages.sql import write
from backprop.parser.printers.languages.sql.coverage import RUN_BY, ways
from backprop.parser.printers.languages.sql.dialect import spelling_of
from backprop.parser.printers.languages.sql.dialects import DIALECTS

from ...running import nodes_of, text_of, truth_of
from .databases import answers, connection_to

BOUND = 1e-12
SMALLEST = 1e-300  # what is less has fewer digits, and is 0 in PostgreSQL
RUN = RUN_BY.split(", ")


@pytest.fixture(scope="module", params=RUN)
def database(request):
    with connection_to(request.param) as connection:
        yield request.param, connection


def sql(text, dialect="duckdb", table=None, **shapes):
    return write("f", *nodes_of(text, **shapes), dialect, table)


def is_close(mine, truth, dialect):
    if truth != truth:
        return mine is None if DIALECTS[dialect].nan is None else mine is not None and mine != mine
    if mine is None or math.isinf(mine) or math.isinf(truth):
        return mine == truth
    return abs(mine - truth) <= max(BOUND * abs(truth), SMALLEST * (abs(truth) < SMALLEST))


def check(database, cases, kind="double precision"):
    """Cases are texts with the points of their variables."""
    dialect, connection = database
    questions = [
        (sql(text, dialect, "t"), list(points[0]), [list(one.values()) for one in points]) for text, points in cases
    ]
    wrong = []
    for (text, points), rows in zip(cases, answers(connection, questions, kind), strict=True):
        for point, row in zip(points, rows, strict=True):
            value, gradient = truth_of(text, point)
            truth = [float(value), *[float(gradient[name]) for name in nodes_of(text)[1]]]
            if not all([is_close(mine, one, dialect) for mine, one in zip(row, truth, strict=True)]):
                wrong.append((text, point, row, truth))
    assert not wrong, "\n".join(map(str, wrong))


@cache
def cases_of_gates():
    """The gate, the text and the points of each function, with the attributes of each of its samples."""
    cases = {}
    for gate in GATES:
        if not isinstance(gate, Elementwise) or not gate.is_public or (gate.attributes and gate.routine is None):
            continue
        points = [(one.operands, one.attributes) for one in gate.samples]
        for point, attributes in [*points, *[(one.operands, {}) for one in gate.corners]]:
            settings = {name: attribute.default for name, attribute in gate.attributes.items()} | dict(attributes)
            text = text_of(gate, len(point), tuple(settings.values()))
            values = {f"x{place}": float(one) for place, one in enumerate(point)}
            cases.setdefault((gate, text), []).append(values)
    return cases


def test_every_function_agrees_at_its_samples_and_corners(database):
    dialect, _ = database
    own = {
        *DIALECTS[dialect].functions,
        *FORMS,
        *("div", "where", "greater", "not_equal", "and"),
    }
    cases, refused = [], set()
    for (gate, text), points in cases_of_gates().items():
        if dialect != "sqlite" and spelling_of(gate) not in own:
            continue
        try:
            sql(text, dialect, "t")
        except ExpressionError as error:
            assert error.cure
            refused.add(gate)
            continue
        cases.append((text, points))
    assert len(cases) > 35
    gates = [gate for gate, _ in cases_of_gates()]
    said = {gate for gate, way in zip(gates, ways(gates), strict=True) if way == MISSING}
    assert refused == said or dialect != "sqlite"
    check(database, cases)


ENDS = [
    -math.inf,
    -1000.0,
    -745.5,
    -40.0,
    -2.5,
    -1.0,
    -0.5,
    0.0,
    1e-200,
    1e-9,
    0.5,
    1.5,
    2.5,
    25.0,
    710.0,
    1e200,
    math.inf,
]
AT_ENDS = [
    "exp(x)*exp(x)", "1/x", "x/(x - 1)", "log(x)", "log10(x) + log2(x)", "sqrt(x)", "x*x*x", "x^2^0.5", "x^-3", "x^1.5",
    "sin(x) + cos(x)", "asin(x)", "acosh(x)", "round(x)", "x % 3 if abs(x) < 1e9 else 0",
    "-x % 3 if abs(x) < 1e9 else 0", "x // 0.3", "tanh(x)", "sinh(x)",
    "cbrt(x)", "log1p(x)", "expm1(x)", "erf(x)", "erfc(x)", "sigmoid(x)", "softplus(x)", "gelu(x)",
    "hypot(x, 3) if abs(x) < inf else 0",
    "max(x, 0.25) + min(x, 3)", "where(x > 0, log(x), x)", "(x > 0) + (x >= 1)*2 + (x == 0.5) - (x != 0)",
    "(x > 0 and x < 1) or not x", "1e308*(x + 1)", "trunc(x) + floor(x) + ceil(x)", "x*0.1 + 1/3", "sign(x)*2",
]  # fmt: skip


def test_ends_and_corners_agree(database):
    check(database, [(text, [{"x": x} for x in ENDS]) for text in AT_ENDS])


def test_powers_and_remainders_of_two_agree(database):
    pairs = [
        (2.0, 3.0),
        (0.0, 2.0),
        (0.0, -1.0),
        (-8.0, 3.0),
        (-8.0, 1 / 3),
        (1e200, 3.0),
        (-1e200, 3.0),
        (1e-200, 3.0),
    ]
    pairs += [(7.3, -2.0), (-7.3, 2.0), (1e14, 0.1), (1.0, 0.0), (-1.0, math.inf), (2.0, 0.5), (4.0, 2.0)]
    points = [dict(zip("xy", pair, strict=True)) for pair in pairs]
    near = [point for point in points if abs(point["x"]) < 1e15]
    check(database, [("x^y", points), ("x % y + x // y", near), ("atan2(y, x)", points), ("x*y/(x + y)", points)])
    dialect, connection = database
    ((row,),) = answers(connection, [(sql("x % y", dialect, "t"), ["x", "y"], [[1e200, 3.0]])])
    assert row[0] == 2.0 or (dialect == "postgres" and math.isnan(row[0]))


def test_what_is_a_loop_elsewhere_is_written_out(database):
    points = [{"x": x} for x in (-1000.5, -7.25, -2.0, -1.5, 0.0, 1e-9, 0.5, 1.4616, 2.5, 9.5, 30.0, 200.0, math.inf)]
    texts = ["gamma(x)", "lgamma(x)", "polygamma(x, order=2)", "sinc(x)", "logaddexp(x, 1) if x < inf else 0"]
    check(database, [(text, points) for text in texts])


def test_whole_numbers_are_doubles(database):
    """1/2 is 0 where integers are divided as integers."""
    points = [{"x": 1, "y": 2}, {"x": 7, "y": 3}]
    check(database, [("x/y", points), ("x/2 + y^-1", points), ("(x > 0)/(y > 0)/2", points)], kind="integer")


def test_what_is_computed_of_null_is_null(database):
    dialect, connection = database
    texts = ["x*y", "where(x > 0, y, 1)", "max(x, y)", "sigmoid(x)*y", "(x > 0) + (y == 1)", "x/y", "x % y"]
    questions = [(sql(text, dialect, "t"), ["x", "y"], [[None, 2.0], [1.0, None]]) for text in texts]
    for text, rows in zip(texts, answers(connection, questions), strict=True):
        assert [row[0] for row in rows] == [None, None], text


def test_a_nan_is_in_no_order(database):
    if DIALECTS[database[0]].nan is None:
        pytest.skip("it has no nan")
    points = [{"x": math.nan, "y": 1.0}, {"x": 1.0, "y": math.nan}, {"x": math.nan, "y": math.nan}]
    texts = ["(x < y) + 2*(x <= y) + 4*(x > y) + 8*(x >= y) + 16*(x == y) + 32*(x != y)", "max(x, y)", "min(x, y)"]
    check(database, [(text, points) for text in texts])


def test_long_and_deep_expressions(database):
    long = " + ".join([f"cos({place}*x)" for place in range(300)])
    deep = "tanh(" * 40 + "x" + ")" * 40
    chain = "; ".join(["a0 = x", *[f"a{k + 1} = a{k}*a{k}/(1 + a{k})" for k in range(15)], "a15"])
    check(database, [(text, [{"x": 0.5}, {"x": 0.75}]) for text in (long, deep, chain)])


def test_a_list_of_entries_is_selected_as_it_is(database):
    """Without a table: short ones are written out, of a long one the layers stand in brackets."""
    dialect, connection = database
    for text in ("x*sigmoid(y)", "erf(x)*erf(y)*hypot(x, y)"):
        ((row,),) = answers(connection, [(f"SELECT t.*, {sql(text, dialect)} FROM t;", ["x", "y"], [[0.5, 2.0]])])
        value, gradient = value_and_grad(parse(text), x=0.5, y=2.0)
        truth = [value, *[gradient[name] for name in nodes_of(text)[1]]]
        np.testing.assert_allclose(row, truth, rtol=BOUND)


def test_names_are_quoted_where_they_must_be(database):
    dialect, connection = database
    names = ["order", "Länge", "value", "grad_x", "x", "_1", "_x"]
    text = " * ".join([f"sigmoid({name})" for name in names])
    ((row,),) = answers(connection, [(sql(text, dialect, "t"), names, [[0.5] * len(names)])])
    value, gradient = value_and_grad(parse(text), dict.fromkeys(names, 0.5))
    np.testing.assert_allclose(row, [value, *[gradient[name] for name in names]], rtol=BOUND)


def test_entries_of_arrays_are_columns(database):
    dialect, connection = database
    statement = sql("sum((W @ x)^2)", dialect, "t", W=(2, 2), x=(2,))
    names = ["W[0][0]", "W[0][1]", "W[1][0]", "W[1][1]", "x[0]", "x[1]"]
    ((row,),) = answers(connection, [(statement, names, [[1.0, 2.0, 3.0, 4.0, 0.5, -2.0]])])
    values = {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([0.5, -2.0])}
    value, gradient = value_and_grad(parse("sum((W @ x)^2)"), values)
    np.testing.assert_allclose(row, [value, *gradient["W"].flat, *gradient["x"].flat], rtol=BOUND)


@pytest.mark.parametrize("dialect", sorted({*DIALECTS} - {*RUN}))
def test_a_dialect_that_no_test_runs_writes_every_form(dialect):
    for gate in [gate for gate in GATES if spelling_of(gate) in FORMS]:
        graph = parse("; ".join([f"x{place}" for place in range(len(gate.operands))])).typed({})
        node = graph.add(gate, tuple(graph.inputs.values()), tuple([0.0 for _ in gate.attributes]))
        assert "{" not in write("f", node, {}, dialect, "t")


@pytest.mark.parametrize(
    "text, dialect, reason",
    [
        ("X*x", "sqlite", "'X' and 'x' are one column in SQLite"),
        ("j0(x)", "duckdb", "DuckDB cannot compute 'j0'"),
        ("erf(x)*erf(y)*erf(z)", "spark", "too long for one column"),
        ("polygamma(x, order=4)", "sqlite", "'polygamma' of order 5 is not written out"),
        ("sinhc(x)", "mysql", "the statement has 8. layers, and a database reads 60 at most"),
    ],
)
def test_what_cannot_be_written_is_refused(text, dialect, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        sql(text, dialect)
    assert caught.value.cure


def test_what_is_used_twice_is_computed_once():
    assert sql("a = exp(x*y); a*a + sin(a)", "duckdb", "t").count("exp(") == 1


def test_a_database_without_infinity_has_null():
    assert "THEN NULL" in sql("where(x > 0, 1, inf)", "mysql") and "* NULL" in sql("1/x", "tsql", "t")
