"""Cells, numbers and the width of columns; no process is started."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest

from backprop.cli.output import delimited, markdown, plain, table
from backprop.cli.output import json as json_renderer
from backprop.cli.output.cells import machine_text, table_text
from backprop.cli.output.numbers import summary, whole
from backprop.cli.output.output import Look
from backprop.cli.output.report import ROWS, Column, Report, Sum
from backprop.parser.visible import Lines, visible, visible_lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-12.0, "-12"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.0, "-0.0"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (np.inf, "inf"),
        (-np.inf, "-inf"),
        (np.nan, "nan"),
        (np.array([[1.0, 2.5], [3.0, -4.0]]), "[[1, 2.5], [3, -4]]"),
        (np.array([1.0]), "[1]"),
        (np.arange(8.0).reshape(2, 2, 2), "[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]"),
        (np.zeros((0,)), "[]"),
    ],
)
def test_machine_numbers_are_the_shortest_that_read_back(value, text):
    assert whole(value) == text


def test_a_table_rounds_and_shows_the_beginning_of_large_arrays():
    assert table_text(0.7310585786300049, 6) == "0.731059"
    assert table_text(0.7310585786300049, 3) == "0.731"
    assert table_text(np.arange(4096.0) / 3, 6) == "[0, 0.333333, 0.666667, …] (4096)"
    assert summary(np.ones((64, 64)), str) == "[[1.0, 1.0, 1.0, …]] (64, 64)"


def test_a_table_shows_three_terms_of_a_long_sum_and_a_machine_all():
    terms = Sum([(1.5, "*", 2.0, f" via n{k}") for k in range(1, 6)])
    assert table_text(terms, 6) == "1.5*2 via n1 + 1.5*2 via n2 + 1.5*2 via n3 … +2 more"
    assert machine_text(terms).count("via") == 5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x\ty\nz", "x\\ty\\nz"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("\udcff", "\\udcff"),
        ("π·x²", "π·x²"),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert visible(text) == shown
    assert visible_lines("a\n" + text) == "a\\n" + shown
    assert visible_lines(Lines("a\n" + text.replace("\n", ""))) == "a\n" + shown.replace("\\n", "")


def report(*rows: tuple[object, ...], title: str = "f = x") -> Report:
    return Report(
        title=title,
        columns=(Column("node"), Column("value", is_number=True, style="green"), Column("how", folds=True)),
        rows=rows,
        data={"command": "test", "value": np.float64(-0.0), "nodes": ROWS},
        plain=[row[1] for row in rows],
    )


def rendered(renderer, of: Report, format: str, width: int | None = None, terminal: bool = False) -> str:
    stream = StringIO()
    renderer.write(of, stream, Look(format, 6, width, False, terminal))
    return stream.getvalue()


AWKWARD = ('a,"b"\t|', np.array([1.0, np.nan]), "[red]x[/red] :smile: *y*")


def test_csv_is_quoted_and_tsv_keeps_its_columns():
    of = report(AWKWARD)
    assert rendered(delimited, of, "csv").splitlines()[1] == '"a,""b""\\t|","[1, nan]",[red]x[/red] :smile: *y*'
    assert rendered(delimited, of, "tsv").splitlines()[1].split("\t") == ['a,"b"\\t|', "[1, nan]", AWKWARD[2]]


def test_json_is_strict_and_complete():
    found = json.loads(rendered(json_renderer, report(AWKWARD), "json"), parse_constant=pytest.fail)
    row = {"node": AWKWARD[0], "value": [1, None], "how": AWKWARD[2], "shape": [2]}
    assert found == {"schema": 1, "command": "test", "value": -0.0, "nodes": [row]}
    assert str(found["value"]) == "-0.0"
    assert json.loads(rendered(json_renderer, report(AWKWARD), "ndjson")) == row


def test_markdown_and_plain():
    assert rendered(markdown, report(AWKWARD), "markdown").splitlines()[-1].count(" | ") == 2
    assert rendered(plain, report(AWKWARD, ("b", 1.5, "")), "plain") == "[1, nan]\n1.5\n"


def test_a_table_takes_user_text_as_it_is():
    text = rendered(table, report(AWKWARD, title="x[/y] [bold]"), "table")
    assert "x[/y] [bold]" in text
    assert AWKWARD[2] in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200, None])
def test_columns_fold_but_numbers_and_labels_are_never_cut(width):
    how = " + ".join(f"1.25*-0.0625 via n{k}" for k in range(3))
    text = rendered(table, report(("a_label_of_length_21", -1.23457e-200, how)), "table", width)
    assert "a_label_of_length_21" in text
    assert "-1.23457e-200" in text
    above = {word for line in text.splitlines()[:2] for word in line.split()} | {"how"}  # title and headings
    others = [word for word in text.split() if word not in {*above, "a_label_of_length_21", "-1.23457e-200"}]
    assert "".join(others) == "".join(how.split())
    if width and width >= 60:
        assert max(map(len, text.splitlines())) <= width


def test_of_many_rows_a_terminal_shows_the_first_and_the_last():
    many = report(*((f"n{k}", float(k), "") for k in range(5000)))
    lines = rendered(table, many, "table", 80, terminal=True).splitlines()[2:]
    assert len(lines) == 1001
    assert [line.split()[0] for line in (lines[0], lines[499], lines[500], lines[501], lines[-1])] == [
        "n0",
        "n499",
        "…",
        "n4500",
        "n4999",
    ]
    assert len(rendered(table, many, "table").splitlines()) == 5002


def test_wide_characters_keep_the_columns_aligned():
    lines = rendered(table, report(("変数", 1.0, "a"), ("x", 22.0, "b")), "table", 80).splitlines()
    assert lines[2] == " 変数      1  a"
    assert lines[3] == " x        22  b"
