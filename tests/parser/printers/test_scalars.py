"""Arrays of variables and of scalars, in languages without arrays: the code agrees with value_and_grad entry by entry.

The bound is four units in the last place, and relative to the largest term where terms cancel.
"""

from __future__ import annotations

import math
import shutil
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.gates import GATES
from backprop.autodiff.gates.arrays import stack
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse
from backprop.parser.printers.expression import show
from backprop.parser.printers.longhand import in_public_gates
from backprop.parser.printers.scalars import MOST_ENTRIES, in_scalars

from ...autodiff.array_points import ARRAY_POINTS
from ...cases import as_one_test
from .running import names_of, parsed, run, truth_of, written

RUNNERS = [
    "python",
    pytest.param("c", marks=pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")),
    pytest.param("javascript", marks=pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")),
]
TEXTS = """
hypot(x, y, z)
norm(x)*max(y) + sum(z)
norm([x, y])
norm([[x, y], [y, z]])
sum(norm([[x, y], [y, z]], axis=1))
max([x, y])
min([x, y, z])*y
max([x, y, z]) - min([x, y, z])
sum(max([[x, y], [y, z]], axis=0))
q = [x, y]; q[0]*q[1]
[x, y, z][::-1][0]*[x, y, z][1:][0]
s = [x, y, z]; s[k]^2
mean([x, y, z])^2
mean([[x, y], [y, z]], axis=1)[0]
sum(x*i for i in 1:3)
step(s) = [s[0]*s[1], s[0] + s[1]]; iterate(step, [x, y], 3)[0]
dot([x, y], [y, z])
sum([[x, y], [y, z]] @ [x, y])
sum(outer([x, y], [y, z]))
trace([[x, y], [y, z]])
cross([x, y, z], [1, x, y])[1]
sum(kron([x, y], [y, z]))
einsum("i,i", [x, y], [y, z])
sum(einsum("ij,jk->ik", [[x, y], [y, z]], [[1, x], [z, 2]]))
softmax([x, y, z])[1]
sum(softmax([[x, y], [y, z]], axis=0)[0])
log_softmax([x, y, z])[0]
sum(log_softmax([x, y, z])*[1, 2, x])
-log_softmax([x, y])[1]
cross_entropy([x, y, z], 1)
one_hot(k, 3) @ [x, y, z]
logsumexp([x, y])
sort([x, y])[0]
sort([x, y, z, x*y, y*z])[3]*x
sum(sort([x, y, z])*[1, 2, 3])
median([x, y, z])
median([x, y, z, x*y])
quantile([x, y, z, y*z], 0.3)
ranks([x, y, z])[1]*x
unsort_by([x, y, z], [z, x, y])[1]
sort_by([x, y, z], [z, x, y])[1]
det([[x, y], [y, z]])
det([[x, y, 1], [y, z, x], [1, x*y, z]])
logdet([[2 + x^2, y], [y, 2 + y^2]])
cofactor([[x, y], [y, z]])[0, 1]
sum(cumsum([x, y, z])*[1, x, 2])
cumprod([x, y, z])[2]
prod([x, y, z, x*y])*x
product_of_others([x, y, z])[1]
var([x, y, z])
std([x, y, z], ddof=1)
sum(diag([x, y]) @ [y, z])
sum(tril([[x, y], [y, z]])*[[x, 1], [2, y]])
sum(reshape([x, y, z, x], 2, 2).T*[[1, 2], [3, y]])
concat([x, y], [z])[2]*x
sum(stack([x, y], [y, z], axis=1)[0])
sum([x, y]*[y, z] + eye(2)[0]*x)
sum(x*arange(4) + linspace(0, 1, 4)*y)
sum(x*ones(3)*zeros(3) + y)
sum(where([x, y] > 0, [x, y]^2, [y, x]))
sum(sigmoid([x, y])*exp([y, z]))
sum(logaddexp([x, y], z))
relu([x, y]) @ [1, 2]
prod([x]) + norm([x]) + softmax([x])[0] + sort([x])[0] + std([x])
""".strip().splitlines()
# By more rows LAPACK computes, and where terms cancel the digits of the sum are not those of the terms.
ROUGH = (
    "det([[x, y, 1, 2], [y, z, x, 1], [1, x*y, z, 0.5], [0.25, 1, x, y]])",
    "inv([[x, y], [y, z]])[0, 1]",
    "inv([[x, y, 1], [y, z, x], [1, x*y, z]])[1, 2]",
    "solve([[x, y], [y, z]], [x, 1])[0]",
    "solve([[x, y, 1], [y, z, x], [1, x*y, z]], [x, 1, z])[2]",
    "std([x, y, z])",
)
POINTS = [
    (0.7, -1.3, 2.1), (1.0, 1.0, 1.0), (1.0, 1.0, 2.0), (2.0, -3.0, 2.0), (0.0, 0.0, 0.0), (0.0, 2.0, 0.0),
    (0.25, 0.125, -0.5), (-1.75, 3.5, 1.125), (8.0, -0.001, 3.0),
]  # fmt: skip


def agrees(mine, truth, bound):
    return np.allclose(mine, truth, rtol=bound, atol=0, equal_nan=True)


def wrong_ones(language, cases, bound, folder):
    wrong = []
    for (text, values), (value, gradient) in zip(cases, run(language, cases, folder), strict=True):
        true_value, true_gradient = truth_of(text, values)
        pairs = [(value, true_value), *[(gradient[name], true_gradient[name]) for name in true_gradient]]
        wrong += [(text, values, *pair) for pair in pairs if not agrees(*pair, bound)]
    return wrong


ARRAYS = {
    "u": [0.5, -1.25, 2.0], "v": [1.5, 0.25, -3.0], "A": [[1.0, 2.5, -0.5], [0.25, -4.0, 3.0]],
    "T": [[[1.0, 2.0], [3.0, 0.5]], [[-1.0, 4.0], [2.5, 8.0]]], "o": [], "x": 0.75,
}  # fmt: skip
OF_ARRAYS = """
sum(u^2)
A[0, 1]*u[-1]
u*v + x
A @ u
A.T
sum((A @ u)^2)
outer(u, [x, 2])
T[1, :, 0]*x
T*x
sum(T, axis=1)
max(A, axis=0)
softmax(u)
norm(u)
dot(u, v)*x
u[::-1]
[u, v]
where(A > 0, A, x)
sum(o) + x
o*x
exp(u[1])
sum(v[i]^2 for i in 0:2)
""".strip().splitlines()


@pytest.mark.parametrize("language", RUNNERS)
def test_arrays_are_lists_of_their_entries(language, tmp_path):
    """A value that is an array has the gradient of the sum of its entries."""
    used = [(text, parse(text).inputs) for text in OF_ARRAYS]
    cases = [(text, {name: np.array(ARRAYS[name]) for name in names}) for text, names in used]
    for (text, values), (value, gradient) in zip(cases, run(language, cases, tmp_path), strict=True):
        truth = truth_of(f"sum({text})", values)[1]
        graph = parse(text).typed({name: np.shape(entries) for name, entries in values.items()})
        (expected,) = evaluate([graph.result], values)
        for mine, true in [(value, expected), *[(gradient[name], truth[name]) for name in truth]]:
            assert np.shape(mine) == np.shape(true), text
            assert agrees(mine, true, 4 * 2.0**-52), text


MORE_ROOM = {"cofactor": 32}  # units: terms cancel


@cache
def at_declared_points():
    """(gate, text, values, value, gradient of its sum) of all gates of arrays at their samples and corners."""
    found = []
    for gate in GATES:
        points = [
            *[(one.operands, one.attributes) for one in gate.samples],
            *[(one.operands, {}) for one in gate.corners],
        ]
        is_asked = gate.is_public and not isinstance(gate, Elementwise)
        is_asked = is_asked and not gate.has_inside  # no language has a function inside an expression: it is refused
        for operands, attributes in points if is_asked else ():
            values = {f"x{place}": np.asarray(operand, dtype=float)[()] for place, operand in enumerate(operands)}
            graph = Graph(is_typed=True)
            inputs = [graph.input(name, np.shape(value)) for name, value in values.items()]
            settings = [attributes.get(name, one.default) for name, one in gate.attributes.items()]
            text = show(graph.add(gate, tuple(inputs), tuple(settings)), {})
            result = parsed(text).typed({name: np.shape(value) for name, value in values.items()}).result
            gradient = truth_of(f"sum({text})" if result.shape else text, values)[1]
            found.append((gate, text, values, evaluate([result], values)[0], gradient))
    return found


@pytest.mark.parametrize("language", ["numpy", *RUNNERS])
def test_every_gate_of_arrays_is_written(language, tmp_path):
    """At each entry, to four units in the last place."""
    results = run(language, [(text, values) for _, text, values, *_ in at_declared_points()], tmp_path)
    for (gate, text, values, value, truth), (mine, gradient) in zip(at_declared_points(), results, strict=True):
        bound = MORE_ROOM.get(gate.name, 4) * 2.0**-52
        for one, true in [(mine, value), *[(gradient[name], truth[name]) for name in truth]]:
            assert np.shape(one) == np.shape(true), (text, values)
            assert agrees(one, true, bound), (text, values, one, true)


@pytest.mark.parametrize(("label", "value"), [(1.0, -2.0), (-1.0, 1.5), (3.0, np.nan), (0.5, np.nan), (np.nan, np.nan)])
def test_an_entry_that_is_not_there_is_nan_in_numpy(label, value, tmp_path):
    values = {"x": np.array([0.5, -2.0, 1.5]), "k": np.float64(label)}
    ((found, gradient),) = run("numpy", [("x[k]", values)], tmp_path)
    assert agrees(found, value, 0.0)
    assert np.isnan(gradient["x"]).all() if np.isnan(value) else gradient["x"].sum() == 1.0


def test_in_c_a_value_that_is_an_array_is_a_parameter():
    assert "void f(double value, double value_[2], double gradient[1]) {" in written("c", "[value, 2*value]")
    assert "double f(double x[2], double gradient[2]) {" in written("c", "sum(x)", x=(2,))


def at_points(texts):
    named = [dict(zip("xyzk", (*point, 1.0), strict=True)) for point in POINTS]
    return [(text, {name: values[name] for name in names_of(text)}) for text in texts for values in named]


@pytest.mark.parametrize("language", RUNNERS)
def test_arrays_of_scalars_are_written_entry_by_entry(language, tmp_path):
    assert not wrong_ones(language, at_points(TEXTS), 4 * 2.0**-52, tmp_path)


@pytest.mark.parametrize("language", RUNNERS)
def test_so_are_matrices_that_are_solved(language, tmp_path):
    cases = at_points(ROUGH)[: -len(POINTS)]
    regular = [(text, values) for text, values in cases if values["x"] not in (0.0, 1.0)]
    assert not wrong_ones(language, regular, 1e-12, tmp_path)


@pytest.mark.parametrize("language", RUNNERS)
@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_no_square_or_product_leaves_the_range_that_eval_has_in_it(language, scale, tmp_path):
    texts = ["norm([x, y])", "std([x, y])", "inv([[x, y], [y, -x]])[0, 1]", "solve([[x, y], [y, -x]], [x, y])[0]"]
    cases = [(text, {"x": 3.0 * scale, "y": -4.0 * scale}) for text in texts]
    results = run(language, cases, tmp_path)
    for (text, values), (value, _) in zip(cases, results, strict=True):
        assert agrees(value, truth_of(text, values)[0], 1e-15), text


@pytest.mark.parametrize("language", RUNNERS)
def test_long_ones_are_refused_with_what_is_too_long(language):
    with pytest.raises(ExpressionError, match=r"'arange' of shape \(1000\) cannot be written entry by entry") as caught:
        written(language, "sum(x*arange(1000))")
    assert caught.value.cure == "choose numpy"
    assert written(language, f"sum(x*arange({MOST_ENTRIES}))")
    with pytest.raises(ExpressionError, match=r"variable 'x' of shape \(16, 17\) cannot be written entry by entry"):
        written(language, "sum(x)", x=(16, 17))
    with pytest.raises(ExpressionError, match="a determinant of 7 rows is too long"):
        written(language, "det(eye(7)*x)")


def test_what_is_placed_among_zeros_is_not_added_to_them():
    assert 'return x * y, {"x": y, "y": x}' in written("python", "q = [x, y]; q[0]*q[1]")


def of_scalars(graph, name, value):
    """An input for each entry, and the array that they make."""
    inputs = [graph.input(f"{name}{place}") for place in range(np.size(value))]
    return inputs, stack(*inputs, axis=0).reshape(np.shape(value)) if np.ndim(value) else inputs[0]


def weighted(node):
    """A sum of the entries in which no two count alike."""
    weights = np.linspace(0.5, 1.5, math.prod(node.shape)).reshape(node.shape)
    return (node * node.graph.constant(weights)).sum() if node.shape else node


WRITTEN = [point for point in ARRAY_POINTS if not point.gate.has_inside]  # which is refused, as above


@as_one_test("point", WRITTEN, ids=lambda point: point.id)
def test_every_gate_of_arrays_has_its_entries_and_those_of_its_derivatives(point):
    graph = Graph(is_typed=True)
    inputs, values = [], {}
    operands = []
    for place, value in enumerate(point.operands):
        entries, made = of_scalars(graph, "abc"[place], value)
        inputs += entries
        operands.append(made)
        values.update({str(node.name): np.float64(entry) for node, entry in zip(entries, np.ravel(value), strict=True)})
    results = [weighted(point.gate(*operands, **point.attributes))]
    for _ in range(2):
        found = gradients(results[-1], inputs, graph.constant(1.0))
        results += found
        results.append(weighted(stack(*[found[place] * (1.0 + 0.25 * place) for place in range(len(found))], axis=0)))
    scalars = in_scalars(in_public_gates(results, lambda gate: gate.by_entries is not None))
    assert not any(node.shape for node in needed(scalars))
    truths = evaluate(results, values)
    size = max(float(np.max(np.abs(truth))) for truth in truths)
    for mine, truth in zip(evaluate(scalars, values), truths, strict=True):
        assert mine == pytest.approx(truth, rel=1e-12, abs=1e-13 * size, nan_ok=True)
