"""Slow writers and slow readers of `backprop batch`: each row is answered when it is there, in constant memory."""

from __future__ import annotations

import contextlib
import gzip
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
import zlib

import pytest

from ..stillness import wait_until_still

pytestmark = pytest.mark.extras

SECONDS = 300.0  # without anything to hear, before a test fails
STILL = """
import select, time
def ready(*sets_and_seconds, select=select.select):
    assert sets_and_seconds[3:] in ((), (None,), (0,)), "it waits for a time, not for what comes"
    return select(*sets_and_seconds)
select.select, time.sleep = ready, None
from backprop.cli.main import main
main()
"""
TURNED = """
import pathlib, time
time.monotonic = lambda: float(pathlib.Path("clock").read_text())
from backprop.cli.main import main
main()
"""


class Conversation:
    """A running `backprop batch` with both ends in our hands."""

    def __init__(self, process):
        self.process = process
        self._heard = b""

    def send(self, data):
        os.write(self.process.stdin.fileno(), data)

    def hear(self, lines):
        """So many lines of what comes out, without their ends."""
        missing = lines - self._heard.count(b"\n")
        pieces = [self._heard]
        while missing > 0:
            ready = select.select([self.process.stdout], [], [], SECONDS)[0]
            assert ready, f"no answer, only {pieces[-1]!r}"
            pieces.append(os.read(self.process.stdout.fileno(), 1 << 16))
            assert pieces[-1], f"the end, after {pieces[-2]!r}"
            missing -= pieces[-1].count(b"\n")
        *found, self._heard = b"".join(pieces).split(b"\n", lines)
        return found

    def hears_nothing(self):
        """Whether nothing comes of what was sent, and the program waits for more."""
        wait_until_still(self.process.pid)
        return not self._heard and not select.select([self.process.stdout], [], [], 0)[0]

    def end(self):
        """Close its stdin; what is left to come out, and the status."""
        self.process.stdin.close()
        rest = self._heard + self.process.stdout.read()
        return rest, self.process.wait(SECONDS)


@pytest.fixture
def talk(tmp_path, installed):
    """Start `backprop batch`, or a program that calls it; it is killed at the end of the test if it still runs."""
    with contextlib.ExitStack() as stack:

        def start(*tokens, program=None, **options):
            process = stack.enter_context(
                subprocess.Popen(
                    [*([sys.executable, "-c", program] if program else [installed]), "batch", *tokens],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    cwd=tmp_path,
                    bufsize=0,
                    **{"stderr": subprocess.PIPE, **options},
                )
            )
            stack.callback(process.kill)
            return Conversation(process)

        yield start


@pytest.mark.parametrize(
    ("form", "opening", "row", "expected"),
    [
        ("csv", b"x,n\n", b"%d,a\n", b"%d,a,%d"),
        ("tsv", b"x\tn\n", b"%d\ta\n", b"%d\ta\t%d"),
        ("ndjson", b"", b'{"x": %d}\n', b'{"x": %d, "value": %d}'),
    ],
)
def test_each_row_is_answered_before_the_next_is_sent(talk, form, opening, row, expected):
    """By a program that may wait for rows alone: time never brings an answer."""
    batch = talk("x^2", "--from", form, "--no-grad", program=STILL)
    if opening:
        batch.send(opening)
        batch.hear(1)
    for k in range(1, 41):
        batch.send(row % k)
        assert batch.hear(1) == [expected % (k, k * k)]
    assert batch.end() == (b"", 0)


@pytest.mark.parametrize("tokens", [("--from", "lines"), ("--from", "ndjson", "--expr-field", "e")])
def test_rows_with_expressions_are_answered_at_once_too(talk, tokens):
    batch = talk("--only", "--no-grad", *tokens)
    for k in range(3):
        batch.send(b"x+%d\tx=1\n" % k if "lines" in tokens else b'{"e": "x+%d", "x": 1}\n' % k)
        assert batch.hear(1) == [b"%d" % (k + 1) if "lines" in tokens else b'{"value": %d}' % (k + 1)]
    assert batch.end() == (b"", 0)


