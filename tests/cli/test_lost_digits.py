"""The note on lost digits, on stderr of every command that computes at a point."""

import json

import pytest

NOTE = "note: log(sigmoid(x)) has lost digits: -inf instead of -800"
SHOWN = f"""{NOTE}
  1 | log(sigmoid(x))
    | ^^^^^^^^^^^^^^^ --fuse computes logsigmoid(x)
"""
COMMANDS = {
    "eval": [],
    "grad": [],
    "jacobian": [],
    "hessian": [],
    "check": [],
    "diff": [],
    "explain": ["--format", "text"],
    "graph": ["--tree"],
    "jvp": ["--tangent", "x=1"],
    "vjp": ["--upstream", "1"],
    "hvp": ["--direction", "x=1"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_it_and_the_cure(backprop, command):
    lossy = backprop(command, "log(sigmoid(x))", "x=-800", *COMMANDS[command])
    assert lossy.err.count(SHOWN) == 1
    assert "lost digits" not in backprop(command, "log(sigmoid(x))", "x=-8", *COMMANDS[command]).err
    assert "lost digits" not in backprop(command, "log(sigmoid(x))", "x=-800", *COMMANDS[command], "--fuse").err


def test_it_is_a_note_and_no_failure(backprop):
    answer = backprop("grad", "log(1 + x)", "x=1e-17", "--strict")
    assert (answer.status, answer.out) == (0, "1\n")
    assert "instead of 1e-17" in answer.err
    assert backprop("grad", "log(1 + x)", "x=1e-17", "-q").err == ""


def test_what_is_not_fused_says_what_to_write(backprop):
    answer = backprop("eval", "log(prod(x))", "x=[1e-200,1e-200]")
    assert "| ^^^^^^^^^^^^ write sum(log(x))" in answer.err


def test_of_arrays_it_counts_the_entries(backprop):
    answer = backprop("grad", "sum(log(softmax(x)))", "x=[-800,0,-900]")
    assert "note: log(softmax(x)) has lost digits in 2 of 3 entries" in answer.err


def test_in_the_repl_the_place_is_in_the_line(backprop):
    answer = backprop("repl", "--format", "table", stdin="f = sigmoid(x)\nx = -800\nlog(f)\n")
    assert "note: log(f) has lost digits: -inf instead of -800\n  1 | log(f)\n    | ^^^^^^ --fuse" in answer.err
    fused = backprop("repl", "--fuse", stdin="x = -800\nlog(sigmoid(x))\n")
    assert json.loads(fused.out.splitlines()[-1])["value"] == -800
    assert fused.err == ""


def test_many_are_counted(backprop):
    answer = backprop("eval", " + ".join(f"log(sigmoid({place}*x))" for place in range(1, 9)), "x=-800")
    assert answer.err.count("has lost digits") == 5
    assert "note: 3 more compositions lost digits" in answer.err
