"""The libraries of the extra: whether they can be used here, and the modules. Knows no rows."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

from backprop.cli.batch.processes.resources import has_address_space
from backprop.cli.status import Failure, Status

LEAST_PYARROW = 21
LEAST_ADDRESS_SPACE = 3 << 29  # bytes; with less polars ends the process, and no error can be told


def is_usable() -> bool:
    """Whether polars is installed, and may take the memory that it needs."""
    return find_spec("polars") is not None and has_address_space(LEAST_ADDRESS_SPACE)


def loaded() -> Any:
    """The module, tried out: without its library, for which there may be no memory, its import only warns.

    Raises ImportError, or whatever a polars raises that is not whole.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import polars

    try:
        polars.Series([0.0])
    except NameError:
        raise ImportError("its library cannot be loaded") from None
    return polars


def check_pyarrow(what: str) -> None:
    """Raise Failure with the cure where pyarrow is not installed, or is too old, and says what is wrong else."""
    cure = "install it: pip install --upgrade pyarrow; or use csv, tsv or ndjson"
    if find_spec("pyarrow") is None:
        raise Failure(f"{what} needs pyarrow, which is not installed", cure)
    try:
        import pyarrow.parquet
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise Failure(
            f"{what} needs pyarrow, which cannot be imported: {said}", "repair it, or use csv or ndjson"
        ) from None
    if int(pyarrow.__version__.split(".")[0]) < LEAST_PYARROW:
        raise Failure(f"{what} needs a newer pyarrow than {pyarrow.__version__}", cure, Status.WRONG_QUESTION)
