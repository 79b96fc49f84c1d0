"""`compile(graph)` as it is in the tasks of engines that have many machines: it is sent, and answers their tables."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import backprop

EXPRESSION = "h = tanh(w*x + b); 1/(1 + exp(-(h^2 + w*h)))"
X = np.linspace(-2, 2, 7)


@pytest.fixture
def program():
    """It has been called already: what it has planned stays where it is."""
    program = backprop.compile(EXPRESSION, fixed={"w": 0.5, "b": 0.25})
    program(x=X)
    return program


def test_it_is_sent_in_less_than_ten_kilobytes(program):
    sent = pickle.dumps(program)
    assert len(sent) < 10_000
    assert (pickle.loads(sent)(x=X)[1]["x"] == program(x=X)[1]["x"]).all()


@pytest.mark.extras
def test_it_is_a_task_of_dask(program):
    pytest.importorskip("distributed")
    from dask import delayed
    from distributed.protocol.pickle import dumps, loads

    task = loads(dumps(delayed(program)({"x": X, "other": X})))
    with pytest.raises(backprop.ExpressionError, match="other"):
        task.compute(scheduler="synchronous")
    value, gradients = loads(dumps(delayed(program)({"x": X}))).compute(scheduler="synchronous")
    assert (value == program(x=X)[0]).all() and (gradients["x"] == program(x=X)[1]["x"]).all()


@pytest.mark.extras
def test_it_answers_the_batches_of_arrow_that_spark_gives(program):
    pyarrow = pytest.importorskip("pyarrow")
    dumps = pytest.importorskip("cloudpickle").dumps  # by which Spark sends functions

    def results_of(batches):  # for mapInArrow
        for batch in batches:
            value, gradients = program(batch)
            yield pyarrow.RecordBatch.from_pydict({"value": value, "grad_x": gradients["x"]})

    sent = dumps(results_of)
    assert len(sent) < 10_000
    batches = [pyarrow.RecordBatch.from_pydict({"x": X[:3], "y": X[:3]}), pyarrow.RecordBatch.from_pydict({"x": X[3:]})]
    found = pyarrow.Table.from_batches(pickle.loads(sent)(iter(batches)))
    assert (found["value"].to_numpy() == program(x=X)[0]).all()
    assert (found["grad_x"].to_numpy() == program(x=X)[1]["x"]).all()


@pytest.mark.extras
def test_it_answers_the_partitions_of_a_data_frame_of_dask(program):
    pandas = pytest.importorskip("pandas")
    frames = pytest.importorskip("dask.dataframe")
    rows = pandas.DataFrame({"x": X, "name": list("abcdefg")})
    meta = {"x": float, "name": rows.dtypes["name"], "value": float, "grad_x": float}
    parts = frames.from_pandas(rows, npartitions=3).map_partitions(with_results, program, meta=meta)
    found = parts.compute(scheduler="synchronous")
    assert list(found["name"]) == list("abcdefg")
    assert (found["value"] == program(x=X)[0]).all() and (found["grad_x"] == program(x=X)[1]["x"]).all()


def with_results(rows, program):
    """What a user writes for a data frame."""
    value, gradients = program(rows[["x"]])
    return rows.assign(value=value, grad_x=gradients["x"])
