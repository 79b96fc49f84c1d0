"""Bad rows, damaged input, full disks, closed pipes and kills: what is named, what is kept, what is left behind."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backprop.cli.batch.formats.ndjson import Ndjson

from ..conftest import FORKS

pytestmark = pytest.mark.extras


@pytest.fixture
def batch(tmp_path, installed):
    """Run `backprop batch` on bytes, in an empty folder and a session of its own that nobody may survive."""

    def run(*tokens, stdin=b"", stdout=subprocess.PIPE, **options):
        if stdout is subprocess.PIPE and not options:
            done = FORKS.run(["batch", *tokens], stdin, tmp_path, 60, os.environ, session=True)
            return checked(done.process, done.status, done.out, done.err)
        with subprocess.Popen(
            [installed, "batch", *tokens],
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            start_new_session=True,
            **options,
        ) as process:
            out, err = process.communicate(stdin, timeout=60)
        return checked(process.pid, process.returncode, out, err)

    def checked(session, status, out, err):
        assert not is_anybody_left(session)
        assert b"Traceback" not in err
        return status, out, err.decode()

    return run


@pytest.fixture
def shell(tmp_path, installed):
    """Run a line of sh in an empty folder; `$backprop` is the command."""

    def run(line, **options):
        done = subprocess.run(
            ["bash", "-c", line],
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "backprop": installed},
            timeout=60,
            **options,
        )
        assert b"Traceback" not in done.stderr
        return done.stdout.decode(), done.stderr.decode()

    return run


def is_anybody_left(session, seconds=5.0):
    """Whether a process of the session still runs after a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(state != "Z" for state in states_of(session)):
            return False
        time.sleep(0.01)
    return True


