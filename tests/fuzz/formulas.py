"""Random formulas of scalars, vectors and matrices whose shapes fit: as text, and as series at 50 digits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial, reduce
from random import Random
from typing import Any, NamedTuple

import numpy as np

from backprop.autodiff.gates import FUNCTIONS

from ..autodiff.oracles import ORACLES
from .series import KINKED, TWO_OPERANDS, Series, entrywise, larger, routed, smaller

Shape = tuple[int, ...]
VARIABLES: dict[Shape, tuple[str, ...]] = {
    (): ("x", "y", "z"), (2,): ("u",), (3,): ("v",), (2, 2): ("A",), (2, 3): ("B",), (3, 2): ("C",), (3, 3): ("D",),
}  # fmt: skip
SHAPES = tuple(VARIABLES)
NUMBERS = (0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -2.0, 1.5, 0.1, 4.0)
EXTREMES = (1e-20, -1e-8, 1e10, 30.0, -40.0, 1e5)
ENTRYWISE = tuple(
    name
    for name in sorted(KINKED.keys() | ORACLES.keys())  # in the same order in every process
    if name in FUNCTIONS
    and FUNCTIONS[name][0].least_operands == 1
    and FUNCTIONS[name][0].name == name
    and not FUNCTIONS[name][0].attributes
)


class Formula(NamedTuple):
    """How it is written, with a place for each part; what it is as series; its shape."""

    template: str
    function: Callable[..., Any]
    parts: tuple[Formula, ...]
    shape: Shape

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """As the program reads it, variables written as `names` says."""
        written = [part.text(names) for part in self.parts]
        return self.template.format(*written) if written else (names or {}).get(self.template, self.template)

    def series(self, inputs: Mapping[str, Any]) -> Any:
        """A series, or an array of series."""
        if not self.parts:
            return self.function(inputs)
        return self.function(*(part.series(inputs) for part in self.parts))

    def variables(self) -> dict[str, Shape]:
        found = {name: shape for part in self.parts for name, shape in part.variables().items()}
        return {self.template: self.shape} if self.template in VARIABLES[self.shape] else found

    def inner(self) -> Iterator[Formula]:
        """The parts, and theirs: a product inside of a determinant is a number as the determinant is."""
        for part in self.parts:
            yield part
            yield from part.inner()

    def shorter(self) -> Iterator[Formula]:
        """The formula with one piece of it replaced by something shorter of the same shape."""
        if self.parts:
            yield from (part for part in self.inner() if part.shape == self.shape)
            yield variable(VARIABLES[self.shape][0], self.shape)
        for place, part in enumerate(self.parts):
            for other in part.shorter():
                yield self._replace(parts=(*self.parts[:place], other, *self.parts[place + 1 :]))


def variable(name: str, shape: Shape) -> Formula:
    return Formula(name, lambda inputs: inputs[name], (), shape)


def constant(entries: np.ndarray) -> Formula:
    def as_series(inputs: Mapping[str, Any]) -> Any:
        line = next(one.line for value in inputs.values() for one in np.ravel(value))
        return np.frompyfunc(line.series, 1, 1)(entries)

    text = written(entries)
    return Formula(f"({text})" if text.startswith("-") else text, as_series, (), entries.shape)  # -1^2 is -(1^2)


def written(entries: Any) -> str:
    """The number or the array as the program reads it."""
    return repr(np.asarray(entries, dtype=float).tolist()).replace(" ", "")


def leaf(random: Random, shape: Shape) -> Formula:
    if random.random() < 0.75:
        return variable(random.choice(VARIABLES[shape]), shape)
    return constant(np.array([random.choice(NUMBERS) for _ in range(int(np.prod(shape)))]).reshape(shape))


def formula(random: Random, shape: Shape = (), size: int = 4) -> Formula:
    """A formula of that shape with about `size` gates."""
    if size <= 0:
        return leaf(random, shape)
    template, function, shapes = random.choice(rules(random, shape))
    cuts = sorted(random.randint(0, size - 1) for _ in shapes[1:])
    sizes = [high - low for low, high in zip([0, *cuts], [*cuts, size - 1], strict=True)]
    return Formula(template, function, tuple(map(partial(formula, random), shapes, sizes)), shape)


Rule = tuple[str, Callable[..., Any], tuple[Shape, ...]]
INFIX = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({}*{})",
    "div": "({}/{})",
    "pow": "({}^{})",
    "mod": "({} % {})",
}


def rules(random: Random, shape: Shape) -> list[Rule]:
    """What can make that shape, each kind of gate about as often as another."""
    names, two = random.sample(ENTRYWISE, 3), random.choice(tuple(TWO_OPERANDS))
    arithmetic = random.choice(tuple(INFIX))
    shapes = random.choice(((shape, shape), (shape, ()), ((), shape), (shape, shape[1:])))
    found: list[Rule] = [
        *((f"{name}({{}})", np.frompyfunc(partial(entrywise, name), 1, 1), (shape,)) for name in names),
        ("(-{})", np.frompyfunc(Series.__neg__, 1, 1), (shape,)),
        (INFIX.get(two, f"{two}({{}}, {{}})"), np.frompyfunc(TWO_OPERANDS[two], 2, 1), shapes),
        (INFIX[arithmetic], np.frompyfunc(TWO_OPERANDS[arithmetic], 2, 1), shapes),
        ("where({} > {}, {}, {})", np.frompyfunc(routed, 4, 1), (shape,) * 4),
    ]
    n = random.choice((2, 3))
    if shape == ():
        array = random.choice(SHAPES[1:])
        name = random.choice(tuple(REDUCTIONS))
        place = tuple(random.randrange(length) for length in array)
        found += [
            (f"{name}({{}})", partial(along, REDUCTIONS[name], None), (array,)),
            (f"{{}}{list(place)}", lambda x: x[place], (array,)),
            ("({} @ {})", multiplied, ((n,), (n,))),
            (*random.choice(SQUARE), ((n, n),)),
        ]
    elif len(shape) == 1:
        m, place = shape[0], random.randrange(n)
        name, running = random.choice(tuple(REDUCTIONS)), random.choice(tuple(RUNNING))
        found += [
            (f"{name}({{}}, axis=0)", partial(along, REDUCTIONS[name], 0), ((n, m),)),
            (f"{name}({{}}, axis=1)", partial(along, REDUCTIONS[name], 1), ((m, n),)),
            (f"{running}({{}})", RUNNING[running], (shape,)),
            ("({} @ {})", multiplied, ((m, n), (n,))),
            ("solve({}, {})", lambda a, b: multiplied(inverse(a), b), ((m, m), shape)),
            ("diag({})", np.diag, ((m, m),)),
            (f"{{}}[{place}]", lambda x: x[place], ((n, m),)),
            (f"{{}}[:,{place}]", lambda x: x[:, place], ((m, n),)),
            (f"[{', '.join(['{}'] * m)}]", stacked, ((),) * m),
        ]
    else:
        n, m = shape
        found += [
            ("outer({}, {})", np.outer, ((n,), (m,))),
            ("({} @ {})", multiplied, ((n, 2), (2, m))),
            ("{}.T", np.transpose, ((m, n),)),
            (f"[{', '.join(['{}'] * n)}]", stacked, ((m,),) * n),
            *([("inv({})", inverse, (shape,))] if n == m else []),
        ]
    return found


def stacked(*entries: Any) -> Any:
    found = np.empty((len(entries), *np.shape(entries[0])), dtype=object)
    for place, one in enumerate(entries):
        found[place] = one
    return found


def multiplied(a: Any, b: Any) -> Any:
    return np.tensordot(a, b, axes=(-1, 0))[()]


def along(reduction: Callable[[list[Series]], Series], axis: int | None, x: Any) -> Any:
    """The reduction of all entries, or of those along an axis."""
    if axis is None:
        return reduction(list(x.ravel()))
    return stacked(*(reduction(list(one)) for one in np.moveaxis(x, axis, -1)))


def total(x: list[Series]) -> Series:
    return reduce(lambda one, other: one + other, x)


def mean(x: list[Series]) -> Series:
    return total(x) / len(x)


def variance(x: list[Series]) -> Series:
    middle = mean(x)
    return mean([(one - middle) * (one - middle) for one in x])


def log_of_sum(x: list[Series]) -> Series:
    return total([one.through("exp") for one in x]).through("log")


REDUCTIONS: dict[str, Callable[[list[Series]], Series]] = {
    "sum": total,
    "mean": mean,
    "prod": lambda x: reduce(lambda one, other: one * other, x),
    "var": variance,
    "std": lambda x: variance(x).root(),
    "min": lambda x: reduce(smaller, x),
    "max": lambda x: reduce(larger, x),
    "norm": lambda x: total([one * one for one in x]).root(),
    "logsumexp": log_of_sum,
}
RUNNING: dict[str, Callable[[Any], Any]] = {
    "cumsum": lambda x: stacked(*itertools.accumulate(x)),
    "softmax": lambda x: stacked(*(one.through("exp") / total([each.through("exp") for each in x]) for one in x)),
    "log_softmax": lambda x: stacked(*(one - log_of_sum(list(x)) for one in x)),
}


def determinant(a: Any) -> Series:
    if len(a) == 1:
        return a[0, 0]
    return total([(-1) ** column * (a[0, column] * determinant(minor(a, 0, column))) for column in range(len(a))])


def minor(a: Any, row: int, column: int) -> Any:
    return np.delete(np.delete(a, row, 0), column, 1)


def factored(a: Any) -> Any:
    """A matrix as an elimination sees it: off by roundings of its largest entry (Higham, 2002, theorem 9.3)."""
    size = max(abs(one.value) for one in a.ravel())
    return np.frompyfunc(lambda one: one.blurred(size), 1, 1)(a)


def inverse(a: Any) -> Any:
    a = factored(a)
    over = determinant(a)
    places = range(len(a))
    return stacked(*(stacked(*((-1) ** (i + j) * determinant(minor(a, j, i)) / over for j in places)) for i in places))


SQUARE = (
    ("det({})", lambda a: determinant(factored(a))),
    ("logdet({})", lambda a: determinant(factored(a)).through("log")),
    ("trace({})", lambda a: total(list(np.diag(a)))),
)
