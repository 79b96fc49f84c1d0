"""Awkward CSV and TSV through the classes of cli/rows: Python's csv module is the oracle, and no way of cutting the
input into blocks, nor polars, may change a byte of what comes out."""

from __future__ import annotations

import csv
import io
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backprop.autodiff import value_and_grad
from backprop.cli.batch.columnar import bulk, bulk_delimited
from backprop.cli.batch.evaluation import Kernel, RowsJob
from backprop.cli.batch.formats.delimited import Appending, Delimited
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.input.blocks import BlockReader
from backprop.cli.batch.input.header import bind_columns
from backprop.cli.batch.pipeline import stream
from backprop.cli.batch.processes.pool import InProcess
from backprop.cli.batch.results import Naming, Wanted, entry_names
from backprop.cli.batch.writing import write_output
from backprop.parser import parse

from ...closeness import close_to
from .pieces import Pieces

SEPARATORS = {"csv": ",", "tsv": "\t"}
WANTED = Wanted(None, has_gradients=True, has_nodes=False, naming=Naming())
BOM = "\ufeff"
parsed = cache(parse)  # a few expressions for very many files


def opened(data, expression, size, form="csv", policy="null", is_only=False, wanted=WANTED):
    """The reader behind its header, and the job, as `backprop batch` makes them."""
    dialect = Delimited(DIALECTS[form])
    reader = BlockReader(Pieces(data, size), dialect.cut)
    dialect.read_header(reader.take_first(1 << 16))
    graph = parsed(expression)
    dialect.columns = bind_columns(dialect.header, list(graph.inputs), {})
    kernel = Kernel(graph, {name: one.shape for name, one in dialect.columns.items()}, {}, wanted)
    names = [one for name, shape in kernel.prepare() for one in entry_names(name, shape)]
    return reader, RowsJob(dialect, kernel, Appending(dialect, names, is_only=is_only), policy)


def answer(data, expression="x^2", size=1 << 20, form="csv", made=lambda job: job, **options):
    """What comes out, and the bad rows as (line, reason, record)."""
    reader, job = opened(data, expression, size, form, **options)
    out = io.BytesIO(job.writer.opening())
    out.seek(0, io.SEEK_END)
    faults = []
    for one in stream(reader, made(job), InProcess):
        write_output(out, one.output)
        faults.extend((reader.line + fault.line, fault.reason, fault.record) for fault in one.faults)
        reader.line += one.lines
        if one.is_last:
            break
    return out.getvalue(), faults


def cells_of(text):
    """What the csv module reads; it makes of a blank line an empty list."""
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


LETTERS = st.sampled_from([*'ab1," \t;', '"', '""', "\n", "\r\n", "é", "变", "\u2028", "\x0b", "\x85", "\\", BOM])
TEXT = st.lists(LETTERS, max_size=6).map("".join)


@st.composite
def spelled(draw, text):
    """A cell of this text as some program may write it: quoted, or bare where that is allowed."""
    must = any(character in text for character in ',\n\r"')
    if must or draw(st.booleans()):
        return '"' + text.replace('"', '""') + '"'
    return text


@st.composite
def bare_with_quotes(draw):
    """A cell that opens without a quote and has some, or goes on behind the one that closes it: read, not refused."""
    inner = draw(st.lists(st.sampled_from(["a", '"', '""', " ", "é"]), max_size=5).map("".join))
    return draw(st.sampled_from(["b", " ", '"a"b', '""b'])) + inner


CELL = st.one_of(TEXT.flatmap(spelled), bare_with_quotes())
NUMBER = st.one_of(st.integers(-999, 999).map(str), st.floats(-1e6, 1e6).map(repr))


@st.composite
def files(draw):
    """The records of a file as text, the first its header, and their line ends."""
    width = draw(st.integers(0, 3))
    place = draw(st.integers(0, width))
    headings = [
        draw(st.sampled_from([f"n{k}", f'"n,{k}"', f'"n""{k}"', f'"n\n{k}"', f" n {k} "])) for k in range(width)
    ]
    headings.insert(place, draw(st.sampled_from(["x", '"x"', " x "])))
    records = [draw(st.sampled_from(["", BOM])) + ",".join(headings)]
    for _ in range(draw(st.integers(0, 6))):
        cells = [draw(CELL) for _ in range(width)]
        cells.insert(place, draw(NUMBER.flatmap(spelled)))
        records.append(",".join(cells))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    ends = [draw(st.sampled_from(["\n", "\r\n"])) if draw(st.booleans()) else ending for _ in records]
    return records, ends, place, draw(st.booleans())


