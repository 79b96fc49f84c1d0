"""The routines that printers translate give what the gates give, which are tested against mpmath."""

import math

import numpy as np
import pytest

from backprop.autodiff.gates import GATES
from backprop.autodiff.numerics.routines import over_entries

from ...cases import as_one_test, tuples

WITH_ROUTINE = [gate for gate in GATES if gate.routine is not None]
CORNERS = (0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 0.5, 1e-300, -1e-300, 5e-324, math.inf, -math.inf, math.nan)
# Next to a root, and of polygamma functions on the left, the gates take 32 digits and the routines do not.
BOUND = 2e-11
INFINITE = {"polygamma_difference", "beta", "lbeta", "binom", "binom_slope", "beta_slope"}  # at infinity nan


def points_of(gate):
    random = np.random.default_rng(29)
    for _ in range(150):
        sizes = [random.uniform(-8, 8), random.uniform(0, 40), 10.0 ** random.uniform(-8, 3), random.uniform(0, 1)]
        yield tuple(float(random.choice(sizes)) for _ in gate.operands)
    yield from (sample.operands for sample in gate.samples)
    if gate.name not in INFINITE:
        for corner in CORNERS:
            yield tuple(float(random.choice(CORNERS)) if place else corner for place in range(len(gate.operands)))


@pytest.mark.parametrize("gate", WITH_ROUTINE, ids=lambda gate: gate.name)
def test_a_routine_gives_what_its_gate_gives(gate):
    defaults = {name: setting.default for name, setting in gate.attributes.items()}
    settings = [{**defaults, **sample.attributes} for sample in gate.samples]
    for number, point in enumerate(points_of(gate)):
        chosen = settings[number % len(settings)]
        with np.errstate(all="ignore"):
            truth = float(gate.forward(*map(np.float64, point), **chosen))
        mine = gate.routine(*map(float, point), **chosen)
        if math.isfinite(truth) and truth:
            assert mine == pytest.approx(truth, rel=BOUND, abs=1e-300), (point, chosen)
        else:
            assert mine == truth or (math.isnan(mine) and math.isnan(truth)), (point, chosen, mine, truth)


def test_routines_have_names_of_their_own():
    names = [gate.routine.__name__ for gate in WITH_ROUTINE]
    assert sorted(set(names)) == sorted(names)


def test_arrays_broadcast_and_keep_their_shape():
    forward = over_entries(lambda x, y, order: x + 10.0 * y + 100.0 * order)
    result = forward(np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0]), order=2)
    np.testing.assert_array_equal(result, [[231.0, 241.0, 251.0], [232.0, 242.0, 252.0]])
    assert type(forward(np.float64(1.0), np.float64(2.0), order=0)) is np.float64
    assert forward(np.zeros(0), np.float64(2.0), order=0).shape == (0,)


@as_one_test("gate", WITH_ROUTINE, ids=lambda gate: gate.name)
def test_a_routine_raises_nothing_at_any_double(gate):
    """It is translated into Python, where a division by 0 or exp(1000) would."""
    defaults = {name: setting.default for name, setting in gate.attributes.items()}
    settings = {**defaults, **gate.samples[0].attributes}
    corners = (*CORNERS, 170.0, -170.5, 1e17, -1e300, 1.7e308) if len(gate.operands) < 3 else (*CORNERS, 800.0, 1.7e308)
    for point in tuples(corners, len(gate.operands)):
        assert isinstance(gate.routine(*point, **settings), float), point
