"""`--from json`: arrays, concatenated and indented documents, members of members, numbers in strings."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from backprop.cli.batch.input.json_documents import JsonDocuments

ROWS = [{"x": 2, "y": "3"}, {"y": 1.5, "x": 4, "z": "s"}]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_array", [True, False])
def test_arrays_and_documents(backprop, tmp_path, indent, is_array):
    text = json.dumps(ROWS, indent=indent) if is_array else "\n".join(json.dumps(row, indent=indent) for row in ROWS)
    (tmp_path / "rows.json").write_text(text)
    for answer in (backprop("batch", "x*y", "rows.json"), backprop("batch", "x*y", "--from", "json", stdin=text)):
        assert (answer.status, answer.err) == (0, "")
        assert [json.loads(line) for line in answer.lines] == [
            {"x": 2, "y": "3", "value": 6, "grad_x": 3, "grad_y": 2},
            {"y": 1.5, "x": 4, "z": "s", "value": 6, "grad_x": 1.5, "grad_y": 4},
        ]


def test_a_pipe_that_begins_with_an_array_is_read_as_one(backprop):
    answer = backprop("batch", "x", "--only", "--no-grad", stdin='\n[{"x": 1}]')
    assert (answer.status, answer.out) == (0, '{"value": 1}\n')
    assert answer.err == "note: it is read as JSON: it begins with an array; --from overrides\n"
    assert backprop("batch", "x", "--format", "csv", stdin='[{"x": 1}]').out == "x,value,grad_x\n1,1,1\n"
    header = backprop("batch", "x", stdin="[m],x\n1,2\n")
    assert header.out == "[m],x,value,grad_x\n1,2,2,1\n"


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_members_of_all_of_the_first_rows_are_columns(backprop, form):
    text = '[{"x": 1}, {"s": "a", "x": 2}, {"q": [1], "x": "z"}]'
    answer = backprop("batch", "x", "--from", "json", "--format", form, "--no-grad", stdin=text)
    assert answer.status == 3
    assert [line.split("," if form == "csv" else "\t") for line in answer.lines] == [
        ["x", "s", "q", "value"],
        ["1", "", "", "1"],
        ["2", "a", "", "2"],
        ["z", "", "[1]", ""],
    ]
    assert answer.err == "row 3: x is 'z', which is not a number\n"


NESTED = (
    '[{"p": [{"x": 1.5}, {"x": "2.5"}], "a.b": 3, "v": {"w": [1, 2]}}, {"p": [{"x": 4}], "a.b": 5, "v": {"w": [3, 4]}}]'
)


def test_members_of_members(backprop):
    options = ["--rename", "x=p[0].x,y=a.b,w=v.w", "--from", "json", "--only", "--no-grad"]
    assert backprop("batch", "x*y + sum(w)", *options, stdin=NESTED).lines == ['{"value": 7.5}', '{"value": 27}']
    lines = "\n".join(json.dumps(row) for row in json.loads(NESTED))
    options[3] = "ndjson"
    assert backprop("batch", "x*y + sum(w)", *options, stdin=lines).lines == ['{"value": 7.5}', '{"value": 27}']
    second = backprop("batch", "x", "--rename", "x=p[1].x", "--from", "json", "--only", "--no-grad", stdin=NESTED)
    assert (second.lines, second.err) == (['{"value": 2.5}', '{"value": null}'], "row 2: p[1].x is missing\n")
    none = backprop("batch", "x", "--rename", "x=p[0].z", "--from", "json", stdin=NESTED)
    assert (none.status, none.out, none.err.splitlines()[0]) == (2, "", "error: no column p[0].z")


BAD_ROWS = [
    ('"1,5"', "x is '1,5', which is not a number"),
    ('""', "x is '', which is not a number"),
    ('"1e999"', "x is '1e999', which is not a number"),
    ("true", "x is true, which is not a number"),
    ("null", "x is missing"),
    ("1e999", "x is out of range"),
    ("[1]", "x has shape (1), the first one scalar"),
    ("tru", "it is not JSON"),
    ("[" * 2000 + "]" * 2000, "it is nested too deeply"),
]


@pytest.mark.parametrize("cell, reason", BAD_ROWS, ids=[reason for _, reason in BAD_ROWS])
def test_a_bad_row_is_one_and_the_others_are_read(backprop, cell, reason):
    text = f'[{{"x": 1}},\n{{"x": {cell}}},\n{{"x": " 3 "}}]'
    answer = backprop("batch", "x", "--from", "json", "--no-grad", "--only", stdin=text)
    assert (answer.status, answer.lines) == (3, ['{"value": 1}', '{"value": null}', '{"value": 3}'])
    assert answer.err.startswith(f"row 2: {reason}")


def test_rows_that_are_no_objects(backprop):
    answer = backprop("batch", "x", "--from", "json", "--no-grad", stdin='[{"x": 1}, 5, "a", [1]]')
    assert (answer.status, answer.out) == (3, '{"x": 1, "value": 1}\n5\n"a"\n[1]\n')
    assert answer.err.splitlines() == [f"row {row}: it is not a JSON object" for row in (2, 3, 4)]


def test_of_members_of_one_name_the_last_counts(backprop):
    answer = backprop("batch", "x", "--from", "json", "--no-grad", stdin='[{"x": 1, "x": 2}]')
    assert answer.out == '{"x": 1, "x": 2, "value": 2}\n'


@pytest.mark.parametrize(
    "text, reason",
    [
        ("5", "it is neither an object nor an array of objects (line 1, byte 1)"),
        ("", ""),
        ("[]", ""),
        ('[{"x": ', "it is cut off: a row does not end (line 1, byte 2)"),
        ("<a>", "'<a>': it is neither an object"),
    ],
)
def test_documents_without_rows(backprop, text, reason):
    answer = backprop("batch", "x", "--from", "json", stdin=text)
    assert (answer.status, answer.out) == (2 if reason else 0, "")
    assert answer.err.startswith("error: stdin: it is not JSON: " if reason else "")
    assert reason in answer.err


def test_a_document_that_ends_in_the_middle_gives_the_rows_before(backprop):
    text = "[" + ",\n".join(f'{{"x": {k}}}' for k in range(20_000)) + ',\n{"x": 1'
    answer = backprop("batch", "x", "--from", "json", "--no-grad", "--only", stdin=text)
    assert (answer.status, len(answer.lines)) == (3, 20_000)
    assert answer.err == (
        "stdin, after row 20000: it is not JSON: it is cut off: a row does not end (line 20001, byte 268892)\n"
    )


def test_packed_and_several_and_with_their_source(backprop, tmp_path):
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps([{"x": 1}], indent=1).encode()))
    (tmp_path / "b.json").write_text('{"x": "2"}{"x": "z"}')
    answer = backprop("batch", "x", "a.json.gz", "b.json", "--no-grad", "--source-column", "f")
    assert [json.loads(line) for line in answer.lines] == [
        {"x": 1, "f": "a.json.gz", "value": 1},
        {"x": "2", "f": "b.json", "value": 2},
        {"x": "z", "f": "b.json", "value": None},
    ]
    assert answer.err == "b.json, row 2: x is 'z', which is not a number\n"


def test_rows_with_their_own_expressions(backprop):
    text = json.dumps([{"e": "x^2", "x": 3}, {"e": "x*y", "x": 2, "y": 5}], indent=2)
    answer = backprop("batch", "--expr-field", "e", "--from", "json", "--only", "--no-grad", stdin=text)
    assert answer.lines == ['{"value": 9}', '{"value": 10}']


@pytest.mark.extras
def test_columns_of_documents(backprop, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    text = json.dumps([{"x": 1, "n": 5}, {"x": "2", "n": 6, "late": True}], indent=2)
    assert backprop("batch", "x^2", "--from", "json", "-o", "o.parquet", "--no-grad", stdin=text).status == 0
    assert parquet.ParquetFile(tmp_path / "o.parquet").read().to_pydict() == {
        "x": [1.0, 2.0],
        "n": [5, 6],
        "late": [None, True],
        "value": [1.0, 4.0],
    }


def test_memory_is_that_of_a_piece():
    row = json.dumps({"x": 1.25, "s": "some text", "p": {"q": [1, 2, 3]}}).encode()
    documents = JsonDocuments()
    piece = b",\n".join([row] * 1000) + b",\n"
    documents.recoded(b"[" + piece, is_last=False)
    tracemalloc.start()
    for _ in range(200):
        assert documents.recoded(piece, is_last=False).count(b"\n") == 1000
    assert tracemalloc.get_traced_memory()[1] < 40 * len(piece)
    tracemalloc.stop()