def test_the_header_and_the_first_rows_in_one_piece(talk):
    batch = talk("x^2", "--no-grad")
    batch.send(b"x\n1\n2\n")
    assert batch.hear(3) == [b"x,value", b"1,1", b"2,4"]
    batch.send(b"3\n4\n5\n")
    assert batch.hear(3) == [b"3,9", b"4,16", b"5,25"]
    assert batch.end() == (b"", 0)


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ([b"1", b"2,a\n"], b"12,a,12"),
        ([b"12,", b"a", b"\n"], b"12,a,12"),
        ([b'1,"a\n', b'b"\n'], b'1,"a\nb",1'),
        ([b'1,"a"', b'"\nb"\n'], b'1,"a""\nb",1'),
        ([b'1,"a\n"', b'"\n', b'"\n'], b'1,"a\n""\n",1'),
        ([b"1,a\r", b"\n"], b"1,a,1\r"),
        ([b"1,\xc3", b"\xa9\n"], "1,é,1".encode()),
        ([b'1,a"\n'], b'1,a",1'),
    ],
)
def test_half_a_row_waits_for_its_other_half(talk, pieces, answer):
    batch = talk("x", "--no-grad")
    batch.send(b"x,n\n")
    batch.hear(1)
    for piece in pieces[:-1]:
        batch.send(b"7,whole\n" + piece if piece is pieces[0] else piece)
        if piece is pieces[0]:
            assert batch.hear(1) == [b"7,whole,7"]
        assert batch.hears_nothing()
    batch.send(pieces[-1])
    assert b"\n".join(batch.hear(answer.count(b"\n") + 1)) == answer
    assert batch.end() == (b"", 0)


@pytest.mark.parametrize("first", [b"\n", b"oops\n", b"{}\n"])
def test_the_first_object_that_says_something_gives_the_shapes(talk, first):
    """However the rows arrive: alone they mean what they mean in one piece."""
    rows = b'{"x": [1, 2]}\n'
    piecewise = talk("sum(x)", "--from", "ndjson", "--only")
    piecewise.send(first)
    wait_until_still(piecewise.process.pid)
    piecewise.send(rows)
    at_once = talk("sum(x)", "--from", "ndjson", "--only")
    at_once.send(first + rows)
    expected = at_once.end()
    assert expected[0].endswith(b'{"value": 3, "grad_x": [1, 1]}\n')
    assert piecewise.end() == expected


def test_a_header_in_pieces(talk):
    batch = talk("x", "--no-grad")
    for piece in (b"\xef", b"\xbb\xbf", b"x,", b'"n\n', b'm"'):
        batch.send(piece)
        assert batch.hears_nothing()
    batch.send(b"\n1,2\n")
    assert batch.hear(3) == [b'\xef\xbb\xbfx,"n', b'm",value', b"1,2,1"]
    assert batch.end() == (b"", 0)


def test_a_last_row_without_a_line_end(talk):
    batch = talk("x", "--no-grad")
    batch.send(b"x\n1\n2")
    assert batch.hear(2) == [b"x,value", b"1,1"]
    assert batch.hears_nothing()
    assert batch.end() == (b"2,2\n", 0)


def test_blank_lines_alone(talk):
    batch = talk("x", "--no-grad")
    batch.send(b"\n")
    batch.send(b"\r\nx,n\n")
    assert batch.hear(1) == [b"x,n,value"]
    for _ in range(3):
        batch.send(b"\n")
        assert batch.hears_nothing()
    batch.send(b"\n1,a\n\n")
    assert batch.hear(1) == [b"1,a,1"]
    assert batch.end() == (b"", 0)


