"""Every entrywise gate differentiated two to five times, by its operands in every order, against mpmath.

The truth are differences of the oracle, to 60 digits. What the operands' rounding may cost is measured: the
same derivative at the neighbouring doubles.
"""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES, arithmetic, trigonometric
from backprop.autodiff.graph import Graph
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.passes.sides import to_differentiate

from ...closeness import close_to
from ..oracles import Truth, defined

DIGITS = 60
HIGHEST = 5
TOLERANCE = 1e-9  # a fifth derivative is the sum of some dozens of terms, each with a rounding
NEIGHBOURS = 64  # roundings of an operand that the terms of a fifth derivative may amount to
SMOOTH = [gate for gate in GATES if gate.has_local and gate.is_public and not gate.is_flat]
CASES = [
    pytest.param(gate, sample, id=f"{gate.name}{sample.operands}")
    for gate in SMOOTH
    for sample in gate.samples
    if len(sample.operands) <= 2 and all(1e-12 <= abs(one) <= 50 for one in sample.operands)
]
CORNERS = [
    pytest.param(gate, corner.operands, id=f"{gate.name}{corner.operands}")
    for gate in SMOOTH
    for corner in gate.corners
    if 2 <= len(corner.operands) <= 3 and np.all(np.isfinite(corner.operands))
]


class Words:
    """A gate's derivatives by operands of these positions, one after the other: all of them in one graph."""

    def __init__(self, gate, operands, attributes):
        self.graph = Graph(is_typed=True)
        self.inputs = [self.graph.input(f"x{position}") for position in range(len(operands))]
        self.values = {f"x{position}": np.float64(one) for position, one in enumerate(operands)}
        self.nodes = {(): self.graph.add(gate, tuple(self.inputs), tuple(attributes.values()))}

    def node(self, word):
        """The derivative by the last position of the derivative by those before it."""
        if word not in self.nodes:
            before, wanted = self.node(word[:-1]), self.inputs[word[-1]]
            found = adjoints(self.graph, before, self.graph.constant(1.0), [wanted]).of.get(wanted)
            self.nodes[word] = to_differentiate([found], before)[0] if found else self.graph.constant(0.0)
        return self.nodes[word]

    def at_the_point(self, words):
        nodes = [self.node(word) for word in words]
        return dict(zip(words, map(float, evaluate(nodes, self.values)), strict=True))


def derivatives_of_words(gate, operands, attributes):
    """Each derivative, as often by each operand as `orderings` says, with what each order of differentiation gives."""
    wanted = [case for order in range(2, HIGHEST + 1) for case in orderings(len(operands), order)]
    found = Words(gate, operands, attributes).at_the_point([word for _, words in wanted for word in words])
    for counts, words in wanted:
        yield counts, {word: found[word] for word in words}


def orderings(width, order):
    """For each number of times that each operand occurs: some orders of differentiation, the extreme ones too."""
    for rising in map(list, itertools.combinations_with_replacement(range(width), order)):
        counts = tuple(rising.count(position) for position in range(width))
        mixed = sorted(rising, key=lambda position: math.sin(9.0 * (position + 1) + rising.count(position)))
        words = (rising, rising[::-1], rising[::2] + rising[1::2], mixed)
        yield counts, dict.fromkeys(map(tuple, words))


class Derivatives:
    """All the derivatives of a function at a point, by differences forward whose steps are 1e-60 of the operands.

    mpmath's `diff` does the same for each of them alone; here they share the function's values.
    """

    def __init__(self, function, operands):
        self.function, self.operands = function, operands
        is_relative = all(operands)  # steps in proportion to the point, where it has one
        self.steps = [mpf(10) ** -DIGITS * (abs(mpf(one)) if is_relative else 1) for one in operands]
        self.value = cache(self.value_at)

    def value_at(self, *counts):
        """The function so many steps away, or None where it is not defined."""
        places = [mpf(one) + count * step for one, count, step in zip(self.operands, counts, self.steps, strict=True)]
        return defined(self.function(*places))

    def of(self, counts):
        """The derivative, taken that many times by each operand, or None where the function is not defined near."""
        with mp.workdps((HIGHEST + 1) * DIGITS):
            try:
                terms = [
                    math.prod((-1) ** (n - k) * math.comb(n, k) for n, k in zip(counts, places, strict=True))
                    * self.value(*places)
                    for places in itertools.product(*[range(n + 1) for n in counts])
                ]
            except (ValueError, ZeroDivisionError, TypeError):
                return None
            return mp.fsum(terms) / mp.fprod([step**n for n, step in zip(counts, self.steps, strict=True)])


