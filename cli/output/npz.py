"""Sparse matrices as scipy.sparse.load_npz reads them: compressed rows in an archive of NumPy arrays."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from backprop.cli.output.output import Look
from backprop.cli.output.report import Report


def write(report: Report, stream: BinaryIO, look: Look) -> None:
    assert report.listed is not None
    matrix = report.listed.matrix
    np.savez(
        stream,
        format=np.array(b"csr"),
        shape=np.array(matrix.shape),
        data=matrix.values,
        indices=matrix.columns,
        indptr=matrix.starts,
        _is_array=np.array(True),
    )
