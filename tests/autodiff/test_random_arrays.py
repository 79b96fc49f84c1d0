"""Random array expressions with broadcasting, reductions, products and indexing: the modes and differences agree."""

import numpy as np
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from backprop.autodiff import ExpressionError, Graph
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Slice

from .building import Written, call, compiled, second_by_forward_over_reverse, tangent_of
from .differences import central_difference
from .sensitivity import rounding_error
from .test_random_expressions import steady

SHAPES = {"s": (), "v": (3,), "w": (2, 3), "c": (2, 1), "r": (1, 3), "m": (3, 3)}
SMOOTH = ["sin", "tanh", "sigmoid", "softplus", "square", "cos", "atan", "erf", "gelu", "negative", "exp", "cbrt"]
REDUCTIONS = ["sum", "mean", "prod", "norm", "logsumexp", "var", "std", "max", "min"]
ALL = Slice(None, None, None)
INDICES = [(0,), (-1,), (Slice(0, 2, None),), (Slice(None, None, -1),), (0, 1), (ALL, 0), (1, Slice(1, None, None))]

STEPS = [
    *[lambda draw, a, b, name=name: call(name, a) for name in SMOOTH],
    *[lambda draw, a, b, sign=sign: call(sign, a, b) for sign in "+-*/"],
    *[lambda draw, a, b, name=name: call(name, a, b) for name in ["max", "hypot", "@", "@", "@", "dot", "outer"]],
    lambda draw, a, b: call(draw(st.sampled_from(REDUCTIONS)), a, axis=draw(st.sampled_from([None, 0, 1, -1]))),
    lambda draw, a, b: call(draw(st.sampled_from(REDUCTIONS)), a, axis=draw(st.sampled_from([None, 0, 1, -1]))),
    lambda draw, a, b: call(draw(st.sampled_from(["softmax", "log_softmax", "cumsum"])), a, axis=-1),
    lambda draw, a, b: call("index", a, index=draw(st.sampled_from(INDICES))),
    lambda draw, a, b: call("where", call(">", a, b), a * 2.0, call("sin", b)),
    lambda draw, a, b: call("transpose", a),
    lambda draw, a, b: call("stack", a, b, axis=draw(st.sampled_from([0, -1]))),
    lambda draw, a, b: call("concat", a, b, axis=draw(st.sampled_from([0, -1]))),
    lambda draw, a, b: call("reshape", a, shape=(-1,)),
    lambda draw, a, b: call("det", a @ call("transpose", a)),
    lambda draw, a, b: call("inv", a),
    lambda draw, a, b: call("solve", a, b),
]


@st.composite
def graphs(draw):
    """A typed graph of up to eight gates, each on what came before. A step whose shapes do not fit is left out."""
    graph = Graph(is_typed=True)
    names = draw(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=3, unique=True))
    made = [Written(graph.input(name, SHAPES[name])) for name in names]
    for _ in range(draw(st.integers(2, 8))):
        step = draw(st.sampled_from(STEPS))
        last = draw(st.booleans())
        operands = [made[-1] if last else draw(st.sampled_from(made)), draw(st.sampled_from(made))]
        try:
            made.append(step(draw, *operands))
        except ExpressionError as error:
            assert error.reason  # the only thing that a gate may raise here
    graph.output = made[-1].node
    note("; ".join(f"{node!r} {node.attributes}" for node in graph.nodes))
    return graph


def is_ordinary(graph, operands, smallest=1e-6):
    """Whether no step is at or near a kink, singular, beyond measure, or a comparison that rounding decides."""
    typed = graph.typed({name: node.shape for name, node in graph.inputs.items()})
    values = dict(zip(typed.nodes, evaluate(typed.nodes, dict(zip(graph.inputs, operands, strict=True))), strict=True))
    sizes = [np.abs(values[node]) for node in typed.nodes if node.inputs and not node.gate.is_flat]
    sizes += [np.abs(values[node.inputs[0]] - values[node.inputs[1]]) for node in typed.nodes if node.gate.is_flat]
    return all(np.all((size > smallest) & (size < 1e6)) for size in sizes)


@settings(steady, max_examples=250)
@given(graphs(), st.integers(0, 2**32 - 1))
def test_modes_and_central_differences_agree(graph, seed):
    generator = np.random.default_rng(seed)
    operands = [generator.uniform(0.3, 1.7, node.shape)[()] for node in graph.inputs.values()]
    directions = [generator.uniform(-1.0, 1.0, node.shape) for node in graph.inputs.values()]
    upstream = generator.uniform(0.5, 1.5, graph.result.shape)
    assume(is_ordinary(graph, operands))
    value, gradients = compiled(graph, operands, upstream)
    found = gradients(operands)
    assert [np.shape(one) for one in found] == [np.shape(one) for one in operands]
    assume(all(np.all(np.isfinite(one)) for one in found))

    reverse = sum(float(np.sum(one * direction)) for one, direction in zip(found, directions, strict=True))
    forward = float(np.sum(upstream * tangent_of(graph, operands, directions)))
    allowed = rounding_of_gradients(graph, operands, directions, upstream, found)
    assert abs(reverse - forward) <= allowed + 1e-13 * abs(reverse)

    def along(step):
        moved = [one + step * direction for one, direction in zip(operands, directions, strict=True)]
        return float(np.sum(upstream * value(moved)))

    numeric, error = central_difference(along, 0.01)
    assume(error <= 1e-7 * abs(numeric))
    assert abs(reverse - numeric) <= 1e-6 * abs(numeric) + allowed


def rounding_of_gradients(graph, operands, directions, upstream, found):
    """What rounding may come to in <gradient, direction>."""
    typed = graph.typed({name: node.shape for name, node in graph.inputs.items()})
    inputs = list(typed.inputs.values())
    adjoint = adjoints(typed, typed.result, typed.constant(upstream), inputs).of
    nodes = [adjoint[node] for node in inputs if node in adjoint]
    values = {node.name: value for node, value in zip(inputs, operands, strict=True)}
    errors = rounding_error(nodes, values, evaluate(nodes, values))
    moved = [direction for node, direction in zip(inputs, directions, strict=True) if node in adjoint]
    total = sum(float(np.sum(error * np.abs(direction))) for error, direction in zip(errors, moved, strict=True))
    assume(np.isfinite(total))
    return total


@settings(steady, max_examples=100)
@given(graphs(), st.integers(0, 2**32 - 1))
def test_second_derivatives_agree_with_differences_of_the_gradient(graph, seed):
    generator = np.random.default_rng(seed)
    operands = [generator.uniform(0.3, 1.7, node.shape)[()] for node in graph.inputs.values()]
    directions = [generator.uniform(-1.0, 1.0, node.shape) for node in graph.inputs.values()]
    weights = [generator.uniform(0.5, 1.5, node.shape) for node in graph.inputs.values()]
    upstream = generator.uniform(0.5, 1.5, graph.result.shape)
    assume(is_ordinary(graph, operands, 1e-2))
    _, gradients = compiled(graph, operands, upstream)

    def weighted(found):
        return sum(float(np.sum(one * weight)) for one, weight in zip(found, weights, strict=True))

    def along(step):
        return weighted(gradients([one + step * move for one, move in zip(operands, directions, strict=True)]))

    numeric, error = central_difference(along, 0.01)
    assume(numeric != 0 and error <= 1e-7 * abs(numeric))
    mixed = weighted(second_by_forward_over_reverse(graph, operands, upstream, directions))
    assert abs(mixed - numeric) <= 1e-4 * abs(numeric)  # rounding takes 1e-5 of the worst determinants
