"""What a fit computes of blocks of rows: nothing while it reads them, and bands of the fitted model behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backprop.autodiff.shapes import Shape
from backprop.cli.batch.evaluation import Kernel
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.fit.columns import PREDICTED
from backprop.cli.fit.errors import error_of, noise_of

if TYPE_CHECKING:
    from backprop.cli.fit.settings import FitSettings


class NoResults(Kernel):
    """Rows that are read, and nothing else."""

    def prepare(self) -> list[tuple[str, Shape]]:
        return []

    def run(self, columns: Mapping[str, Rows], rows: int) -> tuple[list[Rows], Rows | None]:
        return [], None


class Predicted(Kernel):
    """The fitted value, the residual and the bands of each row."""

    def __init__(self, settings: FitSettings, shapes: Mapping[str, Shape]) -> None:
        super().__init__(settings.graph, shapes, settings.question.fixed, settings.wanted)
        assert settings.predictor is not None
        self.predictor = settings.predictor
        self.errors = list(settings.errors)

    def prepare(self) -> list[tuple[str, Shape]]:
        self.names = list(PREDICTED)
        self.result_shapes = [self.predictor.shape] * len(PREDICTED)
        return list(zip(self.names, self.result_shapes, strict=True))

    def run(self, columns: Mapping[str, Rows], rows: int) -> tuple[list[Rows], Rows | None]:
        errors = {name: columns[error_of(name)] for name in self.predictor.errors}
        fitted, *ends = self.predictor.bands(columns, rows, noise_of(self.errors, columns), errors)
        return [fitted, self.predictor.responses(columns, rows) - fitted, *ends], None
