"""`backprop batch` with parquet and Arrow IPC where rows are bad, files damaged, outputs full and runs interrupted."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
from typing import Any

import pytest

polars: Any = pytest.importorskip("polars")

pytest.importorskip("pyarrow")

from backprop.cli.batch.columnar.input import Stream, StreamBatches  # noqa: E402  (pyarrow may be missing)
from backprop.cli.batch.input.source import Damaged  # noqa: E402

from ...stillness import wait_until_busy, wait_until_still  # noqa: E402
from .files import LOGISTIC, READERS, random_points, stream_of, written  # noqa: E402

pytestmark = pytest.mark.extras


@pytest.fixture
def points() -> Any:
    return random_points()


BAD = {"x": [1.0, None, 3.0, None], "y": [1, 2, None, None], "note": ["a", 'b,"c"', None, ""]}
NAMED = "row 2: x is missing\nrow 3: y is missing\nrow 4: x is missing; y is missing\n"


@pytest.mark.parametrize("form", READERS)
def test_bad_rows_have_null_results(backprop, tmp_path, form):
    frame = polars.DataFrame(BAD)
    answer = backprop("batch", "x*y", written(frame, tmp_path / f"rows.{form}", form), "-o", f"out.{form}")
    assert (answer.status, answer.err) == (3, NAMED)
    found = READERS[form](tmp_path / f"out.{form}")
    assert found.select(frame.columns).equals(frame)
    for name in ("value", "grad_x", "grad_y"):
        assert found[name].to_list() == [1.0, None, None, None]


def test_bad_rows_are_left_out(backprop, tmp_path):
    polars.DataFrame(BAD).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "x*y", "rows.parquet", "--on-error", "skip")
    assert (answer.status, answer.err) == (3, NAMED)
    assert answer.out == "x,y,note,value,grad_x,grad_y\n1,1,a,1,1,1\n"


@pytest.mark.parametrize("form", READERS)
def test_a_bad_row_ends_the_run(backprop, tmp_path, form):
    polars.DataFrame(BAD).write_parquet(tmp_path / "rows.parquet")
    stopping = ("batch", "x*y", "rows.parquet", "--on-error", "stop")
    answer = backprop(*stopping)
    assert (answer.status, answer.err) == (3, "row 2: x is missing\n")
    assert answer.out == "x,y,note,value,grad_x,grad_y\n1,1,a,1,1,1\n"
    assert backprop(*stopping, "-o", f"out.{form}").status == 3
    assert os.listdir(tmp_path) == ["rows.parquet"], "a file that is not whole is not made"


def test_rejects_hold_the_rows_as_csv(backprop, tmp_path):
    polars.DataFrame(BAD).write_parquet(tmp_path / "rows.parquet")
    backprop("batch", "x*y", "rows.parquet", "-o", "out.parquet", "--rejects", "bad.tsv")
    assert (tmp_path / "bad.tsv").read_text() == (
        '2\tx is missing\t,2,"b,""c"""\n3\ty is missing\t3,,\n4\tx is missing; y is missing\t,,\n'
    )


