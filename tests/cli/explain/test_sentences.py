"""`backprop explain` of every function and operator: formulas that give the numbers, every format, and LaTeX."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest

from backprop.autodiff.derivatives.trace import trace
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import FAMILIES
from backprop.autodiff.graph import Graph
from backprop.cli.explain import json as as_json
from backprop.cli.explain import latex, markdown, text
from backprop.cli.explain.steps import explain_trace
from backprop.cli.output.output import Look
from backprop.parser import parse
from backprop.parser.printers.expression import show

from ...cases import as_one_test
from ...closeness import close_to


def value_of(formula, values):
    """What a formula of the explanation is at these numbers."""
    typed, arrays = bind(parse(formula), {name: values[name] for name in parse(formula).variables})
    return evaluate([typed.result], arrays)[0]


def applications():
    """Each function and operator of the language at its first sample, as text and values."""
    for gates in FAMILIES.values():
        for gate in gates:
            if gate.is_public and gate.expand is None and gate.operands:
                sample = gate.samples[0]
                values = {f"v{place}": np.asarray(one, float)[()] for place, one in enumerate(sample.operands)}
                graph = Graph(is_typed=True)
                inputs = tuple([graph.input(name, np.shape(value)) for name, value in values.items()])
                settings = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
                yield show(graph.add(gate, inputs, settings), {}), values


APPLICATIONS = list(applications())


def assert_says_the_local_gradient(step, operand, value):
    """What is said of a gate without words of its own: a formula that has the value of the local gradient."""
    ((_, local),) = step.factors
    words, formula = local.said
    verb, rest = words.split(" the gradient by ")
    assert rest == "{0}"
    factor = value_of(formula.text, {"v0": operand, "f": value})
    (part,) = step.parts
    assert {"scales": factor, "divides": 1 / factor}[verb] == close_to(part.local, rel=1e-12)


@as_one_test(("expression", "values"), APPLICATIONS)
def test_every_gate_is_explained_by_its_declaration(expression, values):
    explanation = explain_trace(trace(parse(expression), values), expression)
    (step,) = [step for step in explanation.steps if not step.is_input]
    if step.node.gate.habit is not None:
        assert step.habit == step.node.gate.habit
    else:
        assert_says_the_local_gradient(step, values["v0"], explanation.value)
    numbers = {**values, "f": explanation.value, "df": step.total}
    for part in step.parts:
        if part.is_taken:
            assert value_of(part.share.text, numbers) == pytest.approx(part.value, rel=1e-12, abs=1e-15)
    look = Look("text", 6, 80, True, True)
    for writer in (text, markdown, as_json):
        stream = io.StringIO()
        writer.write(explanation, stream, look)
        assert stream.getvalue()


@as_one_test(("expression", "values"), APPLICATIONS)
def test_every_gate_has_latex(expression, values):
    stream = io.StringIO()
    latex.write(
        explain_trace(trace(parse(expression), values), expression),
        stream,
        Look("latex", 6, None, False, False),
    )
    check_latex(stream.getvalue())


def check_latex(document):
    """That environments, braces, dollars and brackets are in pairs."""
    assert document.startswith("\\documentclass{article}\n") and document.endswith("\\end{document}\n")
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", document):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    bare = re.sub(r"\\[\\{}$]", "", document)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert document.count(r"\left") == document.count(r"\right")


def test_latex(backprop):
    answer = backprop(
        "explain", "W_1 @ x / π2^2 # 50% {of} $5", "--format", "latex", "W_1=[[1,2],[3,4]]", "x=[1,-1]", "π2=-3"
    )
    check_latex(answer.out)
    assert r"\frac{\partial f}{\partial W_{1}} = \begin{bmatrix}" in answer.out
    assert r"\left(-3\right)^{2} = 9" in answer.out
    small = backprop("explain", "(x+y)*z", "x=-2", "y=5", "z=-4", "--format", "latex").out
    assert r"\item $f = n_{1} z = 3 \cdot \left(-4\right) = -12$" in small
    assert r"$\frac{\partial}{\partial z} \left(n_{1} z\right) = n_{1}$, so" in small
