"""Second derivatives where several kinks meet: along the ray of what was differentiated by last.

There is no mean of sides: the square of the sum of two radii, (|v| + |w|)^2, has |v||w| in it, whose second derivative
depends on the direction and is 0 in no mean. But it has partial derivatives: on a ray, here the axis of a variable,
radii and other kinks are smooth, so that the derivative of a gradient along it is what its terms are there.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 14.2, on directional derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.side_means import ROUNDING, Numbers, are_equal
from backprop.autodiff.shapes import Shape

MOST_RAYS = 127  # of one derivative
LARGEST_ERROR = 1000.0 * ROUNDING  # of terms that are opposite on opposite sides


class Rays(NamedTuple):
    """What some derivatives were differentiated by, from which the ray of each follows.

    In reverse mode each was by an input, whose name is in `names`, or None for another node. In forward mode all were
    by the inputs that `seeds` names, each with its direction.
    """

    names: tuple[str | None, ...]
    seeds: dict[str, Node] | None

    def steps(self, position: int, shape: Shape, seeds: Sequence[Numbers]) -> dict[str, Numbers] | None:
        """How each input moves along the rays of a derivative of this shape, and then along their opposites.

        Each is (*the input's shape, rows or 1, 2 * rays). `seeds` gives the values of the seeds, each
        (*its shape, rows). None where it is not known.
        """
        if self.seeds is not None:
            return {name: np.stack([seed, -seed], axis=-1) for name, seed in zip(self.seeds, seeds, strict=True)}
        name, count = self.names[position], math.prod(shape)
        if name is None or count > MOST_RAYS:
            return None
        axes = np.eye(count).reshape((*shape, 1, count))
        return {name: np.concatenate([axes, -axes], axis=-1)}

    def means(self, values: Numbers) -> Numbers:
        """Of values along the rays, (*shape, rows, 2 * rays), each entry's on its own, without rounding where alike."""
        if self.seeds is None:
            *shape, rows, count = values.shape
            half = count // 2
            entries, flat = np.arange(half), values.reshape((half, rows, count))
            own = np.stack([flat[entries, :, entries], flat[entries, :, entries + half]], axis=-1)
            values = own.reshape((*shape, rows, 2))
        with np.errstate(all="ignore"):
            means: Numbers = np.where(are_equal(values), values[..., 0], np.mean(values, axis=-1))
        return means


def meet(results: Sequence[Node]) -> bool:
    """Whether derivatives depend on a radius and on another kink, so that both may be hit."""
    nodes = needed(results)
    radii = {node.gate.form.test(*node.inputs) for node in nodes if node.gate.form}
    others = {node.inputs for node in nodes if node.gate.has_sides}
    return bool(radii) and len(radii) + len(others) > 1


def have_no_mean(values: Numbers, means: Numbers) -> Numbers:
    """Where the values on opposite sides have another mean than that which leaves out what is opposite there.

    Both are (*shape, rows, directions), the opposite directions after the others.
    """
    half = values.shape[-1] // 2
    with np.errstate(all="ignore"):
        left_out = (values[..., :half] + values[..., half:]) - (means[..., :half] + means[..., half:])
        scale = np.abs(values[..., :half]) + np.abs(values[..., half:])
        differ = np.isfinite(left_out) & (np.abs(left_out) > LARGEST_ERROR * scale)
    result: Numbers = np.any(differ, axis=-1)
    return result