def states_of(session):
    """The states of the processes of a session. One that has ended stays a zombie until init looks for it."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = status.read_text().rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session:
            yield state


def test_an_empty_cell_is_missing_and_never_0(batch):
    status, out, err = batch("x+1", stdin=b"x,n\n,a\n  ,b\n0,c\n")
    assert out == b"x,n,value,grad_x\n,a,,\n  ,b,,\n0,c,1,1\n"
    assert err == "line 2: x is empty\nline 3: x is empty\n"
    assert status == 3


BAD = b"x,y\n1,2\nabc,\n3,4\n5\n6,7,8\n9,10\n1e999,1\n"
REASONS = [
    (3, "x is 'abc', which is not a number; y is empty", "abc,"),
    (5, "it has 1 cell, the header 2", "5"),
    (6, "it has 3 cells, the header 2", "6,7,8"),
    (8, "x is '1e999', which is out of range", "1e999,1"),
]
HEADER = b"x,y,value,grad_x,grad_y\n"


@pytest.mark.parametrize(
    ("policy", "expected", "count"),
    [
        ("null", b"1,2,2,2,1\nabc,,,,\n3,4,12,4,3\n5,,,,\n6,7,8,,,\n9,10,90,10,9\n1e999,1,,,\n", 4),
        ("skip", b"1,2,2,2,1\n3,4,12,4,3\n9,10,90,10,9\n", 4),
        ("stop", b"1,2,2,2,1\n", 1),
    ],
)
def test_the_policies(batch, tmp_path, policy, expected, count):
    status, out, err = batch("x*y", "--on-error", policy, "--rejects", "bad.tsv", stdin=BAD)
    assert (status, out) == (3, HEADER + expected)
    assert err == "".join(f"line {line}: {reason}\n" for line, reason, _ in REASONS[:count])
    kept = "".join(f"{line}\t{reason}\t{row}\n" for line, reason, row in REASONS[:count])
    assert (tmp_path / "bad.tsv").read_text() == kept


@pytest.mark.parametrize("policy", ["null", "skip", "stop"])
def test_a_file_is_made_of_bad_rows_unless_they_end_it(batch, tmp_path, policy):
    status, out, _ = batch("x*y", "--on-error", policy, "-o", "out.csv", "--rejects", "bad.tsv", stdin=BAD)
    assert (status, out) == (3, b"")
    assert sorted(os.listdir(tmp_path)) == (["bad.tsv"] if policy == "stop" else ["bad.tsv", "out.csv"])


@pytest.mark.parametrize("policy", ["null", "skip", "stop"])
@pytest.mark.parametrize("rows", [b"a\n", b"a\n1\n", b"\n\n", b"a\nb\n"])
def test_nothing_but_bad_rows(batch, policy, rows):
    status, out, err = batch("x*y", "--y", "2", "--on-error", policy, stdin=b"x,n\n" + rows.replace(b"\n", b",\n"))
    assert status == 3
    assert out.startswith(b"x,n,value,grad_x,grad_y\n")
    assert err.startswith("line 2: x is ")


def test_without_bad_rows_the_file_of_rejects_is_empty(batch, tmp_path):
    assert batch("x", "--rejects", "bad.tsv", stdin=b"x\n1\n")[0] == 0
    assert (tmp_path / "bad.tsv").read_bytes() == b""


def test_ten_are_named_and_then_all_counted(batch, tmp_path):
    rows = [b"x", *([b"1", b"a"] * 150_000)]
    status, out, err = batch("x", "--rejects", "bad.tsv", "--only", stdin=b"\n".join(rows) + b"\n")
    assert status == 3
    assert out == b"value,grad_x\n" + b"1,1\n,\n" * 150_000
    assert err.splitlines() == [
        *(f"line {3 + 2 * k}: x is 'a', which is not a number" for k in range(10)),
        "150000 rows were bad in all",
    ]
    numbers = [int(line.split(b"\t")[0]) for line in (tmp_path / "bad.tsv").read_bytes().splitlines()]
    assert numbers == list(range(3, 300_002, 2))


@pytest.mark.parametrize("count", [10, 11])
def test_the_tenth_and_the_eleventh(batch, count):
    err = batch("x", stdin=b"x\n" + b"a\n" * count)[2]
    assert len(err.splitlines()) == {10: 10, 11: 11}[count]
    assert ("in all" in err) is (count == 11)


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_line_numbers_across_blocks(batch, form):
    """With blank lines, and in CSV cells of several lines, so that rows, lines and blocks do not go together."""
    header, good, bad = {
        "csv": (b"\n\nx,n\n", b'1,"a\nb\r\n\n"\n\n', b'z,"c\nd"\n'),
        "tsv": (b"\nx\tn\n", b"1\ta\n\n\n", b"z\tc\n"),
        "ndjson": (b"", b'\n{"x": 1}\n', b'{"x": "z"}\n'),
    }[form]
    data = header + good * 5 + bad + good * 40_000 + bad + good + bad
    expected = [
        number
        for piece in (bad + good * 40_000 + bad + good + bad, bad + good + bad, bad)
        for number in [data[: len(data) - len(piece)].count(b"\n") + 1]
    ]
    status, out, err = batch("x", "--from", form, stdin=data)
    assert status == 3
    assert [int(line.split()[1].rstrip(":")) for line in err.splitlines()] == expected
    assert out.count(good.strip().rstrip(b"}")) == 40_006


def test_rejects_of_several_lines_are_verbatim(batch, tmp_path):
    status, out, err = batch("x", "--rejects", "bad.tsv", stdin=b'x,n\r\n1,a\r\nz,"b\r\nc""\n\xc3\xa9"\r\n2,d\r\n')
    assert (tmp_path / "bad.tsv").read_bytes() == b"3\tx is 'z', which is not a number\t" + b'z,"b\r\nc""\n\xc3\xa9"\n'
    assert out == b'x,n,value,grad_x\r\n1,a,1,1\r\nz,"b\r\nc""\n\xc3\xa9",,\r\n2,d,2,1\r\n'
    assert (status, err) == (3, "line 3: x is 'z', which is not a number\n")


@pytest.mark.parametrize("policy", ["null", "skip"])
@pytest.mark.parametrize(("bad", "cell"), [(b"\xff,2", r"\xff"), (b"1\0,a", r"1\x00")])
@pytest.mark.parametrize("is_large", [True, False])
def test_what_is_no_text_is_no_number(batch, tmp_path, bad, cell, policy, is_large):
    reason = f"x is '{cell}', which is not a number"
    many = 50_000 if is_large else 1
    data = b"x,n\n" + b"1,\xc3\xa9\n" * many + bad + b"\n3,c\n"
    status, out, err = batch("x", "--on-error", policy, "--rejects", "bad.tsv", "--no-grad", stdin=data)
    assert (status, err) == (3, f"line {many + 2}: {reason}\n")
    kept = bad + b",\n" if policy == "null" else b""
    assert out == b"x,n,value\n" + b"1,\xc3\xa9,1\n" * many + kept + b"3,c,3\n"
    assert (tmp_path / "bad.tsv").read_bytes() == f"{many + 2}\t{reason}\t".encode() + bad + b"\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"{", "it is not JSON: "),
        (b"[1]", "it is not a JSON object"),
        (b"null", "it is not a JSON object"),
        (b"{}", "x is missing"),
        (b'{"x": null}', "x is missing"),
        (b'{"x": "1"}', "x is '1', which is not a number"),
        (b'{"x": true}', "x is true, which is not a number"),
        (b'{"x": {"a": 1}}', "which is not a number"),
        (b'{"x": [1]}', "x has shape"),
        (b'{"x": 1e999}', "x is out of range"),
        (b'{"x": 1' + b"0" * 400 + b"}", "out of range"),
        (b'{"x": 1' + b"0" * 5000 + b"}", "too many digits"),
        (b'{"x": 1, "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"x": 1}\0', "it is not JSON"),
        (b'{"x": 1, "value": 2}', "it has 'value' already (see --name)"),
    ],
)
def test_bad_objects(batch, row, reason):
    good = b'{"x": 1}\n'
    status, out, err = batch("x", "--from", "ndjson", stdin=good + row + b"\n" + good)
    assert status == 3
    assert err.startswith("line 2: ")
    assert reason in err
    assert len(err.splitlines()) == 1
    lines = out.splitlines()
    assert [lines[0], lines[2]] == [b'{"x": 1, "value": 1, "grad_x": 1}'] * 2
    assert lines[1].startswith(row[:-1])


PARTS = [
    "{",
    "}",
    "[",
    "]",
    '"x"',
    '"a',
    ":",
    ": ",
    ",",
    "1",
    "-",
    "1e999",
    "NaN",
    "tru",
    "true",
    "null",
    " ",
    "\t",
    "\\",
    "\u00a0",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
@example("{ ")
def test_a_record_is_an_object_where_python_reads_it_as_one(record):
    """And where it is none the reason is that of Python's reader, and its place, in a record without blanks around."""
    form = Ndjson({})
    block = form.read(f"{record}\n".encode())
    try:
        value = json.loads(record.strip(" \t"))
    except json.JSONDecodeError as error:
        reason = f"it is not JSON: {error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
        assert [fault.reason for fault in block.faults.values()] == ([reason] if record.strip(" \t") else [])
    else:
        assert block.objects == [value if isinstance(value, dict) else {}] or "NaN" in record
        assert len(block.faults) == (not isinstance(value, dict))


