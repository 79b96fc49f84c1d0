"""Tables at every width: no number is broken, none parted from its sign, and no row of a matrix where it fits."""

from __future__ import annotations

import io
import re

import pytest

from backprop.autodiff.derivatives.trace import trace
from backprop.cli.output import table
from backprop.cli.output.output import Look
from backprop.cli.output.report import Column, Report
from backprop.cli.output.wrapping import OF_NUMBERS, OF_TEXT, wrapped
from backprop.cli.reports.nodes import node_report
from backprop.parser import parse

from ...cases import each

pytestmark = pytest.mark.smoke

POINTS = [
    ("q = W@x; sum(q^2)", {"W": [[0.1, -0.5], [-0.3, 0.8]], "x": [-0.2, 0.4]}),
    ("softmax(W@x)", {"W": [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]], "x": [-1, -2, -3]}),
    ("1/(1+exp(-(w0*x0+w1*x1+w2)))", {"w0": -2, "x0": -1, "w1": -3.25, "x1": -2.5, "w2": -3}),
]
WIDTHS = (30, 40, 60, 80, 100, 120)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


def drawn(report, width):
    stream = io.StringIO()
    table.write(report, stream, Look("table", 6, width, False, width is not None))
    return stream.getvalue()


def test_numbers_and_rows_stay_whole():
    for text, values in POINTS:
        report = node_report(trace(parse(text), values), text, "gradient")._replace(title="")
        whole = drawn(report, None)
        for _, width in each((text, width) for width in WIDTHS):
            narrow = drawn(report, width)
            assert sorted(NUMBER.findall(whole)) == sorted(NUMBER.findall(narrow))
            assert not re.search(r"-$", narrow, re.MULTILINE)
            assert max(map(len, narrow.splitlines())) <= width
            if width >= 60:
                assert all(row in narrow for row in re.findall(r"\[[^][]*\]", whole))


def test_what_does_not_fit_goes_below():
    text, values = POINTS[0]
    report = node_report(trace(parse(text), values), text, "gradient")
    assert drawn(report, 80).splitlines()[1:5] == [
        " node  gate    expression                      value                   gradient",
        " W     input   W                       [[0.1, -0.5],          [[0.088, -0.176],",
        "                                        [-0.3, 0.8]]           [-0.152, 0.304]]",
        "     how: outer(dq, x) via q",
    ]
    assert drawn(report, 40).splitlines()[1:5] == [
        " W   input   W",
        "     value     [[0.1, -0.5],",
        "               [-0.3, 0.8]]",
        "     gradient  [[0.088, -0.176],",
    ]


def test_a_table_of_numbers_is_cut_between_its_columns():
    columns = (Column("variable"), *(Column(f"x[{place}]", is_number=True) for place in range(8)))
    rows = [(f"x[{row}]", *[-12345.5 * (row + place) for place in range(8)]) for row in range(3)]
    text = drawn(Report("", columns, rows, {}, ()), 40)
    assert max(map(len, text.splitlines())) <= 40
    assert text.count("variable") == len(text.split("\n\n")) > 1
    assert len(NUMBER.findall(re.sub(r"x\[\d\]", "", text))) == 24


def test_where_a_cell_may_be_broken():
    assert wrapped("[[1, -2], [3, 4]]", 10, OF_NUMBERS) == ["[[1, -2],", "[3, 4]]"]
    assert wrapped("0.25*-2.5 via n1 + -1*-1 via n2 … +4 more", 16, OF_TEXT) == [
        "0.25*-2.5 via n1",
        "+ -1*-1 via n2",
        "… +4 more",
    ]
    assert wrapped("-1.4781312345*-2.345612345", 16, OF_TEXT) == ["-1.4781312345*", "-2.345612345"]
    assert wrapped("a" * 7 + "-1", 8, OF_TEXT) == ["aaaaaaa", "-1"]
