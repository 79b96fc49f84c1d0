"""A fork answers as the installed command does: for every command, in pipes and in a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from backprop.cli.commands import COMMANDS

from .conftest import COMMAND, FORKS, Run, environment
from .forks import ended

QUESTIONS = {
    "eval": ["(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4"],
    "grad": ["(x+y)*z", "x=-2", "y=5", "z=-4", "--wrt", "x"],
    "diff": ["x^2*sin(x)", "--wrt", "x"],
    "jacobian": ["W@x", "--W", "[[1,2],[3,4]]", "--x", "[5,6]"],
    "hessian": ["x^2*y", "x=2", "y=3"],
    "jvp": ["x*y", "x=2", "y=3", "--tangent", "x=1"],
    "vjp": ["[x, 2*x]", "x=2", "--upstream", "[1, 1]"],
    "hvp": ["x^3", "x=2", "--vector", "x=1"],
    "check": ["sin(x)", "x=1"],
    "explain": ["(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4"],
    "graph": ["(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4", "--format", "dot"],
    "plot": ["sin(x)", "--x", "0:3"],
    "budget": ["x*y", "x=2+-0.1,dof=4", "y=3"],
    "fit": ["x ~ a"],
    "minimize": ["(x-1)^2", "x=0"],
    "maximize": ["-(x-1)^2", "x=0"],
    "solve": ["x^2 == 2", "x=1"],
    "batch": ["x^2 + log(x)", "--strict"],
    "repl": [],
    "functions": ["sigmoid"],
    "completion": ["bash", "--line", "backprop ev"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("wrong", [[], ["--no-such-option"]])
def test_what_a_fork_leaves_behind_is_what_the_command_does(tmp_path: Path, command: str, wrong: list[str]) -> None:
    argv, given, settings = [command, *QUESTIONS[command], *wrong], b"x\n1\n0\nabc\n", environment({})
    done = subprocess.run([COMMAND, *argv], input=given, capture_output=True, env=settings, cwd=tmp_path)
    fork = FORKS.run(argv, given, tmp_path, 60, settings)
    assert (fork.status, fork.out, fork.err) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("argv", [[], ["--version"], ["evl"], ["eval", "x", "x=1", os.fsencode("y=\udcff")]])
def test_what_is_said_before_a_command_is_known(tmp_path: Path, argv: list[str | bytes]) -> None:
    done = subprocess.run([COMMAND, *argv], capture_output=True, env=environment({}), cwd=tmp_path)
    fork = FORKS.run(argv, b"", tmp_path, 60, environment({}))
    assert (fork.status, fork.out, fork.err) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("argv", [["eval", "(x+y)*z", "x=-2", "y=5", "z=-4"], ["explain", "x^2", "x=2"], ["eval", "x"]])
def test_in_a_terminal(terminal: Run, argv: list[str]) -> None:
    assert terminal(*argv) == terminal(*argv, PYTHONUTF8="1")  # which is a variable that only a start of Python shows


def test_a_fork_is_a_process_of_its_own(tmp_path: Path) -> None:
    first, second = (FORKS.run(["--version"], b"", tmp_path, 60, {}, session=True) for _ in range(2))
    assert first.process != second.process
    assert first.out == second.out != b""


def test_a_module_that_is_missing(tmp_path: Path) -> None:
    done = FORKS.run(["batch", "x", "a.parquet"], b"", tmp_path, 60, environment({}), missing=["pyarrow"])
    assert done.status == 2
    assert b"needs pyarrow, which is not installed" in done.err


@pytest.mark.parametrize("is_read", [True, False])
def test_more_than_a_pipe_holds(tmp_path: Path, is_read: bool) -> None:
    rows = b"x\n" + b"3\n" * 100_000
    argv = ["batch", "x^2", "--only", "--no-grad", *([] if is_read else ["--no-such-option"])]
    done = FORKS.run(argv, rows, tmp_path, 60, environment({}))
    assert (done.status, done.out.count(b"\n")) == ((0, 100_001) if is_read else (2, 0))


def test_a_fork_answers_again_unless_a_command_leaves_something_behind(tmp_path: Path) -> None:
    asked = [FORKS.run(["eval", "x", "x=1", *wrong], b"", tmp_path, 60, environment({})) for wrong in ([], ["y=1"], [])]
    assert [one.status for one in asked] == [0, 2, 0]
    assert asked[1].process in (asked[0].process, asked[2].process)  # in the midst of three a fork may have had enough
    assert (asked[0].out, asked[0].err) == (asked[2].out, asked[2].err)
    alone = FORKS.run(["eval", "x", "x=1"], b"", tmp_path, 60, environment({}), session=True)
    assert alone.process != asked[0].process


def test_nothing_unwritten_finds_its_way_to_the_next_question(tmp_path: Path) -> None:
    before = FORKS.run(["--version"], b"", tmp_path, 60, environment({}))
    taker, stdout = os.pipe()
    os.close(taker)
    with open(os.devnull) as nothing:
        reply = FORKS.start((nothing.fileno(), stdout, stdout), ["eval", "x", "x=1"], tmp_path, environment={})
        os.close(stdout)
        assert ended(reply, 60)[0] == 141
    assert FORKS.run(["--version"], b"", tmp_path, 60, environment({})).out == before.out != b""


@pytest.mark.parametrize(
    "line",
    [
        "$backprop eval '(x+y)*z' x=-2 y=5 z=-4; echo $?",
        "$backprop eval 'sine(x)' x=1; echo $?",
        "printf 'x\\n2\\n' | $backprop batch 'x^2'",
        "cd /; UNKNOWN=1 NO_COLOR=1 FORCE_COLOR=1 $backprop eval x x=1 --format table",
        "$backprop grad x x=1 -o /dev/fd/3 3>&1",
        "umask 027; $backprop grad x x=1 -o new; stat -c %a new; rm new",
        "$backprop eval x x=1 >&-; echo $?",
        "ulimit -n 100; $backprop grad x x=1; PYTHONIOENCODING=ascii $backprop eval 'π' --format plain",
    ],
)
def test_what_stands_in_for_the_command_in_a_shell_does_the_same(tmp_path: Path, stand_in: str, line: str) -> None:
    found = [
        subprocess.run(["sh", "-c", line], capture_output=True, cwd=tmp_path, env=environment({"backprop": program}))
        for program in (stand_in, COMMAND)
    ]
    assert [(done.returncode, done.stdout, done.stderr) for done in found[:1]] == [
        (done.returncode, done.stdout, done.stderr) for done in found[1:]
    ]
    assert b"Traceback" not in found[0].stderr


def test_bash_starts_no_python_that_imports_the_program(tmp_path: Path, stand_in: str) -> None:
    without = tmp_path / "without"
    without.write_text(Path(stand_in).read_text().replace(COMMAND, "/nonexistent"))
    without.chmod(0o755)
    done = subprocess.run(["bash", "-c", "./without --version"], capture_output=True, cwd=tmp_path, env=environment({}))
    assert (done.returncode, done.stderr) == (0, b"")
