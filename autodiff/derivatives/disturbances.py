"""How far an expression's value is off by the rounding of its steps: what random disturbances of them come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from backprop.autodiff.derivatives.differences import EPSILON
from backprop.autodiff.derivatives.points import Points, one_more_axis
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import Program
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape

DISTURBANCE = 2.0**-36  # relative, of every step: shows what roundings come to and stays close by
TRIALS = 8
NEARBY = 2.0**-10  # relative
BESIDE = (1.0, 1 + NEARBY, 1 - NEARBY)


def factors(generator: np.random.Generator, shape: Shape) -> Array:
    moves: Array = generator.uniform(-0.5, 0.5, shape)
    return 1 + DISTURBANCE * (moves + np.copysign(0.5, moves))  # by half of it at least


def disturbed(program: Program, generator: np.random.Generator) -> Program:
    """The program with every step's result off by a random relative amount."""

    def off(function: Callable[..., Any], factor: float) -> Callable[..., Any]:
        def moved(*operands: Array) -> Any:
            exact = function(*operands)
            return exact * (factors(generator, np.shape(exact)) if np.ndim(exact) else factor)

        return moved

    steps = program.instructions
    drawn_first = np.asarray(factors(generator, (len(steps),))).tolist()  # one by one they would take longer
    return program._replace(
        instructions=tuple(
            step._replace(function=off(step.function, factor)) for step, factor in zip(steps, drawn_first, strict=True)
        )
    )


class Noise:
    """How wrong each entry of the output is by rounding of every step, here and close by: at log(1) there is none.

    A rounding that crosses a jump is no noise: most trials are smaller. With `points` all trials are one run.
    """

    def __init__(self, value: Program, points: Points | None) -> None:
        self.value, self.points = value, points

    def at(self, values: Mapping[str, Array]) -> Array:
        if self.points is None:
            off = [self.one_by_one({name: value * factor for name, value in values.items()}) for factor in BESIDE]
            least = np.stack(off, axis=-1)
        else:
            least = self.together(values, self.points)
        return np.asarray(np.max(np.where(np.isfinite(least), least, 0.0), axis=-1) / DISTURBANCE * EPSILON)

    def one_by_one(self, moved: Mapping[str, Array]) -> Any:
        (exact,) = run(self.value, moved)
        generator = np.random.default_rng(0)
        trials = [run(disturbed(self.value, generator), moved)[0] for _ in range(TRIALS)]
        return second_least(np.abs(np.stack(trials, axis=-1) - one_more_axis(exact)))

    def together(self, values: Mapping[str, Array], points: Points) -> Any:
        """The same for all points beside, along the last axis: at each of them the exact value is before the trials."""
        at = np.repeat(BESIDE, 1 + TRIALS)
        moved = {name: one_more_axis(value) * at for name, value in values.items()}
        found = points.disturbed(moved, self.factors, len(at)).reshape(*points.shape, len(BESIDE), 1 + TRIALS)
        return second_least(np.abs(found[..., 1:] - found[..., :1]))

    @cached_property
    def factors(self) -> list[Any]:
        """Of each step, for the points in `together`: those that `one_by_one` draws, which are the same everywhere."""
        assert self.points is not None
        generator = np.random.default_rng(0)
        shapes = self.points.shapes
        trials: list[list[Any]] = []
        for _ in range(TRIALS):
            numbers = np.asarray(factors(generator, (len(shapes),))).tolist()
            trials.append(
                [factors(generator, shape) if shape else number for shape, number in zip(shapes, numbers, strict=True)]
            )
        exact: list[Any] = [np.ones(shape) for shape in shapes]
        return [np.tile(np.stack(step, axis=-1), len(BESIDE)) for step in zip(exact, *trials, strict=True)]


def second_least(moves: Any) -> Any:
    """Of the trials, along the last axis; nan, sorted last, is no move."""
    return np.sort(moves, axis=-1)[..., 1]
