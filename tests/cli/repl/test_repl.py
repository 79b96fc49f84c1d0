"""`backprop repl`: in a pipe, where each line has one line for an answer, and typed to in a terminal."""

from __future__ import annotations

import contextlib
import json
import stat
import subprocess
from collections.abc import Callable, Iterator

import pytest

from ...closeness import close_to
from ..conftest import COMMAND, environment
from ..keyboard import END_OF_INPUT, INTERRUPT, TAB, UP, Keyboard, keyboard
from ..stillness import processor_seconds, wait_until_busy, wait_until_still


@pytest.fixture
def talk(backprop):
    """The answers to some lines in a pipe, as objects: as many as there are lines, and nothing on stderr."""

    def run(*lines: str, **changes: str) -> list[dict[str, object]]:
        answer = backprop("repl", stdin="".join(f"{line}\n" for line in lines), **changes)
        assert (answer.status, answer.err, len(answer.lines)) == (0, "", len(lines))
        found = [json.loads(line) for line in answer.lines]
        assert all(one.pop("schema") == 1 for one in found)
        return found

    return run


@pytest.fixture
def typed(tmp_path) -> Iterator[Callable[..., Keyboard]]:
    """Start a session in a terminal, and wait for its prompt."""
    with contextlib.ExitStack() as stack:

        def start(*tokens: str, columns: int = 80, **changes: str) -> Keyboard:
            settings = environment({"HOME": str(tmp_path), "XDG_STATE_HOME": "", **changes})
            found = stack.enter_context(keyboard([COMMAND, "repl", *tokens], settings, tmp_path, columns))
            found.wait_for("> ")
            return found

        yield start


# In a pipe ----------------------------------------------------------------------------------------------------


def test_an_expression_is_answered_with_value_and_gradient(talk):
    *_, answer = talk("x = -2", "y = 5; z = -4", "(x+y)*z")
    assert answer == {
        "command": "repl",
        "expression": "(x+y)*z",
        "value": -12,
        "gradient": {"x": -4, "y": -4, "z": 3},
        "nonfinite": [],
    }


def test_the_numbers_are_those_of_grad(talk, backprop):
    values = ["W=[[0.1, 0.5], [-0.3, 0.8]]", "x=[0.2, 0.4]"]
    *_, answer = talk(*values, "sum((W@x)^2)")
    truth = json.loads(backprop("grad", "sum((W@x)^2)", *values, "--json").out)
    assert (answer["value"], answer["gradient"]) == (truth["value"], truth["gradient"])


def test_values_functions_and_formulas_persist_and_change(talk):
    answers = talk("sq(t) = a*t^2", "x = 3", "a = 2", "q = sq(x) + 1", "q", "a = 10", "q", "sq(t) = t", "q")
    assert [answers[place].get("value") for place in (4, 6, 8)] == [19, 91, 4]
    assert answers[4]["gradient"] == {"a": 9, "x": 12}
    assert answers[3] == {"command": "repl", "name": "q", "definition": "q = sq(x) + 1"}


def test_the_last_value_is_an_underscore(talk):
    answers = talk("3*4", "_ + 1", ":explain", "x = _", "x", "_*2", "q = _ + y", ":vars")
    assert [answers[place]["value"] for place in (0, 1, 2, 3, 4, 5)] == [12, 13, 13, 13, 13, 26]
    assert "y has no value" in answers[6]["error"]
    assert "changes" in talk("2", "f(t) = t + _")[1]["error"]


def test_commands_take_an_expression(talk):
    answers = talk("x = 2", ":explain x^2", ":check x^3", ":check", ":plot sin(x) x=0:1", ":plot x^2", ":plot")
    assert (answers[1]["value"], answers[1]["gradient"]) == (4, {"x": 4})
    assert answers[2]["expression"] == answers[3]["expression"] == "x^3"
    assert [check["verdict"] for check in answers[2]["checks"]] == ["ok"]
    assert answers[4]["ranges"] == [{"name": "x", "start": 0, "stop": 1, "log": False}]
    assert answers[5]["ranges"] == answers[6]["ranges"] == [{"name": "x", "start": -3, "stop": 7, "log": False}]
    wrong = talk(":explain x = 2", ":check 1; 2", ":plot x*y", ":plot x z=1:2", ":explain 2x", ":plot 2", ":save")
    assert all("error" in answer and answer["cure"] for answer in wrong)


def test_a_session_is_saved_as_an_expression(talk, backprop, tmp_path):
    lines = "x = -2", "W = [[1, 2], [3, 4]]", "sq(t) = t^2", "q = sq(x) + 1", "5", "q*_*W[0, 1]"
    *_, answer = talk(*lines, ":save session.txt")
    assert answer == {"command": ":save", "file": "session.txt"}
    assert backprop("eval", "-f", "session.txt", "--format", "plain").out == "50\n"
    again = talk(*(tmp_path / "session.txt").read_text().splitlines())
    assert again[-1]["value"] == 50


