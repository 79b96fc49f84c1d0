"""How often the bytes of an input are looked at before it is answered: once, whatever they are. Counted, not timed."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backprop.cli.batch import setup
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.formats.ndjson import Ndjson, object_in
from backprop.cli.batch.input.blocks import LONG, BlockReader
from backprop.cli.batch.input.cutting import Place

from .pieces import SIZE, Pieces


class Counting:
    """A format whose cuts are counted, and the bytes that they look at."""

    def __init__(self, form) -> None:
        self.form = form
        self.bytes = 0
        self.calls = 0

    def cut(self, data, end, place):
        self.bytes += end - place.seen
        self.calls += 1
        return self.form.cut(data, end, place)


def csv_rows():
    form = Delimited(DIALECTS["csv"])
    form.header = ["x", "n"]
    return form


MANY = 1 << 21  # bytes

ENDLESS = {
    "an unclosed quote": b'1,"2\n' + b"1,2\n" * (MANY // 4),
    "an unclosed quote of quotes": b'1,"2\n' + b'"",""\n' * (MANY // 6),
    "a long first field": b"a" * MANY + b",2\n",
    "a cell of many lines": b'"' + b"a\n" * (MANY // 2) + b'",1\n',
    "rows": b'1,"a"\n' * (MANY // 6),
    "blank lines": b"\n" * MANY,
}


@pytest.mark.parametrize("data", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("size", [SIZE, SIZE - 1, 1 << 20])
def test_rows_are_looked_at_once(data, size):
    counted = Counting(csv_rows())
    reader = BlockReader(Pieces(data, size), counted.cut)
    given = bytearray()
    while not reader.is_done:
        reader.fill(reader.size + size)
        given += reader.take()
    assert given == data
    assert counted.bytes <= len(data) + 2 * counted.calls
    assert counted.calls <= 3 * len(data) // size + 10


HEADERS = {
    "an unclosed quote": b'x,"n\n' + b"1,2\n" * (MANY // 4),
    "an unclosed quote before blank lines": b'x,"n' + b"\n" * MANY,
    "blank lines": b"\n" * MANY + b"x\n1\n",
    "blank lines with carriage returns": b"\r\n" * (MANY // 2) + b"x\r\n1\r\n",
    "carriage returns": b"\r" * MANY,
    "a long first name": b"a" * MANY + b",x\n",
    "a byte order mark and a long name": b'\xef\xbb\xbf"' + b"a" * (LONG // 2) + b'",x\n',
    "zeros": bytes(MANY),
}


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("data", HEADERS.values(), ids=HEADERS)
def test_headers_are_looked_at_once(data, form):
    counted = Counting(Delimited(DIALECTS[form]))
    reader = BlockReader(source := Pieces(data), counted.cut)
    first = reader.take_first(SIZE)
    assert first in data
    assert counted.bytes <= source.place + 2 * counted.calls
    assert counted.calls <= 2 * len(data) // SIZE + 10


@pytest.mark.parametrize("ends", [b"\r" * MANY, b"x" + b"\r" * MANY + b"y\n", b"x" + b"\r" * MANY + b"\n"])
def test_a_run_of_carriage_returns_is_looked_at_once(ends):
    form = Delimited(DIALECTS["csv"])
    with contextlib.suppress(ValueError):  # it took hours where each of them was the beginning of a look
        form.read_header(ends)
    assert form.ending in ("\n", "\r" * MANY + "\n")


@pytest.mark.parametrize("data", [HEADERS["an unclosed quote"], HEADERS["zeros"]])
def test_a_header_that_is_none_is_given_up_within_the_first_mebibyte(data):
    reader = BlockReader(source := Pieces(data), Delimited(DIALECTS["csv"]).cut)
    reader.take_first(SIZE)
    assert source.place <= LONG + 2 * SIZE


OBJECTS = {
    "comments": b"# nothing\n" * (MANY // 10) + b'{"x": 1}\n',
    "blank lines": b"\n" * MANY + b'{"x": 1}\n',
    "a long line": b"[" + b"1," * (MANY // 2) + b'1]\n{"x": 1}\n',
}


@pytest.mark.parametrize("data", OBJECTS.values(), ids=OBJECTS)
def test_lines_before_the_first_object_are_read_once_and_named(data, monkeypatch):
    read = []
    monkeypatch.setattr(setup, "object_in", lambda data: read.append(len(data)) or object_in(data))
    said = []
    reader = BlockReader(source := Pieces(data), Ndjson({}).cut, said.append)
    assert setup.first_object(reader) == {"x": 1}
    assert sum(read) <= len(data)
    assert source.place == len(data)
    assert len(said) == 1


LETTERS = st.sampled_from(['"', '"', '""', ",", "\n", "a"])


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(LETTERS, max_size=30).map("".join), st.lists(st.integers(1, 6), min_size=1, max_size=20))
@example('"a"', [3])
@example('"a""b\n"\n', [4, 1])
def test_pieces_end_where_the_whole_does(text, sizes):
    """Whatever came in which pieces, the last record ends where it does for all of it at once."""
    data, form = text.encode(), csv_rows()
    place, end = Place(), 0
    while end < len(data):
        for size in sizes:
            end = min(end + size, len(data))
            place = form.cut(data, end, place)
            assert place.end == form.cut(data, end, Place()).end


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.text('ab",\n', max_size=4), min_size=2, max_size=2), max_size=6))
def test_records_end_where_the_csv_module_ends_them(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data, form = text.getvalue().encode(), csv_rows()
    ends = {form.cut(data, end, Place()).end for end in range(len(data) + 1)}
    assert len(ends - {0}) == len(rows)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"[\n" + b'{"x": 1},\n' * 300_000, "rows.ndjson", "one JSON document over many lines"),
        (b'{\n"x": 1}\n', "rows.ndjson", "one JSON document over many lines"),
        (b'\n\n[{\n"x": 1}]\n', "rows.jsonl", "one JSON document over many lines"),
        (b'[{"x": 1},\n{"x": 2}]\n', "rows.jsonl", "one JSON document over many lines"),
        (HEADERS["an unclosed quote"], "rows.csv", "a quote in the header is not closed"),
        (bytes(MANY), "rows.csv", "the header holds a NUL"),
    ],
)
def test_the_wrong_kind_of_file_is_said_at_once(backprop, tmp_path, data, name, reason):
    (tmp_path / name).write_bytes(data)
    answer = backprop("batch", "x", name)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err


def test_blanks_between_bindings_are_looked_at_once(backprop):
    answer = backprop("batch", "--from", "lines", stdin=f"x+y\tx=[1,{' ' * 200_000}2]   y =3\n")
    assert answer.status == 0
    assert answer.rows[0][2:] == ["[4,5]", "x=[1,1] y=2"]
