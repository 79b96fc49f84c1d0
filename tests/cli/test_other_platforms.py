"""What a system lacks that is not Unix: taken away here, as far as Python lets us, in a process of its own.

Where Windows itself is asked (binary files, consoles, files that are gone when they are closed) only Windows can show.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import environment

BARE = """
import os, select, signal, sys

for name in ("fcntl", "termios", "resource", "pwd", "grp", "pty", "tty", "readline"):
    sys.modules[name] = None
OF_UNIX = {
    os: ("fork", "pread", "fchmod", "fchown", "getuid", "mkfifo", "posix_fallocate", "sched_getaffinity", "listxattr",
         "O_TMPFILE", "O_NONBLOCK", "O_CLOEXEC"),
    signal: ("SIGPIPE", "SIGHUP", "SIGQUIT", "SIGKILL", "pthread_sigmask"),
    select: ("poll", "epoll"),
}
for module, names in OF_UNIX.items():
    for name in names:
        delattr(module, name)

def refuse(*arguments):
    raise OSError(10038, "An operation was attempted on something that is not a socket")

select.select = refuse
import backprop.cli.batch.input.origin as origin
OPEN = origin.OpenFile.__init__

def without_waiting(self, *given):
    OPEN(self, *given)
    self.descriptor = None  # as on Windows, where select knows sockets only

origin.OpenFile.__init__ = without_waiting
from backprop.cli.main import main
main()
"""


@pytest.fixture
def bare(tmp_path):
    def run(*tokens: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", BARE, *tokens],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment({}),
            cwd=tmp_path,
            timeout=60,
        )

    return run


CASES = {
    "eval": (("eval", "(x+y)*z", "x=-2", "y=5", "z=-4", "--format", "table"), "f     mul    n1 * z        -12"),
    "grad": (("grad", "x*y", "x=2", "y=3"), "3\n2\n"),
    "diff": (("diff", "x^2"), "2*x\n"),
    "functions": (("functions", "sinh"), "cosh"),
    "help": (("--help",), "batch"),
    "help of batch": (("batch", "--help"), "FILE"),
    "explain": (("explain", "x*y", "x=2", "y=3"), "dx = 3"),
    "graph": (("graph", "x*y", "x=2", "y=3", "--tree"), "gradient 1"),
    "plot": (("plot", "x^2", "--x", "-1:1"), "┤"),
    "completion": (("completion", "bash", "--line", "backprop ev"), "eval"),
}


@pytest.mark.parametrize("tokens, shown", CASES.values(), ids=CASES)
def test_commands(bare, tokens, shown):
    done = bare(*tokens)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in done.stdout


def test_the_repl_in_a_pipe(bare):
    done = bare("repl", stdin="f = x*y\nx = 2\ny = 3\n:grad f\n")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


ROWS = "x,y\n" + "".join(f"{number},2\n" for number in range(50_000))
ANSWERS = "x,y,value\n" + "".join(f"{number},2,{2 * number}\n" for number in range(50_000))


@pytest.mark.extras
@pytest.mark.parametrize("way", ["file", "pipe", "packed"])
def test_rows(bare, tmp_path, way):
    (tmp_path / "rows.csv").write_text(ROWS)
    given = () if way == "pipe" else ("rows.csv",)
    out = ("-o", "out.csv.gz") if way == "packed" else ("-o", "out.csv")
    done = bare("batch", "x*y", *given, "--no-grad", *out, stdin=ROWS if way == "pipe" else "")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    again = bare("batch", "x+0", out[1], "--no-grad", "--only")
    assert again.stdout.splitlines()[:3] == ["value", "0", "1"]
    if way != "packed":
        assert (tmp_path / "out.csv").read_text() == ANSWERS


def test_a_file_that_is_there_is_written_anew(bare, tmp_path):
    (tmp_path / "out.csv").write_text("of old\n" * 9)
    done = bare("batch", "x*y", "--no-grad", "-o", "out.csv", stdin="x,y\n2,3\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.csv").read_text() == "x,y,value\n2,3,6\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_row_of_a_pipe_is_answered_before_the_next(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", BARE, "batch", "x*y", "--no-grad"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment({}),
        cwd=tmp_path,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("x,y\n2,3\n")
        assert [process.stdout.readline() for _ in range(2)] == ["x,y,value\n", "2,3,6\n"]
        process.stdin.write("4,5\n")
        assert process.stdout.readline() == "4,5,20\n"
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.extras
def test_parquet(bare, tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "rows.csv").write_text(ROWS)
    assert bare("batch", "x*y", "rows.csv", "-o", "rows.parquet").returncode == 0
    done = bare("batch", "x*y", "rows.parquet", "--no-grad", "--only")
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "99998")
