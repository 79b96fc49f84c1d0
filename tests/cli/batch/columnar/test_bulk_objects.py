"""NDJSON by polars: whatever the lines hold, what comes out and what is said of it are the same as without."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backprop.cli.batch.columnar import bulk, bulk_objects
from backprop.cli.batch.columnar.object_lines import layout_of
from backprop.cli.batch.evaluation import Kernel, RowsJob
from backprop.cli.batch.formats.ndjson import AppendingMembers, Ndjson
from backprop.cli.batch.results import Naming, Wanted
from backprop.cli.batch.writing import write_output
from backprop.parser import parse

pytestmark = pytest.mark.extras

WANTED = Wanted(None, has_gradients=True, has_nodes=False, naming=Naming())

NUMBERS = """0 -0 0.0 -0.0 1 -1 1e-5 1E-5 1e5 1e+5 5e-324 2.5e-324 2e-324 1e-400 1.7976931348623157e308 1e309 -1e999
1e16 1e22 1e23 123456789012345678 9007199254740993 0.1 0.0001 0.00012345678901234567 NaN Infinity
-Infinity +5 .5 5. -.5 . - e5 1e 1.e5 1_0 0x10 01 -01 00.5 nan inf true false null "1" "" "a\\"b"
"\\u00e9" "\\ud83d" "\\x" [] [1] {} {"x":1} 3.141592653589793238462643383279502884197 9.999999999999999e-5 8.4e21"""
VALUES = [*NUMBERS.split(), "1" * 400, "9" * 500 + ".5", "1" * 4500, '"é变 "', '"\t"', " 7", "7 ", '"a: ,}"']


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """polars reads and writes blocks of any size."""
    pytest.importorskip("polars")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_objects, "LEAST", 0)
        yield


def both(*blocks, expression="x*y", first=None, members=None, policy="null", is_only=False, reserved=("value",)):
    """What the base makes of some blocks, and what polars does: the text, the bad rows, what else there is to say."""
    graph = parse(expression)
    defaults = {name: np.asarray(value).tolist() for name, value in graph.defaults.items()}
    form = Ndjson({name: name for name in graph.inputs} | (members or {}), reserved, defaults)
    form.learn_shapes(first or {name: 1.0 for name in graph.inputs})
    kernel = Kernel(graph, form.shapes, {}, WANTED)
    results = kernel.prepare()
    writer = AppendingMembers([name for name, _ in results], [shape for _, shape in results], is_only=is_only)
    job = RowsJob(form, kernel, writer, policy)
    assert bulk.serves(job)
    return [answers(one, blocks) for one in (job, bulk.in_bulk(job))]


def answers(job, blocks):
    said = []
    for data in blocks:
        out = io.BytesIO()
        answer = job.answer(data)
        write_output(out, answer.output)
        seen = [
            (name, kind, rows) for (name, kind), rows in (answer.nonfinite.rows if answer.nonfinite else {}).items()
        ]
        faults = [(fault.line, fault.reason, fault.record) for fault in answer.faults]
        said.append((out.getvalue(), faults, answer.lines, answer.rows, answer.is_last, answer.without, seen))
    return said


def lines(*texts):
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "surrogateescape")


def test_awkward_values():
    """Each alone in a block, and all together."""
    good = ['{"x": 1.5, "y": 2, "n": "a"}', '{"x": -2.5e-7, "y": 4, "n": null}']
    rows = [[f'{{"x": {value}, "y": 3, "n": "b"}}', f'{{"x": 3, "y": 5, "n": {value}}}'] for value in VALUES]
    base, fast = both(
        *[lines(good[0], *two, good[1]) for two in rows], lines(*good, *[one for two in rows for one in two])
    )
    assert fast == base


OTHERS = [
    "",
    " ",
    "{}",
    "[1]",
    "{",
    '{"x":1,"y":2}',
    ' {"x": 1, "y": 2}\t',
    '{"x": 1, "y": 2 }',
    '{"x": 1, "y": 2}\r',
    '{"y": 2, "x": 1}',
    '{"x": 1}',
    '{"x": 1, "y": 2, "x": 7}',
    '{"x": 1, "y": 2, "value": 0}',
    '{"x": 1, "y": 2, "v\\u0061lue": 0}',
    '{"x": 1, "y": 2}}',
    '{"x": 1, "y": 2} 3',
    '{"x": 1, "y": 2, "n": {"x": [1, {"q": "a}"}]}}',
    '{"x": 1, "y": 2, "n": ' + "[" * 950 + "]" * 950 + "}",
    '{"x": 1e999, "y": 2}',
    '\ufeff{"x": 1, "y": 2}',
    '{"x": 1, "y": 2, "n": "\udcff"}',
    '{"x": 1, "y": 2, "n": "\x01"}',
    '{"x.y": 1, "x": 2, "y": 1}',
]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(OTHERS), st.tuples(st.floats(), st.floats()).map('{{"x": {0[0]!r}, "y": {0[1]!r}}}'.format)
        ),
        max_size=12,
    ),
    st.sampled_from(["null", "skip", "stop"]),
    st.booleans(),
)
@example(['{"x": 1, "y": 2}'] * 2, "null", True)
def test_any_lines(rows, policy, is_only):
    base, fast = both(lines(*rows), lines(*rows[::-1]), policy=policy, is_only=is_only)
    assert fast == base


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.text('{}[]",:x y1.0e-\\', max_size=12), max_size=5))
def test_rubbish(rows):
    base, fast = both(lines('{"x": 1, "y": 1}', *rows))
    assert fast == base


def test_arrays_ways_and_defaults():
    rows = [
        '{"W": [[1, 2], [3, 4.5]], "p": [{"x": 2}], "a.b": 3, "q": "s"}',
        '{"W": [[1, 2], [3]], "p": [{"x": 2}], "a.b": 3, "q": "s"}',
        '{"W": [[1, 2], [3, null]], "p": [{"x": 5}], "a.b": 3, "q": "s"}',
        '{"W": [[7, 8], [9, 10]], "p": [{"x": 0.5}], "a.b": -3, "c": 4, "q": "s"}',
        '{"p": [{"x": 2}], "W": [[1, 2], [3, 4]], "a.b": 3, "c": null}',
    ]
    options = {
        "expression": "c = 2; sum(W)*x*y*c",
        "members": {"x": "p[0].x", "y": "a.b"},
        "first": {"W": [[1, 2], [3, 4]], "p": [{"x": 1}], "a.b": 1},
    }
    base, fast = both(lines(*rows), lines(*rows[2:], *rows[:2]), **options)
    assert fast == base


def test_two_variables_of_one_member():
    base, fast = both(lines('{"x": 3, "q": 1}', '{"x": 5, "q": 1}'), members={"y": "x"})
    assert fast == base


@pytest.mark.parametrize("row", ["{}", '{"z": 1}'])
def test_rows_that_say_nothing(row):
    base, fast = both(lines('{"x": 3}', row, row), expression="x = 2; x^2")
    assert fast == base


def test_lines_of_several_layouts_are_read_by_polars(monkeypatch):
    """Each layout is learned once; what is read the careful way are the lines that they are learned from."""
    form = Ndjson({"x": "x"})
    form.learn_shapes({"x": 1.0})
    reader = bulk_objects.BulkObjects(form)
    kinds = ['{"x": 1.25, "a": "s"}', '{"a": null, "x": 2.5}', '{"x": 4}']
    careful = []
    monkeypatch.setattr(form, "read", lambda data: careful.append(data) or Ndjson.read(form, data))
    block = reader.read(lines(*kinds * 50))
    assert careful == [b"\n" + lines(kind) for kind in kinds]
    assert np.array_equal(block.values["x"], [1.25, 2.5, 4] * 50)
    careful.clear()
    assert reader.read(lines(*kinds * 50)).rows == 150
    assert careful == []


def test_no_layout_of_what_a_pattern_does_not_hold():
    form = Ndjson({"x": "x"})
    form.learn_shapes({"x": 1.0})
    for record in (
        '{"x": 1, "x": 2}',
        '{"x": 1 }',
        '{"x": NaN}',
        '{"x": 1, "n": {"a": 1, "a": 2}}',
        '{"y": 1, "x": "1"}',
    ):
        assert layout_of(record, form) is None
    assert layout_of(f'{{"x": 1, "n": {list(range(100))}}}', form) is None
    assert layout_of('{"x": 1, "n": {"x": 2}}', form) is not None
