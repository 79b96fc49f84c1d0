"""Every command of the README's console blocks, run as it stands: the output must be the one printed there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    environment.pop("COLUMNS", None)
    answer = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, encoding="utf-8", env=environment, cwd=tmp_path
    )
    found = [line.rstrip() for line in (answer.stdout + answer.stderr).splitlines()]
    assert found == printed.split("\n"), "\n".join(found)


def test_the_readme_shows_commands() -> None:
    assert len(CASES) >= 10


def test_the_python_example_holds() -> None:
    example = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert example is not None
    promised = re.search(r"# (-12\.0, \{.*\})", example[1])
    assert promised is not None
    shown = subprocess.run(
        [sys.executable, "-c", f"{example[1]}\nprint(f'{{value}}, {{grad}}')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip().replace("'", '"') == promised[1]


def test_the_python_example_of_many_rows_holds() -> None:
    examples = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    promised = re.search(r'# arrays of shape \(rows,\); grads\["x"\] is (array\(.*\))', examples[1])
    assert promised is not None
    shown = subprocess.run(
        [sys.executable, "-c", "\n".join([*examples[:2], "print(repr(grads['x']), values.shape)"])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == f"{promised[1]} (2,)"
