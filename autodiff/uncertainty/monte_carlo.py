"""Propagation of distributions by trials, as many as two digits of the uncertainty need.

Source: JCGM 101:2008, clause 7, and 7.9 for the number of trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from backprop.autodiff.evaluation import threads
from backprop.autodiff.evaluation.batched_program import RowProgram, lower_rows
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.uncertainty.inputs import Inputs
from backprop.autodiff.uncertainty.numbers import Matrix, Vector, spread
from backprop.autodiff.uncertainty.sampling import InputSampler, least_trials

FIRST_BLOCKS = 10
GROWTH = 4  # times as many trials as so far, at most, before the next look
MOST_TRIALS = 10_000_000  # where nobody says how many: two digits need a tenth of it unless tails are heavy
MOST_FOR_VERDICT = 2_000_000  # where only the verdict is close
MOST_ASKED = 50_000_000  # 0.8 GB
AT_ONCE = 2_000_000  # trials between two looks: an interrupt waits for them
WINDOW = 1.1  # times as many trials as predicted, so that one more round is enough

Interval = tuple[float, float]
Told = Callable[[int, float], None]  # how many trials so far, and what the uncertainty is


class MonteCarlo(NamedTuple):
    """Mean, standard uncertainty and median of the output over the `trials`, and its coverage intervals.

    The `interval` leaves out as much below as above, the `shortest` is the shortest. `errors` is how far mean,
    uncertainty and the interval's ends may be off (twice their standard deviation), `tolerance` half a unit of the
    uncertainty's second digit; `is_stable` where none is farther off. `nonfinite` trials are left out of all of it.
    """

    trials: int
    nonfinite: int
    seed: int
    mean: float
    uncertainty: float
    median: float
    coverage: float
    interval: Interval
    shortest: Interval
    errors: tuple[float, float, float, float]
    tolerance: float
    is_stable: bool
    is_interrupted: bool

    @property
    def interval_error(self) -> float:
        return max(self.errors[2:])


def tolerance_of(uncertainty: float) -> float:
    """Half a unit of the second digit. Source: JCGM 101:2008, 7.9.2."""
    if not 0.0 < uncertainty < math.inf:
        return math.nan
    return 0.5 * 10.0 ** (int(f"{uncertainty:.1e}".partition("e")[2]) - 1)


class TrialRun:
    """Trials block by block; `rows_a_block` is what JCGM 101 calls M, `blocks` what it calls h."""

    def __init__(self, graph: Graph, inputs: Inputs, coverage: float, seed: int, most: int) -> None:
        typed, arrays = bind(graph, inputs.values)
        self.program: RowProgram = lower_rows([typed.result], inputs.names, arrays)
        self.sampler = InputSampler(inputs, seed)
        self.coverage = coverage
        self.rows_a_block = min(least_trials(coverage), most)
        self.most = most
        self.values: dict[int, Vector] = {}
        self.looks: dict[int, tuple[float, float, float, float]] = {}

    @property
    def blocks(self) -> int:
        return len(self.looks)

    @property
    def most_blocks(self) -> int:
        return -(-self.most // self.rows_a_block)

    def advance(self, blocks: int) -> None:
        """Do the next trials, until there are so many blocks, on every core."""
        first = self.blocks

        def work(start: int, stop: int) -> None:
            for block in range(first + start, first + stop):
                trials = min(self.rows_a_block, self.most - block * self.rows_a_block)
                value = np.concatenate([self.program.run(piece)[0] for piece in self.sampler.pieces(block, trials)])
                finite = np.isfinite(value)
                self.values[block] = value if finite.all() else value[finite]
                self.looks[block] = summary(self.values[block], self.coverage)

        threads.over_rows(work, min(blocks, self.most_blocks) - first, 1)

    def errors(self) -> tuple[float, float, float, float]:
        """Twice the standard deviations of the averages over blocks: of mean, uncertainty, low and high end."""
        if self.blocks < 2:
            return (math.nan, math.nan, math.nan, math.nan)
        with np.errstate(all="ignore"):
            spreads = [2.0 * spread(look) / math.sqrt(self.blocks) for look in self._in_order().T]
        mean, uncertainty, low, high = spreads
        return mean, uncertainty, low, high

    def averages(self) -> Vector:
        with np.errstate(all="ignore"):
            averages: Vector = self._in_order().mean(axis=0)
        return averages

    def _in_order(self) -> Matrix:
        """The looks at all blocks, in an order that no thread decides."""
        return np.array([self.looks[block] for block in sorted(self.looks)])


def summary(value: Vector, coverage: float) -> tuple[float, float, float, float]:
    """Mean, standard deviation and the interval's ends of a block."""
    if len(value) < 2:
        return math.nan, math.nan, math.nan, math.nan
    low, _, high = ranks(len(value), coverage)
    parted = np.partition(value, (low, high))
    with np.errstate(all="ignore"):
        return float(value.mean()), spread(value), float(parted[low]), float(parted[high])


