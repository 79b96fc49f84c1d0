"""Large arrays at one point, block by block: the same bits as whole arrays give, whatever the gate and the threads."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff import Graph, hvp, jvp, shapes, value_and_grad
from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation import block_ranges, threads
from backprop.autodiff.evaluation.blocked_program import BlockedProgram
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.gates import GATES
from backprop.autodiff.passes.kink_hits import take_hits
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse

ENTRIES_A_BLOCK = 256  # of fewer than 128 numbers NumPy's sum is no sum of halves
SIZES = (257, 700)  # beyond the edge of a block
RANDOM = np.random.default_rng(17)
ENTRYWISE = [
    pytest.param(gate, id=gate.name) for gate in GATES if gate.has_local and not gate.is_unshown and gate.samples
]
EXPRESSIONS = {
    "neighbours": "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)",
    "computed neighbours": "sum((exp(x)[1:] - exp(x)[:-1])^2) + sum(x^2)",
    "shifts of shifts": "sum(tanh(x[2:] - 2*x[1:-1] + x[:-2])[1:]^3)",
    "apart": "sum(x[60:]*y[:-60]) + sum(exp(x)[::2])",
    "two sweeps": "mean((x - mean(x))^2)/norm(y)",
    "composed": "sum(sigmoid(x)^2*softplus(y))",
    "kinks": "sum(abs(x)*max(x, y) + relu(x)^2 + where(x > 0, sqrt(x), 0))",
    "softmax": "sum(softmax(x)*y)",
    "one number": "sum(2*x^0) + sum(x)*sum(y)",
    "powers": "sum(x^3 + abs(x)^0.5 + x^-1 + 2^x + abs(x)^y)",
}


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(shapes, "LARGE", 32)
    monkeypatch.setattr(block_ranges, "MOST_ENTRIES", ENTRIES_A_BLOCK)


def in_whole(results, values):
    """What the gates' own functions give, of whole arrays, one node after the other."""
    found = {}
    with np.errstate(all="ignore"):
        for node in needed(results, is_read=True):
            if node.gate is leaves.input:
                found[node] = values[node.name]
            elif node.gate is leaves.constant:
                found[node] = node.value
            else:
                found[node] = node.gate.forward(*[found[operand] for operand in node.reads], **node.settings)
    return [found[node] for node in results]


def bits(value):
    array = np.asarray(value, dtype=np.float64)
    return np.where(np.isnan(array), np.nan, array).tobytes()


def blocks_in(lowered):
    """The blocked programs among the instructions."""
    made = [getattr(instruction.function, "keywords", {}).get("program") for instruction in lowered.instructions]
    return [one for one in made if isinstance(one, BlockedProgram)]


@pytest.mark.parametrize("gate", ENTRYWISE)
def test_blocks_of_every_entrywise_gate_have_the_bits_of_the_whole(monkeypatch, gate):
    monkeypatch.setattr(shapes, "LARGE", 8)
    monkeypatch.setattr(block_ranges, "MOST_ENTRIES", 16)
    count = len(gate.samples[0].operands)
    points = [one.operands for one in (*gate.samples, *gate.corners) if np.shape(one.operands) == (count,)]
    points += [(end,) * count for end in (0.0, -0.0, np.inf, -np.inf, np.nan)]
    graph = Graph(is_typed=True)
    inputs = [graph.input(f"x{place}", (35,)) for place in range(count)]
    values = {node.name: np.resize(column, 35) for node, column in zip(inputs, np.transpose(points), strict=True)}
    settings = [gate.samples[0].attributes.get(name, one.default) for name, one in gate.attributes.items()]
    out = graph.add(gate, tuple(inputs), tuple(settings))
    results = [out, out * 3.0]
    lowered = lower(results)
    assert blocks_in(lowered)
    for mine, whole in zip(run(lowered, values), in_whole(results, values), strict=True):
        assert bits(mine) == bits(whole)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_derivatives_have_the_bits_and_the_notes_of_the_whole(monkeypatch, text, size):
    x, y = RANDOM.normal(size=(2, size))
    x[5], y[9] = 0.0, x[9]
    point = {"x": x, "y": y} if "y" in text else {"x": x}
    found = []
    for entries in (10**9, 32):
        monkeypatch.setattr(shapes, "LARGE", entries)
        monkeypatch.setattr(block_ranges, "MOST_ENTRIES", ENTRIES_A_BLOCK)
        graph = parse(text)
        take_hits()
        answers = [value_and_grad(graph, point), hvp(graph, point, point), jvp(graph, point, point)]
        notes = [(slope.gate.name, slope.span) for slope in take_hits()]
        numbers = [bits(part) for answer in answers for part in (answer[0], *np.ravel(parts(answer[1])))]
        found.append((numbers, notes))
    assert found[0] == found[1]


