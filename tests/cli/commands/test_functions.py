"""`backprop functions`: the reference is made from the gate table, whole."""

from __future__ import annotations

import json

import pytest

from backprop.autodiff.gates import FAMILIES, FUNCTIONS
from backprop.cli.output.formats import LANGUAGES
from backprop.cli.reports.functions import LOOPS, names, page_data
from backprop.parser import parse

from ...cases import as_one_test

PUBLIC = [gate for gates in FAMILIES.values() for gate in gates if gate.is_public]


def test_the_list_holds_every_public_gate_by_family(backprop):
    answer = backprop("functions")
    assert answer.status == 0
    assert answer.rows[0] == ["family", "name", "signature", "summary"]
    assert [row[1] for row in answer.rows[1:]] == [*[gate.name for gate in PUBLIC], *LOOPS]
    assert {row[0] for row in answer.rows[1:]} <= {*FAMILIES, "loops"}
    assert ["activations", "sigmoid", "sigmoid(x)"] in [row[:3] for row in answer.rows]
    assert ["arithmetic", "add", "x + y"] in [row[:3] for row in answer.rows]


@as_one_test("gate", PUBLIC, ids=lambda gate: gate.name)
def test_every_page_is_complete(gate):
    found = page_data(gate)
    assert all(found[key] for key in ("family", "signature", "summary", "habit", "source"))
    is_replaced = gate.expand is not None  # by a graph, whose gates have the gradients
    assert len(found["gradients"]) >= (0 if is_replaced else gate.least_operands)
    assert all(found["gradients"].values())
    assert len(found["corners"]) == len(gate.corners)
    assert gate in names()[gate.called]


@as_one_test("name", sorted(FUNCTIONS))
def test_every_name_and_alias_has_a_page(name):
    assert set(names()[name]) >= set(FUNCTIONS[name])


@pytest.mark.parametrize("name", LOOPS)
def test_the_forms_of_loops_have_pages(backprop, name):
    fields = dict(row for row in backprop("functions", name).rows[1:])
    assert fields["signature"] and fields["summary"]
    parse(fields["example"])


def test_a_page(backprop):
    fields = dict(row for row in backprop("functions", "logistic").rows[1:])
    assert fields["signature"] == "sigmoid(x)"
    assert fields["aliases"] == "logistic"
    assert fields["d/dx"] == "sigmoid(x)*(1 - sigmoid(x))" or "sigmoid" in fields["d/dx"]
    found = json.loads(backprop("functions", "mul", "--json").out)["functions"]
    assert found[0]["gradients"] == {"x": "y", "y": "x"}


def test_a_page_of_a_linear_map_shows_its_transpose(backprop):
    found = json.loads(backprop("functions", "@", "--json").out)["functions"][0]
    assert "upstream" in found["gradients"]["a"]


@pytest.mark.parametrize("name", ["+", "-", "**", "^", "@", "//", "<=", "and", "not", "where", "max", "ln"])
def test_operators_and_aliases_have_pages(backprop, name):
    answer = backprop("functions", name, "--format", "plain")
    assert answer.status == 0, answer.err
    assert answer.lines[0].startswith("signature: ")


def test_a_name_that_means_several_gates_shows_each(backprop):
    lines = backprop("functions", "max", "--format", "plain").lines
    assert [line for line in lines if line.startswith("signature: ")] == [
        "signature: maximum(x, y, ...)",
        "signature: max(x[, axis])",
        "signature: max(x[, axis], keepdims=False)",
    ]


@pytest.mark.smoke
def test_the_table(terminal):
    answer = terminal("functions", "relu")
    assert answer.lines[0] == "relu"
    assert any("passes the gradient where x is positive" in line for line in answer.lines)
    assert max(map(len, terminal("functions").lines)) <= 80


def test_the_table_of_languages(backprop):
    """What it says is missing is refused, and nothing else: the tests of printers write all that is there."""
    head, tools, *rows = backprop("functions", "--languages").rows
    assert head[:3] == ["name", "python", "numpy"] and set(head[1:]) <= set(LANGUAGES)
    assert dict(zip(head, tools, strict=True))["c"] == "gcc"
    found = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}
    assert set(found) == {gate.name for gate in PUBLIC if gate.expand is None}
    assert {name for name, cells in found.items() if cells["c"] == "no"} == {"integral", "root", "argmin"}
    assert [found[name]["sql"] for name in ("sin", "tanh", "jn")] == ["own", "written", "no"]
    assert (found["sin"]["c"], found["erf"]["javascript"], found["jn"]["rust"]) == ("own", "written", "written")
    answer = json.loads(backprop("functions", "max", "--languages", "--json").out)
    assert (answer["run_by"]["fortran"], answer["run_by"]["sql"]) == ("gfortran", "duckdb, postgres, sqlite")
    assert [one["name"] for one in answer["functions"]] == ["maximum", "max"]
    answer = backprop("functions", "median", "--languages")
    assert (answer.status, answer.out) == (2, "") and "omit --languages" in answer.err
