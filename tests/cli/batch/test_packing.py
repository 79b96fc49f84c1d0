"""Rows that are packed: what is read with bzip2, xz and zip as with gzip, and what `-o` packs by its ending."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import zipfile
from functools import partial

import pytest

ROWS = b"x,n\n1,a\n2,b\n3,c\n"
ANSWERED = "x,n,value\n1,a,1\n2,b,4\n3,c,9\n"
LONG = b"x\n" + b"".join(b"%d\n" % (k * k) for k in range(200_000))


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as written:
        for name, data in members:
            written.writestr(name, data)
    return archive.getvalue()


PACKED = {
    "rows.csv.bz2": bz2.compress(ROWS),
    "two.csv.bz2": bz2.compress(ROWS[:7]) + bz2.compress(ROWS[7:]),
    "rows.csv.xz": lzma.compress(ROWS),
    "two.csv.xz": lzma.compress(ROWS[:7]) + lzma.compress(b"") + lzma.compress(ROWS[7:]) + bytes(8),
    "rows.csv.zip": zipped(("rows.csv", ROWS)),
    "stored.csv.zip": zipped(("folder/rows.csv", ROWS), ("folder/", b""), method=zipfile.ZIP_STORED),
    "mac.csv.zip": zipped(("rows.csv", ROWS), ("__MACOSX/._rows.csv", b"junk"), (".DS_Store", b"junk")),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_rows(backprop, tmp_path, name):
    (tmp_path / name).write_bytes(PACKED[name])
    answer = backprop("batch", "x^2", name, "--no-grad")
    assert (answer.status, answer.out, answer.err) == (0, ANSWERED, "")
    if not name.endswith("zip"):
        assert backprop("batch", "x^2", "--no-grad", stdin=PACKED[name]).out == ANSWERED


QUICKEST = {"bzip2": partial(bz2.compress, compresslevel=1), "xz": partial(lzma.compress, preset=0)}
QUICKEST["gzip"] = partial(gzip.compress, compresslevel=1)


@pytest.mark.parametrize(("what", "pack"), QUICKEST.items())
def test_what_is_cut_off_or_damaged_gives_the_rows_before(backprop, what, pack):
    data = pack(LONG)
    cut = backprop("batch", "x", "--no-grad", "--only", stdin=data[: len(data) // 2])
    assert cut.status == 3
    assert f"it is truncated: the {what} data ends in the middle" in cut.err
    rows = LONG.decode().splitlines()[1:]
    assert cut.lines[1:] == rows[: len(cut.lines) - 1]
    middle = len(data) // 2
    wrong = data[:middle] + b"\xff" * 40 + data[middle + 40 :]
    damaged = backprop("batch", "x", "-o", "out.csv", stdin=wrong)  # xz gives what is no text before it notices
    assert damaged.status == 3
    assert "it is damaged: " in damaged.err


def encrypted() -> bytes:
    """An archive whose member says that it is encrypted, in both places."""
    data = bytearray(zipped(("rows.csv", ROWS)))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def with_wrong_sum() -> bytes:
    data = bytearray(zipped(("rows.csv", ROWS), method=zipfile.ZIP_STORED))
    data[data.index(b"3,c")] = ord("4")
    return bytes(data)


ARCHIVES = {
    "two tables": (zipped(("a.csv", ROWS), ("b.csv", ROWS)), "holds 2 files: a.csv, b.csv", "unzip -p", 2),
    "none": (zipped(), "holds no file", "unzip -p", 2),
    "truncated": (zipped(("a.csv", LONG))[:-100], "the beginning of one", "zip -FF", 2),
    "encrypted": (encrypted(), "rows.csv in it is encrypted", "unzip", 2),
    "a workbook": (zipped(("xl/workbook.xml", b""), ("xl/a.xml", b"")), "a workbook", "save the sheet as CSV", 2),
    "a wrong checksum": (with_wrong_sum(), "it is damaged: bad crc-32", "", 2),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_is_not_one_table(backprop, tmp_path, case):
    data, reason, cure, status = ARCHIVES[case]
    (tmp_path / "rows.zip").write_bytes(data)
    answer = backprop("batch", "x^2", "rows.zip")
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith("error: rows.zip")
    assert reason in answer.err
    assert cure in answer.err


def test_an_archive_in_a_pipe(backprop):
    answer = backprop("batch", "x^2", stdin=PACKED["rows.csv.zip"])
    assert answer.status == 2
    assert answer.err == "error: stdin: a zip archive is read from a file\n  save it first, or unpack it: funzip\n"


def test_the_ending_of_o_packs(backprop, tmp_path):
    assert backprop("batch", "x", "-o", "o.csv.gz", "--no-grad", stdin=LONG) == (0, "", "", "")
    data = (tmp_path / "o.csv.gz").read_bytes()
    assert gzip.decompress(data).decode() == backprop("batch", "x", "--no-grad", stdin=LONG).out
    assert data[4:8] == bytes(4)  # no time: the same rows are the same bytes
    assert backprop("batch", "value", "o.csv.gz", "--name", "again", "-o", "o.ndjson.gz").status == 0
    assert gzip.decompress((tmp_path / "o.ndjson.gz").read_bytes()).startswith(b'{"x": 0, "value": 0, "again": 0')


@pytest.mark.extras
def test_the_ending_of_o_packs_with_zstandard(backprop, tmp_path):
    zstd = pytest.importorskip("backports.zstd")
    assert backprop("batch", "x", "-o", "o.csv.zst", "--no-grad", stdin=LONG).status == 0
    plain = backprop("batch", "x", "--no-grad", stdin=LONG).out
    assert zstd.decompress((tmp_path / "o.csv.zst").read_bytes()).decode() == plain


def test_without_zstandard_the_extra_is_named(backprop, tmp_path):
    if sys.version_info >= (3, 14):
        pytest.skip("Python has it")
    try:
        import backports.zstd  # noqa: F401  # whether it is there is the question
    except ImportError:
        answer = backprop("batch", "x", "-o", "o.csv.zst", stdin="x\n1\n")
        assert (answer.status, os.listdir(tmp_path)) == (2, [])
        assert "-o o.csv.zst: Zstandard needs backports.zstd, which is not installed" in answer.err


def test_what_cannot_be_packed(backprop, tmp_path):
    nameless = backprop("batch", "x", "-o", "o.gz", stdin="x\n1\n")
    assert (nameless.status, "as in results.csv.gz" in nameless.err) == (2, True)
    columns = backprop("batch", "x", "-o", "o.csv.gz", "--format", "parquet", stdin="x\n1\n")
    assert (columns.status, "-o o.csv.gz: parquet is packed already" in columns.err) == (2, True)
    assert os.listdir(tmp_path) == []


def test_bad_rows_and_a_stop_make_the_file_that_they_make_unpacked(backprop, tmp_path):
    bad = b"x\n1\nz\n3\n"
    assert backprop("batch", "x", "-o", "o.csv.gz", "--no-grad", stdin=bad).status == 3
    assert gzip.decompress((tmp_path / "o.csv.gz").read_bytes()) == b"x,value\n1,1\nz,\n3,3\n"
    os.unlink(tmp_path / "o.csv.gz")
    assert backprop("batch", "x", "-o", "o.csv.gz", "--on-error", "stop", stdin=bad).status == 3
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_named_and_not_waited_for(tmp_path):
    os.symlink("/dev/full", tmp_path / "o.csv.gz")
    program = [os.path.join(os.path.dirname(sys.executable), "backprop"), "batch", "x", "-o", "o.csv.gz"]
    done = subprocess.run(program, input=LONG, capture_output=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 3
    assert done.stderr == b"error: -o o.csv.gz: no space left on device\n"
