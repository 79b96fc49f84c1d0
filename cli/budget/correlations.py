"""Correlations from options, and covariance files: a matrix of names, or what `fit` writes. Computes no budget."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, entry_name
from backprop.autodiff.uncertainty.inputs import Uncertain
from backprop.cli.question.argv import normalized
from backprop.cli.question.value_files import reason_of
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

Pairs = dict[tuple[str, str], float]
BETWEEN = re.compile(r",(?![^\[]*\])")  # a comma that is not in an index
SHAPE = 'write {"covariance": {"a": {"a": 0.04, "b": 0.01}, "b": {"a": 0.01, "b": 0.09}}}, or what fit --json writes'


def read_correlations(given: Sequence[str]) -> Pairs:
    """`--correlation m,h=0.3` as pairs of names. Raises ExpressionError or Failure."""
    pairs: Pairs = {}
    for text in given:
        names, equals, number = text.rpartition("=")
        parts = [entry_of(part) for part in BETWEEN.split(names)]
        if not equals or len(parts) != 2 or not all(parts):
            raise Failure(f"--correlation {text}", "write two names and a number: --correlation m,h=0.3")
        coefficient = read_value(f"--correlation {names}", number.strip())
        if np.ndim(coefficient):
            raise Failure(f"--correlation {text}", "a correlation is one number from -1 to 1")
        pair = parts[0], parts[1]
        if pair in pairs or pair[::-1] in pairs:
            raise Failure(f"--correlation {names} is given twice", "omit one of the two")
        pairs[pair] = float(coefficient)
    return pairs


def entry_of(text: str) -> str:
    """A name, or an entry as every output names it: `x[0,1]`."""
    name, bracket, index = text.strip().partition("[")
    return normalized(name.strip()) + bracket + index.replace(" ", "")


class CovarianceFile(NamedTuple):
    """What a file says: values by name where it has them, uncertainties by entry, their correlations and degrees of
    freedom, which they have in common.
    """

    path: str
    values: dict[str, Array]
    uncertainties: dict[str, float]
    correlations: Pairs
    dof: float

    def uncertain(self, name: str, value: Array) -> Uncertain | None:
        """The input of that name; None where the file does not tell. Raises Failure for an entry that is missing."""
        entries = [entry_name(name, index) for index in np.ndindex(*np.shape(value))]
        if not any(entry in self.uncertainties for entry in entries):
            return None
        missing = [entry for entry in entries if entry not in self.uncertainties]
        if missing:
            raise Failure(f"--covariance {self.path}: {missing[0]} is missing", f"it needs every entry of {name}")
        sizes = np.array([self.uncertainties[entry] for entry in entries]).reshape(np.shape(value))[()]
        return Uncertain(value, sizes, self.dof, "normal", f"--covariance {self.path}")


def read_covariance(path: str) -> CovarianceFile:
    """Raises Failure for what is not a matrix of covariances."""
    try:
        document = table_of(path) if os.path.splitext(path)[1].lower() in (".csv", ".tsv") else document_of(path)
        if not isinstance(document, dict):
            raise ValueError("it does not hold an object")
        parameters = document.get("parameters")
        is_fitted = isinstance(parameters, dict)
        matrix = document.get("covariance", None if is_fitted else document)
        values: dict[str, Array] = {}
        for name, parameter in parameters.items() if isinstance(parameters, dict) else ():
            values[normalized(name)] = value_in(name, parameter)
        if matrix is None:
            raise ValueError("it has no covariance")
        if isinstance(matrix, list):
            matrix = named_rows(document.get("entries", list(values)), matrix)
        return of_matrix(path, values, matrix, dof_in(document) if is_fitted else math.inf)
    except (OSError, ValueError) as error:
        raise Failure(f"--covariance {path}: {reason_of(error)}", SHAPE) from None


def named_rows(names: Any, rows: list[Any]) -> dict[str, Any]:
    """The matrix of nested lists as objects, which `entries` name, or else the parameters. Raises ValueError."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its entries are not a list of names")
    if len(rows) != len(names) or any(not isinstance(row, list) or len(row) != len(names) for row in rows):
        raise ValueError(f"{len(names)} names need as many rows of as many numbers")
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, rows, strict=True)}


def document_of(path: str) -> Any:
    from backprop.cli.question.value_json import load

    return load(path)


def table_of(path: str) -> dict[str, Any]:
    """A square table below the names of its columns; the names may stand before its rows, too."""
    with open(path, encoding="utf-8-sig") as stream:
        lines = [[cell.strip() for cell in re.split(r"[,\t]", line.strip("\r\n"))] for line in stream if line.strip()]
    if lines and not lines[0][0] and len(lines[0]) > 1:
        if [line[0] for line in lines[1:]] != lines[0][1:]:
            raise ValueError("the names before its rows are not those above its columns, in their order")
        lines = [line[1:] for line in lines]
    names = [entry_of(cell) for cell in lines[0]] if lines else []
    if len(lines) != len(names) + 1 or any(len(line) != len(names) for line in lines):
        raise ValueError(f"{len(names)} names need as many rows of as many numbers")
    return {name: dict(zip(names, map(float, line), strict=True)) for name, line in zip(names, lines[1:], strict=True)}


def value_in(name: str, parameter: Any) -> Array:
    from backprop.cli.question.value_json import as_array

    if not isinstance(parameter, dict) or "value" not in parameter:
        raise ValueError(f"the parameter {name} has no value")
    return as_array(parameter["value"])


def dof_in(document: Mapping[str, Any]) -> float:
    dof = document.get("degrees_of_freedom")
    return float(dof) if isinstance(dof, (int, float)) and dof > 0 else math.inf


def of_matrix(path: str, values: dict[str, Array], matrix: Any, dof: float) -> CovarianceFile:
    """The file of a symmetric matrix with variances above zero. Raises ValueError."""
    if not isinstance(matrix, dict) or not all(isinstance(row, dict) for row in matrix.values()):
        raise ValueError("its covariance is not an object of objects")
    names = [entry_of(name) for name in matrix]
    rows = [{entry_of(other): number for other, number in row.items()} for row in matrix.values()]
    numbers = np.empty((len(names), len(names)))
    for place, (name, row) in enumerate(zip(names, rows, strict=True)):
        for other_place, other in enumerate(names):
            number = row.get(other)
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise ValueError(f"the covariance of {name} and {other} is not a number")
            numbers[place, other_place] = number
    if not np.allclose(numbers, numbers.T, rtol=1e-9, atol=0.0):
        raise ValueError("its covariance is not symmetric")
    for name, variance in zip(names, np.diag(numbers), strict=True):
        if not 0.0 < variance < math.inf:
            raise ValueError(f"the variance of {name} is {variance:g}, not a positive number")
    sizes = np.sqrt(np.diag(numbers))
    correlations: Pairs = {}
    for place, name in enumerate(names):
        for other_place in range(place):
            coefficient = float(numbers[place, other_place] / sizes[place] / sizes[other_place])
            if abs(coefficient) > 1.0 + 1e-9:
                raise ValueError(f"the correlation of {name} and {names[other_place]} would be {coefficient:.6g}")
            if coefficient:
                correlations[name, names[other_place]] = min(1.0, max(-1.0, coefficient))
    return CovarianceFile(path, values, dict(zip(names, sizes.tolist(), strict=True)), correlations, dof)
