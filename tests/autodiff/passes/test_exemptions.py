"""What a gate's form for readers does not say is declared: everywhere else it is what the gate computes."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.evaluation.execution import evaluate, run
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.gates import GATES
from backprop.autodiff.gates.labels import nan_for_none
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.textbook import in_textbook_form
from backprop.parser import parse

from ...cases import as_one_test, tuples
from ...closeness import close_to

NUMBERS = (0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0)
# One operand is 0 where another is: the vector of a radius, what a test selects. Elsewhere the gate is never asked.
NEVER_APART = {"select": (0, 1), "ratio": (0, 1), "direction": (0, 1), "radial": (1, 2)}
OF_READERS = {"is_apart"}  # whose form is what a reader takes for granted, and only ever a condition
HIDDEN = [gate for gate in GATES if gate.brief and not gate.is_public and gate.samples and gate.name not in OF_READERS]
POINTS = [(0.0, 0.0), (0.0, 2.0), (0.0, 3.0), (1.5, 0.0), (-2.0, 1.0)]


def points(gate, operands):
    """Numbers at and between the corners, or arrays of some."""
    if not any(map(np.ndim, operands)):
        yield from tuples(NUMBERS, len(operands))
        return
    generator = np.random.default_rng(len(gate.name))
    for _ in range(40):
        yield [generator.choice(NUMBERS, np.shape(one)) for one in operands]
    yield [np.zeros(np.shape(one)) for one in operands]


@pytest.mark.parametrize("gate", HIDDEN, ids=lambda gate: gate.name)
def test_a_form_is_the_gate_but_where_its_declaration_says_so(gate):
    settings = {sample.attributes.values() and tuple(sample.attributes.items()): sample for sample in gate.samples}
    for sample in settings.values():
        graph = Graph(is_typed=True)
        inputs = tuple([graph.input(f"v{place}", np.shape(one)) for place, one in enumerate(sample.operands)])
        given = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
        node = graph.add(gate, inputs, given)
        briefs = []
        form = in_textbook_form(node, briefs=briefs)
        first = [one for brief in briefs for one in brief.exemptions() if not one.counts_sides]
        values = [one.value for one in first if isinstance(one.value, Node)]
        program = lower([node, form, *[one.condition for one in first], *values])
        for point in points(gate, sample.operands):
            value_at, zero_at = NEVER_APART.get(gate.name, (0, 0))
            if value_at != zero_at and point[zero_at] == 0 != point[value_at]:
                continue
            numbers = {f"v{place}": np.asarray(one, dtype=float) for place, one in enumerate(point)}
            with nan_for_none():  # for numbers that are no labels
                computed, written, *found = run(program, numbers)
            is_exempt = np.any(found[: len(first)], axis=0) if first else False
            agree = np.isclose(written, computed, rtol=1e-12, atol=1e-15, equal_nan=True) | ~np.isfinite(computed)
            assert np.all(agree | is_exempt), (point, computed, written)
            for one, holds in zip(first, found, strict=False):
                if np.any(holds) and isinstance(one.value, float):
                    assert np.all(np.where(holds, computed, one.value) == one.value), point
                    differs = np.isnan(written) if one.written is None else written == one.written
                    assert np.all(differs | (holds == 0)), (point, written)


@as_one_test("order", [1, 2, 3])
@as_one_test(
    "text", ["hypot(x, y)", "cos(norm([x, y]))", "std([x, y])^2", "x^y", "x*abs(x)", "exp(-hypot(x, y)^2)", "max(x, y)",
             "log(1 + x^2)/3", "atan(x)^2", "relu(x - 1)*x", "max(x, 0)^3", "(x + 2)^(1/3)", "1/(3 + x)^2"]
)  # fmt: skip
def test_the_text_is_the_plain_derivative_but_where_it_says_so(text, order):
    found = derivatives(parse(text), ["x"], order=order)
    conditions = [one.condition for one in found.exemptions]
    for x, y in POINTS:
        point = {name: np.float64(value) for name, value in (("x", x), ("y", y)) if name in found.graph.inputs}
        plain, written, *holds = evaluate([found.plain["x"], found.written["x"], *conditions], point)
        assert any(holds) or not np.isfinite(plain) or written == close_to(plain, rel=1e-12), point