@pytest.mark.parametrize("word", ["quit", "exit", "exit()"])
def test_a_word_ends_the_session(backprop, word):
    assert backprop("repl", "--format", "plain", stdin=f"1\n{word}\n2\n").out == "1\n\n"
    assert backprop("repl", "--format", "plain", stdin="quit = 3\nquit\n").out == "3\n3\t1\n"


def test_a_right_side_without_variables_is_a_value(talk):
    answers = talk("x = pi/2", "f(t) = t + 1", "y = f(2)", "W = [[1, 2], [3, 4]]", "π = 3", "pi*2")
    assert [answers[place]["value"] for place in (2, 3, 4, 5)] == [3, [[1, 2], [3, 4]], 3, 6]
    assert answers[0]["value"] == close_to(1.5707963267948966, rel=1e-15)
    assert answers[5]["gradient"] == {"pi": 2}


def test_a_right_side_with_its_own_name_is_computed_at_once(talk):
    answers = talk("x = 2", "x = x + 1", "q = x^2", "q = q + 1", "x = 100", "q", "g(t) = t*q", "q = g(2)", "q")
    assert [answers[place]["value"] for place in (1, 3, 5, 7, 8)] == [3, 10, 10, 20, 20]


@pytest.mark.parametrize("lines", [["f(t) = f(t)"], ["f(t) = t", "g(t) = f(t)", "f(t) = g(t)"]])
def test_a_function_cannot_call_itself(talk, lines):
    assert "would call itself" in talk(*lines)[-1]["error"]


def test_a_value_from_a_file(talk, tmp_path):
    (tmp_path / "w.json").write_text("[1, 2]")
    assert talk("w = @w.json", "sum(w)")[-1]["value"] == 3
    assert "none.json" in talk("w = @none.json")[0]["error"]


def test_missing_values_are_named_with_how_to_set_them(talk):
    assert talk("alpha = 1", "x*y + alhpa")[-1] == {
        "error": "x, y and alhpa have no value",
        "cure": "did you mean alpha? for example: x = 1; y = 1; alhpa = 1",
    }


@pytest.mark.parametrize(
    "line, start, end",
    [("2*sine(x)", 2, 6), ("x = 1; 2*sine(x)", 9, 13), ("x +", 2, 3), ("2 $ 3", 2, 3), ("f(t) = t +", 9, 10)],
)
def test_an_error_says_where_in_the_line(talk, line, start, end):
    answer = talk("h(t) = t^2", line)[-1]
    assert (answer["start"], answer["end"]) == (start, end)
    assert answer["cure"]


def test_an_error_in_a_definition_says_where_in_that(talk):
    answer = talk("q = x @ y", "x = [1, 2]", "y = [1, 2, 3]", "1 + q")[-1]
    assert "matmul" in answer["error"]
    assert (answer["start"], answer["end"]) == (4, 9)


def test_a_line_that_fails_has_changed_nothing(talk):
    assert talk("x = 1", "x = 2; y = sine(3)", "x", "y")[2:] == [
        {"command": "repl", "expression": "x", "value": 1, "gradient": {"x": 1}, "nonfinite": []},
        {"error": "y has no value", "cure": "for example: y = 1"},
    ]


def test_only_the_definitions_that_are_needed_are_shown(backprop):
    lines = "x = 2\nunused = x + 1\nq = x^2\n3*q\n"
    rows = backprop("repl", "--format", "tsv", "-q", stdin=lines).rows
    assert [row[0] for row in rows if len(row) == 6] == ["node", "x", "q", "f"]


def test_non_finite_numbers_are_placed_in_the_line(talk):
    answer = talk("h(t) = t - 1", "x = 1", "2*log(h(x))")[-1]
    assert answer["value"] is None
    assert {(one["where"], one["start"], one["end"]) for one in answer["nonfinite"]} >= {("f.value", 0, 11)}
    assert talk("x = 1/0")[0]["nonfinite"] == [{"where": "x", "value": "inf"}]


def test_commands_answer_with_a_line_too(talk, tmp_path):
    answers = talk(
        "f(t) = t^2", "x = 3", "f(x)*y", ":diff y", "y = 2", ":vars", ":diff", ":graph", ":graph a.dot", ":explain"
    )
    assert answers[3]["derivative"] == {"y": "x^2"}
    assert answers[5]["values"] == {"x": 3, "y": 2}
    assert answers[5]["definitions"] == ["f(t) = t^2"]
    assert answers[6]["value"] == {"x": 12, "y": 9}
    assert answers[7]["dot"].startswith("digraph") and answers[7]["dot"] == (tmp_path / "a.dot").read_text()
    assert (answers[9]["command"], answers[9]["gradient"]) == (":explain", {"x": 12, "y": 9})