@settings(max_examples=250, deadline=None, derandomize=True)
@given(files(), st.sampled_from([1, 2, 7, 64, 1 << 20]))
def test_every_record_comes_back_with_its_results_behind_it(file, size):
    records, ends, place, has_last_end = file
    text = "".join(record + end for record, end in zip(records, ends, strict=True))
    if not has_last_end:
        text = text[: -len(ends[-1])]
    out, faults = answer(text.encode(), size=size)
    assert faults == []
    rows = cells_of(text.removeprefix(BOM))
    assert len(rows) == len(records)
    results = [["value", "grad_x"], *([float(row[place]) ** 2, 2 * float(row[place])] for row in rows[1:])]
    written = cells_of(out.decode().removeprefix(BOM))
    assert [row[:-2] for row in written] == rows
    assert written[0][-2:] == results[0]
    assert [list(map(float, row[-2:])) for row in written[1:]] == results[1:]
    position = 0
    added = [",".join(row[-2:]) for row in written]
    last = ends if has_last_end or len(ends) == 1 else [*ends[:-1], ends[0]]  # it gets the header's
    if not has_last_end and len(ends) == 1:
        last = ["\n"]
    for record, behind, end in zip(records, added, last, strict=True):
        whole = f"{record},{behind}{end}".encode()
        assert out[position : position + len(whole)] == whole
        position += len(whole)
    assert position == len(out)


RUBBISH = st.lists(
    st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"1", b"2.5", b"a", b" ", b"\0", b"\xff", "é".encode()]),
    max_size=40,
).map(b"".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(RUBBISH, st.sampled_from(["x", "x,n", "n,x,m"]), st.sampled_from(["null", "skip", "stop"]))
@example(b'1,"a\n"b\n2\n', "x,n", "null")
@example(b'1\n\n""\n"1"\n', "x", "null")
@example(b'1,"a""\n2,b"\n3,c\n', "x,n", "null")
@example(b'"1"\r\n"\r\n"\r\n', "x", "null")
def test_blocks_cut_anywhere_give_the_same(data, header, policy):
    data = header.encode() + b"\n" + data
    expected = answer(data, policy=policy)
    for size in (1, 2, 7):
        assert answer(data, size=size, policy=policy) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(RUBBISH.map(lambda data: data.replace(b"\r", b"").replace(b"\0", b"")), st.sampled_from(["x", "x,n"]))
def test_rubbish_is_read_as_the_csv_module_reads_it(data, header):
    """Every record is either written as it is, or an unclosed quote has swallowed it."""
    text = (header.encode() + b"\n" + data).decode("utf-8", "surrogateescape")
    out, faults = answer(text.encode("utf-8", "surrogateescape"))
    has_blank = header == "x"
    rows = [row or [""] for row in csv.reader(io.StringIO(text, newline="")) if row or has_blank]
    written = [row[:-2] for row in csv.reader(io.StringIO(out.decode("utf-8", "surrogateescape"), newline=""))]
    lost = sum(reason == "a quote is not closed" for _, reason, _ in faults)
    assert lost <= 1
    filled = [[*row, *[""] * (len(rows[0]) - len(row))] for row in rows[: len(rows) - lost]]
    assert written == filled


@settings(max_examples=150, deadline=None, derandomize=True)
@given(RUBBISH)
def test_each_fault_has_the_line_and_the_record_that_are_in_the_input(data):
    data = b"x,n\n" + data
    lines = data.split(b"\n")
    _, faults = answer(data)
    for line, _, record in faults:
        there = b"\n".join(lines[line - 1 : line + record.count(b"\n")])
        assert there.rstrip(b"\r") == record
    assert [line for line, _, _ in faults] == sorted(line for line, _, _ in faults)


def test_values_and_gradients_are_those_of_one_point():
    random = np.random.default_rng(20261123)
    points = random.normal(size=(500, 3)) * 10.0 ** random.integers(-3, 3, size=(500, 1))
    expression = "sin(x)*y + z/(1+exp(-x*y)) + max(x, z)"
    data = "x,y,z\n" + "".join(",".join(map(repr, row)) + "\n" for row in points.tolist())
    out, faults = answer(data.encode(), expression)
    assert faults == []
    graph = parse(expression)
    for row in csv.DictReader(io.StringIO(out.decode())):
        given_values = {name: float(row[name]) for name in "xyz"}
        value, gradient = value_and_grad(graph, **given_values)
        assert float(row["value"]) == close_to(value, rel=1e-14, nan_ok=True)
        for name in "xyz":
            assert float(row[f"grad_{name}"]) == close_to(gradient[name], rel=1e-13, nan_ok=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=50))
def test_every_double_comes_back_with_all_its_digits(numbers):
    out, faults = answer("".join(["x\n", *(f"{number!r}\n" for number in numbers)]).encode(), "x")
    values = [float(row["value"]) for row in csv.DictReader(io.StringIO(out.decode()))]
    assert (list(map(repr, values)), faults) == (list(map(repr, numbers)), [])


@pytest.fixture(scope="module")
def small_blocks():
    """polars reads and writes blocks of any size."""
    pytest.importorskip("polars")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_delimited, "LEAST", 0)
        yield


def both(data, expression="x*y", **options):
    """The base's answer and that with polars."""

    def in_bulk(job):
        assert bulk.serves(job)
        return bulk.in_bulk(job)

    return answer(data, expression, **options), answer(data, expression, made=in_bulk, **options)


