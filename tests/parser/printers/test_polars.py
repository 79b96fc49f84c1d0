"""Frames of Polars get the value and the gradient of value_and_grad at every gate's samples and corners.

The bound of 2e-15 relative is that of the other languages (test_code.py), 1e-12 that of the gamma function and its kin.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError

from .running import LACKING, nodes_of, regrouped, shapes_of, written
from .test_code import CORNERS, assert_agrees, gate_cases
from .test_scalars import MORE_ROOM, agrees, at_declared_points

pl = pytest.importorskip("polars")
pytestmark = pytest.mark.extras


@cache
def function_of(text, shapes=()):
    space: dict[str, object] = {}
    exec(compile(written("polars", text, **dict(shapes)), "generated", "exec"), space)  # the test's own output
    return space["f"]


def columns(name, value):
    value = np.asarray(value)
    return {"".join([name, *[f"[{k}]" for k in place]]): value[place] for place in np.ndindex(value.shape)}


def run(cases):
    results = []
    for text, values in cases:
        shapes = shapes_of(values)
        given = {column: [entry] for name, value in values.items() for column, entry in columns(name, value).items()}
        (row,) = function_of(text, shapes)(pl.DataFrame(given or {"id": [1]})).to_dicts()
        found = [(f"grad_{name}", shape) for name, shape in shapes]
        value, *gradient = [
            regrouped(iter([row[column] for column in columns(name, np.zeros(shape))]), shape)
            for name, shape in [("value", nodes_of(text, **dict(shapes))[0].shape), *found]
        ]
        results.append((value, dict(zip(values, gradient, strict=True))))
    return results


def is_written(text, shapes):
    try:
        return function_of(text, shapes) is not None
    except ExpressionError as error:
        name = error.reason.split("'")[1]
        assert error.reason == f"Polars code for '{name}' is not known" and error.cure, error.reason
        assert name in LACKING, name
        return False


def test_every_elementwise_gate_agrees_at_its_samples_and_corners():
    cases = [(text, values) for text, values in [*gate_cases(), *CORNERS] if is_written(text, shapes_of(values))]
    assert len(cases) > 320
    assert_agrees(cases, run(cases), has_forms=True)


def test_every_gate_of_arrays_is_written():
    points = [point for point in at_declared_points() if is_written(point[1], shapes_of(point[2]))]
    for point, (mine, gradient) in zip(points, run([point[1:3] for point in points]), strict=True):
        gate, text, values, value, truth = point
        bound = MORE_ROOM.get(gate.name, 4) * 2.0**-52
        for one, true in [(mine, value), *[(gradient[name], truth[name]) for name in truth]]:
            assert agrees(one, true, bound), (text, values, one, true)


def test_a_long_expression_has_no_part_twice():
    """An expression of Polars holds its parts as often as used."""
    steps = [f"y{k} = sin(y{k - 1})*y{k - 1} + y{k - 1}/(1 + y{k - 1}^2)" for k in range(1, 60)]
    text = "; ".join(["y0 = x", *steps, "y59"])
    assert_agrees([(text, {"x": 0.7})], run([(text, {"x": 0.7})]), bound=1e-12)


def test_what_is_unknown_stays_so_and_rows_may_be_lazy():
    rows = pl.LazyFrame({"x": [1.0, None, -1.0], "n": [2, 3, None], "label": ["a", "b", "c"]})
    found = function_of("relu(x) + max(n, 2) + 1")(rows).collect()
    assert found.columns == ["x", "n", "label", "value", "grad_x", "grad_n"]
    assert found["value"].to_list() == [4.0, None, None]
    assert found["grad_x"].to_list() == [1.0, None, None]


def test_a_column_is_not_written_over():
    with pytest.raises(ValueError, match="the rows have a column grad_x already"):
        function_of("x^2")(pl.DataFrame({"x": [1.0], "grad_x": [2.0]}))


def test_names_that_mean_something_there():
    names = ["pl", "rows", "math", "lambda", "t1", "is_known", "x_less", "_less"]
    case = ("*".join(f"exp({name})" for name in names), {name: 0.1 * place for place, name in enumerate(names)})
    assert_agrees([case], run([case]), bound=1e-14)
