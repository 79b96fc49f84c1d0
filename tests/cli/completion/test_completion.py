"""Completion: what a shell is told, and what the Tab key does in a real bash, zsh and fish."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from backprop.autodiff.gates import FUNCTIONS
from backprop.cli.commands import COMMANDS
from backprop.cli.commands.completion import SHELLS
from backprop.cli.completion.line import SH, Word, split
from backprop.cli.completion.shell import LineComplete
from backprop.cli.program import program

from ..conftest import environment
from ..keyboard import KILL_LINE, TAB, Keyboard, keyboard

BREAKS = "\"'@><=;|&(:"  # of bash


@pytest.fixture
def rows(tmp_path) -> None:
    (tmp_path / "rows.csv").write_text('width,"the height",b\n1,2,3\n')
    (tmp_path / "rows.ndjson").write_text('{"alpha": 1, "beta": [2]}\n')
    (tmp_path / "f.txt").write_text("alpha*beta\n")


@pytest.fixture
def answers(rows, tmp_path, monkeypatch):
    """What a shell is told for a line, from within: a process for each would take a minute."""
    monkeypatch.chdir(tmp_path)

    def ask(line: str, shell: str = "bash", breaks: str = "") -> list[str]:
        return LineComplete(program(), shell, line, breaks).answers()

    return ask


@pytest.mark.parametrize("line", ["backprop eval 'x*y' --x 2 --", "backprop eval '((' ", "backprop eval '\ud800", ""])
def test_the_command_says_so_and_nothing_on_stderr(backprop, answers, line):
    done = backprop("completion", "bash", "--line", os.fsencode(line.replace("\ud800", "\udc80")))
    assert (done.status, done.err, done.lines) == (0, "", answers(line))


def test_commands(answers):
    assert [line.strip() for line in answers("backprop ")] == list(COMMANDS)
    assert answers("backprop ev") == ["eval "]
    assert answers("backprop --v") == ["--version "]


def test_options_and_their_words(answers):
    assert answers('backprop eval "x*y" --form') == ["--format "]
    assert answers('backprop eval "x*y" --format js') == ["json "]
    assert answers('backprop eval "x*y" --format=js') == ["--format=json "]
    assert answers('backprop eval "x*y" --format=js', breaks=BREAKS) == ["json "]
    assert answers('backprop eval "x*y" -o ') == [":files"]
    assert answers("backprop functions sigm") == ["sigmoid "]
    assert answers("backprop completion f") == ["fish "]


def test_variables_of_the_expression_that_have_no_value_yet(answers):
    assert answers('backprop eval "(x+y)*z" ') == ["--x ", "--y ", "--z "]
    assert answers('backprop eval "(x+y)*z" --x 2 y=3 --digits 3 ') == ["--z "]
    assert answers("backprop eval 'alpha*beta' --al") == ["--alpha "]
    assert answers("backprop eval 'alpha*beta' al") == ["alpha="]
    assert answers("backprop eval -f f.txt ") == ["--alpha ", "--beta "]
    assert answers("backprop eval 'a*b' --wrt ") == ["a ", "b "]
    assert answers("backprop eval 'a = 2; q = a*b; q^2' --wrt ") == ["a ", "b ", "q "]
    assert answers("backprop jvp 'a*b' --tangent ") == ["a=", "b="]
    assert answers("backprop check 'a*b' --against ") == ["a=", "b="]
    assert "--x " in answers("backprop eval 'x*pi' --") and "--pi " not in answers("backprop eval 'x*pi' --")
    assert "--format " not in answers("backprop eval 'format*2' ")[:1]  # which is an option already


def test_functions_inside_the_expression(answers):
    found = answers('backprop eval "2*si')
    assert {"2*sin(", "2*sinh("} < set(found)
    assert {one[2:-1] for one in found} == {name for name in FUNCTIONS if name.startswith("si")}
    assert answers("backprop eval 'velocity^2 + velo") == ["velocity^2 + velocity", "velocity^2 + velocity..."]
    assert answers("backprop eval 'sq(t) = t^2; 1+sq") == ["sq(t) = t^2; 1+sq(", *squares()]
    assert answers(r"backprop eval 2*sigm") == [r"2*sigmoid\("]
    assert answers(r"backprop eval 2*sin\(sigm", breaks=BREAKS) == [r"2*sin\(sigmoid\("]  # an escaped one is no break
    assert answers('backprop eval "2*3') == []


def squares() -> list[str]:
    return [f"sq(t) = t^2; 1+{name}(" for name in FUNCTIONS if name.startswith("sq")]


def test_columns_of_the_file_of_batch(answers):
    assert answers("backprop batch 'w*x' ") == [":files"]
    assert answers("backprop batch 'w*x' rows.csv --rename ") == ["w=", "x="]
    assert answers("backprop batch 'w*x' rows.csv --rename x=") == ["x=width ", r"x=the\ height ", "x=b "]
    assert answers("backprop batch 'w*x' rows.csv --rename x=the", breaks=BREAKS) == [r"the\ height "]
    assert answers("backprop batch 'w*x' rows.csv --rename 'x=the") == ["x=the height"]
    assert answers(r"backprop batch 'w*x' rows.csv --rename x=the\ h") == [r"x=the\ height "]
    assert answers("backprop batch 'w*x' rows.ndjson --rename w=al") == ["w=alpha "]
    assert answers("backprop batch 'w*x' rows.csv --wrt ") == ["w ", "x "]
    assert answers("backprop batch --expr-field ") == []
    assert answers("backprop batch 'x' none.csv --rename x=") == []
    assert answers("backprop batch 'x' rows.csv -") != []


def test_parameters_and_columns_of_a_model(answers):
    assert answers("backprop fit 'y ~ a*width + c' ") == [":files"]
    assert answers("backprop fit 'y ~ a*width + c' rows.csv a=1 --hold ") == ["y ", "a ", "width ", "c "]
    assert answers("backprop fit 'y ~ a*width + c' rows.csv --bounds ") == ["y=", "a=", "width=", "c="]
    assert answers("backprop fit 'y ~ a*width + c' rows.csv --sigma ") == ["width ", r"the\ height ", "b "]
    assert answers("backprop fit 'y ~ a*width + c' rows.csv --loss ") == ["huber ", "soft_l1 ", "cauchy "]


def test_values_from_files(answers):
    assert answers("backprop eval 'w*x' --w @ro") == ["@rows.csv "]
    assert answers("backprop eval 'w*x' w=@ro", breaks=BREAKS) == ["@rows.csv "]


@pytest.mark.parametrize(
    "line",
    [
        *("", "backprop", "backprop nonsense ", "backprop eval '((' ", "backprop eval \\", "x " * 99, "'"),
        *("backprop eval -f missing.txt ", "backprop batch 'x' . --rename x=", "backprop eval --format xx --vars"),
    ],
)
def test_a_line_that_makes_no_sense_is_no_error(answers, line):
    assert all(one.startswith("--") for one in answers(line))


@pytest.mark.parametrize(
    "line, word",
    [
        ("a 'b c", Word("'b c", "b c", "'", 0)),
        ('a x="b c', Word('x="b c', "x=b c", '"', 2)),
        (r'a "b \"c', Word(r'"b \"c', 'b "c', '"', 0)),
        ("a 'b' ", Word("", "")),
        (r"a b\ c", Word(r"b\ c", "b c")),
    ],
)
def test_the_word_being_typed(line, word):
    assert split(line, SH)[-1] == word


HOSTILE = [
    "a'; touch PWNED #",
    'b"; touch PWNED #',
    "c$(touch PWNED)",
    "d`touch PWNED`",
    "e!touch PWNED",
    "f\\'; touch PWNED #",
    'g\\"; touch PWNED #',
    "h;touch PWNED",
    "i|touch PWNED",
    "j&touch PWNED",
    "k>PWNED",
    "l <(touch PWNED)",
    "m{a,b}*?[x]~^",
    "n#o",
]


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
@pytest.mark.parametrize("text", [*HOSTILE, "a b", "$x", "it's", "a\\b", "f(x)*2", "~", "=ls", "'!'", "''", '""!', "ü"])
def test_a_shell_reads_back_what_is_quoted(shell, text):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    words = [SH.quoted(text, ""), f'"{SH.quoted(text, chr(34))}"', f"'{SH.quoted(text, chr(39))}'"]
    done = subprocess.run([shell, "-c", f"printf '%s\\n' {' '.join(words)}"], capture_output=True, text=True)
    assert done.stdout.splitlines() == [text, text, text]


@pytest.fixture
def hostile(tmp_path) -> None:
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[*HOSTILE, *INVISIBLE], ["1"] * (len(HOSTILE) + len(INVISIBLE))])
    (tmp_path / "rows.ndjson").write_text(json.dumps(dict.fromkeys([*HOSTILE, *INVISIBLE], 1)) + "\n")
    for name in HOSTILE:
        if "/" not in name:
            (tmp_path / f"{name}.npy").write_bytes(b"")
    (tmp_path / "v\n.npy").write_bytes(b"")


INVISIBLE = ["p\nnote: forged", "q\ttab", "r\x1b[31m", "s\u202e"]


@pytest.mark.parametrize("line", ["--rename x=", "--expr-field ", "--rename 'x=", '--rename "x=', "--expr-field '"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_nobody_sees_is_never_offered(answers, hostile, line, form, shell):
    found = answers(
        f"backprop batch rows.{form} {line}".replace("batch", "batch x" if "ren" in line else "batch"), shell
    )
    assert all(one.isprintable() for one in found)
    assert not [one for one in found if "forged" in one or "tab" in one or "31m" in one]
    if "ren" in line:
        assert len(found) == len(HOSTILE)


@pytest.mark.parametrize(
    "start", ["$'x=", '$"x=', "$(echo x=", '"$(echo x=', '"`echo x=', "`echo x=", "<(echo x=", "=(x="]
)
def test_in_a_substitution_only_plain_words_are_offered(answers, hostile, start):
    assert answers(f"backprop batch x rows.csv --rename {start}") == []
    assert [one.strip() for one in answers(f"backprop eval x {start}'' --form")] in (["--format"], [])


def test_parentheses_in_quotes_are_no_substitution(answers):
    assert answers("backprop eval 'y=(x+1)*2; x>(y) + sigm") == [
        "y=(x+1)*2; x>(y) + sigmoid(",
        "y=(x+1)*2; x>(y) + sigmoid(...",
    ]


def test_fish_is_told_what_an_option_does(answers):
    assert answers("backprop eval 'x*y' --qui", shell="fish") == ["--quiet\tNo notes and warnings on stderr."]


def test_it_is_quick(backprop, rows, answers):
    """As `backprop eval` is: a shell waits for it at each key. By what it imports and how many calls it takes."""
    line = "backprop batch 'w*x' rows.csv --rename x="
    loaded, of_eval = (
        set(re.findall(r"\| +(\S+)$", backprop(*tokens, PYTHONPROFILEIMPORTTIME="1").err, re.MULTILINE))
        for tokens in (["completion", "bash", "--line", line], ["eval", "x*y", "x=1", "y=2", "--json"])
    )
    assert "backprop.cli.completion.shell" in loaded
    assert len(loaded) < len(of_eval)
    assert {name.split(".")[0] for name in loaded - of_eval} & {"rich", "polars", "matplotlib", "scipy"} == set()
    answers(line)  # what is remembered between lines is there
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        answers(line)
    finally:
        sys.setprofile(None)
    assert 0 < count < 2_000  # 259 when this was written


def test_the_scripts(backprop):
    for shell in SHELLS:
        script = backprop("completion", shell)
        assert (script.status, script.err) == (0, "")
        checker = shutil.which(shell)
        if checker and shell in START:
            done = subprocess.run([checker, "-n", "/dev/stdin"], input=script.out, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, "")
    wrong = backprop("completion", "bas")
    assert (wrong.status, wrong.err) == (2, "error: no completion for the shell 'bas'\n  did you mean bash?\n")


# Real shells --------------------------------------------------------------------------------------------------

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": 'eval "$(backprop completion bash)"; PS2="mo""re> "; PS1="rea""dy> "',
    "zsh": 'autoload -Uz compinit; compinit -u -d .dump; eval "$(backprop completion zsh)"; PS2="mo""re> "; '
    'PS1="rea""dy> "',
    "fish": "backprop completion fish | source; function fish_prompt; echo -n rea''dy'> '; end",
}
TYPED = [
    ("backprop ev", "eval "),
    ('backprop eval "2*sigm', "2*sigmoid("),
    ("backprop eval 'velo*2 + ve", "+ velo"),
    ("backprop eval 'x*y' x", " x="),
    ("backprop eval 'x*y' --form", "--format "),
    ("backprop eval 'x*y' --format=ndj", "--format=ndjson "),
    ("backprop eval 'x*y' --vars f.t", "--vars f.txt "),
    ("backprop batch 'w*x' rows.c", " rows.csv "),
    ("backprop batch 'w*x' rows.csv --rename x=the", r"x=the\ height "),
    ("backprop eval 'w*x' --w @rows.c", "@rows.csv "),
    ("echo hi; backprop ev", "eval "),
]


@pytest.mark.parametrize("shell", START)
def test_the_tab_key(shell, rows, tmp_path, stand_in):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    folder = os.path.dirname(stand_in)
    settings = environment(
        {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb", "PS1": "$ "}
    )
    with keyboard(START[shell], settings, tmp_path, columns=120) as session:
        session.type(f"{SET_UP[shell]}\r")
        session.wait_for("ready> ")
        for keys, appears in TYPED:
            completed(session, keys, appears)


def completed(session: Keyboard, keys: str, appears: str) -> None:
    """Type, press Tab, go on typing, and look for what must appear; then give the line up."""
    start = session.looked_at
    session.type(keys + TAB)
    session.wait_for(appears)
    if not appears.endswith(" "):  # the word goes on: nothing, no closing quote either, is in the way
        session.looked_at = start
        session.type("0")
        session.wait_for(f"{appears}0")
    assert "rror" not in session.seen and "Traceback" not in session.seen
    session.type(KILL_LINE)


@pytest.mark.parametrize("quote", ["", "'", '"'])
@pytest.mark.parametrize("shell", START)
def test_tab_and_enter_run_no_column_and_no_file(shell, quote, hostile, tmp_path, stand_in):
    """Each name is completed from its first letter, and arrives as one word."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    settings = environment(
        {"PATH": f"{os.path.dirname(stand_in)}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    )
    with keyboard(START[shell], settings, tmp_path, columns=200) as session:
        session.type(f"{SET_UP[shell]}; {SHOWN.get(shell, SHOWN['bash'])}\r")
        session.wait_for("ready> ")
        for name in HOSTILE[:7]:
            for option, start, whole in (("--rename", "x=", name), ("--vars", "", f"{name}.npy")):
                session.type(f"backprop batch x rows.csv {option} {quote}{start}{name[0]}{TAB}\r")
                if session.first_of("arrived", "more> ") != "arrived":
                    session.type(f"{quote}\r")  # the shell has not closed it
                assert f"<{start}{whole}" in session.wait_for("arrived")
                session.wait_for("ready> ")
    assert not (tmp_path / "PWNED").exists()


SHOWN = {
    "bash": """backprop() { printf '<%s>' "$@"; echo arr""ived; }""",
    "fish": "function backprop; printf '<%s>' $argv; echo arr''ived; end",
}
