"""Files as tasks of Dask: the same bytes as without it, if a worker is killed, too; and what keeps it from working."""

from __future__ import annotations

import glob
import json
import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest

from backprop.cli.batch.cluster import scheduler
from backprop.cli.batch.cluster.scheduler import check_workers
from backprop.cli.status import Failure

from ...conftest import COMMAND, environment
from ..test_files import tree

FILES = {
    "t/k=1/a.csv": "x,y\n1,2\n3,z\n",
    "t/k=2/b.csv": "x,y\n5,6\n",
    "t/k=3/c.csv": "x,y\n7,0\n",
}


SLOW = """
import contextlib, warnings
from distributed import core
@contextlib.contextmanager
def warn_on_duration(duration, message):
    yield
    warnings.warn(message, stacklevel=2)
core.warn_on_duration = warn_on_duration
"""


def reader_of(pipe, among, killed=None):
    """The process of a group that has the pipe open to read, once there is one that has not been killed."""
    while True:
        for link in glob.glob("/proc/[0-9]*/fd/*"):
            process = int(link.split("/")[2])
            try:
                if os.readlink(link) == str(pipe) and os.getpgid(process) == among and process not in (among, killed):
                    return process
            except OSError:
                continue  # it has ended, or is none of ours


@pytest.mark.extras
@pytest.mark.skipif(sys.platform != "linux", reason="looks for the worker in /proc")
def test_a_worker_that_is_killed_loses_and_doubles_no_row(backprop, tmp_path):
    pytest.importorskip("distributed")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "sitecustomize.py").write_text(SLOW)  # Dask warns of slow disks in each process: nobody is told of it
    tokens = ["batch", "log(x*y*k)", "t", "-o"]
    alone = backprop(*tokens, "alone/")
    (tmp_path / "t" / "k=2" / "b.csv").unlink()
    pipe = tmp_path / "t" / "k=2" / "b.csv"
    os.mkfifo(pipe)
    words = [COMMAND, *tokens, "out/", "--scheduler", "local", "--jobs", "2"]
    slow = environment({"PYTHONPATH": str(tmp_path)})
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True, env=slow)
    first = os.open(pipe, os.O_RDWR)  # so that neither end waits for the other
    killed = reader_of(pipe, process.pid)
    os.kill(killed, signal.SIGKILL)
    reader_of(pipe, process.pid, killed)  # the next worker
    os.write(first, FILES["t/k=2/b.csv"].encode())
    os.close(first)
    _, err = process.communicate(timeout=100)
    assert (process.returncode, alone.status) == (3, 3)
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")
    noted, *rest = err.splitlines()
    assert noted.startswith("note: the workers can be watched at http://")
    assert sorted(rest) == sorted(alone.err.splitlines())
    made = [json.loads((tmp_path / name / "_backprop.json").read_text())["files"] for name in ("out", "alone")]
    assert [entry["sha256"] for entry in made[0].values()] == [entry["sha256"] for entry in made[1].values()]
    assert [entry["origin"]["name"] for entry in made[0].values()] == list(FILES)


class Workers:
    """A client of a scheduler whose workers answer so; without answers there are none."""

    def __init__(self, **answers):
        self.answers = {f"tcp://{name}:1": answer for name, answer in answers.items()}

    def wait_for_workers(self, count, timeout):
        if not self.answers:
            raise TimeoutError

    def run(self, function, *given, on_error):
        assert on_error == "return"
        return self.answers


def test_workers_have_the_version_that_is_here():
    mine = version("backprop-cli")
    check_workers(Workers(a=mine), "tcp://s:1")
    for workers, reason, cure in (
        (Workers(), "it has no workers", "dask worker"),
        (
            Workers(a=mine, b="0.0.9"),
            f"the worker tcp://b:1 has 0.0.9 of backprop-cli, and here is {mine}",
            f"=={mine}",
        ),
        (Workers(a=PackageNotFoundError()), "the worker tcp://a:1 has none of backprop-cli", f"=={mine}"),
    ):
        with pytest.raises(Failure) as caught:
            check_workers(workers, "tcp://s:1")
        assert caught.value.reason.startswith(f"--scheduler tcp://s:1: {reason}") and cure in caught.value.cure


@pytest.mark.extras
def test_a_scheduler_that_does_not_answer(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(scheduler, "PATIENCE", 0.1)
    monkeypatch.setattr(scheduler, "GRACE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Failure) as caught, scheduler.connected(None, address):
            pass
    assert caught.value.reason == f"--scheduler {address}: no answer within 0.1 seconds"
    assert "tcp://host:8786" in caught.value.cure


@pytest.mark.extras
def test_a_scheduler_that_is_not_there(backprop, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    (tmp_path / "a.csv").write_text("x\n1\n")
    answer = backprop("batch", "x", "a.csv", "-o", "out/", "--scheduler", "nowhere://here:1")
    assert answer.status == 2
    assert answer.err.startswith("error: --scheduler nowhere://here:1: ")
    assert "tcp://host:8786" in answer.err
    assert not (tmp_path / "out").exists()


def test_what_goes_with_a_scheduler(backprop, tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    for tokens, reason in (
        (["--scheduler", "local"], "--scheduler goes with a folder"),
        (["-o", "out/", "--scheduler", "tcp://a:1", "--jobs", "2"], "--jobs goes with --scheduler local"),
    ):
        answer = backprop("batch", "x", "a.csv", *tokens)
        assert (answer.status, reason in answer.err) == (2, True)
