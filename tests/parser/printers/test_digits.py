"""Every function at a hundred random points, in each language: the code has eval's digits to four units in the last.

A language's program is one process. Where a function has more room, the reason stands beside it.
"""

from __future__ import annotations

import math
import shutil
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import GATES

from .running import run, text_of, truth_of

UNITS = 4
POINTS = 100
RUNNERS = [
    "python",
    "numpy",
    pytest.param("c", marks=pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")),
    pytest.param("javascript", marks=pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")),
]
# In units. Next to a root eval computes these with 32 digits, the code does not; gelu's slope is a sum that cancels.
NEXT_TO_ROOTS = {"polygamma": 64, "sinc": 64, "sinc_derivative": 64, "gelu": 64}
CUBE_ROOT = {"cbrt": 8}  # NumPy's and the code's own differ by a unit, and its square is in the slope
# V8's exp, log and pow differ by a unit from the C library's, which is magnified where exponents are large or cancel.
OF_V8 = {
    "coth": 8, "mish": 16, "gelu": 128, "lbeta": 256, "beta": 8, "binom": 8, "gammainc": 8, "gammaincc": 8,
    "gammainc_derivative": 2048, "betainc": 64, "betainc_derivative": 64,
}  # fmt: skip
ROOM = {language: {**NEXT_TO_ROOTS, **CUBE_ROOT} for language in ("python", "numpy", "c", "javascript")}
ROOM["javascript"].update(OF_V8)


def random_points(gate):
    random = np.random.default_rng(7)
    for number in range(POINTS):
        sizes = (
            random.uniform(-8, 8), random.uniform(0, 40), 10.0 ** random.uniform(-8, 3), random.uniform(-1, 1),
            float(random.integers(-5, 6)),
        )  # fmt: skip
        sample = gate.samples[number % len(gate.samples)]
        yield tuple(sizes[random.integers(len(sizes))] for _ in sample.operands), sample.attributes


@cache
def cases():
    """(gate, text, values, true value, true gradient) of each, at samples and corners, too."""
    found = []
    for gate in GATES:
        if not isinstance(gate, Elementwise) or not gate.is_public or (gate.attributes and gate.routine is None):
            continue
        points = [(sample.operands, sample.attributes) for sample in gate.samples]
        points += [*[(corner.operands, {}) for corner in gate.corners], *random_points(gate)]
        defaults = {name: attribute.default for name, attribute in gate.attributes.items()}
        for point, given in points:
            text = text_of(gate, len(point), tuple({**defaults, **given}.values()))
            values = {f"x{place}": float(one) for place, one in enumerate(point)}
            found.append((gate, text, values, *truth_of(text, values)))
    return found


def units_apart(mine, truth):
    if mine == truth or (math.isnan(mine) and math.isnan(truth)):
        return 0.0
    if not (math.isfinite(mine) and math.isfinite(truth)):
        return math.inf
    return abs(mine - truth) / math.ulp(max(abs(mine), abs(truth)))


@pytest.mark.parametrize("language", RUNNERS)
def test_every_function_has_its_digits_in_every_language(language, tmp_path):
    results = run(language, [(text, values) for _, text, values, *_ in cases()], tmp_path)
    wrong = []
    for (gate, text, values, true_value, true_gradient), (value, gradient) in zip(cases(), results, strict=True):
        pairs = [(value, true_value), *[(gradient[name], true_gradient[name]) for name in true_gradient]]
        apart = max(units_apart(float(mine), float(truth)) for mine, truth in pairs)
        if apart > ROOM[language].get(gate.name, UNITS):
            wrong.append((text, values, apart, pairs))
    assert not wrong, "\n".join(map(str, wrong[:20]))


def test_no_function_has_more_room_than_it_may_need():
    """A name that is no function's any more leaves the table."""
    assert {name for room in ROOM.values() for name in room} <= {gate.name for gate in GATES}
