"""What is written of the rows: which results, and what stands beside them. Reads no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.formats import FORMATS
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


class ResultOptions(NamedTuple):
    """What the options say of it, by their names; without them, as in a fit, there are no results."""

    fuse: bool = False
    wrt: Sequence[str] = ()
    no_grad: bool = True
    nodes: bool = False
    only: bool = True
    total: bool = False
    mean: bool = False
    name: str | None = None
    u: Sequence[str] = ()
    source_column: str | None = None
    no_header: bool = False

    @property
    def summary(self) -> str | None:
        """What is written in place of the rows."""
        return "total" if self.total else "mean" if self.mean else None

    def check_summary(self, batch: Batch) -> None:
        """Raise Failure for options that go with rows, where not these but their total or mean is wanted, not both."""
        if self.total and self.mean:
            raise Failure("--total and --mean contradict each other", "omit one of the two")
        if self.summary is None:
            return
        given = {"--nodes": self.nodes, "--only": self.only, "--source-column": self.source_column is not None}
        for option in [option for option, is_given in given.items() if is_given]:
            raise Failure(f"--{self.summary} and {option} contradict each other", "omit one of the two")
        if batch.question.graph is None:
            raise Failure(f"--{self.summary} goes with one expression for all rows", "omit it")
        if FORMATS[batch.output_format].is_binary:
            raise Failure(f"a {self.summary} is not written as {batch.output_format}", "--format csv, tsv or ndjson")


def result_options(given: Mapping[str, Any]) -> ResultOptions:
    """Those among all options that are given."""
    return ResultOptions(**{name: given[name] for name in ResultOptions._fields if name in given})
