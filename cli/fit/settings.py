"""What one run of `backprop fit` asks: the model, starts, bounds, and which columns hold errors. Reads no row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array
from backprop.cli.batch.dialect_options import table_options
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.input.files import files_of
from backprop.cli.batch.question import BatchQuestion, renames_of
from backprop.cli.batch.row_settings import RowSettings
from backprop.cli.output.formats import read_format
from backprop.cli.question.argv import SCANNED, normalized
from backprop.cli.question.bounds import read_all_bounds, read_pair
from backprop.cli.question.names import check_known
from backprop.cli.question.question import Needs, Question, ask
from backprop.cli.status import Failure

PARTS = re.compile(r"\s*,\s*")
SIGMA, WEIGHT = "sigma", "weight"  # of a response


class FitSettings(RowSettings):
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    def __init__(
        self,
        *,
        file: str | None,
        vars: Sequence[str],
        rename: Sequence[str],
        bounds: Sequence[str],
        hold: Sequence[str],
        guess: bool,
        sigma: str | None,
        weights: str | None,
        sigma_x: Sequence[str],
        absolute_sigma: bool,
        loss: str | None,
        missing: str,
        **more: Any,
    ) -> None:
        context = click.get_current_context()
        self.asked: Question = ask("fit", context.meta[SCANNED], file, vars, Needs.MODEL)
        self.question = BatchQuestion(self.asked.graph, self.asked.rows, self.asked.values)
        self.is_quiet = bool(context.params.get("quiet"))
        self.files = files_of(self.question.files, self.note)
        if len(self.files) > 1:
            raise Failure("fit reads one file", "write the others behind it: backprop batch ... | backprop fit ...")
        form = more["from"] or read_format(self.files[0].path) or "csv"
        self.input_format = "csv" if form == "lines" else form
        self.renames = rename
        self.table = table_options(more, DIALECTS.get(self.input_format, DIALECTS["csv"]))
        if self.table.said and self.input_format not in DIALECTS:
            option = min(self.table.said)
            raise Failure(f"--{option} goes with tables of text, not with {self.input_format}", "omit it")
        known = list(self.graph.variables)
        self.ranges = {range_.name: (range_.start, range_.stop) for range_ in self.asked.ranges}
        self.hold = [normalized(name.strip()) for several in hold for name in several.split(",")]
        for name in self.hold:
            check_known("--hold", name, known)
        self.bounds = read_all_bounds(bounds, known)
        self.is_guessed = guess
        self.is_absolute = absolute_sigma
        self.loss = loss
        self.stops_at_missing = missing == "stop"
        self.renamed = renames_of(rename, self.graph)
        self.errors: dict[str, str] = {}  # what is read beside the model's names, and its columns
        if sigma is not None and weights is not None:
            raise Failure("--sigma and --weights contradict each other", "omit one of the two")
        if absolute_sigma and sigma is None:
            raise Failure("--absolute-sigma goes with --sigma", "give the column of errors: --sigma COLUMN")
        for word, text in ((SIGMA, sigma), (WEIGHT, weights)):
            for number, column in enumerate(PARTS.split(text.strip()) if text is not None else []):
                self.errors[f"{word} {number}"] = column
        self.sigma_x = dict(read_pair(text, known, "--sigma-x", "--sigma-x t=COLUMN") for text in sigma_x)
        if self.sigma_x and sigma is None:
            raise Failure("--sigma-x goes with errors of the response", "give their column, too: --sigma COLUMN")
        self.errors |= {f"{SIGMA} of {name}": column for name, column in self.sigma_x.items()}

    @property
    def graph(self) -> Graph:
        return self.asked.graph

    @property
    def start(self) -> dict[str, Array]:
        return self.asked.values

    @property
    def responses(self) -> list[str]:
        """The names of the response."""
        response = self.graph.result.inputs[0]
        return [str(node.name) for node in needed([response]) if node.name in self.graph.inputs]

    def is_parameter(self, name: str) -> bool:
        """Whether it is said to be one."""
        return name in self.start or name in self.ranges or name in self.bounds or name in self.hold
