"""Text on its way through batch: what is not used comes out as it went in, or what became of it is named once."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from backprop.cli.batch.formats.ndjson import DEEPEST

from ..conftest import WITHOUT_POLARS, end_of

pytestmark = pytest.mark.extras

MANY = 60_000  # rows


@pytest.fixture
def batch(tmp_path):
    """Run `backprop batch` on bytes in an empty folder: status, stdout, stderr."""

    def run(*tokens, stdin=b"", without_polars=False):
        done = end_of(["batch", *tokens], stdin, tmp_path, without_polars=without_polars)
        return done.status, done.out, done.err.decode()

    return run


NO_NUMBERS = ["100_1", "1_0.5", "1e1_0", "٣", "\uff13", "१.५", "1_", "_1", "0x1F", "1d3", "1,5", "\u22121"]


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
@pytest.mark.parametrize("is_quoted", [False, True])
@pytest.mark.parametrize("times", [1, MANY // 10])
def test_numbers_are_digits_of_ascii_and_nothing_between(batch, form, is_quoted, times):
    """In blocks with and without quotes, small and large: each is read another way."""
    if form == "ndjson":
        lines = [json.dumps({"x": cell, "n": "a"}) for cell in NO_NUMBERS]
    else:
        separator, mark = {"csv": ",", "tsv": "\t"}[form], '"' if is_quoted and form == "csv" else ""
        cells = [f'"{cell}"' if "," in cell and form == "csv" else cell for cell in NO_NUMBERS]
        lines = [f"{cell}{separator}{mark}a{mark}" for cell in cells]
    header = {"csv": "x,n\n", "tsv": "x\tn\n", "ndjson": ""}[form]
    text = (header + "\n".join(lines * times) + "\n").encode()
    status, out, err = batch("x", "--from", form, "--no-grad", stdin=text)
    assert status == 3
    for line, cell in zip(err.splitlines()[:10], NO_NUMBERS, strict=False):
        assert line.endswith(f"x is '{cell}', which is not a number")
    assert out.count(b"\n") == len(NO_NUMBERS) * times + (form != "ndjson")


@pytest.mark.parametrize("cell", NO_NUMBERS[:7])
def test_numbers_of_other_sources_are_read_alike(backprop, tmp_path, cell):
    (tmp_path / "v.csv").write_text(f"1\n{cell}\n", encoding="utf-8")
    answer = backprop("eval", "sum(x)", "x=@v.csv")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: the value of x: v.csv: line 2: ")
    own = backprop("batch", "--expr-field", "e", stdin=f"e,x\nx,{cell}\n")
    assert (own.status, own.err) == (3, f"line 2: x is '{cell}', which is not a number\n")


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_strings_of_columns_are_read_alike(backprop, tmp_path, form):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"x": ["1.5", *NO_NUMBERS]})
    (frame.write_parquet if form == "parquet" else frame.write_ipc)(tmp_path / f"rows.{form}")
    answer = backprop("batch", "x", f"rows.{form}", "--only", "--no-grad", "--on-error", "skip")
    assert answer.lines == ["value", "1.5"]
    assert f"{len(NO_NUMBERS)} rows were bad in all" in answer.err


HALVES = '{"x": 1, "s": "\\ud83d"}\n{"x": 2, "s": "a\\udcffb"}\n{"x": 3, "s": "\\ud83d\\ude00\\\\ud83d"}\n'
WHOLE = ["\ufffd", "a\ufffdb", "\U0001f600\\ud83d"]
HALF = "note: line 1: s holds half of a surrogate pair, which is not a character: it is written as U+FFFD\n"


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "arrow"])
@pytest.mark.parametrize("times", [1, MANY // 3])
def test_halves_of_surrogate_pairs(batch, tmp_path, form, times):
    if form in ("parquet", "arrow"):
        polars = pytest.importorskip("polars")
    tokens = ["x", "--from", "ndjson", "--no-grad", "-o", f"out.{form}"]
    assert batch(*tokens, stdin=(HALVES * times).encode()) == (0, b"", HALF)
    if form in ("parquet", "arrow"):
        read = polars.read_parquet if form == "parquet" else polars.read_ipc
        found = read(tmp_path / f"out.{form}")["s"].to_list()
    else:
        text = (tmp_path / f"out.{form}").read_text(encoding="utf-8")
        found = [row[1] for row in csv.reader(io.StringIO(text), delimiter="," if form == "csv" else "\t")][1:]
        found = [cell.replace("\\\\", "\\") for cell in found] if form == "tsv" else found
    assert found == WHOLE * times


def test_halves_of_surrogate_pairs_stay_as_they_are_in_ndjson_and_deeper(batch):
    status, out, err = batch("x", "--from", "ndjson", stdin=HALVES.encode())
    assert (status, err) == (0, "")
    assert [line[:-1] for line in HALVES.splitlines()] == [
        line.split(', "value"')[0] for line in out.decode().splitlines()
    ]
    nested = b'{"x": 1, "s": ["\\ud83d"]}\n'
    assert batch("x", "--from", "ndjson", "--format", "tsv", "--no-grad", stdin=nested) == (
        0,
        b'x\ts\tvalue\n1\t["\\\\ud83d"]\t1\n',
        "",
    )


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_halves_of_surrogate_pairs_elsewhere(batch, form):
    if form == "parquet":
        pytest.importorskip("polars")
    rows = b'{"x": "\\ud83d", "y": 1, "\\udcff": 2}\n{"x": 2, "y": 2, "\\udcff": 3}\n'
    status, _, err = batch("x*y", "--from", "ndjson", "-o", f"o.{form}", stdin=rows)
    assert status == 3
    assert "line 1: x is '\\ud83d', which is not a number\n" in err
    status, out, err = batch("--from", "ndjson", "--expr-field", "e", stdin=b'{"e": "\\ud83d"}\n{"e": "1+1"}\n')
    assert (status, out.splitlines()[1]) == (3, b'{"e": "1+1", "value": 2}')


NUMBERS = {
    "x": "1.10",
    "a": "0.12345678901234567890",
    "b": "1e400",
    "c": "-0",
    "d": "1E5",
    "i": "123456789012345678901234567890",
    "l": "[1.10,  2e0]",
    "o": '{"k": 1.0, "s": "\\u00e9"}',
    "t": "true",
}


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("times", [1, MANY // 10])
def test_members_keep_the_text_they_had(batch, form, times):
    row = "{" + ", ".join(f'"{name}":{text}' for name, text in NUMBERS.items()) + ', "n": null, "s": "1.10"}\n'
    status, out, err = batch("x", "--from", "ndjson", "--format", form, "--no-grad", stdin=(row * times).encode())
    assert (status, err) == (0, "")
    if form == "tsv":
        rows = [line.replace("\\\\", "\\").split("\t") for line in out.decode().splitlines()]
    else:
        rows = list(csv.reader(io.StringIO(out.decode())))
    assert rows[0] == [*NUMBERS, "n", "s", "value"]
    assert rows[1:] == [[*NUMBERS.values(), "", "1.10", "1.1"]] * times


def test_members_that_no_double_is_near_to_keep_their_text(batch):
    rows = b'{"x": 1e400, "y": -1e999}\n{"y": 2.50, "x": 3}\n'
    assert batch("x", "--from", "ndjson", "--format", "csv", "--no-grad", stdin=rows) == (
        3,
        b"x,y,value\n1e400,-1e999,\n3,2.50,3\n",
        "line 1: x is out of range\n",
    )


@pytest.mark.parametrize("depth", [100, DEEPEST - 1, DEEPEST, 960, 980, 1000, 5000])
def test_depths(depth):
    """Up to the depth that is stated a row is written, beyond it is a bad one."""
    row = '{"x": 1, "l": ' + "[" * depth + "]" * depth + "}\n"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POLARS, "batch", "x", "--from", "ndjson", "--format", "csv", "--no-grad"],
        input=row.encode(),
        capture_output=True,
        timeout=60,
    )
    expected = [b"x,l,value\n1," + b"[" * depth + b"]" * depth + b",1\n"]
    assert done.returncode == (0 if depth < DEEPEST else 3)
    assert (done.stdout in expected) is (done.returncode == 0)


LATIN = b"x,n\xe4me\n1,\xe9\n2,a\0b\n3,c\n"


@pytest.mark.parametrize("times", [1, MANY])
@pytest.mark.parametrize("program", ["installed", "without polars"])
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_bytes_that_are_no_text_cost_nothing(batch, form, program, times):
    header, *rows = LATIN.splitlines(keepends=True)
    text = header + b"".join(rows) * times
    text = text if form == "csv" else text.replace(b",", b"\t")
    separator = b"," if form == "csv" else b"\t"
    tokens = ("x", "--from", form, "--no-grad")
    status, out, err = batch(*tokens, stdin=text, without_polars=program == "without polars")
    expected = [
        line + separator + (b"value" if not place else line[:1]) for place, line in enumerate(text.splitlines())
    ]
    assert (status, err) == (0, "")
    assert out.splitlines() == expected


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_bytes_that_are_no_text_in_a_bad_row_and_in_rejects(batch, tmp_path, form):
    row = {"csv": b"a,\xff\n", "tsv": b"a\t\xff\n", "ndjson": b'{"x": "a", "n": "\xff"}\n'}[form]
    header = {"csv": b"x,n\n", "tsv": b"x\tn\n", "ndjson": b""}[form]
    status, _, err = batch("x", "--from", form, "--rejects", "bad.tsv", stdin=header + row)
    assert (status, err) == (3, f"line {1 + bool(header)}: x is 'a', which is not a number\n")
    assert (tmp_path / "bad.tsv").read_bytes().endswith(b"\t" + row)


REPLACED = "note: line 2: n\ufffdme holds a byte that is not UTF-8 text: it is written as U+FFFD"
NAMED = "note: the name of a column holds text that is not UTF-8: it is written as U+FFFD"


@pytest.mark.parametrize("form", ["tsv", "ndjson", "parquet", "arrow"])
def test_bytes_that_are_no_text_in_another_format(batch, tmp_path, form):
    if form in ("parquet", "arrow"):
        pytest.importorskip("polars")
    status, _, err = batch("x", "--no-grad", "-o", f"out.{form}", stdin=LATIN.replace(b"\0", b"\xe8"))
    assert status == 0
    assert err.splitlines() == ([] if form == "tsv" else [NAMED, REPLACED])
    expected = ["\ufffd", "a\ufffdb", "c"]
    if form == "tsv":
        expected, text = [b"\xe9", b"a\xe8b", b"c"], (tmp_path / "out.tsv").read_bytes()
        assert [line.split(b"\t")[1] for line in text.splitlines()] == [b"n\xe4me", *expected]
    elif form == "ndjson":
        lines = (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["n\ufffdme"] for line in lines] == expected
    else:
        polars = pytest.importorskip("polars")
        read = polars.read_parquet if form == "parquet" else polars.read_ipc
        assert read(tmp_path / f"out.{form}")["n\ufffdme"].to_list() == expected


def test_a_member_that_is_no_text_keeps_its_result(batch):
    rows = b'{"x": 1, "n": "\xff"}\n{"\xfe": 0, "x": 2}\n'
    assert batch("x", "--from", "ndjson", "--no-grad", stdin=rows) == (
        0,
        b'{"x": 1, "n": "\xff", "value": 1}\n{"\xfe": 0, "x": 2, "value": 2}\n',
        "",
    )
    status, out, _ = batch("x", "--from", "ndjson", "--format", "csv", "--no-grad", stdin=rows.splitlines()[0])
    assert (status, out) == (0, b"x,n,value\n1,\xff,1\n")


def test_a_variable_in_a_header_that_is_no_text_is_told_why(batch):
    status, _, err = batch("näme", stdin=LATIN)
    assert status == 2
    assert "the header is not UTF-8 text" in err


STRANGE = [
    '{"x":1}{"x":2}',
    '{"x":1} {"x":2}',
    '{"x":1,}',
    '{"x":1}}',
    '{"x":1}]',
    '[{"x":1}]',
    "{x:1}",
    '{"x":01}',
    "{}x{}",
]


@pytest.mark.parametrize("field", [[], ["--expr-field", "e"]])
def test_results_are_put_into_single_objects_only(backprop, field):
    good = '{"x": 1, "e": "x"}'
    text = "\n".join([good, *STRANGE, good]) + "\n"
    expression = [] if field else ["x"]
    answer = backprop("batch", *expression, "--from", "ndjson", *field, stdin=text)
    assert answer.status == 3
    assert answer.lines == [
        good[:-1] + ', "value": 1, "grad_x": 1}',
        *STRANGE,
        good[:-1] + ', "value": 1, "grad_x": 1}',
    ]
    assert len(answer.err.splitlines()) == len(STRANGE)


CELLS = ["a\tb", "c\nd", "e\\f", "\\t", "\\\\n", "g\rh", "C:\\dir\\new", "\\", "é\\"]


@pytest.mark.parametrize("times", [1, MANY // 9])
@pytest.mark.parametrize("target", ["csv", "ndjson", "parquet"])
def test_what_is_written_as_tsv_is_read_as_it_was(batch, tmp_path, target, times):
    if target == "parquet":
        pytest.importorskip("polars")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["x", "n\\t\tm"], *[[1, cell] for cell in CELLS * times]])
    (tmp_path / "rows.csv").write_bytes(text.getvalue().encode())
    assert batch("x", "rows.csv", "--no-grad", "-o", "rows.tsv", "--name", "v")[::2] == (0, "")
    assert batch("x", "rows.tsv", "--no-grad", "-o", f"back.{target}")[::2] == (0, "")
    if target == "csv":
        with open(tmp_path / "back.csv", newline="", encoding="utf-8") as stream:
            found = [row[1] for row in csv.reader(stream)]
    elif target == "ndjson":
        lines = [json.loads(line) for line in (tmp_path / "back.ndjson").read_text().splitlines()]
        found = [list(lines[0])[1], *[one["n\\t\tm"] for one in lines]]
    else:
        polars = pytest.importorskip("polars")
        column = polars.read_parquet(tmp_path / "back.parquet").to_series(1)
        found = [column.name, *column.to_list()]
    assert found == ["n\\t\tm", *CELLS * times]


def test_a_column_of_tsv_is_found_by_its_name_and_passed_on_as_it_is(batch):
    rows = b"a\\\\b\tn\n2\tc\\td\\q\n"
    assert batch("x", "--from", "tsv", "--rename", "x=a\\b", "--no-grad", stdin=rows) == (
        0,
        b"a\\\\b\tn\tvalue\n2\tc\\td\\q\t2\n",
        "",
    )
    own = batch("--from", "tsv", "--expr-field", "e", "--no-grad", stdin=b"e\tx\nq = x\\nq^2\t3\n")
    assert own == (0, b"e\tx\tvalue\nq = x\\nq^2\t3\t9\n", "")


@pytest.mark.parametrize("times", [1, MANY])
@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("ending", [b"\r\r\n", b"\r\r\r\n"])
def test_carriage_returns_at_the_end_of_a_line(batch, form, ending, times):
    separator = b"," if form == "csv" else b"\t"
    rows = [separator.join(row) for row in [(b"n", b"x"), *[(b"a", b"1"), (b"", b"2")] * times]]
    status, out, err = batch("x", "--from", form, "--no-grad", stdin=b"".join(row + ending for row in [*rows, b""]))
    added = [b"value", *[b"1", b"2"] * times]
    assert (status, err) == (0, "")
    assert out == b"".join(row + separator + one + ending for row, one in zip(rows, added, strict=True))


def test_carriage_returns_behind_quotes_lines_and_objects(batch):
    assert batch("x", "--no-grad", stdin=b'x,n\r\r\n1,"a\r\r\nb"\r\r\n')[1] == b'x,n,value\r\r\n1,"a\r\r\nb",1\r\r\n'
    assert batch("--from", "lines", stdin=b"x+1\tx=1\r\r\n")[1] == b"x+1\tx=1\t2\tx=1\n"
    assert batch("x", "--from", "ndjson", "--no-grad", stdin=b'{"x":1}\r\r\n')[1] == b'{"x":1, "value": 1}\n'
    assert batch("x", "--format", "tsv", "--no-grad", stdin=b"x,n\r\r\n1,a\r\r\n")[1] == b"x\tn\tvalue\n1\ta\t1\n"


@pytest.mark.parametrize("rename", ["z=e", "z= e", "z= e ", " z = e "])
@pytest.mark.parametrize("heading", ["e", " e "])
@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_blanks_around_a_renamed_column(batch, tmp_path, rename, heading, form):
    if form == "parquet":
        polars = pytest.importorskip("polars")
        polars.DataFrame({heading: [2.0], "x": [3.0]}).write_parquet(tmp_path / "rows.parquet")
    else:
        text = f"{heading},x\n2,3\n" if form == "csv" else json.dumps({heading: 2, "x": 3}) + "\n"
        (tmp_path / f"rows.{form}").write_text(text)
    tokens = ["z*x", f"rows.{form}", "--rename", rename, "--only", "--no-grad", "--format", "csv"]
    assert batch(*tokens) == (0, b"value\n6\n", "")


def zstandard():
    try:
        from compression import zstd
    except ImportError:
        zstd = pytest.importorskip("backports.zstd")
    return zstd


def skippable(size, kind=0):
    return (0x184D2A50 + kind).to_bytes(4, "little") + size.to_bytes(4, "little") + b"s" * size


@pytest.mark.parametrize("is_file", [True, False])
@pytest.mark.parametrize("kind", [0, 15])
def test_skippable_frames(batch, tmp_path, is_file, kind):
    zstd = zstandard()
    random = np.random.default_rng(3)
    rows = b"x\n" + b"".join(b"%d\n" % one for one in random.integers(10**9, size=20_000))
    one, other = zstd.compress(rows[:50_000]), zstd.compress(rows[50_000:])
    packed = skippable(4, kind) + skippable(0) + one + skippable(200_000, kind) + other + skippable(3)
    (tmp_path / "rows.csv.zst").write_bytes(packed)
    tokens = ["x", "rows.csv.zst"] if is_file else ["x"]
    assert batch(*tokens, stdin=packed) == batch("x", stdin=rows)
    assert batch("x", stdin=gzip.compress(rows)) == batch("x", stdin=rows)


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (skippable(4), "it is empty"),
        (skippable(4)[:-1], "truncated"),
        (skippable(4)[:2], "truncated"),
        (skippable(4) + b"nothing", "no Zstandard data here"),
    ],
)
def test_skippable_frames_alone(batch, packed, reason):
    zstandard()
    status, out, err = batch("x", stdin=packed)
    assert (status, out) == (2, b"")
    assert reason in err or len(packed) == 2


def test_an_expression_that_is_wrong_in_many_rows_takes_no_memory():
    """What is remembered of it does not grow with how often it is met."""
    from backprop.autodiff.errors import ExpressionError
    from backprop.cli.batch.formats.row_expressions import ExpressionLines
    from backprop.cli.batch.per_row_job import PerRowJob
    from backprop.cli.batch.results import Naming, Wanted

    job = PerRowJob(ExpressionLines(has_gradients=True, is_only=False), {}, "null", Wanted(None, True, False, Naming()))
    for _ in range(50):
        job.answer(b"q(x)\tx=1\n" * 20)
    (known,) = job._graphs.values()
    assert isinstance(known, ExpressionError)
    length, place = 0, known.__traceback__
    while place is not None:
        length, place = length + 1, place.tb_next
    assert length < 10