def test_packed_rows_as_they_come(talk):
    packer = zlib.compressobj(wbits=31)
    batch = talk("x", "--no-grad")
    batch.send(packer.compress(b"x\n1\n") + packer.flush(zlib.Z_SYNC_FLUSH))
    assert batch.hear(2) == [b"x,value", b"1,1"]
    batch.send(packer.compress(b"2\n") + packer.flush())
    assert batch.hear(1) == [b"2,2"]
    batch.send(gzip.compress(b"3\n"))
    assert batch.hear(1) == [b"3,3"]
    assert batch.end() == (b"", 0)


def test_packed_rows_of_zstandard_as_they_come(talk):
    zstd = pytest.importorskip("backports.zstd")
    packer = zstd.ZstdCompressor()
    batch = talk("x", "--no-grad")
    batch.send(packer.compress(b"x\n1\n", packer.FLUSH_BLOCK))
    assert batch.hear(2) == [b"x,value", b"1,1"]
    batch.send(packer.compress(b"2\n", packer.FLUSH_FRAME))
    assert batch.hear(1) == [b"2,2"]
    batch.send(zstd.compress(b"3\n"))
    assert batch.hear(1) == [b"3,3"]
    assert batch.end() == (b"", 0)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_slow_row_after_a_fast_million(talk, form):
    """A pool is started by then; a row alone is answered before anything else happens, all the same."""
    batch = talk("x", "--no-grad", "--only", "--format", form, program=STILL)
    many = 300_000
    shown = (lambda k: b"%d" % k) if form == "csv" else (lambda k: b'{"value": %d}' % k)
    writer = threading.Thread(target=write_all, args=(batch, b"x\n" + b"".join(b"%d\n" % k for k in range(many))))
    writer.start()
    if form == "csv":
        assert batch.hear(1) == [b"value"]
    assert batch.hear(many) == [shown(k) for k in range(many)]
    writer.join()
    for k in range(20):
        batch.send(b"%d\n" % k)
        assert batch.hear(1) == [shown(k)]
    assert batch.end() == (b"", 0)


def write_all(batch, data):
    view = memoryview(data)
    while view:
        view = view[batch.process.stdin.write(view) :]


def test_rows_are_not_read_faster_than_they_are_taken(talk):
    """What nobody takes is not computed: the writer has to wait, and memory does not grow."""
    batch = talk("x")
    descriptor = batch.process.stdin.fileno()
    os.set_blocking(descriptor, False)
    os.write(descriptor, b"x\n")
    sent = 0
    rows = b"1\n" * (1 << 17)
    is_full = False
    while not is_full:
        try:
            sent += os.write(descriptor, rows)
        except BlockingIOError:
            wait_until_still(batch.process.pid)
            is_full = not select.select([], [descriptor], [], 0)[1]
        assert sent < 60 << 20
    os.set_blocking(descriptor, True)
    batch.process.stdin.close()
    out = batch.process.stdout.read()
    assert batch.process.wait(SECONDS) == 0
    assert out.count(b"\n1,1,1") >= sent // 2 - 1


def test_stdin_that_does_not_block(tmp_path, installed):
    """As some programs leave their pipes: nothing there yet is not the end."""
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    with subprocess.Popen([installed, "batch", "x"], stdin=reads, stdout=subprocess.PIPE) as process:
        os.close(reads)
        for piece in (b"x\n", b"1\n", b"2\n"):
            wait_until_still(process.pid)
            os.write(writes, piece)
        os.close(writes)
        assert process.stdout.read() == b"x,value,grad_x\n1,1,1\n2,2,1\n"
        assert process.wait(SECONDS) == 0


def test_ctrl_c_while_waiting_for_rows(talk):
    batch = talk("x")
    batch.send(b"x\n1\n")
    batch.hear(2)
    batch.process.send_signal(signal.SIGINT)
    assert batch.process.wait(SECONDS) == 130
    assert batch.process.stderr.read() == b""


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_ctrl_c_while_nobody_reads(talk, tmp_path, form):
    """As in `backprop batch … | less`: the pipe is full, and the writer waits."""
    (tmp_path / "rows.csv").write_bytes(b"x\n" + b"1\n" * 1_000_000)
    batch = talk("x", "rows.csv", "--format", form)
    batch.hear(50_000)
    wait_until_still(batch.process.pid)  # the workers, too: a polars that still computes takes an interrupt for itself
    batch.process.send_signal(signal.SIGINT)
    assert batch.process.wait(SECONDS) == 130
    assert batch.process.stderr.read() == b""


