"""Residuals of other kinds, each a sum of squares of its own: distances where columns have errors, too; robust ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from backprop.autodiff.evaluation.batched_lowering import plan_rows
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array

MOST_SHIFTS = 100  # of the points that lie nearest to the rows
SMALL_SHIFT = 1e-15  # of a column's size


class Distances(Residuals):
    """The distance of each row to the curve, where columns have errors of their own, in these errors.

    The nearest point on the curve is found for each row; the square of what is left is the least of the squares of
    all errors together, and its derivative by a parameter that of the prediction over the effective error. Source:
    Boggs, Byrd & Schnabel, A stable and efficient algorithm for nonlinear orthogonal distance regression (1987).
    """

    is_plain = False

    def __init__(self, base: Residuals, sigma: Vector, sigmas: Mapping[str, Vector]) -> None:
        super().__init__(base.graph, base.columns, base.layout.shapes, base.fixed, base.rows)
        self.sigma = sigma
        self.sigmas = dict(sigmas)

    def blocks(self, vector: Vector, names: Sequence[str] = ()) -> Iterator[tuple[Vector, Matrix]]:
        moved, left, slopes = self._nearest(vector)
        effective = np.sqrt(self.sigma**2 + sum((slopes[name] * self.sigmas[name]) ** 2 for name in self.sigmas))
        at_nearest = Residuals(self.graph, moved, self.layout.shapes, self.fixed, self.rows)
        at_nearest._plans = self._plans
        start = 0
        for _, matrix in at_nearest.blocks(vector, names):
            rows = slice(start, start + len(matrix))
            start += len(matrix)
            distance = left[rows] * effective[rows] / self.sigma[rows] ** 2
            yield distance, matrix / effective[rows, None]

    def drawn(self, rows: Sequence[int]) -> Residuals:
        twin = super().drawn(rows)
        assert isinstance(twin, Distances)
        twin.sigma = self.sigma[rows]
        twin.sigmas = {name: sigma[rows] for name, sigma in self.sigmas.items()}
        return twin

    def _nearest(self, vector: Vector) -> tuple[dict[str, Array], Vector, dict[str, Vector]]:
        """The columns moved to the nearest point of the curve, the residual there, and its slopes by these columns."""
        names = list(self.sigmas)
        if ("nearest",) not in self._plans:
            output = self.by_response()[0]
            self._plans["nearest",] = plan_rows([output, *gradients(output, self.inputs(names))], list(self.columns))
        program = RowProgram(self._plans["nearest",], {**self.fixed, **self.layout.values(vector)})
        moved = dict(self.columns)
        for _ in range(MOST_SHIFTS):
            left, *found = program.run(moved)
            slopes = dict(zip(names, found, strict=True))
            shifts = {name: moved[name] - self.columns[name] for name in names}
            straight = left - sum(slopes[name] * shifts[name] for name in names)
            effective = self.sigma**2 + sum((slopes[name] * self.sigmas[name]) ** 2 for name in names)
            following = {
                name: self.columns[name] - self.sigmas[name] ** 2 * slopes[name] * straight / effective
                for name in names
            }
            change = max(
                float(
                    np.max(
                        np.abs(following[name] - moved[name]) / (np.abs(self.columns[name]) + self.sigmas[name]),
                        initial=0.0,
                    )
                )
                for name in names
            )
            moved.update(following)
            if not change > SMALL_SHIFT:
                break
        left, *found = program.run(moved)
        return moved, left, dict(zip(names, found, strict=True))


def huber(z: Vector) -> tuple[Vector, Vector]:
    """z up to 1, 2 sqrt(z) - 1 beyond, and its derivative."""
    root = np.sqrt(np.maximum(z, 1.0))
    return np.where(z <= 1.0, z, 2.0 * root - 1.0), 1.0 / root


def soft_l1(z: Vector) -> tuple[Vector, Vector]:
    """2 (sqrt(1 + z) - 1), and its derivative."""
    root = np.sqrt(1.0 + z)
    return 2.0 * z / (root + 1.0), 1.0 / root


def cauchy(z: Vector) -> tuple[Vector, Vector]:
    """log(1 + z), and its derivative."""
    return np.log1p(z), 1.0 / (1.0 + z)


LOSSES = {"huber": huber, "soft_l1": soft_l1, "cauchy": cauchy}


class Robust(Residuals):
    """The roots of a loss of other residuals, in units of `scale`: their squares add up to the loss.

    Source: Triggs, McLauchlan, Hartley & Fitzgibbon, Bundle adjustment (2000), section 4.3.
    """

    is_plain = False

    def __init__(self, base: Residuals, loss: str, scale: float) -> None:
        super().__init__(base.graph, base.columns, base.layout.shapes, base.fixed, base.rows)
        self.base = base
        self.loss = LOSSES[loss]
        self.scale = scale

    def blocks(self, vector: Vector, names: Sequence[str] = ()) -> Iterator[tuple[Vector, Matrix]]:
        for residuals, matrix in self.base.blocks(vector, names):
            scaled = residuals / self.scale
            value, slope = self.loss(scaled**2)
            root = np.sqrt(value)
            steepness = np.where(root > 0.0, slope * np.abs(scaled) / np.where(root > 0.0, root, 1.0), 1.0)
            yield np.sign(residuals) * root * self.scale, matrix * steepness[:, None]

    def drawn(self, rows: Sequence[int]) -> Residuals:
        twin = super().drawn(rows)
        assert isinstance(twin, Robust)
        twin.base = self.base.drawn(rows)
        return twin

    def influence(self, vector: Vector) -> float:
        """By what the residuals' covariance exceeds (J'J)^-1 of the base: Huber, Robust Statistics (1981), 7.6."""
        scaled = np.concatenate([residuals for residuals, _ in self.base.blocks(vector)]) / self.scale
        step = 1e-6
        weight = scaled * self.loss(scaled**2)[1]
        above, below = scaled + step, scaled - step
        curved = (above * self.loss(above**2)[1] - below * self.loss(below**2)[1]) / (2.0 * step)
        return float(np.mean(weight**2) / max(np.mean(curved), np.finfo(float).tiny) ** 2) * self.scale**2
