"""What a terminal sees: tables, their widths, colours and bounds."""

from __future__ import annotations

import os
import re
import signal

import numpy as np
import pytest

from .conftest import COMMAND, environment
from .keyboard import END_OF_INPUT, keyboard

QUESTION = ("eval", "(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4")
TABLE = """\
f = (x+y)*z
 node  gate   expression  value  gradient  how
 x     input  x              -2        -4  -4*1 via n1
 y     input  y               5        -4  -4*1 via n1
 z     input  z              -4         3  1*3 via f
 n1    add    x + y           3        -4  1*-4 via f
 f     mul    n1 * z        -12         1  seed
"""
NEURON = ("eval", "1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3")
GREEN, RED = "\x1b[32m", "\x1b[31m"


@pytest.mark.parametrize("columns", [80, 200])
def test_the_node_table(terminal, columns):
    answer = terminal(*QUESTION, columns=columns)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == TABLE


def test_the_same_table_in_a_pipe_on_request(backprop):
    assert backprop(*QUESTION, "--format", "table").out == TABLE


def test_values_are_green_and_gradients_red(terminal):
    answer = terminal(*QUESTION)
    line = next(line for line in answer.raw.splitlines() if "-12" in line)
    assert re.search(re.escape(GREEN) + r" *-12 *\x1b\[0m", line)
    assert re.search(re.escape(RED) + r" *1 *\x1b\[0m", line)


@pytest.mark.parametrize(
    ("options", "changes", "expected"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),
        ([], {"TERM": "dumb"}, False),
        ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_on_a_terminal(terminal, options, changes, expected):
    answer = terminal(*QUESTION, *options, **changes)
    assert ("\x1b" in answer.raw) is expected
    assert answer.out == TABLE


@pytest.mark.parametrize(
    ("options", "changes", "expected"),
    [
        (["--format", "table"], {}, False),
        (["--format", "table"], {"FORCE_COLOR": "1"}, True),
        (["--format", "table", "--color", "always"], {}, True),
        (["--color", "always"], {"FORCE_COLOR": "1"}, False),
        (["--json", "--color", "always"], {}, False),
    ],
)
def test_colour_in_a_pipe(backprop, options, changes, expected):
    assert ("\x1b" in backprop(*QUESTION, *options, **changes).out) is expected


@pytest.mark.parametrize("columns", [30, 60, 80, 200])
def test_narrow_terminals_fold_only_what_may_be(terminal, columns):
    answer = terminal(*NEURON, columns=columns)
    for number in ("0.731058"[:6], "-0.196612", "0.393224", "-0.589836"):
        assert number in answer.out
    if columns >= 60:
        assert max(len(line) for line in answer.lines) <= columns


def test_columns_may_be_set(terminal):
    assert max(map(len, terminal(*NEURON, columns=200, COLUMNS="60").lines)) <= 60


def test_arrays_are_summarised_and_files_complete(terminal, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(4096.0))
    answer = terminal("eval", "sum(x^2)", "--x", "@x.npy")
    assert "[0, 1, 2, …]" in answer.out
    assert "(4096)" in answer.out
    assert len(answer.out) < 2000


def test_a_matrix_in_80_columns(terminal):
    answer = terminal("eval", "q = W@x; sum(q^2)", "--W", "[[0.1,0.5],[-0.3,0.8]]", "--x", "[0.2,0.4]")
    assert answer.lines[0] == "q = W@x; sum(q^2)"
    assert max(map(len, answer.lines)) <= 80
    for piece in ("0.088,", "0.176]", "-0.112,", "0.636]", "0.116"):
        assert piece in answer.out


def test_of_more_than_a_thousand_rows_the_middle_is_left_out(terminal, tmp_path):
    (tmp_path / "long.txt").write_text(" + ".join(f"sin({k}*x)" for k in range(1, 600)))
    answer = terminal("eval", "-f", "long.txt", "x=0.5")
    assert len(answer.lines) < 3000
    assert any(line.split() == ["…"] * 6 for line in answer.lines)
    assert re.fullmatch(r"note: \d+ of \d+ rows are not shown: -o FILE has all\n", answer.err)


def test_user_text_is_no_markup(terminal):
    answer = terminal("eval", "sum([x, y]) # [bold]:smile:[/y]", "x=1", "y=2")
    assert answer.lines[0] == "f = sum([x, y]) # [bold]:smile:[/y]"
    assert any("[x, y]" in line for line in answer.lines[1:])


def test_machine_formats_are_the_same_on_a_terminal(terminal, backprop):
    for format in ("tsv", "csv", "json", "plain"):
        assert terminal(*QUESTION, "--format", format).raw == backprop(*QUESTION, "--format", format).out


def test_an_ascii_terminal_gets_escapes(terminal):
    answer = terminal("eval", "β", "β=1", PYTHONIOENCODING="ascii")
    assert answer.status == 0
    assert "\\u03b2" in answer.out


def test_batch_says_that_it_waits_for_rows(tmp_path):
    with keyboard([COMMAND, "batch", "x^2"], environment({}), tmp_path) as session:
        session.wait_for("note: no FILE was given: type rows of csv here, Ctrl-D ends them")
        session.type("x\r3\r")
        session.wait_for("3,9,6")
        session.type(END_OF_INPUT)
        assert session.status() == 0
    with keyboard([COMMAND, "batch", "x^2", "-q"], environment({}), tmp_path) as session:
        session.type(f"x\r3\r{END_OF_INPUT}")
        session.wait_for("3,9,6")
        assert "note:" not in session.seen


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"])
def test_the_cursor_is_seen_after_a_signal(tmp_path, ending):
    rows = "(echo x; while sleep 0.1; do echo 1; done)"
    line = f"{rows} | exec {COMMAND} batch x > out.csv"
    with keyboard(["sh", "-c", f"ulimit -c 0; {line}"], environment({}), tmp_path) as session:
        session.wait_for("rows/s")
        os.killpg(session.process, getattr(signal, ending))
        session.status()
        shown, hidden = session.raw.rfind(b"\x1b[?25h"), session.raw.rfind(b"\x1b[?25l")
        assert hidden <= shown


def test_diff_and_grad_say_what_a_line_is_on_a_terminal_only(terminal, backprop):
    asked = ("grad", "q = x*y", "x=2", "y=3")
    assert terminal(*asked).out == "dq/dx = 3\ndq/dy = 2\n"
    assert terminal(*asked, "--format", "plain").out == backprop(*asked).out == "3\n2\n"
    assert terminal("grad", "[x, x]", "x=1", "--upstream", "[1, 2]").out == "gradient of x = 3\n"
    asked = ("diff", "x^2*y", "--wrt", "x", "--order", "2")
    assert terminal(*asked).out == "d^2f/dx^2 = 2*y\n"
    assert backprop(*asked).out == "2*y\n"
    assert terminal("diff", "x^2", "x=3").out == "df/dx = 2*x\n  = 6\n"
    assert terminal("diff", "x^2", "--to", "latex").out == "2 x\n"


@pytest.mark.parametrize("tokens", [("help", "eval"), ("-h", "eval"), ("--help", "eval"), ("help", "eval", "x*y")])
def test_help_before_a_command(backprop, tokens):
    shown = backprop(*tokens)
    assert shown.out == backprop(*tokens[1:], "--help").out
    assert shown.status == 0


def test_help_of_what_is_no_command(backprop):
    assert backprop("help").out == backprop("--help").out
    assert "backprop functions sigmoid" in backprop("help", "sigmoid").err
    assert backprop("help", "evla").status == 2
