"""`batch --format table`: the first rows for the eye, and how many more there are; `--no-header`."""

from __future__ import annotations

import pytest

from backprop.cli.batch.preview import SHOWN


def test_the_first_rows_and_the_rest_counted(backprop):
    stdin = "x,name\n" + "".join(f"{row},row {row}\n" for row in range(1000))
    lines = backprop("batch", "x/3", "--format", "table", stdin=stdin).lines
    assert lines[:3] == [
        "  x  name       value    grad_x",
        "  0  row 0          0  0.333333",
        "  1  row 1   0.333333  0.333333",
    ]
    assert len(lines) == 1 + SHOWN + 1
    assert lines[-1] == f"and {1000 - SHOWN} more rows"


def test_what_is_not_shown_is_read(backprop):
    stdin = "x\n" + "1\n" * 100 + "oops\n"
    answer = backprop("batch", "x", "--format", "table", stdin=stdin)
    assert (answer.status, answer.err) == (3, "line 102: x is 'oops', which is not a number\n")
    assert answer.lines[-1] == f"and {101 - SHOWN} more rows"


@pytest.mark.parametrize(
    ("given", "stdin", "lines"),
    [
        ([], "x,s\n2,\"a\nb\"\n", [" x  s     value  grad_x", " 2  a\\nb      4       4"]),
        (["--from", "tsv"], "x\ts\n2\ta\\tb\n", [" x  s     value  grad_x", " 2  a\\tb      4       4"]),
        (["--from", "ndjson"], '{"x": 2, "s": [1]}\n', [" x  s    value  grad_x", " 2  [1]      4       4"]),
        ([], "x\n", [" x  value  grad_x"]),
        (["--no-header"], "x\n2\n", [" 2  4  4"]),
        (["--on-error", "skip"], "x\n2\nz\n", [" x  value  grad_x", " 2      4       4"]),
        ([], "x\n2\nz\n", [" x  value  grad_x", " 2      4       4", " z"]),
    ],
)  # fmt: skip
def test_every_form_of_rows(backprop, given, stdin, lines):
    assert backprop("batch", "x^2", "--format", "table", *given, stdin=stdin).lines == lines


def test_into_a_file(backprop, tmp_path):
    backprop("batch", "x^2", "--format", "table", "-o", "t.txt", stdin="x\n2\n")
    assert (tmp_path / "t.txt").read_text() == " x  value  grad_x\n 2      4       4\n"


def test_on_a_terminal_it_is_as_wide(terminal, tmp_path):
    (tmp_path / "rows.csv").write_text("x," + "a" * 60 + "\n2," + "b" * 60 + "\n")
    answer = terminal("batch", "x^2", "rows.csv", "--format", "table", columns=60)
    assert "4" in answer.out


@pytest.mark.parametrize("options", [[], ["--format", "tsv"], ["--only"]])
def test_rows_without_a_header(backprop, options):
    stdin = "x,s\n2,a\n3,b\n"
    _, *rows = backprop("batch", "x^2", *options, stdin=stdin).lines
    assert backprop("batch", "x^2", *options, "--no-header", stdin=stdin).lines == rows


def test_a_header_that_is_not_there_is_not_left_out(backprop):
    answer = backprop("batch", "x", "--no-header", "--format", "ndjson", stdin="x\n1\n")
    assert (answer.status, answer.out) == (2, "")
    assert "--no-header goes with tables of text" in answer.err
