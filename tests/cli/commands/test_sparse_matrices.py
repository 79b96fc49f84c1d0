"""`jacobian --sparse` and `hessian --sparse`: every format, names, what is refused, and the files that others read."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

CHAIN = "sum((x[1:]-x[:-1]^2)^2) + y*z"
POINT = ("--x", "[1,2,3]", "y=2", "z=5")
ROWS = [
    *[["x[0]", "x[0]", "4"], ["x[0]", "x[1]", "-4"]],
    *[["x[1]", "x[0]", "-4"], ["x[1]", "x[1]", "38"], ["x[1]", "x[2]", "-8"]],
    *[["x[2]", "x[1]", "-8"], ["x[2]", "x[2]", "2"]],
    *[["y", "z", "1"], ["z", "y", "1"]],
]


def test_a_hessian_is_listed_entry_by_entry(backprop):
    answer = backprop("hessian", CHAIN, *POINT, "--sparse")
    assert answer.rows == [["row", "column", "value"], *ROWS]
    assert (answer.status, answer.err) == (0, "")
    assert (
        backprop("hessian", CHAIN, *POINT, "--sparse", "--format", "plain").out == "[4, -4, -4, 38, -8, -8, 2, 1, 1]\n"
    )


def test_as_json(backprop):
    data = json.loads(backprop("hessian", CHAIN, *POINT, "--sparse", "--json").out)
    assert [list(map(str, entry.values())) for entry in data.pop("entries")] == ROWS
    assert data == {
        "schema": 1,
        "command": "hessian",
        "expression": CHAIN,
        "value": 12,
        "gradient": {"x": [-4, 10, -2], "y": 5, "z": 2},
        "shape": [5, 5],
        "nonfinite": [],
    }


def test_as_a_table(terminal):
    answer = terminal("jacobian", "x[1:]*x[:-1]", "--x", "[1,2,3]", "--sparse")
    assert [line.split() for line in answer.lines] == [
        *[["Jacobian", "of", "x[1:]*x[:-1]"], ["row", "column", "value"]],
        *[["f[0]", "x[0]", "2"], ["f[0]", "x[1]", "1"], ["f[1]", "x[1]", "3"], ["f[1]", "x[2]", "2"]],
    ]


def test_matrix_market_has_the_lower_half_of_what_is_symmetric(backprop):
    assert backprop("hessian", CHAIN, *POINT, "--format", "mtx").out.splitlines() == [
        "%%MatrixMarket matrix coordinate real symmetric",
        *["% x: rows and columns 1 to 3", "% y: rows and columns 4", "% z: rows and columns 5"],
        "5 5 6",
        *["1 1 4.0", "2 1 -4.0", "2 2 38.0", "3 2 -8.0", "3 3 2.0", "5 4 1.0"],
    ]
    assert backprop("jacobian", "x*y", "--x", "[1,2]", "y=3", "--format", "mtx").out.splitlines() == [
        "%%MatrixMarket matrix coordinate real general",
        *["% f: rows 1 to 2", "% x: columns 1 to 2", "% y: columns 3"],
        "2 3 4",
        *["1 1 3.0", "1 3 1.0", "2 2 3.0", "2 3 2.0"],
    ]


def test_an_archive_has_compressed_rows(backprop, tmp_path):
    assert backprop("hessian", CHAIN, *POINT, "-o", "h.npz", cwd=tmp_path).status == 0
    with np.load(tmp_path / "h.npz") as archive:
        assert archive["format"].item() == b"csr" and archive["shape"].tolist() == [5, 5]
        assert archive["data"].tolist() == [float(value) for _, _, value in ROWS]
        assert archive["indices"].tolist() == [0, 1, 0, 1, 2, 1, 2, 4, 3]
        assert archive["indptr"].tolist() == [0, 2, 5, 7, 8, 9]


@pytest.mark.extras
def test_scipy_reads_the_files(backprop, tmp_path):
    scipy_sparse, scipy_io = pytest.importorskip("scipy.sparse"), pytest.importorskip("scipy.io")
    for name in ("h.npz", "h.mtx"):
        assert backprop("hessian", CHAIN, *POINT, "-o", name, cwd=tmp_path).status == 0
    first = scipy_sparse.load_npz(tmp_path / "h.npz").toarray()
    second = scipy_io.mmread(io.BytesIO((tmp_path / "h.mtx").read_bytes())).toarray()
    assert first[1, 1] == 38 and np.array_equal(first, second)


def test_what_is_not_finite_is_said(backprop):
    answer = backprop("jacobian", "[sqrt(x), y]", "x=0", "y=1", "--sparse", "--strict")
    assert answer.rows == [["row", "column", "value"], ["f[0]", "x", "inf"], ["f[1]", "y", "1"]]
    assert answer.status == 4 and "sqrt(x)" in answer.err
    data = json.loads(backprop("jacobian", "[sqrt(x), y]", "x=0", "y=1", "--sparse", "--json").out)
    assert data["nonfinite"] == [{"where": "entries", "value": "inf", "entries": [[0]]}]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["hessian", "x*[1,2]", "x=1"], "only a scalar has a Hessian"),
        (["hessian", CHAIN, *POINT, "--max-size", "8"], "the Hessian has 9 entries that may differ from 0"),
        (["hessian", "sum(x)^2", "--x", "ones(100000)"], "more than"),
        (["jacobian", "x", "x=1", "--wrt", "y"], "y"),
    ],
)
def test_what_is_refused(backprop, argv, said):
    answer = backprop(*argv, "--sparse")
    assert (answer.status, answer.out) == (2, "") and said in answer.err


def test_without_variables_nothing_is_listed(backprop):
    answer = backprop("hessian", "2*3", "--sparse")
    assert (answer.status, answer.rows) == (0, [["row", "column", "value"]])
    assert "no variables" in answer.err
