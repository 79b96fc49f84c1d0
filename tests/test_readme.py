"""Every command of the README's console blocks, run as it stands: the output must be the one printed there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .cli.conftest import FORKS, end_of, environment

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```console\n(.*?)\n```", README, flags=re.DOTALL)


def commands(session: str) -> list[tuple[str, str]]:
    """The commands of a block, each with the output printed under it."""
    parts = re.split(r"^\$ ", session, flags=re.MULTILINE)
    assert parts[0] == "", "a console block starts with a command"
    return [(part.partition("\n")[0], part.partition("\n")[2].rstrip("\n")) for part in parts[1:]]


CASES = [case for session in SESSIONS for case in commands(session)]


@pytest.mark.parametrize("command, printed", CASES, ids=[command for command, _ in CASES])
def test_the_readme_prints_what_the_program_prints(command: str, printed: str, tmp_path: Path) -> None:
    if "| jq " in command and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    answer = run(command, tmp_path)
    found = [line.rstrip() for line in (answer.stdout + answer.stderr).splitlines()]
    assert found == printed.split("\n"), "\n".join(found)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the README in a folder, with the `backprop` under test: in a shell where it needs one."""
    bare = re.sub(r"""'[^']*'|"[^"$`\\]*\"""", "", command)
    if re.fullmatch(r"backprop [-\w ./=,:]*", bare):
        done = end_of(shlex.split(command)[1:], b"", folder, {"NO_COLOR": "1"})
        return subprocess.CompletedProcess(command, done.status, done.out.decode(), done.err.decode())
    path = f"{Path(FORKS.stand_in).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment({"PATH": path, "NO_COLOR": "1"}),
        cwd=folder,
    )


INLINE = [
    command
    for command in re.findall(r"`(backprop [^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    if not re.search(r"\b(EXPR|COMMAND|NAME|FILE)\b|rows.parquet|^backprop (?!repl)\w+$", command)
]


@pytest.mark.parametrize("command", INLINE)
def test_a_command_within_the_text_runs(command: str, tmp_path: Path) -> None:
    assert run(command, tmp_path).returncode == 0


def test_the_readme_shows_the_circuit_that_the_program_draws(tmp_path: Path) -> None:
    drawn = re.search(r"```mermaid\n(.*?)```", README, flags=re.DOTALL)
    assert drawn is not None
    answer = run('backprop graph "(x+y)*z" --x -2 --y 5 --z -4 --format mermaid', tmp_path)
    assert answer.stdout == drawn[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_makefile_works(tmp_path: Path) -> None:
    recipe = re.search(r"```make\n(.*?)```", README, flags=re.DOTALL)
    assert recipe is not None
    (tmp_path / "Makefile").write_text(recipe[1])
    (tmp_path / "model.txt").write_text("x*y")
    (tmp_path / "rows.csv").write_text("x,y\n2,3\n")
    assert run("make", tmp_path).returncode == 0
    assert (tmp_path / "sensitivity.csv").read_text() == "x,y,value,grad_x,grad_y\n2,3,6,3,2\n"


def test_the_readme_shows_commands() -> None:
    assert len(CASES) >= 10


def test_the_python_session_prints_what_it_prints_here() -> None:
    """The blocks are one session, run in a process of its own with its warnings as errors."""
    session = "\n".join(re.findall(r"```pycon\n(.*?)```", README, flags=re.DOTALL))
    assert session.count(">>> ") >= 10
    code = f"import doctest; doctest.run_docstring_examples({session!r}, {{}}, name='README.md')"
    shown = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (shown.stdout, shown.stderr) == ("", "")
