"""Rows that bring their own expressions: `--expr-field` in NDJSON, CSV and TSV, and plain lines."""

from __future__ import annotations

import json

import pytest

from backprop.cli.batch.per_row_job import REMEMBERED


def test_objects(backprop):
    rows = [
        '{"expr": "(x+y)*z", "x": -2, "y": 5, "z": -4}',
        '{"id": 7, "expr": "sum(w^2)", "w": [1, 2], "unused": 1}',
        '{"expr": "(x+y)*z", "x": 1, "y": 1, "z": 1}',
        '{"expr": "1+1"}',
        '{"expr": "2*[x, 1]", "x": 3}',
    ]
    answer = backprop("batch", "--expr-field", "expr", "--from", "ndjson", stdin="\n".join(rows) + "\n")
    assert (answer.status, answer.err) == (0, "")
    added = [
        {"value": -12, "grad_x": -4, "grad_y": -4, "grad_z": 3},
        {"value": 5, "grad_w": [2, 4]},
        {"value": 2, "grad_x": 1, "grad_y": 1, "grad_z": 2},
        {"value": 2},
        {"value": [6, 2], "grad_x": 2},
    ]
    expected = [json.loads(row) | more for row, more in zip(rows, added, strict=True)]
    assert [json.loads(line) for line in answer.lines] == expected
    assert all(line.startswith(row[:-1]) for row, line in zip(rows, answer.lines, strict=True))


def test_cells(backprop):
    rows = 'expr,x,y\r\nx*y,2,3\r\n"max(x, 0)",-1,\r\nx^2,4,\r\n'
    answer = backprop("batch", "--expr-field", "expr", stdin=rows)
    assert answer.status == 0
    expected = [
        "expr,x,y,value,grad_x,grad_y",
        "x*y,2,3,6,3,2",
        '"max(x, 0)",-1,,0,0,',
        "x^2,4,,16,8,",
    ]
    assert answer.out == "".join(f"{line}\r\n" for line in expected)


def test_cells_of_tsv(backprop):
    answer = backprop("batch", "--expr-field", "f", "--from", "tsv", "--only", stdin="x\tf\n2\tx^2\n3\t[x, 1]\n")
    assert answer.out == "value\tgrad_x\n4\t4\n[3,1]\t1\n"


@pytest.mark.parametrize("tokens", [("cases.txt",), ("--from", "lines", "cases.txt"), ("--from", "lines", "-")])
def test_lines(backprop, tmp_path, tokens):
    rows = "(x+y)*z\tx=-2 y=5 z=-4\nsum(W@v)\tW=[[1, 2], [3, 4]] v=[1,1]\n2*pi\n\nx*pi\tx = 2 pi=3\n"
    (tmp_path / "cases.txt").write_text(rows)
    answer = backprop("batch", *tokens, stdin=rows)
    assert (answer.status, answer.err) == (0, "")
    assert answer.lines == [
        "(x+y)*z\tx=-2 y=5 z=-4\t-12\tx=-4 y=-4 z=3",
        "sum(W@v)\tW=[[1, 2], [3, 4]] v=[1,1]\t10\tW=[[1,1],[1,1]] v=[4,6]",
        "2*pi\t\t6.283185307179586\t",
        "x*pi\tx = 2 pi=3\t6\tx=3 pi=2",
    ]


def test_values_for_all_rows(backprop):
    stdin = '{"e": "x*k", "x": 2}\n{"e": "x+1", "x": 2}\n{"e": "x*k", "x": 3, "k": 100}\n'
    answer = backprop("batch", "--expr-field", "e", "--from", "ndjson", "--k", "10", "--only", stdin=stdin)
    assert [json.loads(line) for line in answer.lines] == [
        {"value": 20, "grad_x": 10, "grad_k": 2},
        {"value": 3, "grad_x": 1},
        {"value": 30, "grad_x": 10, "grad_k": 3},
    ]