def test_a_byte_order_mark_before_a_later_object(batch):
    good = '{"x": 1}\n'
    status, _, err = batch("x", "--from", "ndjson", stdin=f"\ufeff{good}\ufeff{good}".encode())
    assert (status, err) == (3, "line 2: it is not JSON: a byte order mark at character 1\n")


def test_bad_members_among_many_good_ones_cost_no_other_row_its_digits(batch):
    """Numbers beside them are read as without them: large whole ones, nan, infinities, zeros of sign."""
    values = ["0.1", "9007199254740993", "1" + "0" * 300, "NaN", "-Infinity", "-0", "-0.0", "5e-324"]
    rows = [f'{{"x": {value}}}' for value in values]
    bad = ['{"x": "a"}', "{a}", '{"x": 1' + "0" * 400 + "}", '{"x": 1e400}', '{"x": true}', "{}"]
    alone = batch("x", "--from", "ndjson", "-q", stdin="\n".join(rows).encode())[1].splitlines()
    status, out, _ = batch("x", "--from", "ndjson", "-q", stdin="\n".join([*bad, *rows, *bad]).encode())
    assert status == 3
    assert out.splitlines()[len(bad) : -len(bad)] == alone


def test_a_record_that_says_the_words_of_a_reason_gets_its_nulls(batch):
    out = batch("x", "--from", "ndjson", stdin=b'{"x": 1}\n{"x": "already (see --name)"}\n')[1]
    assert out.splitlines()[1] == b'{"x": "already (see --name)", "value": null, "grad_x": null}'


def test_a_lone_carriage_return_is_part_of_its_cell(batch):
    status, out, err = batch("x", stdin=b'x,n\n1\r2,"a"\n3,b\rc\n')
    assert out == b'x,n,value,grad_x\n1\r2,"a",,\n3,b\rc,3,1\n'
    assert (status, err) == (3, "line 2: x is '1\\r2', which is not a number\n")


@pytest.mark.parametrize("cell", ["\x1b[31m1", "a" * 1000, "a\nb", "\u202e1", "'"])
def test_a_reason_is_one_short_line_without_escapes(batch, cell):
    err = batch("x", stdin=f'x,n\n"{cell}",1\n'.encode())[2]
    assert len(err.splitlines()) == 1
    assert len(err) < 120
    assert "\x1b" not in err
    assert "\u202e" not in err