NUMBERS = """0 -0 0.0 -0.0 1 -1 1e-5 1E-5 1e5 1e+5 5e-324 2.5e-324 2e-324 1e-400 1.7976931348623157e308 1e308 1e309
1e999 -1e999 1e15 1e16 1e17 1e21 1e22 1e23 123456789012345678 9007199254740993 0.1 0.30000000000000004 0.0001 0.00001
0.00012345678901234567 2.2250738585072014e-308 inf -inf +inf Inf INF Infinity -Infinity infinity nan NaN -nan +nan NAN
+5 +-5 .5 5. . - + e5 1e 1e+ 1.e5 .e5 1_0 1__0 _1 0x10 0b1 1d5 1f 1L 1j abc 1a true null None NULL NA n/a #N/A
1.2.3 1,5 00012 1e0000005 in infi inff 1e-5000 3.141592653589793238462643383279502884197
4.35 0.000001 123456.7890123456789 8.41e21 9.5e-7 1e-4 9.999999999999999e-5 9999999999999998 1e15.5 1 000 $1 1%"""
AWKWARD = [
    *NUMBERS.replace("1,5", "").split(),
    "",
    " ",
    "  ",
    " 1",
    "1 ",
    " 1 ",
    "\u00a01",
    "1\u00a0",
    "\u2003",
    "1\x0b",
    "\x1c2",
    "\u0661\u0662",
    "\u0663.\u0665",
    "\uff11",
    "\u22121",
]


@pytest.mark.extras
@pytest.mark.usefixtures("small_blocks")
class TestBulk:
    @pytest.mark.parametrize("form", ["csv", "tsv"])
    @pytest.mark.parametrize("cell", [*AWKWARD, "\t1"], ids=ascii)
    def test_one_awkward_cell(self, cell, form):
        if form == "tsv" and "\t" in cell:
            pytest.skip("a tab is no part of a cell of TSV")
        lines = ["x,y,n", "1,2,a", f"{cell},3,b", "4,5,c", f"6,{cell},d"]
        data = "".join(f"{line}\n" for line in lines).replace(",", SEPARATORS[form]).encode()
        base, fast = both(data, form=form)
        assert fast == base

    @settings(max_examples=250, deadline=None, derandomize=True)
    @given(
        st.lists(st.tuples(*[st.one_of(st.sampled_from(AWKWARD), st.floats().map(repr))] * 2), max_size=12),
        st.sampled_from(["\n", "\r\n"]),
        st.sampled_from(["null", "skip", "stop"]),
        st.booleans(),
    )
    def test_many_awkward_cells(self, rows, ending, policy, is_only):
        data = "".join(f"{line}{ending}" for line in ["x,y", *map(",".join, rows)]).encode()
        base, fast = both(data, policy=policy, is_only=is_only)
        assert fast == base

    def test_a_bad_row_of_one_result_alone(self):
        """A blank line would be no row."""
        wanted = WANTED._replace(has_gradients=False)
        base, fast = both(b"x\n1\nbad\n3\n", "x", is_only=True, wanted=wanted)
        assert fast == base
        assert base[0] == b'value\n1\n""\n3\n'

    @settings(max_examples=250, deadline=None, derandomize=True)
    @given(st.text("0123456789.eE+-_ nifaty", max_size=6))
    def test_whatever_may_look_like_a_number(self, cell):
        base, fast = both(f"x,y\n1,2\n{cell},3\n4,{cell}\n".encode())
        assert fast == base

    @settings(max_examples=250, deadline=None, derandomize=True)
    @given(RUBBISH, st.sampled_from(["x,y", "x,y,n", "n,x,y"]))
    def test_rubbish(self, data, header):
        base, fast = both(header.encode() + b"\n" + data)
        assert fast == base

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(
        st.lists(
            st.sampled_from(
                [
                    b"1,2",
                    b"1",
                    b"1,2,3",
                    b",",
                    b"",
                    b"a,b",
                    b"1,2,",
                    b"\xff,1",
                    b"1,\0",
                    BOM.encode() + b"1,2",
                    b"1,2\r",
                ]
            ),
            max_size=8,
        )
    )
    def test_ragged_rows(self, lines):
        base, fast = both(b"x,y\n" + b"".join(line + b"\n" for line in lines))
        assert fast == base

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(st.lists(st.sampled_from(["1", "", "a", " ", "1e5", BOM + "1", "1,2"]), max_size=8))
    def test_one_column(self, lines):
        base, fast = both("".join(f"{line}\n" for line in ["x", *lines]).encode(), "x^2")
        assert fast == base

    def test_random_doubles_of_all_sizes(self):
        random = np.random.default_rng(4)
        bits = random.integers(0, 2**64, size=20_000, dtype=np.uint64)
        ordinary = np.concatenate(
            [bits.view(np.float64), random.normal(size=20_000), np.round(random.normal(size=20_000), 3)]
        )
        ordinary = np.concatenate(
            [ordinary, 10.0 ** random.uniform(-6, 20, 20_000), np.floor(10.0 ** random.uniform(0, 20, 20_000))]
        )
        data = ("x\n" + "".join(f"{number!r}\n" for number in ordinary.tolist())).encode()
        base, fast = both(data, "x")
        assert fast == base

    def test_only_the_results(self):
        base, fast = both(b"x,y\n1,2\n,3\n4,5\n", is_only=True)
        assert fast == base