def parts(derivative):
    return (
        np.concatenate([np.ravel(one) for one in derivative.values()]) if isinstance(derivative, dict) else derivative
    )


@pytest.mark.parametrize(
    "text, shapes",
    [
        ("sum(tanh(W*b + c)^2)", {"W": (40, 30), "b": (30,), "c": (40, 1)}),
        ("sum((W[1:] - W[:-1])^2)", {"W": (400, 2)}),
        ("sum((W[:, 1:] - W[:, :-1])^2)", {"W": (40, 30)}),
        ("sum(tanh(W.T * b)^2)", {"W": (40, 30), "b": (30, 40)}),
        ("sum((W @ tanh(V @ b))^2)", {"W": (3, 20), "V": (20, 30), "b": (30, 40)}),
        ("exp(W)[1:]", {"W": (700,)}),
        ("tanh(W)*b", {"W": (5, 300), "b": (300,)}),
    ],
)
def test_matrices_and_broadcasts_have_the_values_of_the_whole(small_blocks, text, shapes):
    typed = parse(text).typed(shapes)
    results = [typed.result, *gradients(typed.result, [typed.inputs[name] for name in shapes])]
    values = {name: RANDOM.normal(size=shape) for name, shape in shapes.items()}
    for mine, whole in zip(run(lower(results), values), in_whole(results, values), strict=True):
        assert mine.shape == whole.shape
        assert mine == pytest.approx(whole, rel=1e-14, abs=1e-14)


def test_every_number_of_threads_gives_the_same_bits(small_blocks, monkeypatch):
    monkeypatch.setattr("backprop.autodiff.evaluation.blocked_program.WORTH_A_THREAD", 0.0)
    x = RANDOM.normal(size=5000)
    found = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(threads, "usable_cores", lambda cores=cores: cores)
        value, gradient = value_and_grad(parse(EXPRESSIONS["computed neighbours"]), x=x)
        found.append(bits(value) + bits(gradient["x"]))
    assert found[0] == found[1] == found[2]


def test_a_sum_of_blocks_is_numpys_own_sum():
    for size in (20_000, 99_999, 1_000_003):
        x = RANDOM.normal(size=size)
        value, _ = value_and_grad(parse("sum(x*1.5)"), x=x, wrt=[])
        assert value == np.sum(x * 1.5)


def test_small_arrays_are_computed_as_a_whole():
    typed = parse("sum(tanh(x)^2)").typed({"x": (shapes.LARGE - 1,)})
    assert not blocks_in(lower([typed.result]))
    typed = parse("sum(tanh(x)^2)").typed({"x": (shapes.LARGE,)})
    assert len(blocks_in(lower([typed.result]))) == 1
    assert [node.gate.name for node in typed.nodes] == ["input", "tanh", "constant", "pow", "sum"]


def test_a_chain_needs_few_buffers(small_blocks):
    text = "sum(exp(-x)*x + x)"
    for _ in range(20):
        text = text.replace("x)", "sin(x))", 1)
    typed = parse(text).typed({"x": (400,)})
    (blocked,) = blocks_in(lower([typed.result, *gradients(typed.result, [typed.inputs["x"]])]))
    assert len(blocked.plan.steps) > 40
    assert len(blocked.plan.buffers) < 26  # the values that the chain rule comes back to
    assert all(size == (ENTRIES_A_BLOCK,) or size[0] < ENTRIES_A_BLOCK for size in blocked.plan.buffers)


def test_results_are_the_callers_own():
    x = np.ones(3)
    graph = parse("x + y")
    _, gradient = value_and_grad(graph, x=x, y=x, upstream=x)
    gradient["x"][:] = 7.0
    assert list(gradient["y"]) == list(x) == [1.0, 1.0, 1.0]
    value, gradient = value_and_grad(parse("x*[1, 2, 3]"), x=x)
    value[:] = gradient["x"][:] = 7.0
    assert list(x) == [1.0, 1.0, 1.0]
    graph = parse("x*[1, 2, 3]")
    value_and_grad(graph, x=x)[1]["x"][:] = 7.0
    assert list(value_and_grad(graph, x=x)[1]["x"]) == [1.0, 2.0, 3.0]


def test_blocks_inside_of_the_pool_wait_for_no_thread(small_blocks, monkeypatch):
    monkeypatch.setattr("backprop.autodiff.evaluation.blocked_program.WORTH_A_THREAD", 0.0)
    monkeypatch.setattr(threads, "usable_cores", lambda: 2)
    lowered = lower([parse("sum(tanh(x))").typed({"x": (2000,)}).result])
    x = RANDOM.normal(size=2000)
    found = []
    threads.over_rows(lambda start, stop: found.extend(run(lowered, {"x": x})), 4, 1)
    assert found == [np.sum(np.tanh(x))] * 4
