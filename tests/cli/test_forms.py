"""Every gate and every form of index through every command and format: no text form ends a run, and none is wrong.

In this process, thousands of runs; some through the installed command. The entries' oracle is NumPy's indexing.
"""

from __future__ import annotations

import io
import itertools
import json
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.gates import FAMILIES
from backprop.autodiff.graph import Graph
from backprop.cli.main import explain
from backprop.cli.program import run
from backprop.parser import parse
from backprop.parser.printers.expression import show

from ..closeness import close_to

FORMATS = ("table", "tsv", "csv", "json", "ndjson", "markdown", "plain")
LANGUAGES = ("text", "latex", "python", "numpy", "c", "javascript")
EXPLANATIONS = ("text", "markdown", "latex", "json")
PICTURES = ("dot", "mermaid", "tree", "svg", "html")
REFUSALS = ("cannot be written entry by entry", "is not known")  # of a language, with a cure
SHAPES = ((3,), (2, 3), (2, 3, 4), (2, 3, 2, 4))
PICKS = ("0", "1", "-1", ":", "1:", "-1:", ":-1", "::2", "::-1", "-2::-1", "::-2", "1:2", "1:1")
MIDDLE = (1e-3, 4.0)  # of a domain, where a textbook's form keeps its digits
GATES = [
    gate
    for gates in FAMILIES.values()
    for gate in gates
    if gate.is_public and gate.expand is None and gate.operands and gate.name != "index"
]


def application(gate, sample):
    """A gate at a sample point, as text and values."""
    values = {f"v{place}": np.asarray(one, float)[()] for place, one in enumerate(sample.operands)}
    graph = Graph(is_typed=True)
    inputs = tuple([graph.input(name, np.shape(value)) for name, value in values.items()])
    settings = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
    return show(graph.add(gate, inputs, settings), {}), values


def indices(dimensions, count):
    """The text of every index of one axis or two, of some of more, with axes left out; the array's shape."""
    shape = SHAPES[dimensions - 1]
    generator = np.random.default_rng(dimensions)
    for given in range(1, dimensions + 1):
        every = list(itertools.product(PICKS, repeat=given))
        chosen = generator.permutation(len(every))[:count]
        yield from (", ".join(every[place]) for place in chosen)
    yield from (", ".join([pick] * len(shape)) for pick in PICKS)


