"""`import backprop`: texts for graphs, results that show themselves, and nothing imported before it is used."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

import backprop
from backprop.autodiff.graph import Graph as BareGraph

from ...cases import as_one_test

LECTURE = {"x": -2.0, "y": 5.0, "z": -4.0}


class Foreign:
    """An array of another library: it speaks `__array__`, or DLPack only."""

    def __init__(self, entries, *, fault=None):
        self.entries, self.fault = np.asarray(entries, dtype=float), fault

    def __array__(self, dtype=None, copy=None):
        if self.fault:
            raise self.fault
        return self.entries


class Exchanged:
    def __init__(self, entries):
        self.entries = np.asarray(entries, dtype=float)

    def __dlpack__(self, **settings):
        return self.entries.__dlpack__(**settings)

    def __dlpack_device__(self):
        return self.entries.__dlpack_device__()


class Frame:
    """A data frame as pandas and polars have it: its columns by name, a word among them."""

    columns = ("x", "y", "word")

    def __getitem__(self, name):
        return {"x": Foreign([1.0, 2.0]), "y": Foreign([3.0, 4.0]), "word": ["a", "b"]}[name]

    def __bool__(self):
        raise ValueError("the truth value of a data frame is ambiguous")


@pytest.mark.smoke
def test_the_import_costs_nothing():
    """In modules, which do not depend on the machine as milliseconds do: its own is the only one."""
    code = "import sys; before = set(sys.modules); import backprop; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["backprop"]


@as_one_test("name", backprop.__all__)
def test_every_name_is_there(name):
    assert getattr(backprop, name) is not None
    assert name in dir(backprop)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'backprop' has no attribute 'gradient'"):
        backprop.gradient  # noqa: B018 it is the access that raises


CALLS = {
    "value_and_grad": lambda it: backprop.value_and_grad(it, LECTURE),
    "jvp": lambda it: backprop.jvp(it, {"x": 1.0}, LECTURE),
    "vjp": lambda it: backprop.vjp(it, 1.0, LECTURE),
    "hvp": lambda it: backprop.hvp(it, {"x": 1.0}, LECTURE),
    "jacobian": lambda it: backprop.jacobian(it, LECTURE),
    "hessian": lambda it: backprop.hessian(it, LECTURE),
    "derivative": lambda it: str(backprop.derivative(it, "x")),
    "trace": lambda it: str(backprop.trace(it, LECTURE)),
    "explain": lambda it: str(backprop.explain(it, LECTURE)),
    "check": lambda it: str(backprop.check(it, LECTURE)),
    "compile": lambda it: str(backprop.compile(it)(LECTURE)),
    "picture": lambda it: str(backprop.picture(it, LECTURE)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_text_is_taken_wherever_a_graph_is(name):
    text = "(x+y)*z"
    assert CALLS[name](text) == CALLS[name](backprop.parse(text))


def test_texts_of_models_and_relations():
    assert backprop.fit("y ~ a*t + c", {"t": [0, 1, 2], "y": [1, 3, 5]}).parameters["a"] == pytest.approx(2, abs=1e-12)
    constraints = ["x + 2*y >= 5", backprop.parse_relations("x <= 9")]
    found = backprop.minimize("x^2 + y^2", x=3, y=3, subject_to=constraints)
    assert found.point["y"] == pytest.approx(2, abs=1e-9)
    assert backprop.maximize("x*(1-x)", x=0).point["x"] == pytest.approx(0.5, abs=1e-9)
    assert backprop.solve("x^2 == 2", x=1).point["x"] == pytest.approx(math.sqrt(2), abs=1e-12)
    assert backprop.budget("2*m", {"m": backprop.Uncertain(1.0, 0.5)}).uncertainty == 1.0


def test_a_range_that_follows_from_a_shape():
    for values in ([1, 2, 3], [1, 2, 3, 4]):
        value, _ = backprop.value_and_grad("sum(v[i] for i in 0:len(v)-2)", v=values)
        assert value == sum(values[:-1])
    text = "sum(v[i] for i in 0:len(v)-1)"
    assert backprop.compile(text + "*x", fixed={"v": [1, 2]})(x=[1.0, 2.0])[0].tolist() == [3.0, 6.0]
    assert backprop.value_and_grad(text, v=Exchanged([1.0, 2.0]), wrt=["v"])[0] == 3.0
    with pytest.raises(backprop.ExpressionError, match="the value of 'v' is neither a number nor"):
        backprop.value_and_grad(text, v=[[1, 2], [3]])


def test_one_name_needs_no_list():
    assert backprop.value_and_grad("width*y", width=2, y=3, wrt="width") == (6.0, {"width": 3.0})
    assert backprop.compile("width*y", wrt="width")(width=2, y=3)[1].keys() == {"width"}


# What values may be ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Foreign, Exchanged, list, lambda entries: [Fraction(entry) for entry in entries]])
def test_arrays_of_other_libraries(kind):
    value, gradient = backprop.value_and_grad("sum(x^2)", x=kind([1.0, 2.0]))
    assert value == 5.0 and gradient["x"].tolist() == [2.0, 4.0]


def test_an_array_that_cannot_be_had_says_why():
    foreign = Foreign([1.0], fault=RuntimeError("call detach() first"))
    with pytest.raises(backprop.ExpressionError) as caught:
        backprop.value_and_grad("sum(x)", x=foreign)
    assert caught.value.cure == "call detach() first"
    with pytest.raises(backprop.ExpressionError, match="call detach"):
        backprop.value_and_grad("sum(x[i] for i in 1:len(x)-1)", x=foreign)  # which is asked for its shape first
    with pytest.raises(backprop.ExpressionError, match="call to_dense"):
        backprop.value_and_grad("sum(x)", x=Foreign([1.0], fault=TypeError("call to_dense() first")))


@pytest.mark.parametrize(
    "frame",
    [
        Frame(),
        {"x": [1.0, 2.0], "y": [3.0, 4.0]},
        np.array([(1, 3, "a"), (2, 4, "b")], dtype=[("x", float), ("y", float), ("word", "U1")]),
    ],
    ids=["frame", "mapping", "structured"],
)
def test_columns_of_a_data_frame(frame):
    values, grads = backprop.compile("x*y")(frame)
    assert values.tolist() == [3.0, 8.0] and grads["x"].tolist() == [3.0, 4.0]
    assert backprop.compile("x*y*z")(frame, z=2)[0].tolist() == [6.0, 16.0]
    table = backprop.compile("x*y", fixed={"y": 2}, wrt="x").table({"x": frame["x"]})
    assert {name: column.tolist() for name, column in table.items()} == {"value": [2.0, 4.0], "grad_x": [2.0, 2.0]}


@pytest.mark.extras
def test_frames_of_polars_and_pyarrow():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"x": [1, 2], "y": [3.0, 4.0], "word": ["a", "b"]})
    table = backprop.compile("x*y").table(frame)
    assert frame.with_columns(**table)["grad_y"].to_list() == [1.0, 2.0]
    assert backprop.compile("x*y").table(frame.to_arrow())["value"].tolist() == [3.0, 8.0]
    assert backprop.fit("y ~ a*x", frame).parameters["a"] == pytest.approx(2.2, abs=1e-12)


def test_what_is_no_table():
    with pytest.raises(TypeError, match="a mapping or a data frame is expected, not int"):
        backprop.compile("x")(3)


def test_a_table_has_a_column_for_each_entry():
    assert [*backprop.compile("sum(x^2)*y").table(x=[[1, 2]], y=3)] == ["value", "grad_x[0]", "grad_x[1]", "grad_y"]


def test_numbers_alone_are_one_row():
    values, grads = backprop.compile("x*y")(x=2, y=3)
    assert (values.tolist(), grads["x"].tolist()) == ([6.0], [3.0])
    assert backprop.compile("x*y", fixed={"x": 2, "y": 3})()[0].tolist() == [6.0]


# How results show themselves -------------------------------------------------------------------------------


def test_a_graph():
    graph = backprop.parse("a = 2\nsin(a*x)")
    assert eval(repr(graph), {"parse": backprop.parse}).nodes[-1].gate is graph.nodes[-1].gate
    assert str(graph) == "a = 2\nsin(a*x)"
    assert graph._repr_latex_() == "$\\displaystyle \\sin\\left(a x\\right)$"
    circuit = ElementTree.fromstring(graph._repr_svg_())
    assert {"sin", "\N{MULTIPLICATION SIGN}", "a", "x"} <= set(
        "".join(text.itertext()) for text in circuit.iter() if text.tag.endswith("text")
    )
    assert backprop.parse("+".join(f"x{number}" for number in range(300)))._repr_svg_() is None  # nobody could read it


@pytest.mark.parametrize("reader, text", [("relations", "x == 2"), ("model", "y ~ a*x"), ("latex", "\\frac{x}{2}")])
def test_a_graph_says_which_call_made_it(reader, text):
    graph = getattr(backprop, f"parse_{reader}")(text)
    for one in (graph, graph.typed({}), pickle.loads(pickle.dumps(graph))):
        assert repr(one) == f"parse_{reader}({text!r})"


def test_a_graph_that_a_program_built():
    graph = BareGraph(is_typed=False)
    graph.output = graph.input("x") * graph.input("y")
    assert repr(graph) == "<graph of 3 nodes>"
    assert str(graph) == "x * y"
    assert "1*3 via f" in str(backprop.trace(graph, x=2, y=3))


@pytest.fixture
def said(request):
    """What the installed command says, on stdout and stderr."""
    command = request.getfixturevalue("backprop")  # whose name is the library's here
    return lambda *argv: "".join(command(*argv)[1:3])


def test_a_trace_an_explanation_and_a_check(said):
    values = ["x=-2", "y=5", "z=-4"]
    trace = backprop.trace("(x+y)*z", LECTURE)
    assert f"{trace}\n" == said("eval", "(x+y)*z", *values, "--format", "table")
    assert "<td" in trace._repr_html_() and trace._repr_html_().count("<tr>") == 6
    explanation = backprop.explain("(x+y)*z", LECTURE)
    assert f"{explanation}\n" == said("explain", "(x+y)*z", *values)
    assert f"{explanation._repr_markdown_()}\n" == said("explain", "(x+y)*z", *values, "--format", "markdown")
    assert str(backprop.explain(trace)) == str(explanation)
    check = backprop.check("(x+y)*z", LECTURE)
    assert f"{check}\n" == said("check", "(x+y)*z", *values, "--format", "table")
    assert "<script>" not in backprop.trace("x # <script>", x=1)._repr_html_()


def test_a_table_shows_itself_once_in_a_notebook(monkeypatch):
    shown = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *parts: shown.append(parts))
    assert "1*3 via f" in str(backprop.trace("x*y", x=2, y=3)) and not shown


def test_a_claim_is_checked(said):
    claims = {"x": "y^2", "y": backprop.parse("3*x*y")}
    check = backprop.check("x*y^2", x=1, y=2, against=claims)
    options = ["--against", "x=y^2", "--against", "y=3*x*y", "--format", "table"]
    assert check.failed == 101 and said("check", "x*y^2", "x=1", "y=2", *options).startswith(f"{check}\n")
    assert check._repr_html_().count("<tr>") == 3
    assert not backprop.check("x*y^2", x=1, y=2, wrt="x", against="y^2", samples=3).failed
    for wrt, against, cure in (
        (None, "y^2", "name it: against={'x': ...}"),
        ("y", {"x": "y^2"}, "add it to against, or omit it"),
        (None, {"z": "y^2"}, "its variables are x, y"),
    ):
        with pytest.raises(backprop.ExpressionError) as caught:
            backprop.check("x*y^2", x=1, y=2, wrt=wrt, against=against)
        assert caught.value.cure == cure


def test_forward_mode():
    trace = backprop.trace("x*y", x=2, y=3, mode="forward", wrt="x")
    assert "tangent" in str(trace) and "Tangents: along x" in str(backprop.explain(trace))


def test_drawings(tmp_path):
    picture = backprop.picture("q = W@x; sum(q^2)", W=((1, 2), (3, 4)), x=np.array([0.1, -math.inf]))
    assert picture._repr_svg_().count("</svg>") == 1
    picture.save(tmp_path / "circuit.mmd")
    assert (tmp_path / "circuit.mmd").read_text().startswith("flowchart LR")
    assert "df/dx" in str(backprop.plot("k*sin(x)", x=(-5, 5), k=2, samples=50))
    with pytest.raises(backprop.ExpressionError, match="the range 1:1 is empty"):
        backprop.plot("x", x=(1, 1))
    with pytest.raises(backprop.ExpressionError, match="the value of 'x' is neither a number nor an array"):
        backprop.plot("x", x=("zero", 1))
    with pytest.raises(backprop.ExpressionError, match="no value for 'y'"):
        backprop.picture("x*y", x=1)
    with pytest.raises(backprop.ExpressionError, match="no variable has a range"):
        backprop.plot("x*y", x=1, y=2)
    with pytest.raises(backprop.ExpressionError, match=r"cannot write \.foo"):
        picture.save(tmp_path / "circuit.foo")


def test_a_notebook_shows_as_text_what_cannot_be_a_picture(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    curve = backprop.plot("x^2", x=(-1, 1))
    assert curve._repr_svg_() is None and "df/dx" in repr(curve)
    assert "pip install matplotlib" in capsys.readouterr().out


def test_a_circuit_has_as_many_nodes_as_it_has():
    circuit = backprop.picture(" + ".join(f"x{i}" for i in range(110)), {f"x{i}": 1 for i in range(110)})
    assert "── x109  value 1  gradient 1" in repr(circuit) and circuit._repr_svg_().count("</svg>") == 1


def test_derivatives_are_expressions_again():
    slope = backprop.derivative("x^3*y", "x")
    assert repr(slope) == "parse('3*x^2*y')"
    assert str(backprop.derivative(slope, "x")) == str(backprop.derivative("x^3*y", "x", order=2)) == "6*x*y"
    assert str(backprop.derivative("sum((W@x)^2)", "x", shapes={"W": (2, 3), "x": (3,)})) == "W.T @ (2*(W @ x))"
    with pytest.raises(backprop.ExpressionError) as caught:
        backprop.derivative("x*y")
    assert caught.value.cure == "choose it: wrt='x' or wrt='y'"


def test_an_error_is_the_message_of_the_command_line(said):
    with pytest.raises(backprop.ExpressionError) as caught:
        backprop.value_and_grad("2*sine(x) + 1", x=1)
    assert f"{caught.value}\n" == said("eval", "2*sine(x) + 1", "x=1")