def test_clear_and_help(talk):
    answers = talk("x = 1", "f(t) = t", ":clear x", "x", ":clear", "f(1)", ":help", ":help sin", ":hepl", ":clear z")
    assert answers[3]["error"] == "x has no value"
    assert "unknown function 'f'" in answers[5]["error"]
    assert all(word in answers[6]["help"] for word in (":graph", ":explain", ":diff", ":vars", ":clear", ":quit"))
    assert answers[7]["functions"][0]["gradients"] == {"x": "cos(x)"}
    assert answers[8]["cure"] == "did you mean :help?"
    assert answers[9]["error"] == "z has no meaning here"


def test_without_an_expression_there_is_nothing_to_draw(talk):
    assert {answer["error"] for answer in talk(":graph", ":explain", ":diff")} == {"there is no expression yet"}


@pytest.mark.parametrize(
    "line",
    ["", "   ", "# a comment", ";;", "(1 +", "1 + \\", "\\", ":", ":graph a.xyz", "x" * 5000, "'\"<&>", "\t", "@"],
)
def test_whatever_is_said_has_one_line_for_an_answer(talk, line):
    assert talk(line, "1 + 1")[-1]["value"] == 2


def test_bytes_that_are_no_text_and_windows_lines(backprop):
    answer = backprop("repl", stdin=b"\xef\xbb\xbfx = 3\r\n\xff + 1\nx^2")
    assert [json.loads(line).get("value") for line in answer.lines] == [3, None, 9]
    assert "UTF-8" in answer.lines[1]


def test_plain_answers_are_bare_numbers_with_tabs_between(backprop):
    answer = backprop("repl", "--format", "plain", stdin="x = 3\ny = [1, 2]\nx*y\n:diff y\nz\n\n")
    assert answer.lines == [
        "3",
        "[1, 2]",
        "[3, 6]\t3\t[3, 3]",
        "x*ones(2)",
        "error: z has no value (for example: z = 1)",
        "",
    ]


def test_a_table_may_be_asked_for_in_a_pipe_and_lines_go_on_there(backprop):
    answer = backprop("repl", "--format", "table", stdin="x = 2  # two\n(x +\n  1) *\n 2\nx \\\n + 1\nx +")
    assert "f = (x + 1) * 2" in answer.lines and "f = x + 1" in answer.lines
    assert "expected a value after '+'" in answer.err
    assert answer.status == 0


def test_the_last_statement_alone_is_answered_in_a_pipe_and_all_elsewhere(backprop):
    assert backprop("repl", "--format", "plain", stdin="x = 2; x^2; y = 3\n").lines == ["3"]
    assert backprop("repl", "--format", "table", stdin="x = 2; x^2; y = 3\n").lines[::5][:1] == ["x = 2"]


