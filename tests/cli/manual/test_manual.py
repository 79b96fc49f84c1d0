"""The man page: up to date, complete, sound roff, and in the wheel."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

import click
import pytest

from backprop.cli.commands import COMMANDS
from backprop.cli.manual.page import ENVIRONMENT, STATUSES, manual
from backprop.cli.manual.roff import code, escaped, lines
from backprop.cli.program import EXAMPLES, declared
from backprop.cli.status import Status

HOUSE = Path(__file__).parents[3]
PAGE = HOUSE / "cli" / "manual" / "backprop.1"
REFRESH = "python -m backprop.cli.manual"


def test_the_page_that_is_kept_is_the_one_that_is_made():
    assert PAGE.read_text() == manual(), f"write it anew: {REFRESH}"


def test_it_says_how_it_is_made():
    assert REFRESH in PAGE.read_text().splitlines()[0]


@pytest.fixture(scope="module")
def shown() -> str:
    """The page as groff shows it on very long lines, without bold and italic; nothing is wrong with it."""
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-P-c", "-rLL=900n", PAGE], capture_output=True, check=True
    )
    assert done.stderr == b""
    return re.sub(".\x08", "", done.stdout.decode())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_with_its_options_and_examples(name, shown):
    start = shown.index(f"\n   backprop {name}\n")
    part = shown[start : shown.find("\n   backprop ", start + 1)].replace("`", "'")
    command = declared(name)
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert ", ".join(option.opts) in part
            assert " ".join((option.help or "").split()).replace("`", "'") in " ".join(part.split())
    for example in command.examples:
        assert f"    {example}\n" in part
    assert "hidden" not in part and "--line" not in part


def test_what_is_true_of_all_commands_is_there(shown):
    for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert f"\n{title}\n" in shown
    for example in EXAMPLES:
        assert f"    {example}\n" in shown


def test_every_status_and_every_variable_of_the_environment_is_explained():
    assert set(STATUSES) == set(Status)
    assert set(ENVIRONMENT) == {name for path in sources() for name in read_from_environment(path.read_text())}


def sources() -> list[Path]:
    return [path for room in ("cli", "parser", "autodiff") for path in (HOUSE / room).rglob("*.py")]


def read_from_environment(source: str) -> set[str]:
    """The names that a module asks `os.environ` for; what it sets for others is none of the user's business."""
    found: set[str] = set()
    if "environ" not in source:
        return found
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            owner, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            owner, key = node.func.value, next(iter(node.args), None)
        else:
            continue
        if ast.unparse(owner) == "os.environ" and isinstance(key, ast.Constant):
            found.add(str(key.value))
    return found


def test_roff_prints_what_was_written():
    text = [r"a\b", ".start", "'quoted' \"twice\" `once`", "--x -2", "x^2 ~y", "π √ \U0001d465", "  two"]
    assert escaped(".B") == r"\&.B"
    assert all(line.isascii() for line in code(text))
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    source = "\n".join([".TH X 1", ".nh", ".SH A", *code(text), *lines("'start of a line")])
    done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-P-c"], input=source, capture_output=True, text=True)
    printed = [line.strip() for line in re.sub(".\x08", "", done.stdout).splitlines()]
    assert [*map(str.strip, text), "'start of a line"] == [line for line in printed if line][2:-1]
    assert done.stderr == ""


def test_mandoc_finds_nothing_but_the_missing_date():
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", PAGE], capture_output=True, text=True)
    assert re.fullmatch(r'.*: WARNING: missing date, using "": TH\n', done.stdout)


def test_man_shows_it():
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    done = subprocess.run(["man", "-l", PAGE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "backprop eval" in done.stdout


def test_the_wheel_holds_the_page_and_the_scripts():
    """The wheel that was installed, as in .ci/run, is the one that is looked at."""
    (installed,) = distributions(name="backprop-cli", path=[sysconfig.get_path("purelib")])
    if json.loads(installed.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable"):
        pytest.skip("the installation is an editable one")
    files = {str(path): path for path in installed.files or ()}
    page = next(path for name, path in files.items() if name.endswith("share/man/man1/backprop.1"))
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert f"backprop/cli/completion/backprop.{shell}" in files
