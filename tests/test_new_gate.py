"""A gate takes one declaration: one made in memory is evaluated, differentiated, printed, explained and batched."""

import shutil

import numpy as np
import pytest

from backprop.autodiff import compile, hessian, value_and_grad
from backprop.autodiff.declaration.gate import at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.derivatives.check import check
from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.derivatives.trace import trace
from backprop.autodiff.gates import FUNCTIONS
from backprop.cli.explain.notations import PLAIN
from backprop.cli.explain.sentences import blocks
from backprop.cli.explain.steps import explain_trace
from backprop.cli.program import run as run_command
from backprop.cli.reports.functions import PUBLIC, page_report
from backprop.parser import parse
from backprop.parser.printers.expression import shortest, show
from backprop.parser.printers.latex import show_latex

from .autodiff.checks import holes
from .closeness import close_to
from .parser.printers.running import run

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def value(x):
    return np.exp(-x * x)


def slope(x):
    return -2 * x * value(x)


def curvature(x):
    return (4 * x * x - 2) * value(x)


@pytest.fixture(autouse=True)
def bell(monkeypatch):
    """exp(-x^2), which the language does not have."""
    gate = Elementwise(
        "bell",
        lambda x: np.exp(-x * x),
        lambda x, out: -(2 * x * out),
        is_composed=True,
        summary="exp(-x^2)",
        source="the chain rule",
        samples=(at(0.5), at(-2.0)),
    )
    monkeypatch.setitem(FUNCTIONS, gate.name, (gate,))  # as do its family's module and the tables made of that
    monkeypatch.setitem(PUBLIC, "special", [*PUBLIC["special"], gate])
    return gate


def test_the_declaration_is_whole(bell):
    assert holes(bell) == []


def test_it_is_evaluated_and_differentiated_twice():
    graph = parse("bell(x)")
    found, gradient = value_and_grad(graph, x=0.75)
    assert found == value(0.75)
    assert gradient["x"] == close_to(slope(0.75), rel=1e-15)
    assert hessian(graph, x=0.75)["x"]["x"] == close_to(curvature(0.75), rel=1e-14)
    assert {entry.verdict for entry in check(graph, {"x": 0.75}).entries} == {"ok"}


def test_its_derivative_is_an_expression():
    found = derivatives(parse("bell(x)")).plain["x"]
    assert value_and_grad(parse(show(found, {})), x=0.75)[0] == close_to(slope(0.75), rel=1e-15)
    assert r"\operatorname{bell}\left(x\right)" in show_latex(found)


@pytest.mark.parametrize(
    "language", ["python", "numpy", pytest.param("c", marks=needs_gcc), pytest.param("javascript", marks=needs_node)]
)
def test_it_is_written_in_every_language(language, tmp_path):
    ((found, gradient),) = run(language, [("3*bell(x)", {"x": 0.75})], tmp_path)
    assert found == close_to(3 * value(0.75), rel=2e-15)
    assert gradient["x"] == close_to(3 * slope(0.75), rel=2e-15)


def test_it_is_explained_and_listed():
    explanation = explain_trace(trace(parse("bell(x)"), {"x": 0.75}), "bell(x)")
    said = "\n".join(PLAIN.line(block.line, shortest) for block in blocks(explanation))
    assert "The bell gate scales the gradient by -(2 * x * bell(x))." in said
    rows = dict(page_report("bell").rows)
    assert rows["d/dx"] == "-(2 * x * bell(x))" and rows["summary"] == "exp(-x^2)"


def test_rows_of_it_are_computed_at_once(tmp_path):
    x = np.linspace(-2, 2, 7)
    values, gradients = compile(parse("bell(x)"))(x=x)
    np.testing.assert_allclose(values, value(x), rtol=1e-15, atol=0)
    np.testing.assert_allclose(gradients["x"], slope(x), rtol=1e-15, atol=0)


def test_a_file_of_rows_is_answered(tmp_path):
    rows, answer = tmp_path / "rows.csv", tmp_path / "answer.csv"
    rows.write_text("x\n0.75\n-2\n")
    assert run_command(["batch", "bell(x)", str(rows), "-o", str(answer)]) == 0
    lines = np.loadtxt(answer, delimiter=",", skiprows=1)
    np.testing.assert_allclose(lines[:, -2], [value(0.75), value(-2.0)], rtol=1e-15, atol=0)
    np.testing.assert_allclose(lines[:, -1], [slope(0.75), slope(-2.0)], rtol=1e-15, atol=0)