def test_an_unclosed_quote_loses_nothing_before_it(batch, tmp_path):
    many = 60_000
    data = b"x,n\n" + b'1,"a\nb"\n' * many + b'2,c\n3,"d\n' + b"4,e\n" * 1000
    status, out, err = batch("x", "--no-grad", "--rejects", "bad.tsv", stdin=data)
    assert out == b"x,n,value\n" + b'1,"a\nb",1\n' * many + b"2,c,2\n"
    assert (status, err) == (3, f"line {2 * many + 3}: a quote is not closed\n")
    assert (tmp_path / "bad.tsv").read_bytes().endswith(b'a quote is not closed\t3,"d\n' + b"4,e\n" * 1000 + b"\n")


def test_an_endless_quote_ends_the_run_and_not_the_memory(batch):
    data = b'x,n\n1,a\n2,"' + b"3,b\n" * (18 << 20)
    status, out, err = batch("x", "--no-grad", stdin=data)
    assert (status, out) == (3, b"x,n,value\n1,a,1\n")
    assert err.splitlines() == [
        "note: line 3: a row goes on for more than 1 MiB: is a quote not closed?",
        "stdin, after line 2: a row is longer than 64 MiB: is a quote not closed?",
    ]


def rows_until(out):
    """The numbers of the rows that came out, which are those that went in."""
    lines = out.splitlines()[1:]
    assert lines == [b"%d,%d" % (k, k) for k in range(len(lines))]
    return len(lines)


NUMBERS = b"x\n" + b"".join(b"%d\n" % k for k in range(100_000))


def damaged_in(data, place):
    return data[:place] + b"\xff" * 40 + data[place + 40 :]