def as_numpy(index):
    """The text of an index as NumPy takes it."""
    bounds = [[int(bound) if bound else None for bound in one.split(":")] for one in index.split(", ")]
    return tuple([slice(*one) if len(one) > 1 else one[0] for one in bounds])


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Run a command in this process; the status, stdout and stderr."""
    path = tmp_path_factory.mktemp("forms") / "stdout"
    with path.open("w+") as stream:

        def asked(*tokens):
            stream.seek(0)
            stream.truncate()
            err = io.StringIO()
            with redirect_stdout(stream), redirect_stderr(err):
                try:
                    status = run(list(tokens))
                except BaseException as error:
                    status = explain(error)
            stream.seek(0)
            return int(status), stream.read(), err.getvalue()

        yield asked


def answered(ask, *tokens):
    """What a command prints; a language may refuse, nothing else."""
    status, out, err = ask(*tokens)
    if status == 2 and "--to" in tokens and any(reason in err for reason in REFUSALS):
        return None
    assert status == 0, (tokens, err)
    return out


def given(values):
    return [f"{name}={json.dumps(np.asarray(value).tolist())}" for name, value in values.items()]


def ones(value):
    return f"ones({', '.join(map(str, np.shape(value)))})" if np.shape(value) else "1"


def all_commands(ask, text, values, turn, is_new=True):
    """Every command at one point; formats that show the same cells take turns, of a text that is not new all do."""
    point = given(values)
    shapes = [f"--shape={name}={','.join(map(str, np.shape(one)))}" for name, one in values.items() if np.shape(one)]
    first = next(iter(values))
    shape = parse(text).typed({name: np.shape(one) for name, one in values.items()}).result.shape
    along = [f"{name}={ones(one)}" for name, one in values.items()]
    number = f"sum(({text})^2*0.75)"

    def one_of(place):
        return ("--format", FORMATS[(turn + place) % len(FORMATS)])

    def in_turn(forms):
        return forms if is_new else [forms[turn % len(forms)]]

    for format in in_turn(FORMATS):
        answered(ask, "eval", text, *point, "--format", format)
    answered(ask, "eval", text, *point, "--mode", "forward", "--wrt", first, *one_of(0))
    answered(ask, "grad", text, *point, *one_of(1))
    for language in in_turn(LANGUAGES):
        answered(ask, "diff", text, *point, "--to", language, *one_of(2))
        answered(ask, "diff", text, *shapes, "--to", language)
    answered(ask, "diff", number, *shapes, "--cse")
    answered(ask, "diff", number, *shapes, "--steps", *one_of(2))
    answered(ask, "diff", number, *shapes, "--steps", "--to", "latex")
    for format in in_turn(EXPLANATIONS):
        answered(ask, "explain", text, *point, "--format", format)
    answered(ask, "explain", text, *point, "--mode", "forward", "--wrt", first)
    answered(ask, "jacobian", text, *point, *one_of(3))
    answered(ask, "hessian", number, *point, *one_of(4))
    answered(ask, "jvp", text, *point, *itertools.chain(*[("--tangent", one) for one in along]), *one_of(5))
    answered(ask, "vjp", text, *point, "--upstream", ones(np.ones(shape)), *one_of(6))
    answered(ask, "hvp", number, *point, *itertools.chain(*[("--direction", one) for one in along]), *one_of(0))


def pictures(ask, text, values):
    for format in PICTURES:
        answered(ask, "graph", text, *given(values), "--format", format)


def read_again(ask, text, values, point=None):
    """The gradient that diff prints, evaluated at the point by name."""
    known = given(values) if point is None else point
    printed = json.loads(answered(ask, "diff", text, *known, "--json"))["derivative"]
    found = {}
    for name, derivative in printed.items():
        again = parse(derivative)
        found[name] = value_and_grad(again, {one: values[one] for one in again.variables})[0]
    return found


@pytest.mark.parametrize("turn, gate", [*enumerate(GATES)], ids=[gate.name for gate in GATES])
def test_every_gate_in_every_command(ask, tmp_path, turn, gate):
    forms = set()
    for place, sample in enumerate((*gate.samples[:1], *gate.samples[1:][-1:])):
        text, values = application(gate, sample)
        form = (text, *map(np.shape, values.values()))
        all_commands(ask, text, values, turn + place, form not in forms)
        forms.add(form)
    answered(ask, "check", text, *given(values), "--format", FORMATS[turn % len(FORMATS)])
    pictures(ask, text, values)
    rows = tmp_path / "rows.ndjson"
    rows.write_text(2 * (json.dumps({name: np.asarray(one).tolist() for name, one in values.items()}) + "\n"))
    answered(ask, "batch", text, str(rows), "--nodes", "-o", str(tmp_path / "results.ndjson"))


def is_in_the_middle(sample):
    sizes = np.abs(np.hstack([*map(np.ravel, sample.operands)]))
    return np.all((sizes == 0) | ((sizes >= MIDDLE[0]) & (sizes <= MIDDLE[1])))


@pytest.mark.parametrize("gate", GATES, ids=[gate.name for gate in GATES])
def test_what_diff_prints_is_the_derivative(ask, gate):
    for sample in [*filter(is_in_the_middle, gate.samples)] or gate.samples[:1]:
        text, values = application(gate, sample)
        whole = f"sum(({text})^2*0.75)"
        _, expected = value_and_grad(parse(whole), values)
        for name, found in read_again(ask, whole, values).items():
            assert np.shape(found) == np.shape(expected[name])
            assert found == close_to(expected[name], rel=1e-6), (whole, name)


@pytest.mark.parametrize("dimensions, count", [(1, 99), (2, 20), (3, 12), (4, 12)])
def test_every_index_is_right_in_text(ask, dimensions, count):
    shape = SHAPES[dimensions - 1]
    array = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape) / 7
    for index in indices(dimensions, count):
        text = f"sum(v0[{index}]^2)"
        place = as_numpy(index)
        expected = np.zeros(shape)
        expected[place] = 2 * array[place]
        assert np.array_equal(read_again(ask, text, {"v0": array})["v0"], expected), index
        found = json.loads(answered(ask, "eval", text, *given({"v0": array}), "--json"))
        assert np.array_equal(found["gradient"]["v0"], expected), index
        module = {}
        exec(answered(ask, "diff", text, *given({"v0": array}), "--to", "numpy"), module)
        value, gradient = module["f"](array)
        assert value == np.sum(array[place] ** 2)
        assert np.array_equal(gradient["v0"], expected), index


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_every_index_in_every_command(ask, dimensions):
    shape = SHAPES[dimensions - 1]
    values = {"v0": np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape) / 7}
    for turn, index in enumerate(indices(dimensions, 3)):
        all_commands(ask, f"v0[{index}]", values, turn)
        if turn < 4 and values["v0"][as_numpy(index)].size:
            pictures(ask, f"v0[{index}]", values)
            answered(ask, "check", f"v0[{index}]", *given(values))


@pytest.mark.parametrize("index", ["3", "19999", "1:", ":19999", "::3", "::-1", "-5:"])
def test_a_long_array_needs_no_matrix(ask, index):
    values = {"x": np.linspace(1.0, 2.0, 20_000)}
    text = f"sum(x[{index}]^2)"
    expected = np.zeros(20_000)
    expected[as_numpy(index)] = 2 * values["x"][as_numpy(index)]
    assert np.array_equal(read_again(ask, text, values, ["--x", "linspace(1, 2, 20000)"])["x"], expected)
    answered(ask, "eval", text, "--x", "linspace(1, 2, 20000)")


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_stays_in_its_place(ask, value):
    """Products with zeros would spread nan over the other entries."""
    array = np.array([[1.0, value, 2.0], [3.0, 4.0, 5.0]])
    for index in ("0, 1", ":, 1", "0", "0, ::2", ":, ::-1"):
        expected = np.zeros((2, 3))
        expected[as_numpy(index)] = 2 * array[as_numpy(index)]
        found = read_again(ask, f"sum(A[{index}]^2)", {"A": array}, ["--shape", "A=2,3"])["A"]
        assert np.array_equal(found, expected, equal_nan=True), index


LATEX = [
    (("-3*x^2",), "-6 x"),
    (("-x^3",), "-3 x^{2}"),
    (("x[0]^2", "--shape", "x=2"), r"\begin{bmatrix} 2 x_{0} \\ 0 \end{bmatrix}"),
    (("x@W@y", "--wrt", "W", "--shape", "W=2,3", "--shape", "x=2", "--shape", "y=3"), r"x y^{\top}"),
    (("trace(A@eye(2))", "--shape", "A=2,2"), r"I_{2 \times 2}^{\top}"),
    (("(x > 0)*z/y", "--wrt", "z"), r"\frac{\left[x > 0\right]}{y}"),
]


def test_the_installed_command_writes_latex_as_it_is_read(answers_to):
    answers = answers_to([("diff", *question, "--to", "latex") for question, _ in LATEX])
    assert [answer.out for answer in answers] == [f"{latex}\n" for _, latex in LATEX]


def test_the_installed_command_indexes_a_matrix(answers_to):
    point = ("A[0,1]", "A=[[1,2,5],[3,4,6]]")
    questions = [
        *[("eval", *point, "--format", format) for format in FORMATS],
        *[("diff", *point, "--to", language) for language in ("text", "latex", "numpy")],
        *[("explain", *point, "--format", format) for format in EXPLANATIONS],
        *[("graph", *point, "--format", format) for format in PICTURES],
        ("eval", "sum(B[1, :, ::2]^2)", "B=[[[1,2,3],[4,5,6]],[[7,8,9],[1,2,3]]]"),
    ]
    answers = answers_to(questions)
    assert [(answer.status, answer.err) for answer in answers] == [(0, "")] * len(questions)
    rows = {cells[0]: cells for cells in answers[1].rows}
    assert rows["A"][4] == "[[0, 1, 0], [0, 0, 0]]"
    assert rows["A"][5] == "[[0, 1, 0], [0, 0, 0]] via f"
    assert answers[7].lines[0] == "[[0, 1, 0], [0, 0, 0]]"
    assert answers[8].lines[0] == r"\begin{bmatrix} 0 & 1 & 0 \\ 0 & 0 & 0 \end{bmatrix}"
    assert {cells[0]: cells for cells in answers[-1].rows}["B"][
        4
    ] == "[[[0, 0, 0], [0, 0, 0]], [[14, 0, 18], [2, 0, 6]]]"
