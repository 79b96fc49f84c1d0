"""`backprop diff --to sql`: its options, and what they refuse."""

from __future__ import annotations

import sqlite3

import pytest

from backprop.cli.commands.diff import DIALECTS
from backprop.parser.printers.languages.sql import dialects


def test_the_option_names_the_dialects_of_the_printer():
    assert tuple(dialects.DIALECTS) == DIALECTS


def test_a_view_shows_the_columns_of_its_table_and_the_results(backprop, tmp_path):
    tokens = ("--dialect", "sqlite", "--table", "main.points", "--create-view", "slopes", "-o", "slopes.sql")
    assert backprop("diff", "x/y", *tokens)[:3] == (0, "", "")
    database = sqlite3.connect(":memory:")
    database.execute("create table points (name text, x integer, y integer)")
    database.execute("insert into points values ('a', 1, 2), ('b', 1, 0), ('c', null, 2)")
    database.executescript((tmp_path / "slopes.sql").read_text())
    found = database.execute("select name, value, grad_x, grad_y from slopes order by name").fetchall()
    assert found == [("a", 0.5, 0.5, -0.25), ("b", float("inf"), float("inf"), float("-inf")), ("c", None, 0.5, None)]
    names = [column[1] for column in database.execute("pragma table_info(slopes)")]
    assert names == ["name", "x", "y", "value", "grad_x", "grad_y"]


@pytest.mark.parametrize(
    "tokens, reason, cure",
    [
        (("x", "--table", "t"), "--table is of SQL, not of text", "--to sql, or omit --table"),
        (("x", "--to", "c", "--dialect", "mysql"), "--dialect is of SQL, not of c", "--to sql, or omit --dialect"),
        (("x", "--to", "sql", "--create-view", "v"), "--create-view needs the table", "--table TABLE"),
        (("x", "--to", "sql", "--table", " "), "--table ' ' is not a name", "write the name of a table"),
        (("x", "--to", "sql", "--table", "a..b"), "--table 'a..b' is not a name", "write the name of a table"),
        (("x", "--to", "sql", "--dialect", "postgre"), "'postgre'", "did you mean postgres?"),
        (("j0(x)", "--to", "sql"), "DuckDB cannot compute 'j0'", "backprop batch"),
        (("x", "--to", "sql", "--steps"), "--steps are formulas, not sql", "omit it"),
    ],
)
def test_what_cannot_be_written_is_refused(backprop, tokens, reason, cure):
    answer = backprop("diff", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err and cure in answer.err
