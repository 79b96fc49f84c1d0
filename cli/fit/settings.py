"""What one run of `backprop fit` asks: the model, starts, bounds, and which columns hold errors. Reads no row."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import click

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array
from backprop.cli.batch.question import BatchQuestion, renames_of
from backprop.cli.batch.settings import Batch
from backprop.cli.fit.errors import SIGMA, WEIGHT, error_of
from backprop.cli.question.argv import Arguments, normalized
from backprop.cli.question.bounds import read_all_bounds, read_pair
from backprop.cli.question.names import check_known
from backprop.cli.question.question import Needs, Question, ask
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.optimize.prediction import Predictor
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.evaluation import Kernel

PARTS = re.compile(r"\s*,\s*")
CONFIDENCE = 0.95


class FitSettings(Batch):
    """The options of one run. Raises ExpressionError or Failure where the question is wrong.

    A fit reads rows as a batch does, without results. `prediction` are the settings of the batch that writes them with
    what the fitted model says of them.
    """

    predictor: Predictor | None = None
    prediction: FitSettings | None = None
    stdin_start = 0  # the byte that rows on stdin begin with
    expects_absent = True
    has_workers = False  # a fit has threads by the time that rows are written, which no forked worker has

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
        coverage: str | None,
        profile: bool,
        bootstrap: int | None,
        seed: int | None,
        explain: bool,
        predict: str | None,
        **more: Any,
    ) -> None:
        is_quiet = bool(click.get_current_context().params.get("quiet"))
        self.said: set[str] = set()
        self.header: list[str] = []  # of the first file
        super().__init__(file=file, vars=vars, rename=rename, quiet=is_quiet, **more)
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
        self.errors |= {error_of(name): column for name, column in self.sigma_x.items()}
        self.confidence = CONFIDENCE
        if coverage is not None:
            from backprop.cli.budget.question import read_coverage

            self.confidence = read_coverage(coverage)
        if profile and bootstrap is not None:
            raise Failure("--profile and --bootstrap contradict each other", "omit one of the two")
        if profile and loss is not None:
            raise Failure("--profile goes with squares, not with --loss", "omit one of the two, or take --bootstrap")
        if seed is not None and bootstrap is None:
            raise Failure("--seed goes with --bootstrap", "omit it, or draw samples: --bootstrap 1000")
        self.is_explained = explain
        self.is_profiled, self.samples, self.seed = profile, bootstrap, seed or 0
        self._check_written(click.get_current_context().params.get("path"), "-o")
        if predict is not None:
            self._check_written(predict, "--predict")
            self.prediction = self._predicting(predict)

    def asked_of(
        self, arguments: Arguments, file: str | None, vars_files: Sequence[str], *, has_own: bool
    ) -> BatchQuestion:
        self.asked: Question = ask("fit", arguments, file, vars_files, Needs.MODEL)
        return BatchQuestion(self.asked.graph, self.asked.rows, self.asked.values)

    def _check_written(self, path: str | None, option: str) -> None:
        """Raises Failure where the answer would take the place of the rows."""
        from backprop.cli.batch.rejects import is_same_file  # here, not above: help and completion open no file

        if path not in (None, "-") and any(file.path and is_same_file(path, file.path) for file in self.files):
            raise Failure(f"{option} {path}: the rows are read from this file", "give the answer a name of its own")

    def _predicting(self, path: str) -> FitSettings:
        """The settings of the batch that writes to a file. Raises Failure."""
        from backprop.cli.batch.rejects import is_same_file  # here, not above: help and completion open no file

        result = click.get_current_context().params.get("path")
        if path == "-" or (result is not None and is_same_file(path, result)):
            raise Failure("--predict needs a file of its own", "give it one: --predict fitted.csv")
        for file in self.files:
            if file.path is not None and os.path.exists(file.path) and not os.path.isfile(file.path):
                raise Failure(
                    f"--predict reads the rows twice, and {file.path} is not a regular file",
                    "write them to a file first",
                )
        given = copy(self)
        given.path, given.path_option, given.is_only = path, "--predict", False
        given.output_format = given._written_format()
        given.check()
        return given

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

    def wanted_columns(
        self, graph: Graph, columns: Sequence[str], *, is_open: bool = False
    ) -> tuple[Sequence[str], dict[str, str]]:
        from backprop.cli.fit.columns import check_predicted, names_of, renames

        if not self.header:
            self.header = list(columns)
        if self.prediction is not None:
            check_predicted(columns)
        return names_of(self, columns), renames(self)

    def has_columns(self, graph: Graph, columns: Sequence[str]) -> bool:
        from backprop.cli.fit.columns import has_responses

        return has_responses(self, columns)

    def kernel(self, graph: Graph, shapes: Mapping[str, Shape]) -> Kernel:
        from backprop.cli.fit.kernels import NoResults, Predicted

        if self.predictor is None:
            return NoResults(graph, shapes, {}, self.wanted)
        return Predicted(self, shapes)

    def note(self, text: str) -> None:
        """Say what was not said when the rows were read."""
        if self.predictor is None:
            self.said.add(text)
        elif text in self.said:
            return
        super().note(text)

    def tell(self, text: str) -> None:
        if self.predictor is None:
            self.said.add(text)
        elif text in self.said:
            return
        super().tell(text)

    def is_parameter(self, name: str) -> bool:
        """Whether it is said to be one."""
        return name in self.start or name in self.ranges or name in self.bounds or name in self.hold