class Screen:
    """A terminal for stderr, and all that has been read from it."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.data = b""

    @property
    def text(self):
        return self.data.decode("utf-8", "replace")

    def shown(self):
        """All that has been shown by now."""
        while self.reads(0):
            pass
        return self.text

    def wait_for(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.text:
            assert self.reads(max(0, end - time.monotonic())), f"only {self.text!r}"

    def reads(self, seconds):
        ready = select.select([self.master], [], [], seconds)[0]
        self.data += os.read(self.master, 1 << 16) if ready else b""
        return bool(ready)


@pytest.fixture
def screen():
    opened = Screen()  # our end of the slave stays open, too: reading finds nothing, not an error, when the other ends
    yield opened
    for descriptor in (opened.master, opened.slave):
        os.close(descriptor)


@pytest.fixture
def clock(tmp_path):
    """Set the clock of a program that is TURNED; nothing else moves it."""

    def turn(seconds):
        (tmp_path / "next").write_text(str(seconds))
        (tmp_path / "next").replace(tmp_path / "clock")

    turn(0.0)
    return turn


def test_the_bar_comes_after_half_a_second_and_goes_at_the_end(talk, screen, clock):
    batch = talk("x", "--no-grad", stderr=screen.slave, program=TURNED)
    batch.send(b"x\n1\n")
    batch.hear(2)
    assert screen.shown() == ""
    clock(0.49)
    batch.send(b"1\n")
    batch.hear(1)
    assert screen.shown() == ""
    clock(0.6)
    batch.send(b"2\nabc\n")
    batch.hear(2)
    screen.wait_for("rows/s")
    screen.wait_for("line 5: x is 'abc', which is not a number\r\n")
    clock(0.8)
    batch.send(b"5\n")
    batch.hear(1)
    screen.wait_for("5 rows")
    rest, status = batch.end()
    assert (rest, status) == (b"", 3)
    assert screen.shown().rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A\x1b[2K"))


@pytest.mark.parametrize("options", [("-q",), ("--quiet",)])
def test_quiet_shows_no_bar(talk, screen, clock, options):
    batch = talk("x", *options, stderr=screen.slave, program=TURNED)
    batch.send(b"x\n1\n")
    batch.hear(2)
    clock(0.6)
    batch.send(b"2\n")
    batch.hear(1)
    assert batch.end() == (b"", 0)
    assert screen.shown() == ""


def test_a_short_run_shows_no_bar(talk, screen, clock):
    batch = talk("x", stderr=screen.slave, program=TURNED)
    batch.send(b"x\n" + b"1\n" * 1000)
    clock(0.49)
    assert batch.end()[1] == 0
    assert screen.shown() == ""


def test_no_bar_in_a_pipe(talk, clock):
    batch = talk("x", env={**os.environ, "FORCE_COLOR": "1"}, program=TURNED)
    batch.send(b"x\n1\n")
    batch.hear(2)
    clock(0.6)
    batch.send(b"2\n")
    batch.hear(1)
    assert batch.end() == (b"", 0)
    assert batch.process.stderr.read() == b""


def test_a_file_has_a_bar_with_the_time_left(talk, screen, clock, tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"x\n" + b"1\n" * 3_000_000)
    batch = talk("x", "rows.csv", stderr=screen.slave, program=TURNED)
    batch.hear(100_000)
    clock(0.6)
    batch.hear(2_000_000)
    screen.wait_for("rows/s")
    screen.wait_for(":")
    batch.process.stdout.close()
    assert batch.process.wait(SECONDS) == 141
    text = screen.shown()
    assert "\u2501" in text or "-" in text
    assert "\x1b[?25h" in text  # the cursor is back
