"""Whoever makes a node of a node, or asks for a gate by its name, needs no import of the gates."""

import os
import subprocess
import sys

import numpy as np
import pytest

from backprop.autodiff import gates
from backprop.autodiff.declaration.kinds import Flat
from backprop.autodiff.declaration.notation import Infix
from backprop.autodiff.declaration.table import METHODS, NAMED, of_numpy
from backprop.autodiff.gates import FUNCTIONS, GATES, whole
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import is_numpys


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


FAMILIES_ALONE = """
import sys
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.gates import BINDERS, FUNCTIONS, OPERATORS
loaded = lambda: {name.rpartition(".")[2] for name in sys.modules if name.startswith("backprop.autodiff.gates.")}
print(FUNCTIONS["sin"][0].name, METHODS["+"].name, OPERATORS["+"].name, "nosuch" in FUNCTIONS, "integral" in BINDERS)
print(*sorted({"trigonometric", "arithmetic", "special", "whole"} & loaded()))
print([*FUNCTIONS].index("sin") > 0, len(OPERATORS) > 9, "whole" in loaded())
"""


def test_a_family_is_declared_when_it_is_asked_for(tmp_path):
    answers = []
    for _ in range(2):
        started = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        ran = subprocess.run([sys.executable, "-c", FAMILIES_ALONE], env=started, capture_output=True, text=True)
        answers.append(ran.stdout.splitlines())
    assert [answer[0] for answer in answers] == ["sin add add False True"] * 2
    assert [answer[1] for answer in answers] == ["arithmetic special trigonometric whole", "arithmetic trigonometric"]
    assert [answer[2] for answer in answers] == ["True True True"] * 2


def test_what_was_found_before_a_declaration_changed_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    find_places = gates.places.__wrapped__  # each time anew
    truth = find_places()
    monkeypatch.setattr(whole, "places", lambda: {"found": "anew"})
    assert find_places() == truth
    monkeypatch.setattr(gates, "written", lambda folder: [("a module", 0, 0)])
    assert find_places() == {"found": "anew"}


def test_a_gate_that_others_declare_is_not_among_those_of_the_table(monkeypatch):
    monkeypatch.setitem(
        METHODS, "planted", Flat("planted", np.floor, summary="", source="", samples=(), is_public=False)
    )
    assert "planted" not in whole.places()["methods"]


@pytest.mark.parametrize("declared, wrong", [({"summary": ""}, "samples, source"), ({"textbok": None}, "textbok")])
def test_a_declaration_that_lacks_something_or_is_misspelt_is_refused(declared, wrong):
    whole_one = {"summary": "", "source": "", "samples": ()} if "summary" not in declared else {}
    with pytest.raises(TypeError, match=f"declaration of planted lacks, or does not know: {wrong}$"):
        Flat("planted", np.floor, **whole_one, **declared)


def test_no_two_gates_are_found_by_the_same():
    """In whatever order families are declared, each key finds the same gate."""
    for gate in (gate for gate in GATES if gate.is_public):
        keys = {key for key, found in METHODS.items() if found is gate}
        symbols = {gate.notation.symbol, *gate.notation.others} if isinstance(gate.notation, Infix) else set()
        assert symbols <= keys
        assert not is_numpys(gate._forward) or of_numpy(gate._forward) in keys
    for name, places in whole.places()["functions"].items():
        assert FUNCTIONS[name] == tuple([getattr(sys.modules[module], gate) for module, gate in places])
