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
    pytest.param(gate, sample, order, id=f"{gate.name}{sample.operands}, {order}")
    for gate in SMOOTH
    for sample in gate.samples
    for order in range(2, HIGHEST + 1)
    if len(sample.operands) <= 2 and all(1e-12 <= abs(one) <= 50 for one in sample.operands)
]
CORNERS = [
    pytest.param(gate, corner.operands, id=f"{gate.name}{corner.operands}")
    for gate in SMOOTH
    for corner in gate.corners
    if 2 <= len(corner.operands) <= 3 and np.all(np.isfinite(corner.operands))
]


def derivative(gate, operands, attributes, word):
    """The gate's derivative by the operands of these positions, one after the other, at a point."""
    graph = Graph(is_typed=True)
    inputs = [graph.input(f"x{position}") for position in range(len(operands))]
    node = graph.add(gate, tuple(inputs), tuple(attributes.values()))
    for position in word:
        wanted = inputs[position]
        found = adjoints(graph, node, graph.constant(1.0), [wanted]).of.get(wanted)
        node = to_differentiate([found], node)[0] if found else graph.constant(0.0)
    return float(evaluate([node], {f"x{k}": np.float64(one) for k, one in enumerate(operands)})[0])


def orderings(width, order):
    """For each number of times that each operand occurs: some orders of differentiation, the extreme ones too."""
    for counts in itertools.product(range(order + 1), repeat=width):
        if sum(counts) == order:
            rising = [position for position, count in enumerate(counts) for _ in range(count)]
            mixed = sorted(rising, key=lambda position: math.sin(9.0 * (position + 1) + rising.count(position)))
            yield (
                counts,
                dict.fromkeys(tuple(word) for word in (rising, rising[::-1], rising[::2] + rising[1::2], mixed)),
            )


class Derivatives:
    """All the derivatives of a function at a point, by central differences whose steps are 1e-60 of the operands.

    mpmath's `diff` does the same for each of them alone; here they share the function's values.
    """

    def __init__(self, function, operands):
        self.function, self.operands = function, operands
        is_relative = all(operands)  # steps in proportion to the point, where it has one
        self.steps = [mpf(10) ** -DIGITS * (abs(mpf(one)) if is_relative else 1) for one in operands]
        self.value = cache(self.value_at)

    def value_at(self, *halves):
        """The function so many half steps away, or None where it is not defined."""
        places = [mpf(one) + half * step / 2 for one, half, step in zip(self.operands, halves, self.steps, strict=True)]
        return defined(self.function(*places))

    def of(self, counts):
        """The derivative, taken that many times by each operand, or None where the function is not defined near."""
        with mp.workdps((HIGHEST + 1) * DIGITS):
            try:
                terms = [
                    mp.fprod([(-1) ** k * mp.binomial(n, k) for n, k in zip(counts, places, strict=True)])
                    * self.value(*[n - 2 * k for n, k in zip(counts, places, strict=True)])
                    for places in itertools.product(*[range(n + 1) for n in counts])
                ]
            except (ValueError, ZeroDivisionError, TypeError):
                return None
            return mp.fsum(terms) / mp.fprod([step**n for n, step in zip(counts, self.steps, strict=True)])


@cache
def derivatives_of(name, operands, attributes):
    return Derivatives(Truth(name, operands, attributes).function, operands)


@pytest.mark.parametrize("gate, sample, order", CASES)
def test_derivatives_of_every_order_match_mpmath(gate, sample, order):
    attributes = tuple(sample.attributes.items())
    at_point = derivatives_of(gate.name, sample.operands, attributes)
    for counts, words in orderings(len(sample.operands), order):
        exact = at_point.of(counts)
        if exact is None:
            continue
        size = abs(at_point.function(*map(mpf, sample.operands))) / min(map(abs, map(mpf, sample.operands))) ** order
        allowed = TOLERANCE * abs(exact) + mpf(10) ** -25 * size  # mpmath's differences of what is linear are not zero
        for place, one in enumerate(sample.operands):
            moved = list(sample.operands)
            moved[place] = one * (1 + NEIGHBOURS * 2.0**-52)
            near = derivatives_of(gate.name, tuple(moved), attributes).of(counts)
            allowed += abs(near - exact) if near is not None else 0
        for word in words:
            mine = derivative(gate, sample.operands, sample.attributes, word)
            assert abs(mpf(mine) - exact) <= allowed, (word, mine, float(exact))


@pytest.mark.parametrize("gate, operands", CORNERS)
def test_mixed_derivatives_at_corners_do_not_depend_on_the_order_of_differentiation(gate, operands):
    for order in range(2, HIGHEST + 1):
        for counts, words in orderings(len(operands), order):
            values = {word: derivative(gate, operands, {}, word) for word in words}
            np.testing.assert_allclose(
                list(values.values()), next(iter(values.values())), rtol=1e-12, err_msg=f"{counts}: {values}"
            )


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
    for one in dict.fromkeys(itertools.permutations(word)):
        assert derivative(arithmetic.power, (0.0, exponent), {}, one) == ZERO_BASE[exponent, word]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, -1.0])
@pytest.mark.parametrize("base", [0.5, 1.0, 2.5])
def test_a_variable_exponent_may_pass_whole_numbers(base, exponent):
    for order in range(2, HIGHEST + 1):
        for counts, words in orderings(2, order):
            with mp.workdps(DIGITS):
                exact = mp.diff(lambda x, y: x**y, (mpf(base), mpf(exponent)), counts, relative=exponent != 0.0)
            for word in words:
                mine = derivative(arithmetic.power, (base, exponent), {}, word)
                assert mine == close_to(float(exact), rel=1e-12)


@pytest.mark.parametrize("y, x", [(1e-20, 2.0), (-1e-20, 2.0), (1e-20, -1.5), (2.0, 1e-20), (-2.0, -1e-20), (0.3, 0.7)])
def test_the_angle_of_a_point_next_to_an_axis_keeps_its_small_derivatives(y, x):
    """Against the logarithm of x + iy, of which the angle is the imaginary part."""
    for order in range(2, HIGHEST + 1):
        for counts, words in orderings(2, order):
            with mp.workdps(DIGITS):
                power = (-1) ** (order - 1) * mp.factorial(order - 1) / mp.mpc(x, y) ** order
                exact = float((mp.mpc(0, 1) ** counts[0] * power).imag)
            for word in words:
                assert derivative(trigonometric.atan2, (y, x), {}, word) == close_to(exact, rel=1e-12), word