def ranks(count: int, coverage: float) -> tuple[int, int, int]:
    """Where the interval that is as likely left below as above begins and ends among sorted values, and how many
    places its ends are apart. Source: JCGM 101:2008, 7.7.
    """
    apart = min(max(math.floor(coverage * count + 0.5), 1), count - 1)
    low = max((count - apart + 1) // 2 - 1, 0)
    return low, apart, min(low + apart, count - 1)


def monte_carlo(
    graph: Graph,
    inputs: Inputs,
    coverage: float,
    *,
    first_order: Interval,
    tolerance: float,
    trials: int | None = None,
    seed: int = 0,
    tell: Told | None = None,
) -> MonteCarlo | None:
    """So many trials or, where nobody says, as many as make two digits stable and the verdict on `first_order` clear.

    An interrupt ends it with what there is by then, None where there is nothing.
    """
    run = TrialRun(graph, inputs, coverage, seed, trials or MOST_TRIALS)
    is_interrupted = False
    try:
        goal = FIRST_BLOCKS
        while run.blocks < run.most_blocks:
            run.advance(min(goal, run.blocks + max(AT_ONCE // run.rows_a_block, 1)))
            if tell:
                tell(run.blocks * run.rows_a_block, float(run.averages()[1]))
            if run.blocks >= goal:
                goal = GROWTH * run.blocks if trials else goal_after(run, first_order, tolerance)
                if goal <= run.blocks:
                    break
    except KeyboardInterrupt:
        is_interrupted = True
    return conclusion(run, tolerance, is_interrupted) if run.blocks else None


def goal_after(run: TrialRun, first_order: Interval, tolerance: float) -> int:
    """How many blocks are wanted in all."""
    _, uncertainty, low, high = run.averages().tolist()
    errors = run.errors()
    own = tolerance_of(uncertainty)
    goal = run.blocks * growth(max(errors) / own)
    allowed = tolerance if math.isfinite(tolerance) else own
    for end, other, error in ((low, first_order[0], errors[2]), (high, first_order[1], errors[3])):
        margin = abs(abs(end - other) - allowed)
        clear = run.blocks * growth(error / margin if margin else math.inf)
        goal = max(goal, min(clear, MOST_FOR_VERDICT / run.rows_a_block))
    return math.ceil(goal)


def growth(excess: float) -> float:
    """How many times as many trials it takes where errors are so many times too large."""
    if excess <= 1.0:
        return 1.0
    return min(excess * excess * WINDOW, GROWTH) if math.isfinite(excess) else GROWTH


def conclusion(run: TrialRun, tolerance: float, is_interrupted: bool) -> MonteCarlo:
    """What all the trials together say."""
    blocks = sorted(run.values)
    drawn = sum(min(run.rows_a_block, run.most - block * run.rows_a_block) for block in blocks)
    values = np.concatenate([run.values[block] for block in blocks])
    values.sort()
    errors = run.errors()
    if len(values) < 2:
        mean = uncertainty = median = math.nan
        interval = shortest = (math.nan, math.nan)
    else:
        mean, uncertainty, median = moments(values)
        low, apart, high = ranks(len(values), run.coverage)
        interval = float(values[low]), float(values[high])
        shortest = shortest_interval(values, apart)
    own = tolerance_of(uncertainty)
    return MonteCarlo(
        trials=drawn,
        nonfinite=drawn - len(values),
        seed=run.sampler.seed,
        mean=mean,
        uncertainty=uncertainty,
        median=median,
        coverage=run.coverage,
        interval=interval,
        shortest=shortest,
        errors=errors,
        tolerance=own,
        is_stable=max(errors) <= own if all(map(math.isfinite, errors)) else False,
        is_interrupted=is_interrupted,
    )


def moments(values: Vector) -> tuple[float, float, float]:
    """Mean, standard deviation and median of sorted values, about the median: that keeps a small spread's digits."""
    median = float(values[len(values) // 2])
    with np.errstate(all="ignore"):
        rest = values - median
        return median + float(rest.mean()), spread(rest), median


def shortest_interval(values: Sequence[float] | Vector, apart: int) -> Interval:
    with np.errstate(over="ignore"):
        widths = np.asarray(values[apart:]) - np.asarray(values[:-apart])
    start = int(np.argmin(widths))
    return float(values[start]), float(values[start + apart])
