"""The programs that compute derivatives at a point: made once for what they depend on, and kept with the graph.

Nearly all derivatives do without masks. What is not selected is a multiple of zero, and needs a mask only where the
other factor is inf or nan. Such a product is nan, and since derivatives are linear in it, so is a result. So a program
without masks runs first, and where a result is not finite, one with them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Generic, Protocol, TypeVar

from backprop.autodiff.evaluation.binding import shapes_of
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.flat_program import FlatProgram, flat_program, is_run_by_gates
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.kink_hits import provisional_hits, record
from backprop.autodiff.passes.spelling import spelled
from backprop.autodiff.shapes import Array


class Computation(Protocol):
    """What computes numbers from the values of a typed graph's inputs; of about `size` nodes and instructions."""

    @property
    def size(self) -> int: ...

    def compute(self, values: Mapping[str, Array]) -> Any: ...


Made = TypeVar("Made", bound=Computation)


class AtPoint(NamedTuple):
    """A program that is run once."""

    program: Program

    @property
    def size(self) -> int:
        return len(self.program.instructions)

    def compute(self, values: Mapping[str, Array]) -> list[Array]:
        return run(self.program, values)


class AtNumbers:
    """The values of `results` by functions of floats, and where these refuse, by a program as AtPoint has it.

    What is asked for again is worth more lowering: from the second time on gates that are run by others are spelled.
    """

    def __init__(self, flat: FlatProgram, results: Sequence[Node]) -> None:
        self.flat = flat
        self._results = results
        self._is_new, self._is_spelled = True, False
        self._otherwise: AtPoint | None = None

    @property
    def size(self) -> int:
        return self.flat.size

    def run(self, values: Mapping[str, Any]) -> Sequence[float] | None:
        """The results for these numbers, all of them finite; None where NumPy is to compute them."""
        if self._is_new:
            self._is_new = False
        elif not self._is_spelled:
            self._is_spelled = True
            results = spelled(self._results, is_run_by_gates)
            if results != self._results:
                self.flat = flat_program(results) or self.flat
        flat = self.flat
        return flat.run(map(values.__getitem__, flat.names))

    def compute(self, values: Mapping[str, Array]) -> Any:
        found = self.run(values)
        if found is not None:
            return found
        if self._otherwise is None:
            self._otherwise = AtPoint(lower(self._results))
        return self._otherwise.compute(values)


def at_point(results: Sequence[Node]) -> AtPoint | AtNumbers:
    """What computes the values of nodes of one typed graph."""
    flat = flat_program(results)
    return AtPoint(lower(results)) if flat is None else AtNumbers(flat, results)


class Kept(NamedTuple):
    """What was made in a graph typed by some shapes, and whether masks might count in it."""

    computation: Any
    is_selective: bool
    size: int


class Derived(Generic[Made]):
    """Derivatives of a graph: what `make` makes in the graph typed by the shapes of `arrays`.

    `asked` says, with these shapes, all that the result of `make` depends on. `arrays` has the values of inputs that
    `make` adds, too. Two threads may ask at once.
    """

    def __init__(
        self, graph: Graph, asked: Hashable, arrays: Mapping[str, Array], make: Callable[[Graph], Made]
    ) -> None:
        self.graph = graph
        self.shapes = shapes_of(arrays)
        self.key = (asked, tuple(self.shapes.items()), graph.state)
        self.arrays = arrays
        self.make = make

    @property
    def plain(self) -> Made:
        """The computation without masks."""
        made: Made = self._kept(True).computation
        return made

    @property
    def masked(self) -> Made:
        """The computation with them."""
        made: Made = self._kept(False).computation
        return made

    def numbers(self) -> Any:
        """The derivatives at the point."""
        kept = self._kept(True)
        if not kept.is_selective:
            return kept.computation.compute(self.arrays)
        with provisional_hits() as hits:
            derivatives = kept.computation.compute(self.arrays)
        if are_finite(derivatives):
            record(hits)
            return derivatives
        return self.masked.compute(self.arrays)

    def _kept(self, is_plain: bool) -> Kept:
        kept: Kept = self.graph.programs.get((is_plain, self.key), lambda: self._made(is_plain), sizes)
        return kept

    @without_collection
    def _made(self, is_plain: bool) -> Kept:
        typed = self.graph.typed(self.shapes)
        is_selective = any([node.gate.is_selection for node in typed.nodes])
        typed.is_plain = is_plain
        made = self.make(typed)
        return Kept(made, is_selective, len(typed.nodes) + made.size)


def sizes(kept: Kept) -> int:
    return kept.size


def are_finite(numbers: Iterable[Any]) -> bool:
    """Whether all are, in one sweep over each; too large a number is too large for this, too."""
    with np.errstate(all="ignore"):
        return all([isfinite(np.vdot(number, number) if np.ndim(number) else number) for number in numbers])


def seed_input(typed: Graph, name: str, arrays: Mapping[str, Array]) -> Node:
    """The node of an input for a seed; 1 where it has no value among `arrays`, which makes shorter programs."""
    return typed.input(name, np.shape(arrays[name])) if name in arrays else typed.constant(1.0)


def seeds_of(kind: str, directions: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the inputs for directions of variables, by the names that `seed_name` gives them, but ones.

    The directions are numbers and arrays.
    """
    return {
        seed_name(kind, name): value
        for name, value in directions.items()
        if getattr(value, "shape", ()) or value != 1.0
    }


def seed_name(kind: str, name: str) -> str:
    """What an input for a variable's seed is called; no variable can have its name, which has blanks."""
    return f"{kind} of {name}"
