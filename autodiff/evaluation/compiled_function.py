"""`compile`: an expression as a function of many rows, its gradients with it. batched_program.py runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation import threads
from backprop.autodiff.evaluation.batched_gradients import plan_gradients
from backprop.autodiff.evaluation.batched_lowering import RowPlan
from backprop.autodiff.evaluation.batched_program import RowProgram
from backprop.autodiff.evaluation.binding import (
    as_array,
    as_numbers,
    check_names,
    defaults_beside,
    names_in,
    selected,
    value_of,
)
from backprop.autodiff.evaluation.columns import columns_of, entries_of
from backprop.autodiff.evaluation.flat_program import FlatProgram, are_numbers, flat_program, is_run_by_gates
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.recent import Recent
from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.passes.spelling import spelled
from backprop.autodiff.shapes import Array, Shape

MOST_PLANS = 16  # kept for the shapes that came before, each with the memory of a block of rows for each thread
MOST_STEPS = 2**18  # of them together
MAPPINGS = dict, Mapping  # a dict is sooner known to be of the first
OUT = "out"  # the argument for the caller's arrays, and perhaps a variable's name


class Kind(NamedTuple):
    """What a plan is for: the shape of one row's value of a variable, and whether rows differ in it."""

    name: str
    shape: Shape
    varies: bool


class NumbersAlone:
    """The program for numbers alone, which are one row, None where it is NumPy's, and the names of its gradients."""

    __slots__ = ("places", "program")

    def __init__(self, program: FlatProgram | None, names: Sequence[str]) -> None:
        self.program = program
        self.places = [(name, slice(place, place + 1)) for place, name in enumerate(names, 1)]

    @property
    def size(self) -> int:
        return 0 if self.program is None else self.program.size

    def results(self, numbers: Iterable[float]) -> tuple[Any, dict[str, Any]] | None:
        """What a call returns, views of one array; None where it is left to NumPy."""
        found = None if self.program is None else self.program.run(numbers)
        if found is None:
            return None
        together = np.array(found)
        return together[:1], {name: together[place] for name, place in self.places}


class Plan(NamedTuple):
    """The rows' plan, the variables that its gradients are by, and the program where no number comes with the call."""

    rows: RowPlan
    names: tuple[str, ...]
    program: RowProgram | None


def size_of(plan: Plan) -> int:
    return len(plan.rows.steps)


def size_of_numbers(numbers: NumbersAlone) -> int:
    return numbers.size


