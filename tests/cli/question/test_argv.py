"""How argv is split; no process is started."""

from __future__ import annotations

import pytest

from backprop.cli.question.argv import is_assignment, scan, split_positionals
from backprop.cli.status import Failure

pytestmark = pytest.mark.smoke

KNOWN = {"--format": True, "-o": True, "-q": False, "--strict": False, "--upstream": True, "--wrt": True}


def split(*tokens: str) -> tuple[list[str], str | None, dict[str, str | None]]:
    found = scan(tokens, KNOWN)
    expression, _, bindings = split_positionals(found, needs_expression=True)
    return found.options, expression, {one.name: one.text for one in bindings}


@pytest.mark.parametrize(
    "tokens",
    [
        ("(x+y)*z", "--x", "-2", "--y", "5"),
        ("--x", "-2", "(x+y)*z", "--y", "5"),
        ("--x=-2", "--y=5", "(x+y)*z"),
        ("x=-2", "(x+y)*z", "y=5"),
        ("(x+y)*z", "--y", "5", "x=-2"),
        ("y = 5", "x = -2", "(x+y)*z"),
    ],
)
def test_variables_are_given_in_any_order_and_way(tokens):
    assert split(*tokens) == ([], "(x+y)*z", {"x": "-2", "y": "5"})


@pytest.mark.parametrize("expression", ["-x*y", "-o*2", "--x", "-", "- x", "-oops", "-2"])
def test_an_expression_that_starts_with_a_minus_needs_no_dashes(expression):
    tokens = ("--", expression) if expression == "--x" else (expression,)
    assert split(*tokens) == ([], expression, {})


def test_options_of_the_command_keep_their_values_even_with_a_minus():
    options, expression, bindings = split("x", "--upstream", "-1", "-o", "-f", "--strict", "-q", "--x", "1")
    assert options == ["--upstream=-1", "-o", "-f", "--strict", "-q"]
    assert (expression, bindings) == ("x", {"x": "1"})


def test_a_variable_named_like_an_option_is_given_by_its_name():
    assert split("format*2", "format=3", "--format", "csv") == (["--format=csv"], "format*2", {"format": "3"})


def test_double_dash_ends_the_options():
    assert split("--x", "1", "--", "--y*x", "y=2") == ([], "--y*x", {"x": "1", "y": "2"})


@pytest.mark.parametrize("follower", [("--y", "2"), ()])
def test_a_long_option_is_no_value(follower):
    assert split("x*y", "--x", *follower)[2]["x"] is None


def test_a_doubly_negated_value_is_one():
    assert split("x", "--x", "--2")[2] == {"x": "--2"}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("x=-2", True),
        ("x = 1", True),
        ("λ=1", True),
        ("x=", True),
        ("x=@a;b.csv", True),
        ("x==1", False),
        ("x<=1", False),
        ("x >= 1", False),
        ("x != 1", False),
        ("sq(t) = t^2", False),
        ("q=x+y;q*z", False),
        ("q = x\nq", False),
        ("=1", False),
        ("2=1", False),
    ],
)
def test_what_reads_as_name_and_value(token, expected):
    assert is_assignment(token) is expected


def test_where_all_read_as_name_and_value_the_first_is_the_expression():
    assert split("q = x*y", "x=1", "y=2")[1:] == ("q = x*y", {"x": "1", "y": "2"})


def test_names_are_compared_as_the_language_does():
    assert split("x", "--ﬁ", "1", "--π", "3", "\uff58=2")[2] == {"fi": "1", "pi": "3", "x": "2"}


def test_a_second_expression_is_refused_with_the_quotes_that_are_missing():
    with pytest.raises(Failure, match="unexpected argument '\\+'") as caught:
        split("x", "+", "y", "x=1")
    assert '"x + y"' in caught.value.cure


def test_an_expression_beside_a_file_is_refused():
    with pytest.raises(Failure, match="given twice"):
        split_positionals(scan(["x+y"], KNOWN), needs_expression=False)
    assert split_positionals(scan(["x=1"], KNOWN), needs_expression=False)[0] is None
