# ruff: noqa: RUF001 - the signs of the language
"""Tokens: their kinds and places, newlines inside and outside brackets, heads of definitions."""

import re

import pytest

from backprop.parser import ExpressionError
from backprop.parser.lexer import ExpressionLexer
from backprop.parser.names import KEYWORDS
from backprop.parser.tables import tables

pytestmark = pytest.mark.smoke

LEXER = ExpressionLexer(tables())


def tokens(text):
    return [(token.type, token.text) for token in LEXER.tokens(text)]


def kinds(text):
    return " ".join(token.type for token in LEXER.tokens(text))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("x1 _y é1", "NAME NAME NAME"),
        ("1 1. .5 1e5 1.5E-3 1_0.0_1e1_0 007", "NUMBER NUMBER NUMBER NUMBER NUMBER NUMBER NUMBER"),
        ("if else and or not", "IF ELSE AND OR NOT"),
        ("iff elseif android", "NAME NAME NAME"),
        ("< <= > >= == != ≤ ≥ ≠", " ".join(["COMPARISON"] * 9)),
        ("+ - −", "SIGN SIGN SIGN"),
        ("* / // % @ · × ÷", " ".join(["TIMES"] * 8)),
        ("^ **", "POWER POWER"),
        ("x.T", "NAME TRANSPOSE"),
        ("x.T.T", "NAME TRANSPOSE TRANSPOSE"),
        ("x.5", "NAME NUMBER"),
        ("x=1", "NAME ASSIGN NUMBER"),
        ("x²³√", "NAME SUPERSCRIPT SUPERSCRIPT ROOT"),
        ("2x", "NUMBER NAME"),
        ("1e", "NUMBER NAME"),
        ("x # comment ; y\n", "NAME SEPARATOR"),
        ("", ""),
    ],
)
def test_kinds(text, expected):
    assert kinds(text) == expected


def test_places_are_those_of_the_text():
    text = " x\t+ (y #c\n\r\n*z);sin"
    for token in LEXER.tokens(text):
        assert text[token.start_pos : token.end_pos] == token.text
    assert "".join(token.text for token in LEXER.tokens(text)) == "x+(y*z);sin"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_newline_ends_a_statement_but_not_inside_brackets(newline):
    assert tokens(f"x{newline}y") == [("NAME", "x"), ("SEPARATOR", newline), ("NAME", "y")]
    assert kinds(f"({newline}x[{newline}0{newline}]{newline})") == "LPAR NAME LSQB NUMBER RSQB RPAR"
    assert kinds(f"(x){newline}y") == "LPAR NAME RPAR SEPARATOR NAME"


def test_closing_too_much_opens_nothing():
    assert kinds("x)\ny") == "NAME RPAR SEPARATOR NAME"
    assert kinds(")(\ny") == "RPAR LPAR NAME"


@pytest.mark.parametrize("text", ["f(x) =", "f ( x,y )  =", "q = 1; f(x) =", "q\n f(\nx\n) =", "é(x) ="])
def test_a_head_is_one_token_where_a_statement_begins(text):
    assert kinds(text).split()[-1] == "HEAD"


@pytest.mark.parametrize("text", ["f(x) == y", "2*f(x) = 3", "max(f(x) = 3", "f((x)) = 3", "f(a=1) = 3", "# f(x) = 3"])
def test_no_head(text):
    assert "HEAD" not in kinds(text)


def test_tokens_go_on_after_a_head():
    assert kinds("f(x) = x^2; f(3)") == "HEAD NAME POWER NUMBER SEPARATOR NAME LPAR NUMBER RPAR"


def test_names_have_one_spelling():
    assert tokens("ﬁ Å π ∞") == [("NAME", "fi"), ("NAME", "Å"), ("NAME", "pi"), ("NAME", "inf")]


def test_a_stray_character_is_an_error_where_it_stands():
    read = LEXER.tokens("x + $")
    assert [next(read).text, next(read).text] == ["x", "+"]
    with pytest.raises(ExpressionError) as caught:
        next(read)
    assert caught.value.span == (4, 5)


EXAMPLES = {
    "NAME": "x é ∞ π if not",
    "NUMBER": "2 .5 1.e5 1_0",
    "SIGN": "+ - −",
    "TIMES": "* / // % @ · × ÷",
    "POWER": "^ **",
    "SUPERSCRIPT": "² ³",
    "ROOT": "√",
    "TRANSPOSE": ".T",
    "COMPARISON": "== != < <= > >= ≤ ≥ ≠",
    "ASSIGN": "=",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "COLON": ":",
    "SEPARATOR": "; \n \r\n \r",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_two_terminals_match_the_same_text(name):
    """So the order in which the lexer tries them cannot matter; the words are told from names afterwards."""
    patterns = {name: re.compile(pattern) for name, pattern, _ in tables().terminals}
    for text in EXAMPLES[name].split(" "):
        matching = {one for one, pattern in patterns.items() if pattern.match(text)}
        assert matching - {"IF", "NOT"} == {name}, text


def test_keywords_are_those_of_the_grammar():
    words = {word for _, _, word in tables().terminals if word is not None and word.isidentifier()}
    assert words == KEYWORDS