class CompiledFunction:
    """`f(x=xs, y=ys)`: the expression's value and gradients in each row. It pickles; threads may share it."""

    def __init__(
        self, graph: Graph, wrt: Iterable[str] | None, fixed: Mapping[str, Any] | None, gradients: bool
    ) -> None:
        self.graph = graph
        self.wrt = None if wrt is None else names_in(wrt)
        self.fixed = {name: as_array(value, value_of(name)) for name, value in (fixed or {}).items()}
        self.gradients = gradients
        self._plans = Recent(MOST_PLANS, MOST_STEPS)
        self._numbers = Recent(MOST_PLANS, MOST_STEPS)
        for name in (*self.fixed, *(self.wrt or ())):
            if name not in graph.inputs:
                selected(graph, self.fixed, [name])

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledFunction, (self.graph, self.wrt, self.fixed, self.gradients)

    def __call__(
        self, columns: Any = None, /, *, out: Any = None, **more_columns: Any
    ) -> tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]:
        """The values, (rows, *the output's shape), and the gradients by name, (rows, *the variable's shape).

        `columns` is a mapping or a data frame, of which the columns that the expression has are taken. An array has
        the rows along its first axis; a number holds for all rows, and numbers alone are one row. `out`, what an
        earlier call returned or arrays like these, is filled and returned; of an expression with a variable of that
        name it is the variable, unless `columns` has it. Raises ExpressionError for missing and unknown names, for
        what is no number, where the numbers of rows differ, where shapes do not fit, and for arrays of `out` that
        cannot be filled.
        """
        if out is None and (columns is None or isinstance(columns, MAPPINGS)):
            row = more_columns if not columns else {**columns, **more_columns} if more_columns else columns
            numbers = row.values()
            if are_numbers(numbers):
                found = self._numbers_alone(row).results(numbers)
                if found is not None:
                    return found
        free = [name for name in self.graph.variables if name not in self.fixed and name not in more_columns]
        given = {**columns_of(columns, free), **more_columns}
        if out is not None and OUT in free and OUT not in given:
            given[OUT], out = out, None
        varying, held = self._split(given)
        rows = _rows(varying)
        kinds = [Kind(name, array.shape[1:], True) for name, array in varying.items()]
        kinds += [Kind(name, np.shape(value), False) for name, value in held.items()]
        plan = self._plan(tuple(sorted(kinds)))
        program = plan.program or RowProgram(plan.rows, held)
        turned = {name: np.moveaxis(array, 0, -1) for name, array in varying.items()}
        shapes_of_results = [(rows, *shape) for shape in plan.rows.result_shapes]
        if out is None:
            results = [np.empty(shape) for shape in shapes_of_results]
        else:
            from backprop.autodiff.evaluation.given_results import given_results  # here, not above: few calls have any

            results = given_results(out, plan.names, shapes_of_results, varying)
        targets = [np.moveaxis(np.asarray(array), 0, -1) for array in results]

        def work(start: int, stop: int) -> None:
            program.run(
                {name: array[..., start:stop] for name, array in turned.items()},
                [array[..., start:stop] for array in targets],
            )

        threads.over_rows(work, rows, plan.rows.rows_worth_a_thread)
        value, *gradients = results
        return value, dict(zip(plan.names, gradients, strict=True))

    def table(self, columns: Any = None, /, **more_columns: Any) -> dict[str, np.ndarray[Any, Any]]:
        """The same as the columns that `backprop batch` writes: `value`, `grad_x`, of an array one for each entry."""
        values, gradients = self(columns, **more_columns)
        table = entries_of("value", values)
        for name, gradient in gradients.items():
            table |= entries_of(f"grad_{name}", gradient)
        return table

    def _split(self, given: Mapping[str, Any]) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Array]]:
        """The variables that rows differ in, and the values of the others."""
        for name in given:
            if name in self.fixed:
                raise ExpressionError(f"'{name}' has a fixed value", cure="leave it out of the call, or do not fix it")
        check_names(self.graph, {**self.fixed, **given})
        arrays = {name: as_numbers(value, value_of(name)) for name, value in given.items()}
        held = {name: as_array(value, value_of(name)) for name, value in arrays.items() if not value.ndim}
        held |= defaults_beside(self.graph, {**self.fixed, **given})
        return {name: value for name, value in arrays.items() if value.ndim}, {**self.fixed, **held}

    def _numbers_alone(self, row: Mapping[str, float]) -> NumbersAlone:
        key = (tuple(row), self.graph.state)
        found: NumbersAlone | None = self._numbers.find(key)
        return found or self._numbers.get(key, lambda: self._flat(row), size_of_numbers)

    @without_collection
    def _flat(self, row: Mapping[str, float]) -> NumbersAlone:
        _, held = self._split(row)
        typed = self.graph.typed({name: np.shape(value) for name, value in held.items()})
        names = selected(self.graph, held, self.wrt) if self.gradients else ()
        slopes = gradients(typed.result, [typed.named(name) for name in names]) if names else []
        results = spelled([typed.result, *slopes], is_run_by_gates)
        return NumbersAlone(flat_program(results, list(row), held), names)

    def _plan(self, kinds: tuple[Kind, ...]) -> Plan:
        plan: Plan = self._plans.get((kinds, self.graph.state), lambda: self._lowered(kinds), size_of)
        return plan

    @without_collection
    def _lowered(self, kinds: tuple[Kind, ...]) -> Plan:
        names = selected(self.graph, [kind.name for kind in kinds], self.wrt) if self.gradients else ()
        typed = self.graph.typed({kind.name: kind.shape for kind in kinds})
        plan = plan_gradients(typed, names, [kind.name for kind in kinds if kind.varies])
        is_complete = all(kind.varies or kind.name in self.fixed for kind in kinds)
        return Plan(plan, names, RowProgram(plan, self.fixed) if is_complete else None)


def compile(
    graph: Graph,
    *,
    wrt: Iterable[str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    gradients: bool = True,
) -> CompiledFunction:
    """A function of many rows: `values, grads = compile(graph)(x=xs, y=ys)`, in one sweep on every core.

    `fixed` values hold for all rows. `grads` has each variable's gradient of the output (of the sum of its entries),
    those of `wrt` only where it is given, none without `gradients`. Raises ExpressionError for names that are not in
    the expression and values that are no numbers. Source: Griewank & Walther (2008), section 3.2.
    """
    return CompiledFunction(graph, wrt, fixed, gradients)


def _rows(varying: Mapping[str, np.ndarray[Any, Any]]) -> int:
    """How many rows there are, one where no variable has any. Raises ExpressionError where the variables disagree."""
    lengths: dict[int, list[str]] = {}
    for name, array in varying.items():
        lengths.setdefault(len(array), []).append(name)
    if len(lengths) > 1:
        parts = [f"{' and '.join(map(repr, names))} {length}" for length, names in lengths.items()]
        raise ExpressionError(
            f"the numbers of rows differ: {', '.join(parts)}",
            cure="give arrays with equally many rows along their first axis; a number holds for all rows",
        )
    for array in varying.values():
        shapes.bounded(array.shape[1:])
    return next(iter(lengths), 1)
