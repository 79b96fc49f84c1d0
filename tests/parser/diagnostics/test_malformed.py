"""Every malformed text of the table is refused with its place, its reason and its cure."""

import re

import pytest

from backprop.parser import ExpressionError, parse, tables
from backprop.parser.diagnostics.rendering import render

from ...cases import as_one_test, each
from .cures import is_followed, pieces_of_code
from .malformed import ROWS


@as_one_test("row", ROWS, ids=lambda row: ascii(row.text)[1:40])
def test_place_reason_and_cure_safe_for_a_terminal(row):
    with pytest.raises(ExpressionError) as caught:
        parse(row.text)
    error = caught.value
    assert (error.span, error.reason, error.cure) == (row.span, row.reason, row.cure)
    assert error.source == row.text
    lines = render(error).split("\n")
    assert len(lines) == (2 if row.span is None else 3)
    assert all(line.isprintable() for line in lines)
    assert lines[0] == f"error: {row.reason}"
    assert lines[-1].endswith(row.cure)
    "\n".join(lines).encode()  # no lone surrogate is left


def test_the_place_is_in_the_text():
    for row in each(ROWS):
        assert row.span is None or 0 <= row.span.start < row.span.end <= len(row.text)


def test_every_cure_that_says_what_to_write_works():
    rows = [row for row in ROWS if any(pieces_of_code(row.cure))]
    assert len(rows) >= 200
    for row in each(rows):
        assert is_followed(row.text)


TERMINALS = re.findall(r"^([A-Z]+)(?:\.\d)?:", tables.grammar_text(), re.MULTILINE)


def test_words_are_the_users():
    for row in each(ROWS):
        assert row.reason[0] == row.reason[0].lower()
        assert not row.reason.endswith(".")
        words = set(re.findall(r"\w+", re.sub(r"U\+[0-9A-F]+ [A-Z -]*", "", f"{row.reason} {row.cure}")))
        assert not words & {*TERMINALS, "token", "Token", "END", "STRAY", "grammar", "lexer"}


def test_the_table_is_long_and_says_nothing_twice():
    assert len(ROWS) >= 120
    assert len({row.text for row in ROWS}) == len(ROWS)


def test_terminals_are_found():
    assert {"NAME", "LPAR", "SEPARATOR", "HEAD"} <= set(TERMINALS)
