"""Rows of a fit that are too many for the memory."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest

from backprop.autodiff.optimize.residuals import is_in_file
from backprop.cli.fit import stored
from backprop.cli.fit.stored import StoredRows
from backprop.cli.status import Failure

PIECES = [np.arange(6.0).reshape(2, 3), np.empty((2, 0)), 10.0 * np.arange(8.0).reshape(2, 4)]


@pytest.mark.parametrize("most", [0, 50, 10_000])
def test_pieces_become_one_array(monkeypatch, most):
    monkeypatch.setattr(stored, "MOST_KEPT", most)
    rows = StoredRows()
    for piece in PIECES:
        rows.add(piece)
    whole = rows.whole()
    assert is_in_file(whole) == (most < 10_000)
    np.testing.assert_array_equal(whole, np.concatenate(PIECES, axis=1))


def test_a_fit_of_rows_in_a_file_is_that_of_rows_in_memory(backprop, tmp_path, monkeypatch):
    t = np.linspace(0.0, 4.0, 400)
    lines = [f"{a!r},{2.0 * np.exp(-a) + 0.5 + 0.01 * np.sin(40.0 * a)!r},1\n" for a in t.tolist()]
    (tmp_path / "data.csv").write_text("t,y,s\n" + "".join(lines).replace("np.float64(", "").replace(")", ""))
    command = ("fit", "y ~ a*exp(-b*t) + c", "data.csv", "b=0.5", "--json", "--guess")
    for options in ((), ("--sigma", "s"), ("--loss", "huber")):
        kept = backprop(*command, *options)
        with monkeypatch.context() as patched:
            patched.setattr(stored, "MOST_KEPT", 0)
            assert backprop(*command, *options) == kept
        assert kept.status == 0


def test_a_disk_without_room_says_what_to_do(monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored, "MOST_KEPT", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(Failure, match="No space left on device: it holds the rows of a fit"):
        StoredRows().add(PIECES[0])
