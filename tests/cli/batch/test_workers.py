"""The processes that answer large blocks: their order, what they leave behind, and when they are prestarted."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from functools import cache

import pytest

from backprop.cli.batch.evaluation import Answer
from backprop.cli.batch.processes import prestart
from backprop.cli.batch.processes.pool import InProcess, WorkerPool, start_pool
from backprop.cli.batch.processes.worker import QUEUED_BLOCKS, start_workers

pytestmark = [pytest.mark.extras, pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")]

SECONDS = 60
ROWS = 800_000
MANY = """
import sys
from backprop.autodiff.evaluation import threads
threads.usable_cores = lambda: {count}
if not {polars}:
    sys.modules["polars"] = None
from backprop.cli.main import main
main()
"""


@cache
def large() -> bytes:
    """Rows of numbers; made when they are needed, as every process that collects the tests imports this."""
    return b"x\n" + b"".join(b"%d\n" % n for n in range(ROWS))


@cache
def answered() -> bytes:
    return b"x,value\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(ROWS))


@pytest.fixture
def rows(tmp_path):
    """A file of rows that is large enough for workers to be prestarted."""
    path = tmp_path / "rows.csv"
    path.write_bytes(large())
    assert path.stat().st_size >= prestart.LARGE
    return path


@pytest.fixture
def is_polars(request):
    if request.param:
        pytest.importorskip("polars")
    elif request.config.getoption("markexpr") == "extras":
        pytest.skip("shown without the extras")
    return request.param


@pytest.mark.parametrize("is_polars", [True, False], ids=["polars", "base"], indirect=True)
@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("is_piped", [True, False], ids=["pipe", "file"])
def test_the_order_is_that_of_the_rows(rows, is_polars, count, is_piped):
    script = MANY.format(count=count, polars=is_polars)
    done = subprocess.run(
        [sys.executable, "-c", script, "batch", "x", "--no-grad", *([] if is_piped else [rows])],
        input=large() if is_piped else None,
        stdin=None if is_piped else subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == answered()


@pytest.mark.parametrize("is_polars", [True, False], ids=["polars", "base"], indirect=True)
def test_a_bad_row_in_a_late_block_stops_them_all(tmp_path, is_polars):
    last = b"x\n" + b"1\n" * ROWS * 2 + b"bad\n" + b"1\n" * ROWS
    script = MANY.format(count=3, polars=is_polars)
    done = subprocess.run(
        [sys.executable, "-c", script, "batch", "x", "--no-grad", "--on-error", "stop"],
        input=last,
        capture_output=True,
        timeout=SECONDS,
    )
    assert done.returncode == 3
    assert f"line {ROWS * 2 + 2}".encode() in done.stderr
    assert done.stdout == b"x,value\n" + b"1,1\n" * ROWS * 2


class Sleeper:
    """A job whose blocks say how many milliseconds they take, or what goes wrong with them."""

    def answer(self, data):
        word = data.decode().strip()
        if word == "bad":
            raise ValueError("bad")
        time.sleep(0 if word == "last" else int(word) / 1000)
        return Answer(data, [], 1, 1, word == "last")


def answered_by_workers(blocks, count, path):
    """What workers write of such blocks, and how many of the answers come before the end."""
    answers = []
    with open(path, "wb", buffering=0) as file:
        pool = WorkerPool(Sleeper(), start_workers(count, lambda: None), file.fileno())
        waiting = [bytearray(b"%s\n" % block) for block in blocks]
        with contextlib.suppress(ValueError):
            while (waiting or pool.pending) and not (answers and answers[-1].is_last):
                if waiting and not pool.is_full:
                    pool.submit(waiting.pop(0))
                else:
                    answers.append(pool.result())
        time.sleep(0.1)  # for whoever would write though it is not its turn
        pool.close()
    return path.read_bytes().split(), len(answers)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    "times",
    [
        [50, *[0] * (4 * QUEUED_BLOCKS)],
        [0, 0, 0, 50, *[0] * (4 * QUEUED_BLOCKS)],
        [20, 0, 0, 1, 0, 5, 30, 0, 0, 0, 0, 9, 0, 0, 0, 2],
    ],
)
def test_a_block_that_takes_long_is_written_before_the_next(tmp_path, count, times):
    blocks = [b"%d" % time for time in times]
    assert answered_by_workers(blocks, count, tmp_path / "out") == (blocks, len(blocks))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(("end", "is_written"), [(b"bad", False), (b"last", True)])
def test_nothing_is_written_after_the_end(tmp_path, count, end, is_written):
    before = [b"9", b"0", b"0", b"4", b"0"]
    expected = before + [end] * is_written
    found = answered_by_workers([*before, end, b"0", b"0", b"0"], count, tmp_path / "out")
    assert found == (expected, len(expected))


def processes_of(session):
    """The processes of a session, as /proc has them."""
    found = []
    for one in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.getsid(int(one)) == session:
                found.append(int(one))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=["KILL", "TERM", "INT"])
def test_a_program_that_is_killed_while_nobody_reads_leaves_no_worker(rows, installed, ending):
    """A worker may wait for the reader of the pipe then: it ends at the latest when the reader does."""
    with subprocess.Popen(
        [installed, "batch", "x", rows], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        process.stdout.read(1 << 17)
        process.send_signal(ending)
        assert process.wait(SECONDS) == (130 if ending == signal.SIGINT else -ending)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert not lasts(process.pid)


def lasts(session, tries=500):
    """Whether a process of the session is still there after a while."""
    for _ in range(tries):
        if not processes_of(session):
            return False
        time.sleep(0.01)
    return True


def with_files(processes):
    """Those that have files open, as every process has until it ends: a zombie has none."""
    found = []
    for one in processes:
        with contextlib.suppress(OSError):
            found += [one] * bool(os.listdir(f"/proc/{one}/fd"))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc")
@pytest.mark.parametrize(
    ("question", "status"),
    [
        (["x +"], 2),
        (["x", "--help"], 0),
        (["x", "--rename", "x=y"], 2),
        (["x", "--strange"], 2),
        (["x", "-o", "no/o"], 2),
    ],
)
def test_a_guess_that_was_wrong_leaves_nothing(rows, installed, question, status):
    """Workers that were prestarted and that no pool took are gone when the program ends, whatever they still import."""
    with subprocess.Popen(
        [installed, "batch", *question, rows], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        out, err = process.stdout.read(), process.stderr.read()
        assert process.wait(SECONDS) == status
        assert with_files(processes_of(process.pid)) == []
    assert bool(out) is (status == 0)
    assert err.startswith(b"error: " * (status != 0))


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(rows, installed, closed):
    """Their numbers go to whatever is opened next, the workers' channels among it."""
    done = subprocess.run(
        ["bash", "-c", f'"$0" batch x --no-grad "$1" -o "$1.out" --format csv {closed}', installed, rows]
    )
    assert done.returncode == 0
    assert rows.with_name("rows.csv.out").read_bytes() == answered()


