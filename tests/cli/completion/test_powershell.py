"""What PowerShell asks and is told. Its script was not run: the same calls are made here.

What the script is given: Register-ArgumentCompleter in Microsoft's documentation, and NativeCommandArgumentCompletion
in PowerShell/PowerShell: src/System.Management.Automation/engine/CommandCompletion/CompletionCompleters.cs.
"""

from __future__ import annotations

import shutil
import subprocess
from urllib.parse import quote, unquote

import pytest

from backprop.cli.completion.line import Word, split
from backprop.cli.completion.powershell import PowerShell
from backprop.cli.completion.shell import LineComplete
from backprop.cli.program import program

RULES = PowerShell()
TEXTS = [
    *(
        "a b",
        "it's",
        "a$(touch x)",
        'say "hi"',
        "a`b",
        "x;y|z&q",
        "@a",
        "a,b",
        "#c",
        "{x}(y)",
        "«\u2019»",
        "\u201cq\u201d",
        "ü",
        "C:\\x",
    ),
    *("$x", "--x=1", "<>", "''", '""', "*?[a]", "~", "=", "\u2013dash"),
]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The words that may take the place of the last one, as the script makes them of the answers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text('width,"the height",it\'s\n1,2,3\n')

    def ask(line: str) -> list[str]:
        answers = LineComplete(program(), "powershell", quote(line, safe=""), ",").answers()
        assert all(answer.isascii() for answer in answers)
        return [unquote(answer.split("\t")[0]) for answer in answers]

    return ask


def test_the_command_answers_the_script(backprop):
    line = quote('backprop eval "x*ünits" --format ', safe="")
    done = backprop("completion", "powershell", "--line", line, "--breaks", ",")
    assert (done.status, done.err) == (0, "")
    texts = [[unquote(part) for part in answer.split("\t")] for answer in done.lines]
    assert ["json", "json", "json"] in texts
    assert all(len(parts) == 3 and all(parts) for parts in texts)  # CompletionResult takes no empty text


def test_commands_options_variables_functions_and_columns(asked):
    assert asked("backprop ev") == ["eval"]
    assert asked(".\\.venv\\Scripts\\backprop.exe ev") == ["eval"]
    assert asked("backprop eval 'x*y' --form") == ["--format"]
    assert asked("backprop eval 'x*y' --format=js") == ["--format=json"]
    assert asked('backprop eval "(x+y)*z" --x 2 ') == ["--y", "--z"]
    assert asked("backprop eval 'x*y' x") == ["x="]
    assert asked("backprop eval 'velocity + ve") == ["'velocity + velocity"]  # the quote stays open: it goes on
    assert asked('backprop eval "2*sigm') == ['"2*sigmoid(']
    assert asked("backprop functions 'sigm") == ["'sigmoid'"]
    assert asked("backprop eval 'x*y' --wrt x,") == ["x", "y"]  # a comma begins a new word
    assert asked("backprop eval 'x*y' --wrt 'x,") == ["'x,x'", "'x,y'"]
    assert asked("backprop batch 'w*x' ") == [":files"]
    assert asked("backprop batch 'w*x' rows.csv --rename x=") == ["x=width", "x=the` height", "x=it`'s"]
    assert asked("backprop batch 'w*x' rows.csv --rename 'x=") == ["'x=width'", "'x=the height'", "'x=it''s'"]
    assert asked('backprop batch "w*x" rows.csv --rename "x=the') == ['"x=the height"']
    assert asked("backprop batch 'w*x' rows.csv --rename x=the` h") == ["x=the` height"]
    assert asked("backprop eval 'w*x' --w '@ro") == ["'@rows.csv'"]


def test_a_menu_shows_what_an_option_does(asked):
    (answer,) = LineComplete(program(), "powershell", quote("backprop eval 'x' --qui")).answers()
    assert [unquote(part) for part in answer.split("\t")] == [
        "--quiet",
        "--quiet",
        "No notes and warnings on stderr.",
    ]


@pytest.mark.parametrize(
    "line", ["backprop batch x rows.csv --rename $(x=", 'backprop batch x rows.csv --rename "$(x=']
)
def test_in_a_subexpression_only_plain_words_are_offered(asked, line):
    assert "the" not in " ".join(asked(line))


@pytest.mark.parametrize(
    "line", ["", "backprop", "backprop nonsense ", "backprop eval `", "backprop eval '((' ", "%", "backprop eval '"]
)
def test_a_line_that_makes_no_sense_is_no_error(asked, line):
    assert all(one.startswith("--") for one in asked(line))


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_quoted_is_read_back(text):
    for opening in ("", "'", '"'):
        (word,) = split(opening + RULES.quoted(text, opening) + opening, RULES)
        assert (word.text, word.quote) == (text, "")


@pytest.mark.parametrize(
    "text, bare, single, double",
    [
        ("it's $x", "it`'s` `$x", "it''s $x", "it's `$x"),
        ('a`"b', 'a```"b', 'a`"b', 'a```"b'),
        ("\u201c\u2019", "`\u201c`\u2019", "\u201c\u2019\u2019", "`\u201c\u2019"),
        ("@a,b", "`@a`,b", "@a,b", "@a,b"),
    ],
)
def test_how_it_is_quoted(text, bare, single, double):
    assert [RULES.quoted(text, quote) for quote in ("", "'", '"')] == [bare, single, double]


@pytest.mark.parametrize(
    "line, word",
    [
        ("a 'b ''c", Word("'b ''c", "b 'c", "'", 0)),
        ('a x="b ""c', Word('x="b ""c', 'x=b "c', '"', 2)),
        ("a b` c", Word("b` c", "b c")),
        ('a "b`n', Word('"b`n', "b\n", '"', 0)),
        ("a \u201cb c", Word("\u201cb c", "b c", '"', 0)),
        ("a 'b' ", Word("", "")),
    ],
)
def test_the_word_being_typed(line, word):
    assert split(line, RULES)[-1] == word


def test_the_script(backprop, tmp_path):
    done = backprop("completion", "powershell")
    assert (done.status, done.err) == (0, "")
    assert "Register-ArgumentCompleter -Native -CommandName backprop" in done.out
    shell = shutil.which("pwsh")
    if shell is None:
        pytest.skip("pwsh is not installed")
    (tmp_path / "script.ps1").write_text(
        f"{done.out}\n(TabExpansion2 -inputScript 'backprop ev' -cursorColumn 11).CompletionMatches.CompletionText"
    )
    shown = subprocess.run([shell, "-NoProfile", "-File", "script.ps1"], capture_output=True, text=True, cwd=tmp_path)
    assert shown.stdout.strip() == "eval"
