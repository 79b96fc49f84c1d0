"""Whatever is wrong with a question: status 2, one message with its cure, nothing on stdout, no traceback."""

from __future__ import annotations

import pytest

FULL = ("x=-2", "y=5", "z=-4")

# argv after `backprop`, then pieces of the message
QUESTIONS = [
    pytest.param(["eval"], ["no expression was given", "for example: backprop eval "], id="nothing"),
    pytest.param(["eval", "--strct", "x*y"], ["unknown option --strct", "did you mean --strict?"], id="only an option"),
    pytest.param(["eval", ""], ["error: "], id="empty"),
    pytest.param(["eval", "  # nothing"], ["error: "], id="comment"),
    pytest.param(["eval", "2*sine(x) + 1", "x=1"], ["  1 | 2*sine(x) + 1\n", "^^^^", "sin"], id="function"),
    pytest.param(["eval", "(x+y", *FULL], ["(x+y", "^"], id="syntax"),
    pytest.param(["eval", "2x", "x=1"], ["2*x"], id="product"),
    pytest.param(["eval", "sin(x, y)", "x=1", "y=1"], ["sin"], id="arity"),
    pytest.param(["eval", "[[1, 2], [3]]"], ["^"], id="ragged"),
    pytest.param(["eval", "zeros(1e12)"], ["^"], id="allocation"),
    pytest.param(["eval", "x*1e999", "x=1"], ["1e999", "^"], id="literal"),
    pytest.param(["eval", "x\x1by", "x=1"], ["\\x1b"], id="control character"),
    pytest.param(["eval", "x@y", "x=[1,2]", "y=[1,2,3]"], ["(2)", "(3)", "x@y", "^"], id="shapes"),
    pytest.param(
        ["eval", "(x+y)*z", "--y", "5"],
        ["error: x and z have no value", "backprop eval '(x+y)*z' --y 5 --x 1 --z 1"],
        id="missing",
    ),
    pytest.param(["eval", "format*x", "x=1"], ["format has no value", "format=1"], id="missing option name"),
    pytest.param(
        ["eval", "width*2", "--widht", "3"], ["widht is not a variable", "did you mean --width?"], id="misspelt"
    ),
    pytest.param(["eval", "width*2", "Width=3"], ["did you mean --width?"], id="capital"),
    pytest.param(["eval", "x*y", "x=1", "y=2", "--q", "3"], ["q is not a variable", "x and y"], id="unused"),
    pytest.param(["eval", "2*3", "--q", "3"], ["it has no variables"], id="no variables"),
    pytest.param(["eval", "q = x; q", "x=1", "q=3"], ["q is computed by the expression"], id="statement"),
    pytest.param(["eval", "x*y", "x=1", "y=2", "--x", "3"], ["x is given twice"], id="twice"),
    pytest.param(["eval", "ﬁ*y", "fi=1", "y=2", "--ﬁ", "3"], ["fi is given twice"], id="twice normalised"),
    pytest.param(["eval", "x*y", "--formt", "json", *FULL], ["unknown option --formt", "--format?"], id="option"),
    pytest.param(["eval", "x*y", "--x", "--y", "2"], ["--x has no value"], id="value missing"),
    pytest.param(["eval", "x", "--x"], ["--x has no value"], id="value missing at the end"),
    pytest.param(["eval", "x", "--x", "1 +"], ["the value of x: ", "  1 | 1 +", "^"], id="value syntax"),
    pytest.param(["eval", "x", "--x", "y"], ["the value of x: ", "  1 | y", "^"], id="value not constant"),
    pytest.param(["eval", "x", "--x", "abc"], ["the value of x: "], id="value no number"),
    pytest.param(["eval", "x", "--x", "1e999"], ["the value of x: ", "^^^^^"], id="value out of range"),
    pytest.param(["eval", "x", "--x", ""], ["the value of x: "], id="value empty"),
    pytest.param(["eval", "x", "--x", "@no.csv"], ["the value of x: no.csv: no such file"], id="value file"),
    pytest.param(["eval", "x", "--x", "@."], ["the value of x: .: "], id="value folder"),
    pytest.param(["eval", "x", "--vars", "no.json"], ["--vars no.json: no such file"], id="vars file"),
    pytest.param(["eval", "x", "+", "y"], ["unexpected argument '+'", '"x + y"'], id="unquoted"),
    pytest.param(["eval", "-f", "no.txt"], ["-f no.txt: no such file"], id="expression file"),
    pytest.param(["eval", "-f", "."], ["-f .: is a directory"], id="expression folder"),
    pytest.param(["eval", "-f", "-", "x+y", *FULL], ["given twice: by -f and as 'x+y'"], id="two expressions"),
    pytest.param(["eval", "x", "x=1", "-f"], ["-f has no value"], id="option without value"),
    pytest.param(["eval", "x", "x=1", "--format", "jsn"], ["'--format'", "did you mean json?"], id="format"),
    pytest.param(["eval", "x", "x=1", "--json", "--format", "csv"], ["contradict"], id="formats"),
    pytest.param(["eval", "x", "x=1", "--digits", "0"], ["'--digits'"], id="digits"),
    pytest.param(["eval", "x", "x=1", "--digits", "six"], ["'--digits'"], id="digits no number"),
    pytest.param(["eval", "x", "x=1", "--strict=1"], ["--strict takes no value"], id="flag with a value"),
    pytest.param(["eval", "x", "x=1", "--mode", "sideways"], ["'--mode'", "reverse, forward"], id="mode"),
    pytest.param(["eval", "width", "width=1", "--wrt", "widht"], ["--wrt widht", "did you mean width?"], id="wrt"),
    pytest.param(["eval", "x*y", "x=1", "y=2", "--mode", "forward"], ["--wrt x or --wrt y"], id="forward"),
    pytest.param(["eval", "x", "x=1", "--mode", "forward", "--upstream", "1"], ["--upstream"], id="forward upstream"),
    pytest.param(["eval", "x", "x=1", "--upstream", "[1,2]"], ["(2)", "scalar"], id="upstream shape"),
    pytest.param(["eval", "x", "x=1", "--upstream", "a"], ["--upstream", "^"], id="upstream no number"),
    pytest.param(["eval", "x", "x=1", "-o", "no/such/folder"], ["-o no/such/folder: no such file"], id="output folder"),
    pytest.param(["eval", "x", "x=1", "-o", "."], ["-o .: is a directory"], id="output is a folder"),
    pytest.param(["evl", "x", "x=1"], ["unknown command 'evl'", "backprop eval x x=1"], id="command"),
    pytest.param(["(x+y)*z", *FULL], ["did you mean: backprop eval '(x+y)*z' x=-2"], id="no command"),
    pytest.param(["-x*y", "x=1"], ["did you mean: backprop eval '-x*y' x=1"], id="no command but a minus"),
    pytest.param(["--json"], ["unknown option --json"], id="option before the command"),
    pytest.param(["frobnicate"], ["the commands are eval, grad"], id="unlike any command"),
    pytest.param(["functions", "sigmod"], ["unknown function 'sigmod'", "sigmoid?"], id="reference"),
    pytest.param(["functions", "sin", "cos"], ["unexpected extra argument", "--help"], id="two functions"),
]


