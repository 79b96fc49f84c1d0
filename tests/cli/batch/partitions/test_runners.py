"""The processes that attempt files: one that is lost costs its file only, and what is read are the columns of each."""

from __future__ import annotations

import os
import signal
from collections import deque
from types import SimpleNamespace

import pytest

from backprop.cli.batch.input.files import GivenFile
from backprop.cli.batch.partitions import runners
from backprop.cli.batch.partitions.attempt import Attempt, Outcome
from backprop.cli.batch.partitions.runners import outcomes

from ...conftest import run
from ..test_files import tree


def test_a_process_that_is_ended_costs_the_file_that_it_is_at(monkeypatch):
    def outcome_of(batch, attempt, run_pool, follow):
        if attempt.place == 1 and attempt.known is None:
            os.kill(os.getpid(), signal.SIGKILL)
        follow(5, 7)
        return Outcome(attempt.place, rows=os.getpid())

    monkeypatch.setattr(runners, "outcome_of", outcome_of)
    monkeypatch.setattr(runners, "TOLD_EVERY", 0)
    batch = SimpleNamespace(files=[GivenFile(f"{place}.csv") for place in range(4)])
    waiting = deque([Attempt(place) for place in range(4)])
    heard, found = [], {}
    for outcome in outcomes(batch, waiting, 2, lambda *told: heard.append(told)):
        if outcome.is_lost:
            assert outcome.problem.reason == "1.csv: the process that worked on it has been ended"
            assert outcome.problem.cure == "is there enough memory?"
            waiting.append(Attempt(outcome.place, known="tried"))
        else:
            found[outcome.place] = outcome.rows
    assert sorted(found) == [0, 1, 2, 3]
    assert sorted(heard) == [(place, 5, 7) for place in range(4)]
    for process in found.values():  # none is left, not even one that waits for its parent
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.extras
def test_each_file_of_columns_keeps_its_types(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    for name, values, text in (("a", [1, 2, None], "int32"), ("b", [1.5, 0.0, 3.0], "float64"), ("c", ["1"], "string")):
        (tmp_path / "t").mkdir(exist_ok=True)
        parquet.write_table(
            pyarrow.table({"x": pyarrow.array(values, text), "k": [name] * len(values)}), tmp_path / f"t/{name}.parquet"
        )
    for form in ("parquet", "arrow", "csv"):
        done = run(tmp_path, "batch", "log(x)", "t", "-o", f"{form}/", "--jobs", "2", "--format", form)
        assert done.status == 3
        for name in "abc":
            run(tmp_path, "batch", "log(x)", f"t/{name}.parquet", "-o", f"{name}.{form}")
            assert (tmp_path / form / f"{name}.{form}").read_bytes() == (tmp_path / f"{name}.{form}").read_bytes()
    assert len(tree(tmp_path / "csv")) == 3
