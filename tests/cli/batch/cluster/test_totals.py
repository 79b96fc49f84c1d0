"""`--total` and `--mean` by tasks: the same digits and the same words as by one process, whatever is ready first."""

from __future__ import annotations

import gzip
import random
from fractions import Fraction

import pytest

from backprop.cli.status import Failure, Status

from .test_tasks import Futures, write
from .test_tasks import by_tasks as by_tasks


@pytest.fixture
def totals(by_tasks, tmp_path, monkeypatch):
    """Run the command by tasks of a file each, the last of which is ready first, and by one process; what both give."""
    from backprop.cli.batch.cluster import scheduler

    pytest.importorskip("distributed")
    monkeypatch.setattr(Futures, "__next__", Futures.pop)

    def run(*tokens, files_of_task=1):
        monkeypatch.setattr(scheduler, "AT_MOST", files_of_task)
        found = []
        for name, alone in (("alone", True), ("out", False)):
            made, rejects = tmp_path / name, tmp_path / f"{name}.tsv"
            for path in (made, rejects):
                path.unlink(missing_ok=True)
            status, err, client = by_tasks(*tokens, "--rejects", f"{name}.tsv", "-o", name, alone=alone)
            texts = [path.read_text() if path.exists() else None for path in (made, rejects)]
            found.append((status, err.replace(f"{name}.tsv", "rejects"), *texts))
        assert found[0] == found[1]
        return *found[0], len(client.tasks)

    return run


@pytest.mark.extras
def test_no_digit_is_another(totals, tmp_path):
    source = random.Random(1)
    numbers = [source.choice((-1, 1)) * 10.0 ** source.uniform(-3, 12) for _ in range(2000)]
    numbers += [-number for number in numbers[:1990]]
    for place in range(4):
        write(tmp_path, {f"t/k=1/{place}.csv": "x\n" + "".join(f"{number!r}\n" for number in numbers[place::4])})
    exact = float(sum(map(Fraction, numbers)))
    status, err, out, _, tasks = totals("batch", "a*x*k", "t", "a=1", "--total", "--format", "csv")
    assert (status, err, tasks) == (0, "", 4)
    assert out.splitlines()[1] == f"{exact!r},{exact!r},{len(numbers)}"
    assert totals("batch", "a*x*k", "t", "a=1", "--mean", "--format", "table", files_of_task=3)[-1] == 2


@pytest.mark.extras
def test_what_is_wrong_is_told_in_the_order_of_the_files(totals, tmp_path):
    write(tmp_path, {f"t/k={place}/a.csv": f"y,x\n{place},-{place}\n1,z{place}\n" for place in range(5)})
    (tmp_path / "t/k=3/b.csv.gz").write_bytes(gzip.compress(b"x,z\n" + b"3,1\n" * 9)[:-9])
    status, err, out, rejects, tasks = totals("batch", "log(a*x*k)", "t", "a=-1", "--total")
    assert (status, tasks) == (3, 6)
    assert [line[:10] for line in err.splitlines()[:3]] == ["t/k=0/a.cs", "t/k=1/a.cs", "t/k=2/a.cs"]
    assert "t/k=3/b.csv.gz, after line" in err and "value is -inf in 1 row" in err
    assert len(rejects.splitlines()) == 5 and out.splitlines()[0] == "value,grad_a,rows"
    stopped = totals("batch", "x", "t", "--total", "--on-error", "stop", files_of_task=2)
    assert stopped[:3] == (3, "t/k=0/a.csv:3: x is 'z0', which is not a number\n", None)


@pytest.mark.extras
def test_columns_are_read_as_the_first_file_has_them(totals, by_tasks, tmp_path):
    """Of a variable with a default, too: the first file has no column of it."""
    pytest.importorskip("pyarrow")
    write(tmp_path, {"t/a.csv": "x\n2\n", "t/b.csv": "b,x\n5,2.5\n", "t/c.csv": "x\n-0.1\n"})
    assert totals("batch", "b = 3; x*b", "t", "--total")[0] == 0
    for name in "abc":
        options = ("-o", f"p/k={ord(name) - 96}/{name}.parquet", "--no-grad", "--name", f"v{name}")
        (tmp_path / f"p/k={ord(name) - 96}").mkdir(parents=True)
        assert by_tasks("batch", "x", f"t/{name}.csv", *options, alone=True)[0] == 0
    status, _, out, _, tasks = totals("batch", "x*k*c", "p", "c=1", "--mean", "--format", "csv")
    assert (status, out.splitlines()[1], tasks) == (0, f"{6.7 / 3!r},{6.7 / 3!r},3", 3)


@pytest.mark.extras
def test_a_file_that_is_lost_ends_a_total(by_tasks, tmp_path):
    write(tmp_path, {"t/a.csv": "x\n1\n", "t/b.csv": "x\n2\n"})
    with pytest.raises(Failure) as caught:
        by_tasks("batch", "x", "t", "--total", "-o", "out.csv", lost_with="b.csv")
    assert (caught.value.reason, caught.value.cure, caught.value.status) == (
        "t/b.csv: its worker is lost: KilledWorker",
        "is there enough memory?",
        Status.WRONG_DATA,
    )
    assert not (tmp_path / "out.csv").exists()


def test_what_can_be_read_only_once_goes_with_no_scheduler(backprop, tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    for tokens, reason in (
        (["--total", "--scheduler", "local"], "--scheduler goes with files, which workers can read, not with stdin"),
        (["--total", "--jobs", "2"], "--jobs goes with a folder"),
        (["a.csv", "--total", "--scheduler", "local", "--resume"], "--resume goes with a folder"),
    ):
        answer = backprop("batch", "x", *tokens, stdin="x\n1\n")
        assert (answer.status, reason in answer.err) == (2, True)
