"""Arrays made from constants: they have no operands, and nothing flows back to them."""

from __future__ import annotations

import math
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, at
from backprop.autodiff.declaration.kinds import Leaf
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape

SHAPE = {"shape": Attribute(shapes.as_shape, REQUIRED, takes_rest=True)}
NOTHING = "has no gradient: it is constant"
DEFINITION = "by definition"


def as_length(value: Array) -> int:
    length = shapes.as_size(value)
    if length < 0:
        raise ExpressionError("a length is negative", cure="lengths start at 0")
    return length


def as_finite(value: Array) -> float:
    if np.ndim(value) or not np.isfinite(value):
        raise ExpressionError("expected a finite number", cure="give a constant")
    return float(value)


def as_limits(value: Array) -> tuple[float, ...]:
    """`stop`, `start, stop` or `start, stop, step`."""
    limits = tuple(as_finite(limit) for limit in np.ravel(value))
    if not 1 <= len(limits) <= 3 or (len(limits) == 3 and limits[2] == 0):
        raise ExpressionError("arange takes stop, or start and stop, or start, stop and a step that is not 0")
    return limits


def arange_rule(limits: tuple[float, ...]) -> Shape:
    start, stop, step = (0.0, *limits, 1.0) if len(limits) == 1 else (*limits, 1.0)[:3]
    count = (stop - start) / step
    if count == math.inf:
        raise ExpressionError("too many entries", cure="give a larger step")
    return (math.ceil(count) if count > 0 else 0,)


def arange_forward(limits: tuple[float, ...]) -> Array:
    """NumPy's, which refuses a stop that lies too far on the other side of the start: nothing is in between."""
    return np.arange(*limits, dtype=np.float64) if arange_rule(limits) != (0,) else np.empty(0)


def eye_rule(n: int, columns: int | None) -> Shape:
    return (n, n if columns is None else columns)


def whole(shape: Shape) -> Shape:
    return shape


def array(name: str, forward: Any, *, shape: Any, attributes: Any, summary: str, samples: Any, latex: str = "") -> Leaf:
    return Leaf(
        name,
        forward,
        attributes=attributes,
        shape=shape,
        summary=summary,
        habit=NOTHING,
        source=DEFINITION,
        code={"latex": latex} if latex else {},
        samples=samples,
    )


eye = array(
    "eye",
    lambda n, columns: np.eye(n, columns),
    attributes={"n": Attribute(as_length, REQUIRED), "columns": Attribute(as_length)},
    shape=eye_rule,
    latex=r"I_{<shape>}",
    summary="the identity matrix of n rows",
    samples=(at(n=2), at(n=2, columns=3)),
)
zeros = array(
    "zeros",
    lambda shape: np.zeros(shape)[()],
    attributes=SHAPE,
    shape=whole,
    latex=r"\mathbf 0_{<shape>}",
    summary="zeros(2, 3): an array of zeros of that shape",
    samples=(at(shape=(2, 3)),),
)
ones = array(
    "ones",
    lambda shape: np.ones(shape)[()],
    attributes=SHAPE,
    shape=whole,
    latex=r"\mathbf 1_{<shape>}",
    summary="ones(2, 3): an array of ones of that shape",
    samples=(at(shape=(2, 3)),),
)
linspace = array(
    "linspace",
    lambda start, stop, count: np.linspace(start, stop, count),
    attributes={
        "start": Attribute(as_finite, REQUIRED),
        "stop": Attribute(as_finite, REQUIRED),
        "count": Attribute(as_length, 50),
    },
    shape=lambda start, stop, count: (count,),
    summary="count numbers from start to stop, evenly spaced",
    samples=(at(start=0.0, stop=1.0, count=5),),
)
arange = array(
    "arange",
    arange_forward,
    attributes={"limits": Attribute(as_limits, REQUIRED, takes_rest=True)},
    shape=arange_rule,
    summary="arange(stop), arange(start, stop) or arange(start, stop, step), without stop",
    samples=(at(limits=(4.0,)), at(limits=(1.0, 2.0, 0.25))),
)
