"""Help, version, and the list of commands."""

from __future__ import annotations

import platform
import re
import shlex
from importlib.metadata import version

import pytest

from backprop.cli.commands import COMMANDS


@pytest.mark.parametrize("tokens", [(), ("--help",), ("-h",)])
def test_help_of_the_program(backprop, tokens):
    answer = backprop(*tokens)
    assert (answer.status, answer.err) == (0, "")
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", answer.out, re.MULTILINE)


@pytest.mark.parametrize("tokens", [(), *((name,) for name in COMMANDS)])
def test_examples_come_first_and_work(backprop, tmp_path, tokens):
    (tmp_path / "rows.csv").write_text("w,x,b,width\n1,2,3,4\n")
    (tmp_path / "rows.ndjson").write_text('{"x": [1, 2]}\n')
    columns = zip("0123", (3.0, 2.2, 1.75, 1.4), "1259", (1.1, 1.4, 1.75, 1.8), "0123", strict=True)
    fitted = [f"{t},{y},{s},{v},{x},0.1,0.1,0.1" for t, y, s, v, x in columns]
    (tmp_path / "data.csv").write_text("\n".join(["t,y,s,v,x,dv,sy,sx", *fitted]))
    (tmp_path / "cases.ndjson").write_text('{"expr": "x*y", "x": 2, "y": 3}\n')
    answer = backprop(*tokens, "--help")
    assert answer.status == 0
    assert answer.out.index("Examples:") < answer.out.index("Usage:") < answer.out.index("Options:")
    assert max(map(len, answer.lines)) <= 80
    examples = [line.strip() for line in answer.lines if line.startswith("  backprop ") and "@" not in line]
    assert examples
    for example in examples:
        if ".json" not in example:
            rows = (tmp_path / "rows.csv").read_text() if "<" in example else ""
            assert backprop(*shlex.split(re.sub(r" ([<>] \S+|\| .*)$", "", example))[1:], stdin=rows).status == 0


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_help_after_an_expression_lists_its_variables(backprop, option, place):
    tokens = ["(x+y)*z"]
    tokens.insert(place, option)
    answer = backprop("eval", *tokens)
    assert answer.status == 0
    assert "Variables of (x+y)*z: --x --y --z" in answer.lines


def test_help_tells_how_a_variable_named_like_an_option_is_given(backprop):
    assert "Variables of format*pi: format=…" in backprop("eval", "format*pi", "-h").lines
    assert "Variables of" not in backprop("eval", "format*", "-h").out


def test_version(backprop):
    answer = backprop("--version")
    assert answer.status == 0
    assert answer.lines[0] == f"backprop {version('backprop-cli')}"
    assert f"Python {platform.python_version()}" in answer.lines
    assert f"NumPy {version('numpy')}" in answer.lines
    for extra in ("fast", "solve", "plot"):
        assert re.search(rf"^\w+ (not installed|[\d.]+\S*) \(extra: {extra}\)$", answer.out, re.MULTILINE)


def test_only_the_command_that_is_called_is_imported(backprop):
    trace = backprop("eval", "x*y", "x=1", "y=2", "--json", PYTHONPROFILEIMPORTTIME="1").err
    assert "backprop.cli.reports.nodes" in trace  # what `eval` imports; `grad` and `functions` do not
    for module in ("backprop.cli.reports.gradient", "backprop.cli.reports.functions", "rich", "difflib", "csv"):
        assert not re.search(rf"\| +{re.escape(module)}$", trace, re.MULTILINE), module
