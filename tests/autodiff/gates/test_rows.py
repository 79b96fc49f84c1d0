"""Every gate over many rows at once: what it gives each row alone."""

import warnings

import numpy as np
import pytest

from backprop.autodiff import ExpressionError
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import Gate, at
from backprop.autodiff.declaration.kinds import Linear
from backprop.autodiff.gates import FUNCTIONS, GATES
from backprop.autodiff.gates.labels import nan_for_none

from ...cases import as_one_test
from ..checks import arrays, complain

EVALUATED = [gate for gate in GATES if gate.expand is None and gate.operands]
CUBE = (((0.5, -2.0), (1.5, 0.25), (3.0, -1.0)), ((2.0, 1.0), (-0.5, 0.75), (1.25, -3.0)))
WITH_AXIS = [gate for gate in EVALUATED if "axis" in gate.attributes and "label" not in gate.operands]
AXES = (None, 0, 1, 2, -1, -3, (0, 2), (-1, 1), (0, 1, 2))
FACTORS = (1.0, 0.5, -1.0, 1.25, 0.0, 3.0, -700.0, 1e-9, 1.0)


def settings_of(gate: Gate, sample):
    """A sample's attributes with the defaults of those that it leaves out."""
    return {name: sample.attributes.get(name, one.default) for name, one in gate.attributes.items()}


def rows_of(operands, varies):
    """The operands in each of some rows: at the sample, and at multiples of those that vary."""
    return [
        tuple(
            np.float64(one) * factor if differs else np.asarray(one, dtype=float)[()]
            for one, differs in zip(arrays(operands), varies, strict=True)
        )
        for factor in FACTORS
    ]


def faults(gate: Gate, sample, varies) -> list[str]:
    """Where the row form differs from the plain function in some row."""
    with np.errstate(invalid="ignore"):
        rows = rows_of(sample.operands, varies)
    settings = settings_of(gate, sample)
    stacked = []
    for differs, *column in zip(varies, *rows, strict=True):
        whole = np.stack(column, axis=-1)
        if not differs:
            whole = column[0] if gate.has_local and not np.ndim(column[0]) else whole[..., :1]
        stacked.append(whole)
    with np.errstate(all="ignore"), warnings.catch_warnings(), nan_for_none():
        warnings.simplefilter("error")
        found = gate.over_rows(*stacked, **settings)
        truths = [np.asarray(gate.forward(*operands, **settings)) for operands in rows]
        if gate.has_local:  # the C library's functions of a number and scipy's of an array differ in the last digits
            singles = [gate.forward(*[np.expand_dims(one, 0) for one in operands], **settings)[0] for operands in rows]
    if found.shape != (*truths[0].shape, len(rows)):
        return [f"{gate.name} {sample} {varies}: shape {found.shape} of {truths[0].shape}"]
    if gate.has_local and not gate.returns_operand and any(np.shares_memory(found, one) for one in stacked):
        return [f"{gate.name}: the result shares its operand's memory"]
    complaints = []
    for row, truth in enumerate(truths):
        one = found[..., row]
        if gate.has_local:
            is_right = np.array_equal(one, singles[row], equal_nan=True) and is_close(one, truth, 4e-15)
        else:
            is_right = is_close(one, truth, 1e-13)
        if not is_right:
            complaints.append(f"{gate.name} {sample} {varies} row {row}: {one} is not {truth}")
    return complaints


def is_close(one, truth, relative) -> bool:
    """Whether two arrays agree, relative to the largest entry that is finite."""
    scale = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
    return np.allclose(one, truth, rtol=relative, atol=relative * scale, equal_nan=True)


@pytest.mark.parametrize("gate", EVALUATED, ids=lambda gate: gate.name)
def test_the_row_form_gives_each_row_what_the_function_gives_it_alone(gate):
    for sample in [*gate.samples, *[at(*corner.operands) for corner in gate.corners]]:
        count = len(sample.operands)
        found = faults(gate, sample, (True,) * count)
        for place in range(count if count > 1 else 0):
            found += faults(gate, sample, tuple(other == place for other in range(count)))
            found += faults(gate, sample, tuple(other != place for other in range(count)))
        complain(found)


def test_every_gate_that_is_evaluated_has_a_row_form_of_its_own():
    looped = batching.row_by_row(np.add).__qualname__
    assert [gate.name for gate in EVALUATED if getattr(gate.over_rows, "__qualname__", "") == looped] == []


def planted(forward, **declaration) -> Linear:
    return Linear("planted", forward, lambda *_: None, summary="x", habit="x", source="x", samples=(), **declaration)


SAMPLE = at(((1.0, 2.0), (3.0, 5.0)))


@pytest.mark.parametrize(
    "forward",
    [lambda x: x[::-1], np.transpose, lambda x: np.sum(x, axis=0), lambda x: np.sum(x, axis=-1), lambda x: x @ x],
)
def test_a_gate_without_a_row_form_is_run_row_by_row(forward):
    assert faults(planted(forward), SAMPLE, (True,)) == []


@pytest.mark.parametrize(
    "forward, wrong",
    [
        (np.sum, np.sum),
        (np.transpose, np.transpose),
        (lambda x: np.sum(x, axis=-1), lambda x: np.sum(x, axis=0)),
        (lambda x: x + 0.0, lambda x: x * 1.000001),
        (lambda x: x + 0.0, lambda x: np.where(x == 0.0, np.nan, x)),
    ],
)
def test_a_wrong_row_form_is_reported(forward, wrong):
    assert faults(planted(forward), SAMPLE, (True,)) == []
    assert faults(planted(forward, over_rows=wrong), SAMPLE, (True,)) != []


@as_one_test("gate", WITH_AXIS, ids=lambda gate: gate.name)
def test_axes_are_those_of_one_row(gate):
    count = len(gate.operands)
    tried = 0
    samples = [at(*[CUBE] * count, axis=axis) for axis in AXES]
    if gate not in (FUNCTIONS["stack"] + FUNCTIONS["concat"]):
        samples += [at(*[1.5] * count, axis=axis) for axis in (None, -1)]
    for sample in samples:
        try:
            gate.shape(*[np.shape(one) for one in sample.operands], **sample.attributes)
        except (ExpressionError, ValueError):  # stack and concat take one axis
            continue
        tried += 1
        complain(faults(gate, sample, (True,) * count))
    assert tried >= 5