def test_the_first_ten_are_named_and_all_counted(backprop, tmp_path):
    polars.DataFrame({"x": [None] * 12 + [1.0]}).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "x", "rows.parquet", "-o", "out.parquet")
    assert answer.status == 3
    assert answer.err.splitlines() == [
        *(f"row {row}: x is missing" for row in range(1, 11)),
        "12 rows were bad in all",
    ]


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("damage", ["empty", "cut", "something else", "without an end"])
def test_a_damaged_file_is_named_without_a_traceback(backprop, tmp_path, points, form, damage):
    name = written(points, tmp_path / f"rows.{form}", form)
    data = (tmp_path / name).read_bytes()
    broken = {
        "empty": b"",
        "cut": data[: len(data) // 2],
        "something else": b"x,y\n1,2\n" * 9,
        "without an end": data[:-9],
    }
    (tmp_path / name).write_bytes(broken[damage])
    answer = backprop("batch", LOGISTIC, name, "-o", "out.csv")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: {name}: ")
    assert "Traceback" not in answer.err and "internal" not in answer.err and "panicked" not in answer.err
    assert os.listdir(tmp_path) == [name]


def test_what_comes_before_the_damage_is_not_lost(backprop, points):
    data = stream_of(points[:1000], points[1000:])
    answer = backprop("batch", LOGISTIC, "--from", "arrow", "--only", stdin=data[:-40])
    assert (answer.status, len(answer.lines)) == (3, 1001)
    assert answer.err == "stdin, after row 1000: it is cut off\n"


def test_garbled_streams_raise_damaged_only(points):
    data = stream_of(points[:2])
    source = random.Random(11)
    outcomes = set()
    for _ in range(300):
        garbled = bytearray(data)
        for _ in range(source.randint(1, 4)):
            garbled[source.randrange(len(garbled))] = source.randrange(256)
        try:
            outcomes.add(len(list(StreamBatches(Stream(io.BytesIO(garbled))))))
        except Damaged:
            outcomes.add(-1)
    assert {-1, 1} <= outcomes


@pytest.mark.parametrize("form", READERS)
def test_a_file_that_is_cut_while_it_is_read_is_named(tmp_path, installed, form):
    import numpy

    numbers = numpy.random.default_rng(5).normal(size=2_000_000)
    frame = polars.DataFrame({"x": numbers})
    path = tmp_path / f"rows.{form}"
    if form == "parquet":
        frame.write_parquet(path, compression="uncompressed", row_group_size=50_000)
    else:
        frame.write_ipc(path, record_batch_size=50_000)
    command = [installed, "batch", "x^2", path.name, "--no-grad"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None and process.stderr is not None
        start = process.stdout.read(100)  # now it writes what fits into the pipe, and waits
        os.truncate(path, 1000)
        rows = (start + process.stdout.read()).count(b"\n") - 1
        err = process.stderr.read().decode()
        assert process.wait(60) == 3
    assert 0 < rows < len(numbers)
    assert err.startswith(f"rows.{form}, after row {rows}: it is ")
    assert len(err.splitlines()) == 1


def test_rows_that_the_table_of_contents_promises_are_missed(backprop, tmp_path, points):
    points.write_parquet(tmp_path / "rows.parquet")
    data = (tmp_path / "rows.parquet").read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    rows, more = (b"\x16" + bytes([2 * count & 0x7F | 0x80, 2 * count >> 7]) for count in (3000, 3005))  # in Thrift
    place = data.index(rows, footer)  # the first one: those of the groups come behind
    (tmp_path / "rows.parquet").write_bytes(data[:place] + more + data[place + 3 :])
    answer = backprop("batch", LOGISTIC, "rows.parquet", "--only")
    assert (answer.status, len(answer.lines)) == (3, 3001)
    assert answer.err == "rows.parquet, after row 3000: it is damaged: by its table of contents it has 3005 rows\n"


@pytest.mark.parametrize("form", READERS)
def test_garbled_files_are_told_in_one_line(backprop, tmp_path, points, form):
    name = written(points, tmp_path / f"rows.{form}", form)
    data = (tmp_path / name).read_bytes()
    source = random.Random(3)
    for number in range(12):
        garbled = bytearray(data)
        start = 8 if number % 2 else len(data) * 3 // 4
        for _ in range(20):
            garbled[source.randrange(start, len(garbled))] = source.randrange(256)
        (tmp_path / name).write_bytes(garbled)
        answer = backprop("batch", LOGISTIC, name, "--only", "--no-grad")
        assert answer.status in (0, 2, 3), answer.err
        assert answer.status == 0 or answer.err
        assert not any(word in answer.err for word in ("panicked", "backtrace", "Traceback", "internal")), answer.err
        if answer.status == 0:
            assert len(answer.lines) == 3001


@pytest.mark.skipif(not os.path.exists("/dev/stderr"), reason="the system has no such path")
def test_stderr_may_be_the_output(backprop, tmp_path):
    polars.DataFrame({"x": [2.0]}).write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", "x^2", "rows.parquet", "--format", "csv", "-o", "/dev/stderr")
    assert (answer.status, answer.out, answer.err) == (0, "", "x,value,grad_x\n2,4,4\n")


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_a_closed_pipe_is_no_error(tmp_path, points, form):
    polars.concat([points] * 200).write_parquet(tmp_path / "rows.parquet")
    command = f"backprop batch '{LOGISTIC}' rows.parquet --format {form}"
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (b"141\n", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full device")
@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_a_full_disk_is_said(backprop, tmp_path, points, form):
    points.write_parquet(tmp_path / "rows.parquet")
    answer = backprop("batch", LOGISTIC, "rows.parquet", "--format", form, "-o", "/dev/full")
    assert (answer.status, answer.err) == (3, "error: -o /dev/full: no space left on device\n")


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_the_old_file(tmp_path, installed, form, ending):
    old = tmp_path / f"out.{form}"
    old.write_text("old")
    with subprocess.Popen(
        [installed, "batch", LOGISTIC, "--b", "1", "--w", "1", "-o", old.name],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(b"x\n" + b"1\n" * 300_000)
        process.stdin.flush()
        wait_until_still(process.pid)
        assert process.poll() is None
        process.send_signal(ending)
        status = process.wait(60)
        err = process.stderr.read()
    assert (status, err) == ((130, b"") if ending is signal.SIGINT else (-9, b""))
    assert old.read_text() == "old"
    assert os.listdir(tmp_path) == [old.name]


@pytest.mark.parametrize("form", READERS)
def test_an_interrupt_ends_a_run_that_pyarrow_writes(tmp_path, installed, points, form):
    polars.concat([points] * 2000).write_parquet(tmp_path / "rows.parquet")
    slow = "; ".join(f"t{number} = sin({'x' if not number else f't{number - 1}'})" for number in range(60))
    command = [installed, "batch", f"{slow}; t59", "rows.parquet", "-o", f"out.{form}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        wait_until_busy(process.pid, 1.0)
        assert process.poll() is None, "it is to be interrupted in the middle"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None and process.stderr.read() == b""
    assert os.listdir(tmp_path) == ["rows.parquet"]


def test_a_batch_that_arrives_is_answered_at_once(tmp_path, installed):
    frame = polars.DataFrame({"x": [3.0]})
    data = stream_of(frame)
    with subprocess.Popen(
        [installed, "batch", "x^2", "--from", "arrow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(data[:-8])  # all but the end of the stream
        process.stdin.flush()
        assert process.stdout.readline() == b"x,value,grad_x\n"
        assert process.stdout.readline() == b"3,9,6\n"
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(60) == 0


def test_rows_with_expressions_of_their_own_stay_text(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("e,x\nx^2,1\n")
    answer = backprop("batch", "--expr-field", "e", "rows.csv", "-o", "out.parquet")
    assert answer.status == 2
    assert answer.err.startswith("error: rows with expressions of their own cannot be written as parquet\n")


WITHOUT = "import sys; sys.modules[{!r}] = None; sys.argv[0] = 'backprop'; from backprop.cli.main import main; main()"


def run_without(module: str, *arguments: str, folder: Any) -> Any:
    command = [sys.executable, "-c", WITHOUT.format(module), *arguments]
    return subprocess.run(command, cwd=folder, input=b"", capture_output=True, timeout=60)


def test_without_pyarrow_the_extra_is_named(tmp_path):
    for arguments in (["batch", "x", "rows.parquet"], ["batch", "x", "--format", "arrow"]):
        done = run_without("pyarrow", *arguments, folder=tmp_path)
        assert done.returncode == 2
        assert b"needs pyarrow, which is not installed\n" in done.stderr
        assert b"pip install --upgrade pyarrow" in done.stderr


@pytest.mark.parametrize("form", [*READERS, "csv", "tsv", "ndjson"])
def test_without_polars_pyarrow_gives_the_same(backprop, tmp_path, points, form):
    single = (polars.col("w") * polars.lit(10.0).pow(polars.col("id") % 30 - 15)).cast(polars.Float32).alias("single")
    nulls = polars.when(polars.col("id") % 7 == 0).then(None).otherwise(polars.col("x")).alias("nulls")
    polars.concat([points.with_columns(single, nulls)] * 20).write_parquet(tmp_path / "rows.parquet")
    done = run_without("polars", "batch", LOGISTIC, "rows.parquet", "-o", f"out.{form}", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert backprop("batch", LOGISTIC, "rows.parquet", "-o", f"other.{form}").status == 0
    assert (tmp_path / f"out.{form}").read_bytes() == (tmp_path / f"other.{form}").read_bytes()


def test_a_pyarrow_that_is_broken_is_told(tmp_path, installed):
    (tmp_path / "pyarrow.py").write_text('raise ImportError("it needs\\nanother processor")')
    command = [installed, "batch", "x", "rows.parquet"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    said = "error: parquet needs pyarrow, which cannot be imported: it needs another processor\n"
    assert done.stderr.startswith(said)
