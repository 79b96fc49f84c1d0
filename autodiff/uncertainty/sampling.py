"""Draws of the inputs: a block of trials at a time, from a seed and the block's number. Knows no expression."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.uncertainty.distributions import DISTRIBUTIONS, Draws, Generator
from backprop.autodiff.uncertainty.inputs import Inputs
from backprop.autodiff.uncertainty.numbers import Matrix

PIECE_BYTES = 2**22  # of all inputs' draws


class InputSampler:
    """Draws for the uncertain inputs, the same for a seed and a block whichever thread draws them.

    Correlated inputs are drawn as normal ones (JCGM 101, 6.4.8), and those of another distribution taken to it from
    there, a normal copula, which takes some hundredths from their correlation. Inputs from the same readings with a t
    distribution are stretched together.
    """

    def __init__(self, inputs: Inputs, seed: int) -> None:
        self.inputs = inputs
        self.seed = seed
        self.kinds = [DISTRIBUTIONS[name] for name in inputs.distributions]
        self.correlated = [group for group in inputs.groups if len(group) > 1]
        self.alone = [group[0] for group in inputs.groups if len(group) == 1]
        self.roots = [] if inputs.correlation is None else [root_of(inputs.correlation, g) for g in self.correlated]

    def pieces(self, block: int, trials: int) -> Iterator[dict[str, Any]]:
        """The inputs in the trials of a block, so many at a time as the cache holds."""
        random = np.random.Generator(np.random.SFC64([self.seed, block]))  # the fastest that NumPy has
        most = max(PIECE_BYTES // (8 * len(self.kinds)), 1)
        for start in range(0, trials, most):
            yield self.columns(random, min(most, trials - start))

    def columns(self, random: Generator, trials: int) -> dict[str, Any]:
        """The inputs in each trial, each of its shape with the trials along the last axis."""
        drawn = np.empty((len(self.kinds), trials))
        for entry in self.alone:
            self.kinds[entry].fill(random, drawn[entry])
            if self.kinds[entry].has_tails:
                drawn[entry] *= stretch(random, self.inputs.dof[entry], trials)
        for group, root in zip(self.correlated, self.roots, strict=True):
            self._fill_group(random, group, root, drawn)
        drawn *= self.inputs.uncertainties[:, None]
        drawn += self.inputs.estimates[:, None]
        return self.inputs.split(drawn)

    def _fill_group(self, random: Generator, group: Sequence[int], root: Matrix, drawn: Draws) -> None:
        normal = root @ random.standard_normal((root.shape[1], drawn.shape[1]))
        stretches: dict[object, Draws] = {}
        for entry, z in zip(group, normal, strict=True):
            drawn[entry] = self.kinds[entry].of_normal(z)
            if self.kinds[entry].has_tails:
                key = self.inputs.rows[entry] or entry
                if key not in stretches:
                    stretches[key] = stretch(random, self.inputs.dof[entry], drawn.shape[1])
                drawn[entry] *= stretches[key]


def stretch(random: Generator, dof: float, trials: int) -> Draws:
    """What makes Student's t distribution of a normal one (JCGM 101, 6.4.9)."""
    stretches: Draws = np.sqrt(dof / random.chisquare(dof, trials))
    return stretches


def root_of(correlation: Matrix, group: Sequence[int]) -> Matrix:
    """A matrix L with L L' the correlations of a group, which may depend on each other wholly."""
    eigenvalues, vectors = np.linalg.eigh(correlation[np.ix_(group, group)])
    root: Matrix = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    return root


def least_trials(coverage: float) -> int:
    """The trials that a block needs for its interval to mean something. Source: JCGM 101:2008, 7.9.2."""
    return max(10_000, math.ceil(100.0 / (1.0 - coverage)))
