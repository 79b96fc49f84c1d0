"""How an error is shown: the line, the caret under the place, the cure."""

import pytest

from backprop.parser import ExpressionError, Span, parse
from backprop.parser.diagnostics.rendering import WIDTH, line_and_column, render
from backprop.parser.visible import columns, visible

pytestmark = pytest.mark.smoke


def shown(source, start, end, cure="do so"):
    return render(ExpressionError("it is so", Span(start, end), cure, source))


def test_the_example_of_the_design():
    error = ExpressionError("unknown function 'sine'", Span(2, 6), "did you mean 'sin'?", "2*sine(x) + 1")
    assert render(error) == ("error: unknown function 'sine'\n  1 | 2*sine(x) + 1\n    |   ^^^^ did you mean 'sin'?")
    assert str(error) == render(error)


@pytest.mark.parametrize(
    "source, start, end, expected",
    [
        ("x +", 3, 3, ["  1 | x +", "    |    ^ do so"]),  # the end of the text
        ("x\ny + z\nw", 6, 7, ["  2 | y + z", "    |     ^ do so"]),
        ("x\r\ny + z\r\nw", 7, 8, ["  2 | y + z", "    |     ^ do so"]),
        ("x\ry + z\rw", 6, 7, ["  2 | y + z", "    |     ^ do so"]),
        ("(x\n+ y)", 0, 7, ["  1 | (x", "    | ^^ do so"]),  # up to the end of its first line
        ("a\n" * 9 + "xy", 18, 20, ["  10 | xy", "     | ^^ do so"]),
        ("\tx + y", 5, 6, ["  1 |     x + y", "    |         ^ do so"]),
        ("变量 + y", 5, 6, ["  1 | 变量 + y", "    |        ^ do so"]),
        ("变量 + y", 0, 2, ["  1 | 变量 + y", "    | ^^^^ do so"]),
        ("e\u0301 + y", 5, 6, ["  1 | e\u0301 + y", "    |     ^ do so"]),
        ("x\x1b[31m + y", 9, 10, ["  1 | x\\x1b[31m + y", "    |             ^ do so"]),
        ("x\x1b[31m", 1, 2, ["  1 | x\\x1b[31m", "    |  ^^^^ do so"]),
        ("x\u202ey", 1, 2, ["  1 | x\\u202ey", "    |  ^^^^^^ do so"]),
        ("\ud800", 0, 1, ["  1 | \\ud800", "    | ^^^^^^ do so"]),
        ("\x00", 0, 1, ["  1 | \\x00", "    | ^^^^ do so"]),
    ],
)
def test_the_line_and_the_caret(source, start, end, expected):
    assert shown(source, start, end).split("\n")[1:] == expected


def test_without_a_place():
    assert render(ExpressionError("it is so", None, "do so")) == "error: it is so\n  do so"
    assert render(ExpressionError("it is so")) == "error: it is so"
    assert render(ExpressionError("it is so", None, "do so", "x")) == "error: it is so\n  do so"
    assert render(ExpressionError("it is so", Span(0, 1), "do so")) == "error: it is so\n  do so"


def test_without_a_cure():
    assert shown("x + y", 4, 5, None) == "error: it is so\n  1 | x + y\n    |     ^"


def test_nothing_in_an_error_reaches_the_terminal_as_a_command():
    error = ExpressionError("bad \x1b[2J\n", Span(0, 1), "\x07", "x")
    assert render(error).split("\n") == ["error: bad \\x1b[2J\\n", "  1 | x", "    | ^ \\x07"]


LONG = " + ".join(f"x{i}" for i in range(1000))


@pytest.mark.parametrize("start", [0, 5, 40, 3000, len(LONG) - 4])
def test_a_long_line_is_cut_around_the_place(start):
    _, line, caret = shown(LONG, start, start + 2).split("\n")
    assert len(line) <= WIDTH + 6
    assert line[caret.index("^") : caret.index("^") + 2] == LONG[start : start + 2]
    assert caret.count("^") == 2
    assert ("…" in line[:8]) == (start > 30)
    assert line.endswith("…") == (start < len(LONG) - 40)


def test_a_long_place_shows_both_its_ends():
    _, line, caret = shown(LONG, 5, len(LONG) - 5).split("\n")
    marked = line[caret.index("^") : caret.rindex("^") + 1]
    assert marked.startswith(LONG[5:25]) and marked.endswith(LONG[-25:-5]) and " … " in marked
    assert len(line) <= WIDTH + 6


def test_a_line_of_wide_characters_is_cut_by_its_columns():
    source = "变" * 80 + " + y"
    _, line, caret = shown(source, 83, 84).split("\n")
    assert columns(line) <= WIDTH + 6
    assert columns(caret.partition("^")[0]) == columns(line.partition("y")[0])


def test_a_very_long_name_is_cut_in_the_message():
    name = "a" * 100_000
    with pytest.raises(ExpressionError) as caught:
        parse(f"{name}(x)")
    assert name in caught.value.reason
    assert max(map(len, render(caught.value).split("\n"))) < 400


@pytest.mark.parametrize(
    "source, position, expected",
    [
        ("xy", 1, (1, 2)),
        ("x\ny", 2, (2, 1)),
        ("x\r\ny", 3, (2, 1)),
        ("x\ry", 2, (2, 1)),
        ("x\n\ny", 3, (3, 1)),
        ("x\n", 2, (2, 1)),
    ],
)
def test_line_and_column(source, position, expected):
    assert line_and_column(source, position) == expected


def test_visible_leaves_what_can_be_seen():
    assert visible("x² + 变量 e\u0301 '…'") == "x² + 变量 e\u0301 '…'"
    assert visible("\t\x85\u2028\ufeff\U000e0001") == "\\t\\x85\\u2028\\ufeff\\U000e0001"
