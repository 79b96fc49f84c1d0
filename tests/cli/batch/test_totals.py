"""`batch --total` and `--mean`: a loss and its gradient from a file, in one row."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import numpy as np
import pytest

from backprop.cli.batch.totals import Sums, sums_of

ROWS = "x,y\n1,2\n2,3.5\n3,oops\n4,9\n"
LOSS = ("batch", "(y-a*x-b)^2", "rows.csv", "a=2", "b=0.5")


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def test_a_loss_and_its_gradient(backprop, rows):
    """(2-2.5)^2 + (3.5-4.5)^2 + (9-8.5)^2, without the bad row; by a -2*x*(y-a*x-b), by b -2*(y-a*x-b)."""
    answer = backprop(*LOSS, "--total")
    assert answer.lines == ["value,grad_a,grad_b,rows", "1.5,1,2,3"]
    assert (answer.status, answer.err) == (3, "line 4: y is 'oops', which is not a number\n")
    assert backprop(*LOSS, "--mean", "--on-error", "null,ok").status == 0


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (["--mean"], "value,grad_a,grad_b,rows\n0.5,0.3333333333333333,0.6666666666666666,3\n"),
        (["--total", "--no-grad"], "value,rows\n1.5,3\n"),
        (["--total", "--no-header"], "1.5,1,2,3\n"),
        (["--total", "--wrt", "x"], "value,grad_x,rows\n1.5,4,3\n"),
        (["--total", "--name", "loss,d_"], "loss,d_a,d_b,rows\n1.5,1,2,3\n"),
        (["--total", "--format", "tsv"], "value\tgrad_a\tgrad_b\trows\n1.5\t1\t2\t3\n"),
        (["--total", "--format", "ndjson"], '{"value": 1.5, "grad_a": 1, "grad_b": 2, "rows": 3}\n'),
        (["--total", "--format", "table"], " value  grad_a  grad_b  rows\n   1.5       1       2     3\n"),
        (["--total", "--on-error", "stop"], ""),
    ],
)
def test_forms(backprop, rows, options, written):
    answer = backprop(*LOSS, *options)
    assert (answer.status, answer.out) == (3, written)


def test_arrays(backprop, rows):
    question = ("batch", "sum(w*[x,x])*ones(2)", "rows.csv", "w=[1, 2]", "--total", "--wrt", "w")
    assert backprop(*question).lines == ["value[0],value[1],grad_w[0],grad_w[1],rows", "30,30,20,20,4"]
    found = json.loads(backprop(*question, "--format", "ndjson").out)
    assert found == {"value": [30, 30], "grad_w": [20, 20], "rows": 4}


def test_what_is_not_finite_is_told(backprop):
    answer = backprop("batch", "log(x)", "--total", stdin="x\n1\n0\n")
    assert answer.lines == ["value,rows", "-inf,2"]
    assert answer.err.startswith("warning: value is -inf in 1 row")


def test_the_mean_of_nothing_is_told(backprop):
    answer = backprop("batch", "x", "--mean", stdin="x\n")
    assert (answer.status, answer.lines) == (0, ["value,rows", "nan,0"])
    assert answer.err == "warning: there is no row with a value, so that the mean is nan\n"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--total", "--mean"], "--total and --mean contradict each other"),
        (["--total", "--nodes"], "--total and --nodes contradict each other"),
        (["--mean", "--only"], "--mean and --only contradict each other"),
        (["--total", "-o", "t.parquet"], "a total is not written as parquet"),
        (["--total", "--name", "rows"], "two results are called rows"),
    ],
)
def test_contradictions(backprop, rows, options, reason):
    answer = backprop(*LOSS, *options)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err


@pytest.mark.parametrize("folder_of", ["one file", "files", "pipe", "objects"])
def test_no_digit_is_lost_over_many_blocks(backprop, tmp_path, folder_of):
    """Large numbers of both signs, that cancel: workers add blocks of different sizes, and the sum is the exact one."""
    source = random.Random(1)
    numbers = [source.choice((-1, 1)) * 10.0 ** source.uniform(-3, 12) for _ in range(40_000)]
    numbers += [-number for number in numbers[:39_990]]
    exact = float(sum(map(Fraction, numbers)))
    header, lines = "x\n", [f"{number!r}\n" for number in numbers]
    if folder_of == "objects":
        header, lines = "", [f'{{"x": {number!r}}}\n' for number in numbers]
    given, stdin = ["--from", "ndjson"] * (folder_of == "objects"), ""
    if folder_of == "files":
        for place in range(4):
            (tmp_path / f"{place}.csv").write_text("".join([header, *lines[place::4]]))
            given.append(f"{place}.csv")
    elif folder_of == "one file":
        (tmp_path / "rows.csv").write_text("".join([header, *lines]))
        given = ["rows.csv"]
    else:
        stdin = "".join([header, *lines])
    answer = backprop("batch", "a*x", *given, "a=1", "--total", "--format", "ndjson", stdin=stdin)
    assert json.loads(answer.out) == {"value": exact, "grad_a": exact, "rows": len(numbers)}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64, 1001])
def test_sums_are_exact_to_the_last_digit(count):
    generator = np.random.default_rng(count)
    rows = generator.standard_normal((2, count)) * 10.0 ** generator.integers(-8, 9, (2, count))
    sums = sums_of([rows[0], rows[1:].reshape(1, count)], {0} if count else ())
    assert sums.rows == max(count - 1, 0)
    assert sums.values().tolist() == [float(sum(map(Fraction, row[1:]))) for row in rows]


def test_sums_of_blocks_are_the_sum_of_all():
    blocks = [np.array([[1e16, 1.0]]), np.array([[-1e16]]), np.array([[np.inf]])]
    first = sums_of([blocks[0][0]], ()).plus(sums_of([blocks[1][0]], ()))
    assert first.values().tolist() == [1.0]
    assert isinstance(first, Sums)
    assert first.plus(sums_of([blocks[2][0]], ())).values().tolist() == [np.inf]
