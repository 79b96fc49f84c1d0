"""The two leaves of every graph, and the constants that have a name."""

from __future__ import annotations

import math

from backprop.autodiff.declaration.gate import Attribute
from backprop.autodiff.declaration.kinds import Leaf
from backprop.autodiff.declaration.table import NAMED
from backprop.autodiff.lazy_numpy import np

NAMED_CONSTANTS = {"pi": math.pi, "tau": math.tau, "e": math.e, "inf": math.inf, "nan": math.nan}

input = Leaf(
    "input",
    forward=np.asarray,
    attributes={"name": Attribute(str)},
    summary="a variable",
    habit="collects the gradient",
    source="by definition",
    samples=(),
    is_public=False,
)
constant = Leaf(
    "constant",
    forward=np.asarray,
    attributes={"value": Attribute(np.float64), "name": Attribute(str)},
    summary="a number",
    habit="has no gradient",
    source="by definition",
    samples=(),
    is_public=False,
)
stand_in = Leaf(
    "stand_in",
    forward=np.asarray,
    attributes={"node": Attribute(lambda node: node)},
    shape=lambda node: node.shape,
    summary="a node of another graph",
    habit="is only printed",
    source="by definition",
    samples=(),
    is_public=False,
)
NAMED.update({leaf.name: leaf for leaf in (input, constant)})
