"""Streams, files and statuses: pipes closed and full, interrupts, encodings, and output that is whole or absent."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import stat
import subprocess

import numpy as np
import pytest

from backprop.cli.output.errors import message
from backprop.cli.status import Status

from .stillness import wait_until_still

QUESTION = ("eval", "(x+y)*z", "x=-2", "y=5", "z=-4")


@pytest.fixture
def shell(tmp_path, installed):
    """Run a line of sh in an empty folder; `$backprop` is the command."""

    def run(line: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, "backprop": installed, "question": shlex.join(QUESTION), **changes},
            timeout=60,
        )

    return run


@pytest.mark.parametrize("redirection", ["| true", ">&-"])
@pytest.mark.parametrize("command", ["eval '(x+y)*z' x=1 y=2 z=3", "eval '(x+y)*z' x=1 y=2 z=3 --json", "--help"])
def test_a_closed_pipe_ends_silently_with_141(shell, command, redirection):
    done = shell(f"({{ sleep 0.2; $backprop {command}; echo $? >status; }} {redirection}); cat status")
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_much_output_into_a_closed_pipe(shell, tmp_path):
    np.save(tmp_path / "x.npy", np.linspace(0, 1, 200_000))
    done = shell('{ $backprop grad "sum(x^2)" --x @x.npy; echo $? >status; } | head -c 10; cat status')
    assert (done.stdout[10:], done.stderr) == ("141\n", "")


def test_a_closed_stderr_is_no_error(shell):
    assert shell('$backprop eval "2*log(x)" x=0 --format plain 2>&-').stdout == "-inf\n"
    assert shell('$backprop eval "2*" 2>&-; echo $?').stdout == "2\n"
    assert shell('$backprop eval "2*" 2>/dev/full; echo $?').stdout == "2\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("format", ["tsv", "json", "table"])
def test_a_full_disk_is_status_3(shell, format):
    done = shell(f'$backprop eval "x" x=1 --format {format} >/dev/full; echo $?')
    assert done.stdout == "3\n"
    assert done.stderr == "error: the results could not be written: no space left on device\n"


def test_a_full_disk_under_help(shell):
    assert shell("$backprop --help >/dev/full; echo $?").stdout == "3\n"


def test_ctrl_c_is_status_130_without_a_traceback(installed):
    with subprocess.Popen(
        [installed, "eval", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until_still(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_stdin_is_read_only_for_a_dash(shell):
    assert shell('$backprop eval "x" x=1 --format plain <&-').stdout == "1\n"
    done = shell("$backprop eval -f - x=1 <&-; echo $?")
    assert done.stdout == "2\n"
    assert "stdin is closed" in done.stderr


@pytest.mark.parametrize(
    "changes", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
@pytest.mark.parametrize("format", ["tsv", "json"])
def test_a_pipe_gets_utf8_in_every_locale(shell, format, changes):
    done = shell(f'$backprop eval "λ + 变量" λ=1 变量=2 --format {format}', **changes)
    assert done.returncode == 0, done.stderr
    assert "变量" in done.stdout


def test_errors_are_shown_in_every_locale(shell):
    done = shell('$backprop eval "λ + β" λ=1; echo $?', PYTHONIOENCODING="ascii")
    assert done.stdout == "2\n"
    assert done.stderr.startswith("error: \\u03b2 has no value")


ENDINGS = [
    ("nodes.json", '{"schema": 1, '),
    ("nodes.csv", "node,gate,"),
    ("nodes.tsv", "node\tgate\t"),
    ("nodes.md", "f = "),
    ("nodes.ndjson", '{"node": "x", '),
    ("nodes.txt", "node\tgate\t"),
    ("nodes", "node\tgate\t"),
]


@pytest.mark.parametrize(("name", "beginning"), ENDINGS)
def test_a_file_gets_the_format_of_its_ending(backprop, tmp_path, name, beginning):
    answer = backprop(*QUESTION, "-o", name)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)
    assert os.listdir(tmp_path) == [name]


def test_an_option_says_otherwise(backprop, tmp_path):
    backprop(*QUESTION, "-o", "nodes.json", "--format", "csv")
    assert (tmp_path / "nodes.json").read_text().startswith("node,gate,")


def test_a_dash_is_stdout(backprop):
    assert backprop(*QUESTION, "-o", "-").lines[0].startswith("node\t")


def test_a_file_is_replaced_with_its_mode_and_through_a_link(backprop, tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert backprop(*QUESTION, "-o", "link.csv").status == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("node,")
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_of_any_new_file(shell, tmp_path):
    shell("umask 022; $backprop $question -o new.csv".replace("$question", shlex.join(QUESTION)))
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o644


def test_a_device_is_written_to_not_replaced(backprop):
    assert backprop(*QUESTION, "-o", "/dev/null").status == 0
    assert not stat.S_ISREG(os.stat("/dev/null").st_mode)


def test_a_wrong_question_leaves_the_old_file_alone(backprop, tmp_path):
    (tmp_path / "nodes.csv").write_text("old")
    assert backprop("eval", "x +", "-o", "nodes.csv").status == 2
    assert (tmp_path / "nodes.csv").read_text() == "old"
    assert os.listdir(tmp_path) == ["nodes.csv"]


def test_a_file_that_does_not_fit_leaves_the_old_one_and_no_other(shell, tmp_path):
    (tmp_path / "nodes.csv").write_text("old")
    np.save(tmp_path / "x.npy", np.linspace(0, 1, 50_000))
    done = shell('ulimit -f 100; trap "" XFSZ; $backprop eval "x^2" --x @x.npy -o nodes.csv -q; echo $?')
    assert done.stdout == "3\n"
    assert done.stderr == "error: -o nodes.csv: file too large\n"
    assert (tmp_path / "nodes.csv").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["nodes.csv", "x.npy"]


def test_too_little_memory_is_one_message(installed):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))

    done = subprocess.run(
        [installed, "eval", "sum(zeros(1e8) + x)", "x=1"],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is not enough memory")
    assert "Traceback" not in done.stderr


def test_libraries_that_cannot_be_loaded_are_one_message(installed, tmp_path):
    """As with so little memory that not even the message's own libraries fit."""
    (tmp_path / "numpy.py").write_text("raise ImportError('READ THIS!\\n\\nlibblas.so: failed to map segment')\n")
    done = subprocess.run(
        [installed, "eval", "sum(x)", "x=[1,2]"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: the libraries cannot be loaded: libblas.so: failed to map segment\n"
        "  raise the limit of memory (ulimit -v), or install anew\n"
    )


def test_a_fault_of_ours_is_one_line_with_status_70():
    text, status = message(RuntimeError("some\nthing"))
    assert status is Status.INTERNAL
    assert text.startswith("error: internal error: RuntimeError: some thing\n  please report")