@pytest.mark.parametrize("is_file", [True, False])
def test_truncated_gzip_loses_nothing_before_the_end(batch, tmp_path, is_file):
    data = gzip.compress(NUMBERS)
    data = data[: len(data) // 2]
    (tmp_path / "rows.csv.gz").write_bytes(data)
    status, out, err = batch("x", "--no-grad", *(["rows.csv.gz"] * is_file), stdin=b"" if is_file else data)
    whole = zlib.decompressobj(31).decompress(data)
    lines = whole.count(b"\n")
    assert rows_until(out) == lines - 1  # the last record is cut off, and no row
    name = "rows.csv.gz" if is_file else "stdin"
    assert err == f"{name}, after line {lines}: it is truncated: the gzip data ends in the middle\n"
    assert status == 3


@pytest.mark.parametrize("cut", [2, 5, 12])
def test_gzip_cut_off_in_its_head(batch, cut):
    status, out, err = batch("x", stdin=gzip.compress(NUMBERS)[:cut])
    assert (status, out) == (2, b"")
    assert err.startswith("error: stdin: it is truncated")


def test_a_wrong_checksum_loses_no_row(batch):
    data = bytearray(gzip.compress(NUMBERS))
    data[-8] ^= 255
    status, out, err = batch("x", "--no-grad", stdin=bytes(data))
    assert rows_until(out) == 100_000
    assert (status, err) == (
        3,
        "stdin, after line 100001: it is damaged: its checksum is wrong, so that rows above may be, too\n",
    )


def test_garbage_behind_gzip(batch):
    status, out, err = batch("x", "--no-grad", stdin=gzip.compress(NUMBERS) + b"garbage")
    assert rows_until(out) == 100_000
    assert (status, err) == (3, "stdin, after line 100001: it is damaged: no gzip data here\n")


def test_damage_in_a_later_member(batch):
    members = [gzip.compress(NUMBERS), gzip.compress(b"".join(b"%d\n" % k for k in range(100_000, 200_000)))]
    data = members[0] + damaged_in(members[1], 100)
    status, out, err = batch("x", "--no-grad", stdin=data)
    assert status == 3
    assert out.startswith(b"x,value\n" + b"".join(b"%d,%d\n" % (k, k) for k in range(100_000)))
    assert "it is damaged: no gzip data here\n" in err


def test_truncated_and_damaged_zstandard(batch):
    zstd = pytest.importorskip("backports.zstd")
    data = zstd.compress(NUMBERS, options={zstd.CompressionParameter.checksum_flag: 1})
    status, out, err = batch("x", "--no-grad", stdin=data[: len(data) // 2])
    assert rows_until(out) > 10_000
    assert err.endswith("it is truncated: the Zstandard data ends in the middle\n")
    assert status == 3
    status, out, err = batch("x", "--no-grad", stdin=data[:-1] + bytes([data[-1] ^ 255]))
    assert rows_until(out) > 90_000
    assert err.endswith("it is damaged: no Zstandard data here\n")
    assert status == 3


def test_a_file_that_cannot_be_read(batch):
    status, out, err = batch("x", "/proc/self/mem")
    assert (status, out) == (2, b"")
    assert err.startswith("error: /proc/self/mem: input/output error\n")


def test_a_named_pipe_is_a_file_of_rows(batch, tmp_path):
    os.mkfifo(tmp_path / "rows.csv")
    with subprocess.Popen(["sh", "-c", "{ echo x; sleep 0.1; echo 2; } >rows.csv"], cwd=tmp_path):
        assert batch("x^2", "rows.csv") == (0, b"x,value,grad_x\n2,4,4\n", "")


def test_closed_descriptors(shell):
    assert shell("$backprop batch x <&-; echo $?") == (
        "2\n",
        "error: stdin is closed\n  give a FILE, or rows on stdin\n",
    )
    assert shell("printf 'x\\n1\\n' >rows.csv; $backprop batch x rows.csv <&-")[0] == "x,value,grad_x\n1,1,1\n"
    assert shell("{ printf 'x\\n1\\n' | $backprop batch x; echo $? >&2; } >&-") == ("", "141\n")
    assert shell("printf 'x\\n1\\nabc\\n' | $backprop batch x 2>&-; echo $?")[0] == "x,value,grad_x\n1,1,1\nabc,,\n3\n"


def test_without_a_home(shell):
    line = "printf 'x\\n1\\n' | env -u HOME $backprop batch x; printf 'x\\n1\\n' | HOME=/nowhere $backprop batch x"
    assert shell(line) == ("x,value,grad_x\n1,1,1\n" * 2, "")


@pytest.mark.parametrize("count", [2, 200_000])
def test_a_full_device(shell, count):
    script = f"{{ echo x; yes 1 | head -n {count}; }} | $backprop batch x >/dev/full; echo $?"
    assert shell(script) == ("3\n", "error: the results could not be written: no space left on device\n")


@pytest.mark.parametrize("count", [2, 200_000])
def test_rejects_on_a_full_device(shell, tmp_path, count):
    script = f"{{ echo x; yes a | head -n {count}; }} | $backprop batch x -o out.csv --rejects /dev/full; echo $?"
    out, err = shell(script)
    assert out == "3\n"
    assert err.splitlines()[-1].startswith("error: --rejects")
    assert err.splitlines()[-1].endswith("no space left on device")
    assert [name for name in os.listdir(tmp_path) if name != "out.csv"] == []


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_file_too_large_leaves_the_old_one(shell, tmp_path, form):
    (tmp_path / f"out.{form}").write_text("old")
    line = f"{{ echo x; yes 1 | head -n 300000; }} | $backprop batch x -o out.{form} -q; echo $?"
    out, err = shell(f'trap "" XFSZ; ulimit -f 100; {line}')
    assert (out, err) == ("3\n", f"error: -o out.{form}: file too large\n")
    assert (tmp_path / f"out.{form}").read_text() == "old"
    assert os.listdir(tmp_path) == [f"out.{form}"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_full_disk_leaves_the_old_file_and_no_other(batch, small_disk, form):
    (small_disk / "out").write_text("old")
    stdin = b"x\n" + b"1\n" * 500_000
    status, out, err = batch("x", "--format", form, "-o", "disk/out", stdin=stdin)
    assert (status, out, err) == (3, b"", "error: -o disk/out: no space left on device\n")
    assert os.listdir(small_disk) == ["out"]
    assert (small_disk / "out").read_text() == "old"
    assert os.statvfs(small_disk).f_bfree > 100


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("lines", [0, 1, 1000])
def test_a_closed_pipe_ends_silently_with_141(tmp_path, installed, form, lines):
    (tmp_path / "rows.csv").write_bytes(b"x\n" + b"1\n" * 1_000_000)
    with subprocess.Popen(
        [installed, "batch", "x", "rows.csv", "--format", form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(30) == 141
    assert err == b""
    assert not is_anybody_left(process.pid)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)],
    ids=["KILL", "TERM", "INT"],
)
def test_a_kill_in_the_middle_leaves_nothing(tmp_path, installed, form, number, status):
    (tmp_path / "out").write_text("old")
    with subprocess.Popen(
        [installed, "batch", "x", "--format", form, "-o", "out", "--rejects", "bad"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        process.stdin.write(b"x\n" + b"1\n" * 1_000_000)  # the pipe holds less: most of it is read by now
        process.stdin.flush()
        assert process.poll() is None
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: everybody hears it
        else:
            process.send_signal(number)
        assert process.wait(30) == status
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert not is_anybody_left(process.pid)
    assert os.listdir(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "old"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the children of a process are found in /proc")
def test_workers_end_with_the_program_whatever_they_work_on(tmp_path, installed):
    """They are stopped here, so that none can see that the program is gone: one that works on a block cannot either."""
    (tmp_path / "rows.csv").write_bytes(b"x,s\n" + b"1,%s\n" % (b"a" * 1000) * 6_000)
    with subprocess.Popen(
        [installed, "batch", "sin(x)", "rows.csv", "--format", "ndjson"],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        for _ in range(4_000):  # the first of them is answered by the first worker, the last by the last
            assert process.stdout.readline()
        workers = workers_of(process.pid)
        if not workers:
            pytest.skip("one core: there are no workers")
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        process.kill()
    assert not is_anybody_left(process.pid)


def workers_of(program):
    """The processes that it has started, and theirs."""
    family = [program]
    for parent in family:  # it grows meanwhile
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            family += map(int, file.read().split())
    return family[1:]


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the children of a process are found in /proc")
def test_a_worker_that_is_killed_is_named(tmp_path, installed):
    """As by a system that is short of memory: the rows after it are lost, and the file is not made."""
    with subprocess.Popen(
        [installed, "batch", "sin(x)", "--format", "ndjson", "-o", "out.ndjson"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        process.stdin.write(b"x\n" + b"1\n" * 1_000_000)
        process.stdin.flush()
        workers = workers_of(process.pid)
        if not workers:
            pytest.skip("one core: there are no workers")
        os.kill(workers[0], signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"1\n" * 2_000_000)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        assert process.stderr.read() == b"error: a worker process has been ended\n  is there enough memory?\n"
        assert process.wait(30) == 3
    assert not is_anybody_left(process.pid)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson", "lines"])
def test_of_very_many_bad_rows_ten_are_named_and_all_are_kept(batch, tmp_path, form):
    many = 60_000
    good, bad = {"csv": ("1,2", "a,2"), "tsv": ("1\t2", "a"), "ndjson": ('{"x": 1}', "{a}"), "lines": ("x\tx=1", "x")}[
        form
    ]
    head = {"csv": "x,y\n", "tsv": "x\ty\n"}.get(form, "")
    data = (head + f"{good}\n" + f"{bad}\n" * many + f"{good}\n").encode()
    question = [*(["x"] if form != "lines" else []), "--from", form]
    status, out, err = batch(*question, stdin=data)
    assert status == 3
    lines = err.splitlines()
    assert (len(lines), lines[-1]) == (11, f"{many} rows were bad in all")
    assert batch(*question, "--rejects", "bad.tsv", stdin=data) == (status, out, err)
    kept = (tmp_path / "bad.tsv").read_text().splitlines()
    first = 2 + bool(head)
    assert [int(line.split("\t")[0]) for line in kept] == list(range(first, first + many))
    assert batch(*question, "--on-error", "skip", stdin=data)[1].count(b"\n") == 2 + bool(head)


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson"])
def test_only_an_open_quote_is_taken_for_one(batch, form):
    cell = "b" * (3 << 20)
    rows = f'{{"x": 1, "s": "{cell}"}}\n' if form == "ndjson" else "x,s\n1,".replace(",", "\t" * (form == "tsv") or ",")
    data = rows if form == "ndjson" else f"{rows}{cell}\n"
    status, _, err = batch("x", "--from", form, stdin=data.encode())
    assert (status, err) in ((0, ""), (0, f"note: line {1 + (form != 'ndjson')}: a row goes on for more than 1 MiB\n"))


@pytest.mark.parametrize("text", ['[{"x":1},{"x":2}]', '[{"x": 1}]\n', '{"x": 5}\n [ {"x": 1} , {"y": 2} ] \n'])
@pytest.mark.parametrize("field", [[], ["--expr-field", "x"]])
def test_an_array_on_a_line_is_cured_as_one_over_many(batch, text, field):
    status, _, err = batch(*(field or ["x"]), "--from", "ndjson", stdin=text.encode())
    assert status == 3
    place = 2 if "5" in text else 1
    assert f"line {place}: it is a JSON array of objects, not an object: --from json reads it\n" in err
