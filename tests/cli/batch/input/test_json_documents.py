"""JSON documents as lines of objects: whatever pieces they come in, the same rows as Python's own reader finds."""

from __future__ import annotations

import json
import random

import pytest

from backprop.cli.batch.input.json_documents import JsonDocuments
from backprop.cli.batch.input.unpacking import Damaged

from ....cases import as_one_test


def lines_of(data: bytes, size: int = 1 << 20) -> tuple[list[bytes], str]:
    """The lines, and what is said of the document's damage."""
    documents = JsonDocuments()
    given = b""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    try:
        for piece in pieces:
            given += documents.recoded(piece, is_last=False)
        given += documents.recoded(b"", is_last=True)
        given += documents.recoded(b"", is_last=True)
    except Damaged as damage:
        return given.splitlines(), str(damage)
    return given.splitlines(), ""


ROWS = [
    {"x": 1, "s": 'a "quoted" [text] \\', "p": {"q": [1, {"r": "}"}]}},
    {"x": -2.5e-3, "s": "\\\\", "t": "line\nend, two  blanks", "e": {}, "l": []},
    {"x": None, "s": "\u00e9\u6e29\U0001f600", "\\": '\\"'},
]


@as_one_test("size", [1, 2, 3, 7, 64, 1 << 20])
@as_one_test("indent", [None, 0, 2, "\t"])
@as_one_test("ends", ["\n", "\r\n", "\r"])
def test_the_rows_of_every_layout_in_every_piece(size, indent, ends):
    def text(value):
        return json.dumps(value, indent=indent, ensure_ascii=False).replace("\n", ends)

    array = text(ROWS)
    one_by_one = ends.join(map(text, ROWS))
    for document in (
        array,
        f"{ends} {array}{ends}",
        one_by_one,
        "".join(map(text, ROWS)),
        f"\ufeff{array}",
        array + text(ROWS),
    ):
        lines, damage = lines_of(document.encode(), size)
        expected = ROWS * (2 if document == array + text(ROWS) else 1)
        assert ([json.loads(line) for line in lines], damage) == (expected, "")


def test_a_document_over_many_lines_has_single_blanks():
    assert lines_of(json.dumps([{"x": [1, 2], "s": "a  b"}], indent=4).encode())[0] == [
        b'{ "x": [ 1, 2 ], "s": "a  b" }'
    ]
    assert lines_of(b'[{"x":1,"s":"a  b"}]')[0] == [b'{"x":1,"s":"a  b"}']


def test_random_documents_are_cut_as_python_cuts_them():
    chance = random.Random(14)

    def value(depth):
        kind = chance.randrange(7 if depth < 4 else 4)
        if kind < 4:
            return [None, 1.5, chance.choice(['"', "\\", '\\"', "[{", "}]", ",", "\n"]) * chance.randrange(3), True][
                kind
            ]
        if kind < 6:
            return {str(k) + chance.choice('"\\{'): value(depth + 1) for k in range(chance.randrange(4))}
        return [value(depth + 1) for _ in range(chance.randrange(4))]

    for _ in range(300):
        rows = [{"a": value(0)} for _ in range(chance.randrange(6))]
        text = json.dumps(rows, indent=chance.choice([None, 1])).encode()
        lines, damage = lines_of(text, chance.randrange(1, 40))
        assert ([json.loads(line) for line in lines], damage) == (rows, "")


OTHER_ROWS = [
    (b"[1, 2]", [b"1", b"2"]),
    (b'["a, b", {"x": 1}, null]', [b'"a, b"', b'{"x": 1}', b"null"]),
    (b'[[1, 2], {"x": 1}]', [b"[1, 2]", b'{"x": 1}']),
    (b"[]", []),
    (b" [ ] \n", []),
    (b"[] [] []", []),
    (b"", []),
    (b'{"x": [1, {}]}', [b'{"x": [1, {}]}']),
    (b'[{"x": 1 "y" 2}, {"x": 3}]', [b'{"x": 1 "y" 2}', b'{"x": 3}']),  # whoever reads the row says what is wrong
    (b'[{"x": 1], {"x": 2}]', [b'{"x": 1]', b'{"x": 2}']),
]


@pytest.mark.parametrize("document, rows", OTHER_ROWS)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_what_is_no_object_is_a_row_too(document, rows, size):
    assert lines_of(document, size) == (rows, "")


WRONG = [
    (b"5", 0, "'5': it is neither an object nor an array of objects (line 1, byte 1)"),
    (b'"text"', 0, "it is neither an object nor an array"),
    (b"null\n", 0, "'null': it is neither an object"),
    (b"<html>", 0, "'<html>': it is neither an object"),
    (b'{"x": 1}\nx', 1, "'x': the document before it has ended (line 2, byte 10)"),
    (b'[{"x": 1}, {"x": 2}', 2, "it is cut off: the array does not end (line 1, byte 20)"),
    (b'[{"x": 1},\n{"x": 2', 1, "it is cut off: a row does not end (line 2, byte 12)"),
    (b'[{"x": 1},\n{"x": "a', 1, "it is cut off: a row does not end (line 2, byte 12)"),
    (b'[{"x": 1},', 1, "it is cut off: the array does not end"),
    (b"[", 0, "it is cut off: the array does not end"),
    (b"[1, 2", 0, "it is cut off"),
    (b'[{"x": 1} {"x": 2}]', 1, "expected ',' between the rows of the array (line 1, byte 11)"),
    (b'[{"x": 1},, {"x": 2}]', 1, "a row is missing before ',' (line 1, byte 11)"),
    (b'[, {"x": 2}]', 0, "a row is missing before ','"),
    (b'[{"x": 1},]', 1, "a row is missing behind ','"),
    (b'[{"x": 1}\n}', 1, "expected ']' at the end of the array (line 2, byte 11)"),
    (b'{"x": 1}]', 1, "']' closes nothing (line 1, byte 9)"),
    (b'}{"x": 1}', 0, "'}' closes nothing"),
    (b'[{"x": 1}]]', 1, "']' closes nothing"),
    (b'{"x": 1}, {"x": 2}', 1, "',': the document before it has ended"),
    (b"\x00\x01", 0, "it is neither an object"),
]


@as_one_test("document, rows, reason", WRONG)
@as_one_test("size", [1, 5, 1 << 20])
def test_where_a_document_is_wrong(document, rows, reason, size):
    lines, damage = lines_of(document, size)
    assert len(lines) == rows
    assert damage.startswith("it is not JSON: ")
    assert reason in damage


def test_a_long_row_and_a_deep_one_take_time_in_proportion():
    long = b'[{"x": 1, "s": "' + b'\\"[' * 3_000_000 + b'"}]'
    deep = b"[" + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"]"
    for document in (long, deep):
        lines, damage = lines_of(document, 1 << 14)
        assert (lines, damage) == ([document[1:-1]], "")


def test_a_row_without_an_end_is_not_kept_for_ever():
    documents = JsonDocuments()
    with pytest.raises(Damaged, match="a row is longer than 64 MiB"):
        for _ in range(140):
            documents.recoded(b'{"x": "' + b"a" * (1 << 20), is_last=False)
