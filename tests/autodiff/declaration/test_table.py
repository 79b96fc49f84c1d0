"""Whoever makes a node of a node, or asks for a gate by its name, needs no import of the gates."""

import subprocess
import sys

import numpy as np
import pytest

from backprop.autodiff.declaration.table import METHODS, NAMED
from backprop.autodiff.gates import GATES
from backprop.autodiff.graph import Graph


@pytest.mark.parametrize(
    "written, gate",
    [
        ("x + 1", "add"),
        ("2 - x", "sub"),
        ("-x", "neg"),
        ("x.where(1, 2)", "where"),
        ("x.sum()", "sum"),
        ("numpy.exp(x)", "exp"),
        ("numpy.max(x, axis=0)", "max"),
        ("numpy.maximum(x, 1)", "maximum"),
    ],
)
def test_a_node_is_made_where_nobody_imported_the_gates(written, gate):
    program = (
        "import sys, numpy\nfrom backprop.autodiff.graph import Graph\nx = Graph(is_typed=False).input('x')\n"
        f"assert 'backprop.autodiff.gates' not in sys.modules\nprint(({written}).gate.name)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == gate


def test_every_gate_of_the_table_is_found_by_its_name():
    assert all(NAMED[gate.name] is gate for gate in GATES)


def test_what_no_gate_has_is_missed():
    with pytest.raises(KeyError, match="sine"):
        NAMED["sine"]
    with pytest.raises(KeyError):
        METHODS[np.sinc]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.spacing(x),
        lambda x: np.add.reduce(x),
        lambda x: np.exp(x, where=x),
        lambda x: np.max(x, axis=0, keepdims=True),
    ],
)
def test_what_no_gate_computes_takes_no_node(call):
    with pytest.raises(TypeError):
        call(Graph(is_typed=False).input("x"))