def test_a_polars_that_is_broken(rows, installed, tmp_path):
    (tmp_path / "polars.py").write_text('raise ImportError("it needs\\nanother processor")')
    done = subprocess.run(
        [installed, "batch", "x", rows], env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True
    )
    assert done.returncode == 3
    assert done.stderr.decode().splitlines() == [
        "error: polars cannot be imported: it needs another processor",
        "  repair it, or uninstall it: without it batch gives the same results, more slowly",
    ]


def test_without_more_processes_the_program_works_alone(monkeypatch, rows):
    def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    for module in ("pool", "worker", "prestart"):
        monkeypatch.setattr(f"backprop.cli.batch.processes.{module}.usable_cores", lambda: 2)
    assert isinstance(start_pool(object(), 1), InProcess)
    with prestart.prestarted(["x", str(rows)]):
        assert prestart.workers == []


@pytest.mark.parametrize("is_polars", [True, False], ids=["polars", "base"], indirect=True)
@pytest.mark.parametrize("limit", [600_000, 1_000_000, 2_000_000])
def test_in_little_memory_the_program_works_alone(rows, is_polars, limit):
    """Each worker would have the blocks of all of them, and no room to answer one."""
    script = MANY.format(count=2, polars=is_polars)
    line = 'ulimit -v "$0"; exec "$@"'
    program = [sys.executable, "-c", script, "batch", "x", "--no-grad", rows]
    done = subprocess.run(["bash", "-c", line, str(limit), *program], capture_output=True, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == answered()


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("rows.csv", prestart.LARGE, True),
        ("ROWS.TSV", prestart.LARGE, True),
        ("rows.csv.gz", prestart.LARGE, True),
        ("rows.csv", prestart.LARGE - 1, False),
        ("rows.ndjson", prestart.LARGE, True),
        ("rows.parquet", prestart.LARGE, False),
    ],
)
def test_a_large_file_is_much(tmp_path, monkeypatch, name, size, expected):
    monkeypatch.setattr(sys, "stdin", None)
    path = tmp_path / name
    with open(path, "wb") as file:
        file.truncate(size)
    assert prestart.is_large_job(["x + y", str(path), "-q"]) is expected


@pytest.mark.parametrize("other", [["--format", "ndjson"], ["-o", "out.parquet"], ["--from", "lines"], ["-o", "a.tsv"]])
def test_what_polars_does_not_write_as_text_is_not_much(tmp_path, other):
    with open(tmp_path / "rows.csv", "wb") as file:
        file.truncate(prestart.LARGE)
    assert prestart.is_large_job(["x", file.name])
    assert not prestart.is_large_job(["x", file.name, *other])


def test_a_file_to_write_to_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with open(tmp_path / "out.csv", "wb") as file:
        file.truncate(prestart.LARGE)
    assert prestart.is_large_job(["x", file.name])
    assert not prestart.is_large_job(["x", "-o", file.name])
    assert not prestart.is_large_job(["x", "--rejects", file.name])


@pytest.mark.parametrize(("size", "expected"), [(0, False), (prestart.LARGE - 1, False), (prestart.LARGE, True)])
def test_a_large_file_on_stdin_is_much(tmp_path, size, expected):
    with open(tmp_path / "rows", "wb") as file:
        file.truncate(size)
    with open(tmp_path / "rows") as file:
        assert prestart.is_large_input(file.fileno()) is expected


@pytest.mark.parametrize(("size", "expected"), [(0, False), (prestart.WAITING - 1, False), (prestart.WAITING, True)])
def test_a_pipe_that_fills_is_much(size, expected):
    reads, writes = os.pipe()
    os.write(writes, bytes(size))
    assert prestart.is_large_input(reads) is expected
    os.close(reads)
    os.close(writes)


def test_a_terminal_is_not_much():
    import pty

    master, slave = pty.openpty()
    os.write(master, bytes(1000))
    assert prestart.is_large_input(slave) is False
    os.close(master)
    os.close(slave)
