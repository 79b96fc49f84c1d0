"""How files become tasks: small ones share one, and none fails for another. By a client that does the work itself."""

from __future__ import annotations

import contextlib
import gzip
import os
import pickle
from collections import deque

import pytest

from backprop.cli.batch.partitions import attempt
from backprop.cli.batch.partitions.attempt import made_from
from backprop.cli.status import Failure

from ..test_files import tree


class Futures(deque):
    """Those that are done, which is all; takes the place of Dask's `as_completed`."""

    def __init__(self, loop):
        super().__init__()

    def add(self, future):
        self.append(future)

    __next__ = deque.popleft


class Here:
    """A client whose worker is this process, in another folder; it gets all as by a network.

    It is lost with a file of the name.
    """

    loop = None

    def __init__(self, folder, lost_with=None):
        self.folder = folder
        self.lost_with = lost_with
        self.tasks = []

    def submit(self, function, *given, pure):
        try:
            found = [sent(one) for one in given]
        except MemoryError:
            return Done(None)  # it needs one that is lost
        files = [file for one in found[1:] for file in getattr(one, "files", ())]
        if not files:
            return Done(self.made(function, found))
        names = [os.path.basename(file.file.name) for file in files]
        self.tasks.append((names, sum(len(pickle.dumps(one)) for one in found[1:])))
        return Done(None if self.lost_with in names else self.made(function, found))

    def made(self, function, given):
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            return pickle.loads(pickle.dumps(function(*given)))
        finally:
            os.chdir(here)


def sent(given):
    """What a worker gets."""
    if isinstance(given, list):
        return [sent(one) for one in given]
    return given.result() if isinstance(given, Done) else pickle.loads(pickle.dumps(given))


class Done:
    def __init__(self, made):
        self.made = made

    def result(self):
        if self.made is None:
            raise MemoryError("KilledWorker")
        return self.made


@pytest.fixture
def by_tasks(tmp_path, tmp_path_factory, monkeypatch, capsys):
    """Run the command in this process with such a client; its status, what it says and the client."""
    distributed = pytest.importorskip("distributed")
    from backprop.cli.batch.cluster import scheduler
    from backprop.cli.program import run

    def answer(*tokens, lost_with=None, alone=False):
        client = Here(tmp_path_factory.mktemp("worker"), lost_with)
        monkeypatch.setattr(distributed, "as_completed", Futures)
        monkeypatch.setattr(scheduler, "connected", lambda batch, address: contextlib.nullcontext(client))
        monkeypatch.setattr("backprop.cli.batch.cluster.task.share_cores", lambda processes: None)
        monkeypatch.setenv("POLARS_MAX_THREADS", "1")
        monkeypatch.chdir(tmp_path)
        scheduler_options = [] if alone else ["--scheduler", "tcp://here:1"]
        return run([*tokens, *scheduler_options]), capsys.readouterr().err, client

    return answer


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


SMALL = {f"t/k={number}/{number:02}.csv": f"x,y\n1,{number + 1}\n" for number in range(60)}


@pytest.mark.extras
def test_small_files_share_a_task_and_what_is_compiled(by_tasks, backprop, tmp_path, monkeypatch):
    from backprop.cli.batch.cluster import scheduler
    from backprop.cli.batch.evaluation import Kernel

    write(tmp_path, {**SMALL, "t/k=5/large.csv": "x,y\n" + "1,2\n" * 1000})
    monkeypatch.setattr(scheduler, "SMALL", 4000)
    monkeypatch.setattr(scheduler, "AT_MOST", 20)
    compiled = []
    plan = Kernel._plan
    monkeypatch.setattr(Kernel, "_plan", lambda kernel: (compiled.append(kernel), plan(kernel)))
    status, err, client = by_tasks("batch", "x*y*k", "t", "-o", "out/", "--only")
    assert (status, err, len(compiled)) == (0, "", 1)
    assert [len(names) for names, _ in client.tasks] == [20, 20, 6, 1, 14]
    assert max(size / len(names) for names, size in client.tasks) < 1000
    assert backprop("batch", "x*y*k", "t", "-o", "alone/", "--only").status == 0
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")


@pytest.mark.extras
def test_columns_have_the_types_of_all_files_where_a_task_has_but_one(by_tasks, backprop, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    from backprop.cli.batch.cluster import scheduler

    assert backprop("batch", "x", "-o", "rows.parquet", "--no-grad", stdin="x\n2\n").status == 0
    for key in ("1", "2.5", *range(10, 30)):
        (tmp_path / "t" / f"k={key}").mkdir(parents=True)
        (tmp_path / "t" / f"k={key}" / "a.parquet").write_bytes((tmp_path / "rows.parquet").read_bytes())
    monkeypatch.setattr(scheduler, "AT_MOST", 1)
    status, err, client = by_tasks("batch", "x*k", "t", "-o", "out/", "--name", "f", "--format", "parquet")
    assert (status, err, len(client.tasks)) == (0, "", 22)
    assert max(size for _, size in client.tasks) < 1000
    assert backprop("batch", "x*k", "t", "-o", "alone/", "--name", "f", "--format", "parquet").status == 0
    paths = [path.relative_to(tmp_path / "alone") for path in (tmp_path / "alone").rglob("*.parquet")]
    assert len(paths) == 22
    for path in paths:
        assert (tmp_path / "out" / path).read_bytes() == (tmp_path / "alone" / path).read_bytes()


@pytest.mark.extras
def test_a_file_that_ends_its_worker_fails_alone(by_tasks, tmp_path):
    write(tmp_path, {"t/a.csv": "x\n1\n", "t/b.csv": "x\n2\n", "t/c.csv": "x\n3\n"})
    status, err, client = by_tasks("batch", "x", "t", "-o", "out/", "--retries", "1", lost_with="b.csv")
    assert [names for names, _ in client.tasks] == [
        ["a.csv", "b.csv", "c.csv"],
        ["a.csv"],
        ["b.csv"],
        ["c.csv"],
        ["b.csv"],
    ]
    assert status == 3
    assert err.count("t/b.csv: its worker is lost: KilledWorker") == 2 and "t/a.csv" not in err
    assert sorted(tree(tmp_path / "out")) == ["a.csv", "c.csv"]


@pytest.mark.extras
def test_a_worker_says_what_one_process_says_and_changes_no_text_of_a_row(by_tasks, tmp_path, monkeypatch):
    path = tmp_path / "t" / "c.csv"  # by which a worker opens the file, and which a cell may hold
    write(tmp_path, {"t/a.csv": "x,y\n1,2\nn/a,2\n", "t/c.csv": "x,y\n1,2\n"})
    (tmp_path / "t" / "b.csv.gz").write_bytes(gzip.compress(b"x,y\n1,2\n" * 9)[:-9])

    def make(batch, place, *given):
        if batch.files[place].name == "t/c.csv":
            raise Failure(f"x is '{path}'", f"omit {path}")
        return made_from(batch, place, *given)

    monkeypatch.setattr(attempt, "made_from", make)
    told = []
    for folder, alone in (("alone/", True), ("out/", False)):
        status, err, _ = by_tasks("batch", "x*y", "t", "-o", folder, "--retries", "1", alone=alone)
        told.append((status, err.replace(folder, "")))
    assert told[0] == told[1]
    assert f"error: t/c.csv: x is '{path}'\n  omit {path}\n" in told[0][1]
    assert "note: t/b.csv.gz, after line " in told[0][1] and "t/a.csv:3: x is 'n/a'" in told[0][1]