def test_each_answer_is_there_before_the_next_line_is_read(tmp_path):
    with subprocess.Popen(
        [COMMAND, "repl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment({}),
        cwd=tmp_path,
    ) as process:
        for number in range(5):
            process.stdin.write(f"x = {number}; x^2\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["value"] == number**2
        process.stdin.close()
        assert process.wait(20) == 0


def test_quit_ends_the_session_and_a_closed_pipe_too(backprop, installed, tmp_path):
    assert backprop("repl", "--format", "plain", stdin="1\n:quit\n2\n").lines == ["1", ""]
    command = f"yes 1+1 | {installed} repl | head -n 1; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, timeout=30)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("141", "")


# In a terminal ------------------------------------------------------------------------------------------------


def test_the_node_table_follows_an_expression(typed):
    session = typed(NO_COLOR="1")
    assert "x = -2" in session.ask("x = -2")
    session.ask("y = 5; z = -4")
    lines = [line.split() for line in session.ask("(x+y)*z").splitlines()]
    assert ["node", "gate", "expression", "value", "gradient", "how"] in lines
    assert ["f", "mul", "n1", "*", "z", "-12", "1", "seed"] in lines
    assert b"\x1b[32m" not in session.raw
    session.type(END_OF_INPUT)
    assert session.status() == 0


def test_colours_and_width_are_the_terminals(typed):
    session = typed(columns=200)
    session.ask("x = 3")
    session.ask("tanh(x)*x")
    assert b"\x1b[32m" in session.raw


def test_a_syntax_error_shows_the_place_and_keeps_the_line(typed):
    session = typed()
    session.ask("x = 0")
    answer = session.ask("2*sine(x)", prompt="\n> 2*sine(x)")
    assert "  1 | 2*sine(x)\n    |   ^^^^ did you mean 'sin'?" in answer
    assert "f = 2*sin(x)" in session.ask("\x01" + "\x1b[C" * 5 + "\x04")  # to the start, right, delete the `e`


def test_more_lines_that_are_waiting_are_not_mixed_with_a_wrong_one(typed):
    session = typed()
    session.type("2*sine(1)\rq = 4\rq^2\r")
    assert "unknown function" in session.wait_for("q^2\n")
    assert "16" in session.wait_for("\n> ")


@pytest.mark.parametrize("lines", [["(1 +", " 2)", ""], ["1 +", "2", ""], ["1 \\", "+ 2", ""]])
def test_an_unfinished_line_goes_on_in_the_next(typed, lines):
    session = typed("--format", "plain")
    session.ask(lines[0], prompt="\n... ")
    assert session.ask(lines[1]).splitlines()[1:2] == ["3"]


def test_what_is_pasted_as_a_whole_is_read_line_by_line(typed):
    session = typed("--format", "plain")
    session.type("\x1b[200~x = 3\n(x +\n1)^2\x1b[201~\r")
    session.wait_for("16\t8\n> ")
    assert session.ask("20 + 22").splitlines()[1] == "42"


def test_an_empty_line_ends_what_is_unfinished(typed):
    session = typed()
    session.ask("(1 +", prompt="\n... ")
    assert "error: " in session.ask("", prompt="\n> (1 +")


def test_an_interrupt_clears_the_line_and_ends_nothing(typed):
    session = typed("--format", "plain")
    session.type("1 + 2")
    session.wait_for("1 + 2")
    wait_until_still(session.process)  # readline waits again: Python's own would see the signal only with the next key
    session.type(INTERRUPT)
    session.wait_for("\n> ")
    session.ask("(1 +", prompt="\n... ")
    wait_until_still(session.process)
    session.type(INTERRUPT)
    session.wait_for("\n> ")
    assert session.ask("20 + 22").splitlines()[1] == "42"


def test_names_functions_and_commands_are_completed(typed):
    session = typed("--format", "plain")
    session.ask("velocity = 3")
    session.type("2*velo" + TAB)
    session.wait_for("2*velocity")
    session.type("*sigm" + TAB)
    session.wait_for("sigmoid(")
    assert session.ask("0)").splitlines()[1].startswith("3\t")
    session.type(":di" + TAB)
    session.wait_for(":diff")
    assert session.ask(" velo" + TAB).splitlines()[-2] == "2*sigmoid(0)"


def test_the_history_outlives_the_session(typed, tmp_path):
    session = typed()
    session.ask("20 + 22")
    session.type(END_OF_INPUT)
    assert session.status() == 0
    path = tmp_path / ".local" / "state" / "backprop" / "history"
    assert path.read_text() == "20 + 22\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    session = typed("--format", "plain")
    session.type(UP)
    session.wait_for("20 + 22")
    assert session.ask("").splitlines()[1] == "42"


def test_the_history_is_where_xdg_says_and_may_be_nowhere(typed, tmp_path):
    typed(XDG_STATE_HOME=str(tmp_path / "state")).ask("1 + 1")
    assert (tmp_path / "state" / "backprop" / "history").read_text() == "1 + 1\n"
    blocked = tmp_path / "file"
    blocked.write_text("")
    for home in ("", str(blocked), "/proc"):
        session = typed(HOME=home)
        assert "f = 1 + 1" in session.ask("1 + 1")
        assert "rror" not in session.seen


def test_graph_explain_and_vars_are_drawn(typed):
    session = typed(NO_COLOR="1")
    session.ask("x = 3; y = 2")
    session.ask("x*y")
    assert "└── y  value 2  gradient 3" in session.ask(":graph")
    assert "dx = 2, dy = 3" in session.ask(":explain")
    assert ["x", "3"] in [line.split() for line in session.ask(":vars").splitlines()]
    session.type(":quit\r")
    assert session.status() == 0


def test_a_long_computation_can_be_interrupted(typed):
    session = typed("--format", "plain")
    session.ask("a(t) = sin(t) + cos(t)")
    for outer, inner in zip("bcdef", "abcde", strict=True):
        session.ask(f"{outer}(t) = " + " + ".join(f"{inner}(t*{number})" for number in range(2, 9)))
    line = " + ".join(f"f({number})" for number in range(1, 30))
    session.type(f"{line}\r")
    session.wait_for("f(29)\n")
    wait_until_busy(session.process, 0.3)
    start = processor_seconds(session.process)
    session.type(INTERRUPT)
    session.wait_for("\n> ")
    assert processor_seconds(session.process) - start < 5
    assert session.ask("20 + 22").splitlines()[1] == "42"
