"""`backprop grad`: bare numbers for scripts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ...closeness import close_to

CIRCUIT = ("(x+y)*z", "x=-2", "y=5", "z=-4")
ACTIVATIONS = [
    ("sigmoid(x)", 0.5, 0.2350037122015945),
    ("tanh(x)", 0.5, 0.7864477329659274),
    ("relu(x)", 0.5, 1.0),
    ("relu(x)", -0.5, 0.0),
    ("leaky_relu(x)", -0.5, 0.01),
    ("maxout(x, 2*x)", 0.5, 2.0),
    ("elu(x)", -0.5, 0.6065306597126334),
]


@pytest.mark.smoke
def test_one_number_a_line_in_the_order_of_first_use(backprop):
    assert backprop("grad", *CIRCUIT).out == "-4\n-4\n3\n"


@pytest.mark.smoke
def test_one_number_a_line_in_the_order_asked_for(backprop):
    assert backprop("grad", *CIRCUIT, "--wrt", "z", "--wrt", "x").out == "3\n-4\n"
    assert backprop("grad", *CIRCUIT, "--wrt", "x").out == "-4\n"


@pytest.mark.smoke
def test_a_terminal_gets_the_same_and_what_each_is(terminal):
    assert terminal("grad", *CIRCUIT).out == "df/dx = -4\ndf/dy = -4\ndf/dz = 3\n"


@pytest.mark.parametrize(("expression", "x", "slope"), ACTIVATIONS)
def test_activations(backprop, expression, x, slope):
    assert float(backprop("grad", expression, f"x={x}").out) == close_to(slope, rel=1e-14)


def test_an_array_is_one_line_that_reads_back(backprop):
    answer = backprop("grad", "sum(W*W)", "--W", "[[0.1, 2], [3, -4]]")
    assert answer.out == "[[0.2, 4], [6, -8]]\n"
    again = backprop("grad", "sum(W*W)", "--W", answer.out.strip())
    assert again.out == "[[0.4, 8], [12, -16]]\n"


def test_digits_read_back_to_the_same_double(backprop):
    text = backprop("grad", "sin(x)", "--x", "pi/3").out.strip()
    assert float(text) == np.cos(np.pi / 3)


def test_forward_mode_agrees(backprop):
    for name in "xyz":
        forward = backprop("grad", *CIRCUIT, "--mode", "forward", "--wrt", name).out
        assert forward == backprop("grad", *CIRCUIT, "--wrt", name).out


def test_json_and_tables(backprop):
    found = json.loads(backprop("grad", *CIRCUIT, "--json").out)
    assert found == {
        "schema": 1,
        "command": "grad",
        "expression": "(x+y)*z",
        "value": -12,
        "gradient": {"x": -4, "y": -4, "z": 3},
        "nonfinite": [],
    }
    assert backprop("grad", *CIRCUIT, "--format", "csv").lines == ["variable,gradient", "x,-4", "y,-4", "z,3"]


def test_what_is_not_finite_is_printed_and_named(backprop):
    answer = backprop("grad", "sqrt(x)", "x=0", "--strict")
    assert (answer.status, answer.out) == (4, "inf\n")
    assert answer.err.startswith("warning: ")
    found = json.loads(backprop("grad", "sqrt(x)", "x=0", "--json", "-q").out)
    assert found["gradient"] == {"x": None}
    assert [(one["where"], one["value"]) for one in found["nonfinite"]] == [("x.gradient", "inf")]


def test_four_million_inputs_without_a_jacobian(backprop, tmp_path):
    np.save(tmp_path / "x.npy", np.linspace(-3, 3, 4_000_000))
    answer = backprop("grad", "sum(tanh(x))", "--x", "@x.npy")
    assert answer.status == 0, answer.err
    gradient = np.array(answer.out.strip()[1:-1].split(", "), dtype=float)
    assert gradient.shape == (4_000_000,)
    assert gradient[0] == close_to(1 / np.cosh(3) ** 2, rel=1e-13)