@pytest.fixture(scope="module")
def answers(answers_to):
    """The answer to each of them, by its id."""
    found = answers_to([question.values[0] for question in QUESTIONS])
    return dict(zip((question.id for question in QUESTIONS), found, strict=True))


@pytest.mark.parametrize(("tokens", "pieces"), QUESTIONS)
def test_a_wrong_question(request, answers, tokens, pieces):
    answer = answers[request.node.callspec.id]
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert answer.err.count("error: ") == 1
    assert answer.err.endswith("\n")
    assert "Traceback" not in answer.err
    assert not any(ord(character) < 32 for character in answer.err.replace("\n", ""))
    for piece in pieces:
        assert piece in answer.err


@pytest.mark.parametrize("content", [b"x + \xff", b"x + \x00", b"\xff\xfex\x00", b"", b"\n# nothing\n"])
def test_a_file_that_holds_no_expression(backprop, tmp_path, content):
    (tmp_path / "model.txt").write_bytes(content)
    answer = backprop("eval", "-f", "model.txt", "x=1")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("tokens", [[b"eval", b"x+\xff"], [b"eval", b"x", b"--\xff", b"1"], [b"\xff"]])
def test_arguments_that_are_no_utf8(backprop, tokens):
    answer = backprop(*tokens)
    assert (answer.status, answer.out) == (2, "")
    assert "\\udcff" in answer.err