@pytest.mark.parametrize(
    ("form", "rows", "faults"),
    [
        (
            "ndjson",
            [
                '{"e": "x +", "x": 1}',
                '{"e": "x"}',
                '{"e": 5}',
                "{}",
                "[]",
                "{",
                '{"e": "x", "x": "1"}',
                '{"e": "q(x)"}',
            ],
            [
                "expected a value after '+' (character 3)",
                "x has no value",
                "e is no text",
                "e is missing",
                "not a JSON object",
                "not JSON",
                "x is '1', which is not a number",
                "unknown function 'q' (character 1)",
            ],
        ),
        (
            "csv",
            ["e,x", "x +,1", "x,", "x,abc", "y,1", "x", "x,1,2", ",1"],
            [
                "expected a value after '+' (character 3)",
                "x is empty",
                "x is 'abc', which is not a number",
                "y has no value",
                "it has 1 cell, the header 2",
                "it has 3 cells, the header 2",
                "",
            ],
        ),
        (
            "lines",
            ["x +\tx=1", "x", "x\tx", "x\tx=1 x=2", "x\tx=@/etc/passwd", "x\tx=y", "zeros(1e12)", "\tx=1"],
            [
                "expected a value after '+' (character 3)",
                "x has no value",
                "'x' is not NAME=VALUE",
                "x is given twice",
                "x has no value: a row cannot name a file",
                "x has no value: ",
                "",
                "",
            ],
        ),
    ],
)
@pytest.mark.parametrize("policy", ["null", "skip"])
def test_bad_rows(backprop, tmp_path, form, rows, faults, policy):
    field = [] if form == "lines" else ["--expr-field", "e"]
    header = form == "csv"
    good = {"ndjson": '{"e": "x^2", "x": 3}', "csv": "x^2,3", "lines": "x^2\tx=3"}[form]
    lines = [*rows, good]
    options = ["--from", form, *field, "--on-error", policy, "--rejects", "bad.tsv"]
    answer = backprop("batch", *options, stdin="\n".join(lines) + "\n")
    assert answer.status == 3
    bad = lines[header:-1]
    named = answer.err.splitlines()
    assert len(named) == len(bad)
    rejects = [line.split("\t", 2) for line in (tmp_path / "bad.tsv").read_text().splitlines()]
    for number, (record, reason, said, kept) in enumerate(zip(bad, faults, named, rejects, strict=True), 1 + header):
        assert said.startswith(f"line {number}: ")
        assert reason in said
        assert kept == [str(number), said.partition(": ")[2], record]
    expected = {"ndjson": ', "value": 9, "grad_x": 6}', "csv": ",9,6", "lines": "\t9\tx=6"}[form]
    assert answer.lines[-1].endswith(expected)
    assert len(answer.lines) == header + 1 + (len(bad) if policy == "null" else 0)
    if policy == "null":
        for line, record in zip(answer.lines[header:], bad, strict=False):
            assert line.startswith(record[:-1] if form == "ndjson" else record)
        if form == "csv":
            assert {line.count(",") for line in answer.lines} - {4} == {3}  # one row has a cell too many


def test_an_unclosed_quote_is_not_written(backprop):
    answer = backprop("batch", "--expr-field", "e", stdin='e,x\nx,1\n"x,2\nx,3\n')
    assert (answer.status, answer.lines) == (3, ["e,x,value,grad_x", "x,1,1,1"])
    assert answer.err == "line 3: a quote is not closed\n"


def test_the_end_at_the_first_bad_row(backprop, tmp_path):
    stdin = "x^2\tx=1\nx^2\tx=\nx^2\tx=3\n"
    answer = backprop("batch", "--from", "lines", "--on-error", "stop", stdin=stdin)
    assert (answer.status, answer.lines) == (3, ["x^2\tx=1\t1\tx=2"])
    assert answer.err.startswith("line 2: ")


def test_more_expressions_than_are_remembered(backprop):
    stdin = "".join(f"x*{k % (REMEMBERED + 50)}\tx=2\n" for k in range(2 * REMEMBERED))
    answer = backprop("batch", "--from", "lines", "--no-grad", stdin=stdin)
    assert answer.status == 0
    assert [float(row[2]) for row in answer.rows] == [2.0 * (k % (REMEMBERED + 50)) for k in range(2 * REMEMBERED)]


def test_a_member_of_a_results_name(backprop):
    answer = backprop("batch", "--expr-field", "e", "--from", "ndjson", stdin='{"e": "x", "x": 1, "value": 2}\n')
    assert (answer.status, answer.lines) == (3, ['{"e": "x", "x": 1, "value": 2}'])
    renamed = backprop(
        "batch", "--expr-field", "e", "--from", "ndjson", "--name", "f", stdin='{"e": "x", "x": 1, "value": 2}\n'
    )
    assert renamed.lines == ['{"e": "x", "x": 1, "value": 2, "f": 1, "grad_x": 1}']


def test_nothing_is_read_from_an_expression_but_its_value(backprop):
    stdin = "".join(
        f"{text}\tx=1\n" for text in ("__import__('os').getcwd()", "x.__class__", "open(x)", "@/etc/passwd", "x\\", '"')
    )
    answer = backprop("batch", "--from", "lines", stdin=stdin)
    assert answer.status == 3
    assert len(answer.err.splitlines()) == 6
    assert all(row[2:] == ["", ""] for row in answer.rows)


def test_cells_have_gradients_of_what_holds_for_all_rows(backprop):
    answer = backprop("batch", "--expr-field", "expr", "--y", "10", stdin="expr,x\nx*y,2\n")
    assert answer.lines == ["expr,x,value,grad_x,grad_y", "x*y,2,20,10,2"]


def test_cells_hold_no_arrays_and_that_is_said(backprop):
    answer = backprop("batch", "--expr-field", "expr", stdin="expr,x[0]\nx,2\n")
    assert (answer.status, answer.out) == (2, "")
    assert "--from ndjson" in answer.err
