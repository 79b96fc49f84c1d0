"""Numbers, shapes, widths and memory beyond what is sensible: an answer or a message, never an internal error."""

from __future__ import annotations

import re
import resource
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from .conftest import COMMAND, Run, environment

DIGITS = "1" * 5000  # more than Python makes a number of
MANY = 9.3e18  # entries, more than a C long counts


@pytest.mark.parametrize(
    "text", ["arange(-1e19)", "arange(0, -1e300)", "arange(1e300, 0)", "arange(-1e308, 1e308, -1)"]
)
def test_a_range_that_runs_the_other_way_is_empty(backprop: Run, text: str) -> None:
    assert backprop("eval", f"sum({text})", "--format", "plain").out == "0\n"


@pytest.mark.parametrize(
    "text",
    [
        f"arange({MANY})",
        f"zeros({MANY})",
        f"zeros(0, {MANY})",
        f"eye(0, {MANY})",
        f"linspace(0, 1, {MANY})",
        f"reshape([1, 2], {MANY})",
        f"[1, 2][{MANY}]",
        f"sum([1, 2], axis={MANY})",
        "arange(-1e308, 1e308)",
    ],
)
def test_a_size_beyond_a_c_long_is_refused_with_its_place(backprop: Run, text: str) -> None:
    answer = backprop("eval", text)
    assert answer.status == 2
    assert "^" in answer.err


@pytest.mark.parametrize("text", ["0x" + "f" * 3600, "0b" + "1" * 20000, "0o" + "7" * 5000])
def test_a_literal_of_another_base_may_be_long(backprop: Run, text: str) -> None:
    answer = backprop("eval", text)
    assert answer.status == 2
    assert "the largest number is about 1.8e308" in answer.err


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (("diff", "x", "--shape", f"x={DIGITS}"), "a length of 5000 digits"),
        (("diff", "x", "--order", DIGITS), "--order"),
        (("eval", "x", "x=1", "--digits", DIGITS), "--digits"),
        (("batch", "x", "rows.csv"), "no column x"),
        (("eval", "x", "x=@value.json"), "out of range"),
        (("eval", "x", "--vars", "values.json"), "out of range"),
        (("eval", "x", f"x={DIGITS}"), "out of range"),
        (("eval", f"x[{DIGITS}]", "x=[1,2]"), "out of range"),
    ],
)
def test_a_number_of_5000_digits(backprop: Run, tmp_path: Path, tokens: tuple[str, ...], reason: str) -> None:
    (tmp_path / "rows.csv").write_text(f"x[{DIGITS}]\n1\n")
    (tmp_path / "value.json").write_text(DIGITS)
    (tmp_path / "values.json").write_text(f'{{"x": {DIGITS}}}')
    answer = backprop(*tokens)
    assert answer.status == 2
    assert reason in answer.err


def test_a_column_that_is_not_used_may_be_called_anything(backprop: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"x,x[{DIGITS}],y[²],y[٣]\n2,3,4,5\n")
    answer = backprop("batch", "x^2", "rows.csv")
    assert answer.status == 0
    assert answer.lines[1] == "2,3,4,5,4,4"


@pytest.mark.parametrize("header", ["a (", "{'descr': '<f8', 'shape': (" + DIGITS + ",), 'fortran_order': False}", "("])
def test_a_damaged_npy_file(backprop: Run, tmp_path: Path, header: str) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    answer = backprop("eval", "x", "x=@x.npy")
    assert answer.status == 2
    assert "the value of x: x.npy: it is damaged" in answer.err


@pytest.mark.parametrize("size", ["²", "٣", DIGITS, "-5", "0", "1e3", " "])
@pytest.mark.parametrize(
    "tokens",
    [
        ("eval", "x+1", "x=1", "--format", "table"),
        ("graph", "x+1", "x=1", "--tree"),
        ("plot", "x", "--x", "0:1"),
        ("--help",),
    ],
)
def test_a_width_that_is_none_is_not_looked_at(backprop: Run, tokens: tuple[str, ...], size: str) -> None:
    assert backprop(*tokens, COLUMNS=size, LINES=size) == backprop(*tokens)


EMPTY = ("x", "x*2", "sum(x)", "det(reshape(x, 0, 0))", "inv(reshape(x, 0, 0))", "logdet(reshape(x, 0, 0))")


@pytest.mark.parametrize("text", EMPTY)
@pytest.mark.parametrize(
    "tokens",
    [
        ("eval",),
        ("eval", "--json"),
        ("grad",),
        ("diff",),
        ("explain",),
        ("jacobian",),
        ("check",),
        ("graph", "--tree"),
        ("graph", "--format", "html"),
        ("graph", "--format", "mermaid"),
        ("diff", "--to", "python"),
        ("diff", "--to", "c"),
        ("diff", "--to", "javascript"),
    ],
)
def test_an_array_without_entries(backprop: Run, text: str, tokens: tuple[str, ...]) -> None:
    command, *options = tokens
    answer = backprop(command, text, "x=[]", *options)
    assert answer.status == 0, answer.err
    assert "error" not in answer.err


@pytest.mark.parametrize("command", ["vjp", "jvp", "hvp"])
@pytest.mark.parametrize("text", ["x*2", "reshape(x, 0, 2)"])
def test_a_direction_without_entries_is_named(backprop: Run, text: str, command: str) -> None:
    text = f"sum({text})" if command == "hvp" else text
    refused = backprop(command, text, "x=[]")
    found = re.search(r"(--\w+) '(.+)'", refused.err)
    assert found, refused
    assert backprop(command, text, "x=[]", *found.groups()).status == 0


def test_the_determinant_of_no_rows_is_one(backprop: Run) -> None:
    assert backprop("eval", "det(zeros(0, 0))", "--format", "plain").out == "1\n"


def limited(folder: Path, kilobytes: int, *tokens: str) -> subprocess.CompletedProcess[str]:
    limit = (kilobytes << 10, kilobytes << 10)
    return subprocess.run(
        [COMMAND, *tokens],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment({}),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit),
        timeout=60,
    )


@pytest.mark.extras
@pytest.mark.skipif(find_spec("polars") is None, reason="without polars nothing of this size is needed")
@pytest.mark.parametrize("kilobytes", [300_000, 600_000, 1_000_000])
def test_little_memory_costs_speed_alone(backprop: Run, tmp_path: Path, kilobytes: int) -> None:
    lines = ["x", *(f"{number}.5" for number in range(1_000_000))]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    answer = limited(tmp_path, kilobytes, "batch", "x*2", "rows.csv", "-o", "out.csv")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert (tmp_path / "out.csv").read_text().splitlines()[-1] == "999999.5,1999999,2"
    answer = limited(tmp_path, kilobytes, "batch", "x*2", "rows.csv", "-o", "out.parquet")
    if kilobytes > 300_000:
        assert (answer.returncode, answer.stderr) == (0, "")
        written = backprop("batch", "x", "out.parquet", "--only", "--no-grad").lines
        assert (len(written), written[-1]) == (1_000_001, "999999.5")
    else:  # pyarrow alone takes what there is
        assert answer.returncode == 2
        assert answer.stderr.startswith("error: there is not enough memory")
        assert not (tmp_path / "out.parquet").exists()
