"""Each gate's enclosure holds the gate's values at points of the interval: nothing is left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.gates import GATES

from ...cases import as_one_test

ENCLOSED = [gate for gate in GATES if gate.enclosure is not None]
POINTS = 20


@as_one_test("gate", ENCLOSED, ids=[gate.name for gate in ENCLOSED])
def test_an_enclosure_holds_the_values_within(gate: Any) -> None:
    random = np.random.default_rng(7)
    settings = dict(gate.samples[0].attributes)
    count = 2 if gate.is_variadic else len(gate.operands)
    for width in (1e-3, 0.3, 4.0):
        middles = random.uniform(-6.0, 6.0, (count, 200)).round(1)
        ends = [(middle - width, middle + width) for middle in middles]
        if gate.name in ("pow", "mod"):  # the pieces are of one exponent, one divisor
            exponent = random.choice([-2.0, -1.0, 0.5, 2.0, 3.0])
            ends[1] = np.full(200, exponent), np.full(200, exponent)
        with np.errstate(all="ignore"):
            low, high = gate.enclosure(gate.forward, *ends, **settings)
            for share in np.linspace(0.0, 1.0, POINTS):
                shares = [share, *random.uniform(0.0, 1.0, count - 1)]
                points = [
                    np.minimum(start + part * (end - start), end)
                    for (start, end), part in zip(ends, shares, strict=True)
                ]
                value = np.asarray(gate.forward(*points, **settings), dtype=float)
                is_there = np.isfinite(value)  # a pole is no value
                assert np.all(low[is_there] <= value[is_there]), (gate.name, width)
                assert np.all(value[is_there] <= high[is_there]), (gate.name, width)
