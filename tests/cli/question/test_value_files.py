"""Values from files and parts of files, from pipes and from stdin."""

from __future__ import annotations

import json
import os
import threading

import numpy as np
import pytest

FILES = {
    "t.csv": "t,L (m)\n1,2\n3,4\n",
    "t.tsv": "t\tL (m)\n1\t2\n3\t4\n",
    "bare.csv": "1,2\n3,4\n",
    "one.csv": "w\n1\n2.5\n",
    "twice.csv": "a,a\n1,2\n",
    "mixed.csv": "a,1\n3,4\n",
    "bad.csv": "a,b\n1,x\n2,3\n",
    "empty.csv": "a,b\n",
    "t:t.csv": "7\n",
    "j.json": '{"a": [1, 2], "b": {"c": 1}}',
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    np.save(tmp_path / "n.npy", np.array([1.0, 2.0]))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("t.csv", [[1, 2], [3, 4]]),
        ("t.csv:t", [1, 3]),
        ("t.csv:L (m)", [2, 4]),
        ("t.tsv:L (m)", [2, 4]),
        ("bare.csv", [[1, 2], [3, 4]]),
        ("bare.csv:c2", [2, 4]),
        ("one.csv", [1, 2.5]),
        ("bad.csv:a", [1, 2]),
        ("t:t.csv", 7),
        ("j.json:a", [1, 2]),
    ],
)
def test_a_value_is_a_file_or_a_column_or_a_member(backprop, folder, given, value):
    answer = backprop("grad", "sum(x^2)", f"x=@{given}", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert json.loads(answer.out)["gradient"]["x"] == (2 * np.array(value)).tolist()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("t.csv:q", "t.csv: no column is called q: there are t, L (m)"),
        ("t.csv:", "t.csv: no column is named behind the colon"),
        ("twice.csv:a", "twice.csv: several columns are called a: there are a, a"),
        ("mixed.csv", "mixed.csv: line 1: 'a' is not a number"),
        ("bad.csv", "bad.csv: line 2: 'x' is not a number"),
        ("bad.csv:b", "bad.csv: line 2: 'x' is not a number"),
        ("empty.csv:a", "empty.csv: it holds no number"),
        ("n.npy:a", "n.npy: an .npy file has no columns, such as a"),
        ("j.json:q", "j.json: it is not an object with a member q"),
        ("j.json:b", "j.json: an object is not a number"),
        ("no.csv:a", "no.csv: no such file or directory"),
        ("no:a", "no:a: the file's ending names no format"),
    ],
)
def test_what_is_not_there_is_named(backprop, folder, given, reason):
    answer = backprop("grad", "sum(x^2)", f"x=@{given}")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.splitlines()[0] == f"error: the value of x: {reason}"


@pytest.mark.parametrize("name", ["t.csv", "bare.csv", "j.json", "n.npy"])
def test_a_pipe_is_known_by_how_it_begins(backprop, folder, name):
    """As the shell's <(...) gives it: a path without an ending, which can be read once."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes((folder / name).read_bytes()))
    writer.start()
    part = ":a" if name == "j.json" else ""
    piped = backprop("grad", "sum(x^2)", f"x=@pipe{part}", "--json")
    writer.join()
    assert piped.status == 0
    assert piped.out == backprop("grad", "sum(x^2)", f"x=@{name}{part}", "--json").out


def test_vars_from_stdin(backprop):
    answer = backprop("grad", "x*sum(v)", "--vars", "-", stdin='{"x": 2, "v": [1, 2], "unused": "?"}')
    assert (answer.status, answer.lines) == (0, ["3", "[2, 2]"])


@pytest.mark.parametrize(
    ("command", "both"),
    [
        (["grad", "x", "--vars", "-", "--vars", "-"], "--vars - and --vars -"),
        (["grad", "-f", "-", "--vars", "-"], "-f - and --vars -"),
        (["batch", "x", "--vars", "-"], "--vars - and the rows"),
        (["batch", "--expr-field", "e", "--vars", "-"], "--vars - and the rows"),
        (["batch", "-f", "-"], "-f - and the rows"),
    ],
)
def test_stdin_is_read_once(backprop, command, both):
    answer = backprop(*command, stdin='{"x": 1}')
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: {both} would both be read from stdin\n")


def test_vars_from_stdin_beside_a_file_of_rows(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("x\n3\n")
    assert backprop("batch", "x*a", "rows.csv", "--vars", "-", stdin='{"a": 2}').lines == [
        "x,value,grad_x,grad_a",
        "3,6,2,3",
    ]
