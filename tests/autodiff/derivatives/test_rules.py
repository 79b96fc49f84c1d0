"""The rules of a derivative, applied one after the other with numbers, give the derivative."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, jvp, value_and_grad
from backprop.autodiff.derivatives.rules import MAXIMUM_RULES, readable, rules_of
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import FAMILIES
from backprop.autodiff.graph import Graph
from backprop.parser import parse
from backprop.parser.printers.expression import show

from ...cases import as_one_test
from ...closeness import close_to

X = 0.7
SCALARS = [
    "x^2*sin(x)",
    "sin(x^2)/x",
    "x",
    "3",
    "1/(1 + exp(-x))",
    "x^x + 2^x + x^3 - x/3",
    "q = x^2 + 1; r = q*x; exp(-r)*q",
    "where(x > 0, x^2, sin(x))*floor(x + 5)",
    "max(x, x^2, 0.1)^2 + abs(x - 2)",
    "grad(x^3*sin(x), x)*x",
    "grad(abs(x)^3, x)",
    "sum([x, x^2, sin(x)]*[1, 2, 3])",
    "norm([x, 2, x*x]) + logsumexp([x, 1])",
    "x^2*sin(x)*exp(x) + log(1 + x^2)*cos(3*x)/(1 + x)^2 + atan2(x, 1 + x)",
    "*".join(f"(x + {place})" for place in range(1, 40)),
]
GATES = [gate for gates in FAMILIES.values() for gate in gates if gate.is_public and gate.operands and gate.samples]


def followed(output, variable, given, direction, labels=None):
    """The derivative of the output by the rules alone, each used where a formula has its symbol."""
    whole, rules = rules_of(output, variable, labels or {}, "f")
    found = {variable.name: direction}
    values = dict(given)
    for rule in reversed(rules):
        (value,) = evaluate([rule.part.node], values)
        if rule.part.symbol is not None:
            values[rule.part.symbol.name] = value
        if rule.derivative is not None:
            symbols = {symbol.name: found[show(part, {})] for symbol, part in rule.part.symbols.items()}
            (slope,) = evaluate([rule.derivative], {**values, **symbols})
            found[show(rule.part.named, {})] = np.broadcast_to(slope, np.shape(value))
    return found.get(show(whole.named, {}), 0.0)


@pytest.mark.parametrize("expression", SCALARS)
def test_the_rules_lead_to_the_derivative(expression):
    typed = parse(expression).typed({})
    if "x" not in typed.inputs:
        typed.input("x")
        assert followed(typed.result, typed.inputs["x"], {}, 1.0) == 0
        return
    labels = {node: name for name, node in typed.names.items()}
    found = followed(readable(typed.result), typed.inputs["x"], {"x": np.float64(X)}, 1.0, labels)
    assert found == close_to(value_and_grad(parse(expression), x=X)[1]["x"], rel=1e-12)


@pytest.mark.parametrize("expression", ["sum((W@x)^2)", "W@x", "softmax(x)[0]*log(x[1])", "norm(x)*sum(W)", "det(W)*x"])
@pytest.mark.parametrize("name", ["W", "x"])
def test_differentials_of_arrays(expression, name):
    values = {"W": np.array([[1.0, 2.0], [3.0, 5.0]]), "x": np.array([0.5, 2.0])}
    graph = parse(expression)
    if name not in graph.inputs:
        return
    given = {name: values[name] for name in graph.inputs}
    direction = np.random.default_rng(3).standard_normal(values[name].shape)
    typed = graph.typed({name: value.shape for name, value in given.items()})
    found = followed(typed.result, typed.inputs[name], given, direction)
    assert found == close_to(jvp(graph, {name: direction}, **given)[1], rel=1e-12)


@as_one_test("gate", GATES, ids=lambda gate: gate.name)
def test_every_gate_has_its_rule_by_each_operand(gate):
    sample = gate.samples[0]
    names = [f"x{place}" for place in range(len(sample.operands))]
    given = {name: np.asarray(value, float)[()] for name, value in zip(names, sample.operands, strict=True)}
    graph = Graph(is_typed=True)
    inputs = tuple([graph.input(name, np.shape(value)) for name, value in given.items()])
    settings = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
    graph.output = graph.add(gate, inputs, settings)
    for node in inputs:
        direction = np.random.default_rng(5).standard_normal(node.shape) if node.shape else 1.0
        _, rules = rules_of(graph.result, node, {}, "f")
        assert len(rules) <= 1
        found = followed(graph.result, node, given, direction)
        assert found == close_to(jvp(graph, {node.name: direction}, **given)[1], rel=1e-10, nan_ok=True)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("x*sin(x)", ["product rule", None]),
        ("x/sin(x)", ["quotient rule", None]),
        ("5*x - 3 + x/2", ["sum rule", "constant factor", "sum rule", "constant factor"]),
        ("x^3", ["power rule"]),
        ("3^x", ["exponential rule"]),
        ("x^x", [None]),
        ("-x", ["constant factor"]),
        ("y*x", ["constant factor"]),
        ("floor(x)", ["constant between its steps"]),
    ],
)
def test_the_names_follow_from_what_the_rules_consist_of(expression, names):
    typed = parse(expression).typed({})
    assert [rule.name for rule in rules_of(typed.result, typed.inputs["x"], {}, "f")[1]] == names


def test_the_chain_rule_is_what_has_something_inside():
    typed = parse("sin(cos(x))^2").typed({})
    found = rules_of(typed.result, typed.inputs["x"], {}, "f")[1]
    assert [rule.has_inner for rule in found] == [True, True, False]


def test_long_parts_have_labels_and_too_many_rules_are_refused():
    typed = parse(" + ".join(f"sin({place}*x)" for place in range(1, 100))).typed({})
    _, rules = rules_of(typed.result, typed.inputs["x"], {}, "f")
    assert {"n1", "n2"} <= {rule.part.symbol.name for rule in rules if rule.part.symbol}
    assert len(rules) == 98 + 2 * 99 and max(len(show(rule.part.node, {})) for rule in rules) < 200
    typed = parse(" + ".join(f"sin({place}*x)" for place in range(1, MAXIMUM_RULES))).typed({})
    with pytest.raises(ExpressionError, match=f"at most {MAXIMUM_RULES} are written"):
        rules_of(typed.result, typed.inputs["x"], {}, "f")
