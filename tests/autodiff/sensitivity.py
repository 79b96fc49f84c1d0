"""How far the rounding of the steps can move a result: the scale on which two ways to compute it may differ.

Every step's value is disturbed by a random relative amount and the spread of the result is taken. A step that only
hands on one of its operands is exact and stays (but not a sum that swallows the other one), and a comparison or a
floor stays what it is: the other side of it is another branch. No rule of a gate is involved but its forward function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backprop.autodiff import Node
from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.gates import OPERATORS

DISTURBANCE = 1e-9
TRIALS = 4
ADDITIONS = (OPERATORS["+"], OPERATORS["-"])


def disturbed(nodes: Sequence[Node], values: Mapping[str, np.ndarray], generator: np.random.Generator) -> list:
    found: dict[Node, np.ndarray] = {}
    decided: dict[Node, np.ndarray] = {}  # the values without disturbances
    with np.errstate(all="ignore"):
        for node in needed(nodes):
            if node.gate is leaves.constant:
                found[node] = node.attributes[0]
            elif node.gate is leaves.input:
                found[node] = values[node.attributes[0]]
            else:
                operands = [found[one] for one in node.inputs]
                exact = node.gate.forward(*operands, **node.settings)
                hands_on = node.gate not in ADDITIONS and any(np.array_equal(exact, one) for one in operands)
                is_rounded = not node.gate.is_flat and not hands_on
                moves = generator.uniform(-1, 1, np.shape(exact)) if is_rounded else 0.0
                found[node] = exact * (1 + DISTURBANCE * moves)
                decided[node] = node.gate.forward(*[decided[one] for one in node.inputs], **node.settings)
                if node.gate.is_flat:
                    found[node] = decided[node]
            decided.setdefault(node, found[node])
    return [found[node] for node in nodes]


def rounding_error(nodes: Sequence[Node], values: Mapping[str, np.ndarray], exact: Sequence, seed: int = 0) -> list:
    """For each node how much ten units in the last place, made at every step, may come to in it."""
    generator = np.random.default_rng(seed)
    trials = [disturbed(nodes, values, generator) for _ in range(TRIALS)]
    with np.errstate(invalid="ignore"):
        spreads = [np.max([np.abs(trial[place] - one) for trial in trials], axis=0) for place, one in enumerate(exact)]
    return [spread / DISTURBANCE * 10 * 2.0**-53 for spread in spreads]
