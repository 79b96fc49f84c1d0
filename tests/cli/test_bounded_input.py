"""Files, orders and rows without an end: bounded before memory and time are taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backprop.cli.batch import results
from backprop.cli.batch.input import header

from .conftest import Run


@pytest.mark.parametrize("name", ["zero.csv", "zero.json", "zero.npy"])
def test_a_value_file_that_never_ends(backprop: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    answer = backprop("eval", "x", f"x=@{name}")
    assert answer.status == 2
    assert answer.err.startswith(f"error: the value of x: {name}: ")


def test_other_files_that_never_end(backprop: Run) -> None:
    answer = backprop("eval", "x", "--vars", "/dev/zero")
    assert (answer.status, answer.err[:41]) == (2, "error: --vars /dev/zero: it has more than")
    answer = backprop("eval", "-f", "/dev/zero")
    assert (answer.status, answer.err[:26]) == (2, "error: -f /dev/zero: it is")


@pytest.mark.parametrize("value", ['"@secret.csv"', '"@/etc/passwd"', '"@"'])
def test_a_text_in_a_vars_file_opens_no_file(backprop: Run, tmp_path: Path, value: str) -> None:
    (tmp_path / "secret.csv").write_text("42\n")
    (tmp_path / "values.json").write_text(f'{{"x": {value}}}')
    answer = backprop("eval", "x", "--vars", "values.json")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        f"error: the value of x: values.json: {json.loads(value)!r} would open a file\n"
        "  give it on the command line: x=@FILE\n"
    )
    assert "42" not in answer.err


@pytest.mark.parametrize("order", ["0", "-1", "51", "99999999999999999999"])
def test_an_order_out_of_range(backprop: Run, order: str) -> None:
    answer = backprop("diff", "x", f"--order={order}")
    assert (answer.status, answer.err) == (
        2,
        f"error: --order {order}\n  an order is a number from 1 to 50\n",
    )


def test_the_last_order_answers(backprop: Run) -> None:
    assert backprop("diff", "x^3", "--order", "50").out == "0\n"
    assert backprop("diff", "sin(x)", "--order", "50").out == "-sin(x)\n"


GROWS = "exp(1e30*x^2)"


def test_a_derivative_that_grows_with_each_order(backprop: Run) -> None:
    """With such a number no order is tidied; no memory holds the text of order 14, nor the graph of order 50."""
    answer = backprop("diff", GROWS, "--order", "14")
    assert answer.status == 2
    assert answer.err.startswith(
        "error: the derivative has more than 1048576 parts when it is written out\n  --cse writes"
    )
    assert backprop("diff", GROWS, "--order", "8", "--to", "latex").status == 0
    answer = backprop("diff", GROWS, "--order", "14", "--to", "latex")
    assert (answer.status, answer.err.count("\n")) == (2, 2)
    assert len(backprop("diff", GROWS, "--order", "8", "--cse").out) < 100_000
    answer = backprop("diff", GROWS, "--order", "50", "--cse")
    assert answer.status == 2
    assert "nodes\n  ask for an order up to " in answer.err


@pytest.mark.parametrize("text", ["exp(sin(1e30*x))", "sin(sin(1e30*x))", "tanh(1e30*x)*sin(1e30*x)"])
def test_orders_that_are_tidied_are_counted(backprop: Run, text: str) -> None:
    """Each order has about twice the nodes of the one before: the next is not begun where thousands would follow."""
    for order in ("14", "50"):
        answer = backprop("diff", text, "--order", order)
        assert answer.status == 2
        nodes = re.fullmatch(
            r"error: the derivatives up to order \d+ have (\d+) nodes\n  ask for an order up to \d+\n", answer.err
        )
        assert nodes and int(nodes[1]) < 60_000
    assert backprop("diff", text, "--order", "6").status == 0


class Counted(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, str(other))


@pytest.mark.parametrize("count", [1000, 4000])
def test_names_are_looked_up_not_compared(count: int) -> None:
    names = [Counted(f"grad_{place}") for place in range(count)]
    header = [Counted(f"column {place}") for place in range(count)]
    Counted.compared = 0
    results.check_names(names, header)
    assert Counted.compared < count


def test_twenty_thousand_columns(backprop: Run, tmp_path: Path) -> None:
    count = 20_000
    (tmp_path / "rows.csv").write_text(
        ",".join(f"x[{place}]" for place in range(count)) + "\n" + "1," * (count - 1) + "2\n"
    )
    answer = backprop("batch", "sum(x^2)", "rows.csv", "--only")
    assert answer.status == 0
    cells = answer.lines[1].split(",")
    assert (len(cells), cells[0], cells[-1]) == (count + 1, str(count + 3), "4")


@pytest.mark.parametrize(
    "heading",
    ["x" + "[1]" * 100_000 + "[a]", "x" + "]" * 1_000_000, "x[1" + " " * 1_000_000 + "a]", "[" * 1_000_000 + "]"],
)
def test_a_heading_of_brackets_is_looked_at_once(monkeypatch: pytest.MonkeyPatch, heading: str) -> None:
    """From the right, a bracket at a time: by what each look is given, not by the clock."""
    looks = []
    pattern = header.INDICES

    class Counted:
        def fullmatch(self, text: str, start: int, end: int) -> re.Match[str] | None:
            looks.append(end - start)
            found: re.Match[str] | None = pattern.fullmatch(text, start, end)
            return found

    monkeypatch.setattr(header, "INDICES", Counted())
    assert header.array_columns([heading]) == {}
    assert sum(looks) <= len(heading)


@pytest.mark.parametrize("length", ["0", "9" * 18])
def test_a_heading_of_too_many_indices(backprop: Run, tmp_path: Path, length: str) -> None:
    (tmp_path / "many.csv").write_text("x" + f"[{length}]" * 50_000 + ",y\n1,2\n")
    assert backprop("batch", "2*y", "many.csv", "--only").status == 0
    answer = backprop("batch", "x", "many.csv")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: an array of 50000 dimensions\n")