def truths_of(name, operands, attributes):
    return Derivatives(Truth(name, operands, tuple(attributes.items())).function, operands)


@pytest.mark.parametrize("gate, sample", CASES)
def test_derivatives_of_every_order_match_mpmath(gate, sample):
    point = sample.operands
    truths = truths_of(gate.name, point, sample.attributes)
    moved = [(*point[:k], one * (1 + NEIGHBOURS * 2.0**-52), *point[k + 1 :]) for k, one in enumerate(point)]
    neighbours = [truths_of(gate.name, one, sample.attributes) for one in moved]
    for counts, found in derivatives_of_words(gate, point, sample.attributes):
        exact = truths.of(counts)
        if exact is None:
            continue
        size = abs(truths.function(*map(mpf, point))) / min(map(abs, map(mpf, point))) ** sum(counts)
        allowed = TOLERANCE * abs(exact) + mpf(10) ** -25 * size  # mpmath's differences of what is linear are not zero
        near = [one.of(counts) for one in neighbours]
        allowed += sum(abs(one - exact) for one in near if one is not None)
        for word, mine in found.items():
            assert abs(mpf(mine) - exact) <= allowed, (word, mine, float(exact))


@pytest.mark.parametrize("gate, operands", CORNERS)
def test_mixed_derivatives_at_corners_do_not_depend_on_the_order_of_differentiation(gate, operands):
    for counts, found in derivatives_of_words(gate, operands, {}):
        values = list(found.values())
        np.testing.assert_allclose(values, values[0], rtol=1e-12, err_msg=f"{counts}: {found}")


ZERO_BASE = {
    (2.0, (0, 0)): 2.0,
    (2.0, (0, 1)): 0.0,
    (2.0, (1, 1)): 0.0,
    (3.0, (0, 0, 1)): 0.0,
    (3.0, (0, 0, 0)): 6.0,
    (2.0, (0, 0, 0)): 0.0,
    (4.5, (0, 1, 1, 0)): 0.0,
    (1.5, (0, 0)): math.inf,
    (1.5, (1, 1)): 0.0,
    (1.0, (0, 0)): 0.0,
}


@pytest.mark.parametrize("exponent, word", ZERO_BASE)
def test_powers_of_zero_have_the_derivatives_of_their_limits(exponent, word):
    words = list(dict.fromkeys(itertools.permutations(word)))
    found = Words(arithmetic.power, (0.0, exponent), {}).at_the_point(words)
    assert found == dict.fromkeys(words, ZERO_BASE[exponent, word])


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, -1.0])
@pytest.mark.parametrize("base", [0.5, 1.0, 2.5])
def test_a_variable_exponent_may_pass_whole_numbers(base, exponent):
    for counts, found in derivatives_of_words(arithmetic.power, (base, exponent), {}):
        with mp.workdps(DIGITS):
            exact = mp.diff(lambda x, y: x**y, (mpf(base), mpf(exponent)), counts, relative=exponent != 0.0)
        assert found == close_to(dict.fromkeys(found, float(exact)), rel=1e-12)


@pytest.mark.parametrize("y, x", [(1e-20, 2.0), (-1e-20, 2.0), (1e-20, -1.5), (2.0, 1e-20), (-2.0, -1e-20), (0.3, 0.7)])
def test_the_angle_of_a_point_next_to_an_axis_keeps_its_small_derivatives(y, x):
    """Against the logarithm of x + iy, of which the angle is the imaginary part."""
    for counts, found in derivatives_of_words(trigonometric.atan2, (y, x), {}):
        order = sum(counts)
        with mp.workdps(DIGITS):
            power = (-1) ** (order - 1) * mp.factorial(order - 1) / mp.mpc(x, y) ** order
            exact = float((mp.mpc(0, 1) ** counts[0] * power).imag)
        assert found == close_to(dict.fromkeys(found, exact), rel=1e-12)
