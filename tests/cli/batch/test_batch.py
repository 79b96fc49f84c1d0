"""What rows come out of `backprop batch`, of which formats and options, and what is refused before any is written."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.cli.batch.input.source import Source
from backprop.parser import parse

from ...closeness import close_to
from ..conftest import WITHOUT_POLARS

pytestmark = pytest.mark.extras

ROWS = "x,name,y\n1,a,2\n3,b,4\n"


@pytest.fixture
def answered(backprop, tmp_path):
    """The lines that come out of rows on stdin, where nothing is wrong with them."""

    def run(*tokens, stdin=ROWS):
        answer = backprop("batch", *tokens, stdin=stdin)
        assert (answer.status, answer.err) == (0, "")
        return answer.lines

    return run


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["x,name,y,value,grad_x,grad_y", "1,a,2,2,2,1", "3,b,4,12,4,3"]),
        (("-",), ["x,name,y,value,grad_x,grad_y", "1,a,2,2,2,1", "3,b,4,12,4,3"]),
        (("--wrt", "y"), ["x,name,y,value,grad_y", "1,a,2,2,1", "3,b,4,12,3"]),
        (("--wrt", "y", "--wrt", "x"), ["x,name,y,value,grad_y,grad_x", "1,a,2,2,1,2", "3,b,4,12,3,4"]),
        (("--no-grad",), ["x,name,y,value", "1,a,2,2", "3,b,4,12"]),
        (("--only",), ["value,grad_x,grad_y", "2,2,1", "12,4,3"]),
        (("--only", "--no-grad"), ["value", "2", "12"]),
        (("--name", "f"), ["x,name,y,f,grad_x,grad_y", "1,a,2,2,2,1", "3,b,4,12,4,3"]),
        (("--name", "f,d_"), ["x,name,y,f,d_x,d_y", "1,a,2,2,2,1", "3,b,4,12,4,3"]),
        (("--name", "f,", "--only"), ["f,x,y", "2,2,1", "12,4,3"]),
        (("--y", "10"), ["x,name,y,value,grad_x,grad_y", "1,a,2,10,10,1", "3,b,4,30,10,3"]),
        (("y=10", "--wrt", "x"), ["x,name,y,value,grad_x", "1,a,2,10,10", "3,b,4,30,10"]),
        (("--rename", "x=y"), ["x,name,y,value,grad_x,grad_y", "1,a,2,4,2,2", "3,b,4,16,4,4"]),
    ],
)
def test_the_options_for_results(answered, options, expected):
    assert answered("x*y", *options) == expected


def test_every_node(answered):
    header, first, _ = answered("q = x+1; q*y", "--nodes")
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    assert (cells["value"], cells["q"], cells["grad_q"], cells["grad_x"], cells["grad_y"]) == ("4", "2", "2", "2", "2")
    assert header.startswith("x,name,y,value,grad_x,grad_y,")


def test_values_from_a_file_hold_for_all_rows(answered, tmp_path):
    (tmp_path / "values.json").write_text('{"y": 10, "w": [1, 2]}')
    lines = answered("x*y + sum(w)", "--vars", "values.json", "--no-grad", "--only")
    assert lines == ["value", "13", "33"]


def test_an_array_for_all_rows_has_a_column_for_each_entry(answered):
    lines = answered("sum(x*W)", "--W", "[[1,2],[3,4]]", "--only")
    assert lines == [
        "value,grad_x,grad_W[0][0],grad_W[0][1],grad_W[1][0],grad_W[1][1]",
        "10,10,1,1,1,1",
        "30,10,3,3,3,3",
    ]


def test_the_expression_from_a_file(answered, tmp_path):
    (tmp_path / "f.txt").write_text("q = x*y # a product\nq + 1\n")
    assert answered("-f", "f.txt", "--only", "--no-grad") == ["value", "3", "13"]
    (tmp_path / "rows.csv").write_text(ROWS)
    assert answered("-f", "-", "rows.csv", "--only", "--no-grad", stdin="x+y") == ["value", "3", "7"]


@pytest.mark.parametrize("tokens", [("x*y", "rows.csv"), ("rows.csv", "-f", "f.txt"), ("x*y", "--", "rows.csv")])
def test_a_file_of_rows(answered, tmp_path, tokens):
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "f.txt").write_text("x*y")
    assert answered(*tokens, stdin="") == ["x,name,y,value,grad_x,grad_y", "1,a,2,2,2,1", "3,b,4,12,4,3"]


@pytest.mark.parametrize(
    ("header", "row", "shape"),
    [
        ("x[0],x[1],x[2]", "1,2,3", (3,)),
        ("x[2],x[0],x[1]", "3,1,2", (3,)),
        ("W[0][0],W[0][1],W[1][0],W[1][1]", "1,2,3,4", (2, 2)),
        ('"W[0,0]","W[1,0]","W[0, 1]","W[1,1]"', "1,3,2,4", (2, 2)),
    ],
)
def test_array_columns(answered, header, row, shape):
    name = "W" if "W" in header else "x"
    weights = list(range(1, 1 + (4 if len(shape) == 2 else 3)))
    text = str(weights) if len(shape) == 1 else str([weights[:2], weights[2:]])
    lines = answered(f"sum({text}*{name}^2)", "--only", stdin=f"{header}\n{row}\n")
    assert lines[1].split(",") == [str(sum(k**3 for k in weights)), *(str(2 * k * k) for k in weights)]


def test_lists_in_ndjson(answered):
    rows = '{"W": [[1, 2], [3, 4]], "x": [1, -1]}\n{"x": [0, 1], "W": [[1, 2], [3, 4]], "id": "é"}\n'
    lines = answered("sum(W@x)", "--from", "ndjson", stdin=rows)
    assert [json.loads(line) for line in lines] == [
        {"W": [[1, 2], [3, 4]], "x": [1, -1], "value": -2, "grad_W": [[1, -1], [1, -1]], "grad_x": [4, 6]},
        {"x": [0, 1], "W": [[1, 2], [3, 4]], "id": "é", "value": 6, "grad_W": [[0, 1], [0, 1]], "grad_x": [4, 6]},
    ]
    assert lines[0].startswith('{"W": [[1, 2], [3, 4]], "x": [1, -1], "value": -2, ')


def test_array_results_beside_ndjson_as_csv(answered):
    lines = answered("sum(x^2)", "--from", "ndjson", "--format", "csv", stdin='{"x": [1, 2], "n": "a,b"}\n')
    assert lines == ["x,n,value,grad_x[0],grad_x[1]", '"[1, 2]","a,b",5,2,4']


FORMS = {
    "csv": 'x,n\n2,"a,b"\n,\n',
    "tsv": "x\tn\n2\ta,b\n\t\n",
    "ndjson": '{"x": 2, "n": "a,b"}\n{"x": null, "n": null}\n',
}
WRITTEN = {
    "csv": 'x,n,value,grad_x\n2,"a,b",4,4\n,,,\n',
    "tsv": "x\tn\tvalue\tgrad_x\n2\ta,b\t4\t4\n\t\t\t\n",
    "ndjson": '{"x": 2, "n": "a,b", "value": 4, "grad_x": 4}\n{"x": null, "n": null, "value": null, "grad_x": null}\n',
}


@pytest.mark.parametrize("target", FORMS)
@pytest.mark.parametrize("source", FORMS)
def test_every_format_as_every_other(backprop, source, target):
    answer = backprop("batch", "x^2", "--from", source, "--format", target, stdin=FORMS[source])
    assert answer.status == 3  # the second row has no x
    assert answer.out == WRITTEN[target]


def test_the_endings_of_files_say_the_formats(backprop, tmp_path):
    for name, text in FORMS.items():
        (tmp_path / f"rows.{name}").write_text(text)
    for source, target in [("csv", "tsv"), ("tsv", "ndjson"), ("ndjson", "csv")]:
        assert backprop("batch", "x^2", f"rows.{source}", "-o", f"out.{target}").status == 3
        assert (tmp_path / f"out.{target}").read_text() == WRITTEN[target]


def packed_gzip(*members):
    return b"".join(map(gzip.compress, members))


def packed_zstandard(*members):
    zstd = pytest.importorskip("backports.zstd")
    return b"".join(map(zstd.compress, members))


@pytest.mark.parametrize("pack", [packed_gzip, packed_zstandard])
@pytest.mark.parametrize("is_file", [True, False])
def test_packed_rows_of_several_members(backprop, tmp_path, pack, is_file):
    data = pack(b"x,n\n1,a\n2", b"", b",b\n3,c\n")
    (tmp_path / "rows.csv.gz").write_bytes(data)
    answer = backprop("batch", "x^2", *(["rows.csv.gz"] * is_file), stdin=b"" if is_file else data)
    assert answer == (0, "x,n,value,grad_x\n1,a,1,2\n2,b,4,4\n3,c,9,6\n", "", answer.raw)


def test_padding_behind_gzip_is_no_damage(answered):
    assert answered("x", "--only", "--no-grad", stdin=gzip.compress(b"x\n1\n") + bytes(512)) == ["value", "1"]


@pytest.mark.parametrize("pack", [packed_gzip, packed_zstandard])
def test_little_that_unpacks_to_much_comes_in_pieces(tmp_path, pack):
    rows = b"x\n" + b"1\n" * 10_000_000
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(pack(rows))
    assert path.stat().st_size < len(rows) / 500
    source = Source(str(path))
    try:
        pieces = list(iter(lambda: source.read(1 << 16), b""))
    finally:
        os.close(source.descriptor)
    assert b"".join(pieces) == rows
    assert max(map(len, pieces)) <= 1 << 21


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_header_alone(backprop, form):
    answer = backprop("batch", "x^2", "--from", form, stdin="x")
    assert (answer.status, answer.rows if form == "tsv" else answer.lines) == (
        0,
        [["x", "value", "grad_x"]] if form == "tsv" else ["x,value,grad_x"],
    )


def test_no_objects_at_all(backprop):
    assert backprop("batch", "x^2", "--from", "ndjson")[:3] == (0, "", "")


@pytest.mark.parametrize("stdin", ["", "\n\n"])
def test_no_header_at_all(backprop, tmp_path, stdin):
    answer = backprop("batch", "x^2", "-o", "out.csv", stdin=stdin)
    assert (answer.status, answer.out, answer.err.splitlines()[0]) == (2, "", "error: stdin: it is empty")
    assert os.listdir(tmp_path) == []


REFUSED = [
    ("width*heigth", "width,height\n1,2\n", (), "no column heigth", "did you mean height?"),
    ("a+b", "x,y\n1,2\n", (), "no column a and b", "the columns are x, y"),
    ("x", "x,x\n1,2\n", (), "the column x occurs 2 times", ""),
    ("x", "x[0],x[2]\n1,2\n", (), "no column x[1]", ""),
    ("x", "x[0],x[0]\n1,2\n", (), "", "2 times"),
    ("x", "x[0],x[0][1]\n1,2\n", (), "different numbers of indices", ""),
    ("x", "x,value\n1,2\n", (), "the input has a column value already", "--name"),
    ("x", "x,grad_x\n1,2\n", (), "the input has a column grad_x already", "--name"),
    ("x", "x\n1\n", ("--name", "grad_x"), "two results are called grad_x", "--name"),
    ("x", "x\n1\n", ("--name", "grad_x", "--only"), "two results are called grad_x", "--name"),
    ("value = x^2; value+1", "x\n1\n", ("--nodes",), "two results are called value", "--name"),
    ("x", "x\n1\n", ("--rename", "z=x"), "z", "x"),
    ("x", "x\n1\n", ("--rename", "x"), "--rename x", "VARIABLE=COLUMN"),
    ("x", "x\n1\n", ("--rename", "x=width"), "no column width", "the columns are x"),
    ("x", "x\n1\n", ("--wrt", "y"), "y", "x"),
    ("x", "x\n1\n", ("--wrt", "x", "--no-grad"), "--wrt and --no-grad contradict each other", ""),
    ("x", "x\n1\n", ("--name", ",a"), "--name", "NAME,PREFIX"),
    ("x@y", "x[0],x[1],y[0],y[1],y[2]\n1,2,3,4,5\n", (), "shape", ""),
    ("x +", "x\n1\n", (), "expected a value after '+'", ""),
    ("x", "x\rz,y\n1,2\n", (), "carriage returns alone", ""),
    ("x", '"x\n1\n2\n', (), "a quote in the header is not closed", ""),
    ("x", "x\0,y\n1,2\n", (), "the header holds a NUL", ""),
    ("y", b"x,\xff\n1,2\n", (), "no column y", "the header is not UTF-8"),
    ("x", '{"y": 1}\n', ("--from", "ndjson"), "no column x", "the columns are y"),
]


@pytest.mark.parametrize(("expression", "stdin", "options", "reason", "cure"), REFUSED)
def test_what_is_wrong_with_the_question_is_said_before_anything_is_written(
    backprop, tmp_path, expression, stdin, options, reason, cure
):
    answer = backprop("batch", expression, *options, "-o", f"out{len(options)}.csv", stdin=stdin)
    assert (answer.status, answer.out) == (2, "")
    first, _, rest = answer.err.partition("\n")
    assert first.startswith("error: ")
    assert reason in first
    assert cure in rest + first
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "tokens",
    [
        (),
        ("rows.csv",),
        ("x", "rows.csv", "more.csv"),
        ("x", "absent.csv"),
        ("x", "./none*.csv"),
        ("x", "-f", "-"),
        ("x", "rows.csv", "-o", "absent/out.csv"),
        ("x", "rows.csv", "-o", "."),
        ("x", "rows.csv", "-o", ""),
        ("x", "rows.csv", "--rejects", "absent/bad.tsv"),
        ("x", "rows.csv", "-o", "a.csv", "--rejects", "a.csv"),
        ("x", "rows.csv", "-o", "a.csv", "--rejects", "./a.csv"),
        ("x", "rows.csv", "--x", "1", "--x", "2"),
        ("x", "rows.csv", "--q", "1"),
        ("x", "rows.csv", "--on-error", "never"),
        ("x", "rows.csv", "--format", "markdown"),
        ("--expr-field", "e", "rows.csv", "--nodes"),
        ("--expr-field", "absent", "rows.csv"),
    ],
)
def test_wrong_arguments(backprop, tmp_path, tokens):
    (tmp_path / "rows.csv").write_text("x,name,y\n1,a,2\n")
    answer = backprop("batch", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert os.listdir(tmp_path) == ["rows.csv"]


@pytest.mark.parametrize("name", ["format", "output", "quiet", "from", "变量"])
def test_columns_of_any_name_are_variables(answered, name):
    assert answered(f"{name}^2", stdin=f"{name}\n3\n") == [f"{name},value,grad_{name}", "3,9,6"]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_column_called_like_a_const_is_not_read_and_that_is_said(backprop, form):
    rows, place = ("g,x\n3,2\n", "column") if form == "csv" else ('{"g": 3, "x": 2}\n', "member")
    answer = backprop("batch", "const g = 10; g*x", "--only", "--from", form, stdin=rows)
    assert answer.err == f"note: g keeps its value in the expression: the {place} g is not read\n"
    assert answer.lines[-1] in ("20,10", '{"value": 20, "grad_x": 10}')


@pytest.mark.parametrize(("name", "heading"), [("e", "e"), ("pi", "pi"), ("pi", "π"), ("inf", "inf"), ("nan", "nan")])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_column_called_like_a_constant_is_a_variable_and_that_is_said(backprop, name, heading, form):
    rows = f"{heading}\n3\n" if form == "csv" else f'{{"{heading}": 3}}\n'
    answer = backprop("batch", f"{name}^2", "--only", "--from", form, stdin=rows)
    assert answer.err == f"note: {name} is read from the column {name}: it is not the constant\n"
    assert answer.lines[-1] in ("9,6", f'{{"value": 9, "grad_{name}": 6}}')
    assert backprop("batch", f"{name}^2", "-q", "--from", form, stdin=rows).err == ""


def test_a_constant_without_a_column_stays_one(answered):
    assert answered("e*x", "--only", stdin="x,y\n2,1\n")[0] == "value,grad_x"


def test_a_column_called_value_is_a_variable_too(answered):
    lines = answered("value^2", "--name", "f", stdin="value\n3\n")
    assert lines == ["value,f,grad_value", "3,9,6"]


def test_columns_that_are_not_asked_for_may_hold_anything(answered):
    rows = "x,a,a,value2, \n1,,,\n2,nan,abc,'\",\n".replace("1,,,", "1,,,,")
    assert answered("x", "--no-grad", stdin=rows)[1:] == ["1,,,,,1", "2,nan,abc,'\",,2"]


def test_headings_are_read_without_the_blanks_around_them(answered):
    assert answered("x*y", "--no-grad", stdin=' x , "y"\n2,3\n'.replace(', "y"', ',"y "')) == [
        ' x ,"y ",value',
        "2,3,6",
    ]


def test_byte_order_mark_carriage_returns_and_quoted_headers_stay(backprop):
    rows = b'\xef\xbb\xbf"x\ny",x\r\n1,2\r\n3,4'
    answer = backprop("batch", "x^2", stdin=rows)
    assert answer.out.encode() == b'\xef\xbb\xbf"x\ny",x,value,grad_x\r\n1,2,4,4\r\n3,4,16,8\r\n'


def test_values_are_those_of_one_point(answered):
    expression = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
    rows = ["w0,x0,w1,x1,w2", "2,-1,-3,-2,-3", "0.5,1e3,-0.25,7,1", "-1e-3,2,5,1e-5,0"]
    lines = answered(expression, stdin="\n".join(rows) + "\n")
    for row, line in zip(rows[1:], lines[1:], strict=True):
        values = dict(zip(rows[0].split(","), map(float, row.split(",")), strict=True))
        value, gradient = value_and_grad(parse(expression), **values)
        results = list(map(float, line.split(",")[5:]))
        assert results == close_to([value, *(gradient[name] for name in values)], rel=1e-14)


def test_what_is_not_finite(backprop):
    def answered(*tokens, stdin):
        answer = backprop("batch", *tokens, stdin=stdin)
        assert answer.status == 0
        return answer.lines

    assert answered("1/x", stdin="x\n0\n-0.0\n") == ["x,value,grad_x", "0,inf,-inf", "-0.0,-inf,-inf"]
    assert answered("log(x)", "--only", stdin="x\n-1\nnan\ninf\n")[2:] == ["nan,nan", "inf,0"]
    lines = answered("1/x", "--from", "ndjson", stdin='{"x": 0}\n')
    assert lines == ['{"x": 0, "value": null, "grad_x": null}']


def test_division_by_zero_and_overflow_are_counted_at_the_end(backprop):
    rows = "x\n" + "1e308\n0\n" * 30_000
    answer = backprop("batch", "x + 1/x + exp(x)", "--only", stdin=rows)
    assert (answer.status, len(answer.lines)) == (0, 60_001)
    assert answer.err.splitlines() == [
        "warning: value is inf in 60000 rows, grad_x is inf in 30000 rows and -inf in 30000 rows (first in line 2)",
        "warning: n3 = exp(x) is inf",
        "  1 | x + 1/x + exp(x)",
        "    |           ^^^^^^",
    ]


def test_the_file_that_is_read_may_be_written(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("x\n" + "2\n" * 100_000)
    assert backprop("batch", "x^2", "rows.csv", "-o", "rows.csv") == (0, "", "", "")
    assert (tmp_path / "rows.csv").read_text() == "x,value,grad_x\n" + "2,4,4\n" * 100_000
    assert os.listdir(tmp_path) == ["rows.csv"]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_many_blocks_keep_the_order_of_the_rows(backprop, form):
    """More than one process or thread has each a block: the answers are in the order of the rows all the same."""
    if form == "csv":
        rows = "x\n" + "".join(f"{k}\n" for k in range(400_000))
    else:
        rows = "".join(f'{{"x": {k}}}\n' for k in range(300_000))
    answer = backprop("batch", "2*x", "--from", form, "--no-grad", stdin=rows)
    assert (answer.status, answer.err) == (0, "")
    found = [re.findall(r"\d+", line) for line in answer.lines if line[-1] in "0123456789}"]
    assert found == [[str(k), str(2 * k)] for k in range(len(found))]
    assert len(found) == (400_000 if form == "csv" else 300_000)


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_program_without_polars_writes_the_same_bytes(installed, tmp_path, form, ending):
    pytest.importorskip("polars")
    random = np.random.default_rng(7)
    numbers = (random.normal(size=(60_000, 2)) * 10.0 ** random.integers(-8, 18, size=(60_000, 1))).tolist()
    rows = [f"{x!r},é,{y!r}" for x, y in numbers]
    for place, row in [(30_000, "abc,é,1"), (40_000, ",é,1"), (59_000, "1,é"), (59_500, " 1,é,1_0")]:
        rows[place] = row
    text = "".join(f"{row}{ending}" for row in ["x,n,y", *rows])
    (tmp_path / "rows").write_bytes(text.replace(",", "," if form == "csv" else "\t").encode())
    options = ["batch", "x*y + sin(x)", "rows", "--from", form]
    done = [
        subprocess.run([*program, *options], capture_output=True, cwd=tmp_path, timeout=60)
        for program in ([installed], [sys.executable, "-c", WITHOUT_POLARS])
    ]
    assert done[0].stdout == done[1].stdout
    assert done[0].stderr == done[1].stderr
    assert done[0].returncode == done[1].returncode == 3
    assert done[0].stdout.count(b"\n") == 60_001


def test_help_lists_the_options(backprop):
    answer = backprop("batch", "--help")
    assert answer.status == 0
    for option in ("--expr-field", "--rejects", "--on-error", "--rename", "--only", "--nodes", "--name", "-o"):
        assert option in answer.out


@pytest.mark.parametrize(
    ("name", "cure"), [("o.csv.bz2", "gzip"), ("o.zst", "results.csv.zst"), ("o.json", ".ndjson"), ("o.xyz", "tsv|csv")]
)
def test_a_file_holds_what_its_ending_says_or_is_not_made(backprop, tmp_path, name, cure):
    answer = backprop("batch", "x", "-o", name, stdin="x\n1\n")
    assert (answer.status, answer.out, os.listdir(tmp_path)) == (2, "", [])
    assert cure in answer.err
    assert backprop("batch", "x", "-o", "results", stdin="x\n1\n").status == 0
    assert backprop("batch", "x", "-o", "/dev/null", stdin="x\n1\n").status == 0


def test_an_index_in_a_header_takes_no_memory(backprop):
    answer = backprop("batch", "sum(x)", stdin="x[0],x[99999999999]\n1,2\n")
    assert (answer.status, answer.err.splitlines()[0]) == (2, "error: no column x[1]")


def test_lines_with_expressions_take_no_other_one(backprop, tmp_path):
    (tmp_path / "m.txt").write_text("x\n3\n")
    answer = backprop("batch", "x^2", "m.txt", "--from", "lines")
    assert (answer.status, answer.out) == (2, "")
    assert "omit the expression" in answer.err
    (tmp_path / "lines.txt").write_text("x*y\tx=2 y=3\n")
    answer = backprop("batch", "x^2", "lines.txt")
    assert (answer.status, answer.out) == (2, "")
    assert "omit the expression" in answer.err
    (tmp_path / "e.txt").write_text("x^2\n")
    for options in (["lines.txt", "--from", "lines"], ["rows.ndjson", "--expr-field", "expr"]):
        answer = backprop("batch", "-f", "e.txt", *options)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.splitlines()[0] == "error: -f e.txt: the rows bring their own expressions"
    for options in ([], ["--from", "csv"]):
        assert backprop("batch", "x^2", "m.txt", *options).lines == ["x,value,grad_x", "3,9,6"]


def test_a_long_name_is_cut_in_an_error(backprop):
    assert len(backprop("batch", "x", stdin="a" * 100_000).err) < 400


def test_a_cure_of_a_renamed_variable_names_the_variable(backprop):
    answer = backprop("batch", "x^2", "--rename", "x=widht", stdin="width\n1\n")
    assert "--rename x=width" in answer.err
    assert "--x 1" in answer.err