def test_a_hundred_missing_variables_are_counted(backprop):
    answer = backprop("eval", "+".join(f"a{k}" for k in range(200)))
    assert "a0, a1, " in answer.err
    assert "and 150 more have no value" in answer.err


def test_a_file_of_values_with_a_similar_name_is_pointed_out(backprop, tmp_path):
    (tmp_path / "values.json").write_text('{"widht": 3}')
    answer = backprop("eval", "width*2", "--vars", "values.json")
    assert "width has no value (widht in the --vars file is not width)" in answer.err


def test_nothing_reads_stdin_unasked(backprop):
    assert backprop("eval", "x", "x=1", "--format", "plain", stdin="y").out == "1\n"


@pytest.mark.parametrize(
    "command", ["eval", "grad", "diff", "jacobian", "hessian", "check", "explain", "graph", "plot"]
)
@pytest.mark.parametrize(
    ("values", "named"),
    [
        (["x=2"], "a value for x"),
        (["x=2", "y=-3e5"], "values for x and y"),
        (["x=[1, 2]"], "a value for x"),
        (["x=pi/2"], "a value for x"),
        (["x=@none.json"], "a value for x"),
        (["x=0:1"], "a value for x"),
        (["--x", "2"], "a value for x"),
    ],
)
def test_a_value_is_not_taken_for_the_expression(backprop, command, values, named):
    done = backprop(command, *values)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"error: no expression was given, only {named}: is a shell's variable empty?\n")


def test_a_value_is_not_taken_for_the_expression_of_rows(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n")
    for words in (["x=2", "rows.csv"], ["x=2"], ["x=2", "-"]):
        done = backprop("batch", *words)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error: no expression was given")


def test_an_assignment_of_more_than_a_value_is_an_expression(backprop):
    assert backprop("grad", "q = x + y", "x=1", "y=2").out == "1\n1\n"
    assert backprop("grad", "x=1", "q = x*y", "y=2").out == "2\n1\n"


CURES = [
    ("fmod(x, 3)", "write sign(x)*(abs(x) % abs(3))"),
    ("derivative(x^2, x)", "write grad(x^2, x)"),
    ("diff(x^2, x)", "write grad(x^2, x)"),
    ("d/dx(x^2)", "write grad(x^2, x)"),
    ("floor(x, 2)", "the number of digits is not an argument: write floor(x*10^2)/10^2"),
    (
        "norm([x, 1], 0)",
        "write axis=0; NumPy has the order there: norm(x) is of order 2, sum(abs(x)) of 1, max(abs(x)) of inf",
    ),
    ("polygamma(1, 2)", "write order=2; SciPy has the order first"),
]


def test_what_other_languages_write_is_cured_by_what_is_the_same(answers_to):
    for command in ("eval", "diff", "check"):
        answers = answers_to([(command, text, "x=1") for text, _ in CURES])
        assert [(answer.status, answer.out) for answer in answers] == [(2, "")] * len(CURES)
        for answer, (_, cure) in zip(answers, CURES, strict=True):
            assert answer.err.rstrip().endswith(cure)


@pytest.mark.parametrize("digits", ["1_0", "\u0663", " 3", "3_", "\uff13"])
@pytest.mark.parametrize(
    "question",
    [
        ["diff", "x^2", "--order"],
        ["plot", "x", "--x", "0:1", "--samples"],
        ["check", "x", "x=1", "--samples"],
        ["check", "x", "x=1", "--seed"],
        ["eval", "x", "x=1", "--digits"],
        ["hessian", "x", "x=1", "--max-size"],
    ],
    ids=lambda question: f"{question[0]} {question[-1]}",
)
def test_a_number_in_an_option_is_ascii_digits(backprop, question, digits):
    answer = backprop(*question, digits)
    if digits.isascii() and digits.strip().isdigit():
        assert answer.status == 0
    else:
        assert (answer.status, answer.out) == (2, "")
        assert f"{digits!r} is not a valid integer" in answer.err
