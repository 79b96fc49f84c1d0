"""The whole gate table: all families in their order. Imported where gates are listed, or nobody knows who has one."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import Binding
from backprop.autodiff.declaration.table import METHODS, NAMED
from backprop.autodiff.gates import (
    activations,
    arithmetic,
    arrays,
    bessel,
    beta,
    compositions,
    constructors,
    contraction,
    differential,
    directions,
    even,
    exponential,
    implicit,
    incomplete,
    inverse_normal,
    kinked,
    labels,
    lambert,
    legs,
    limits,
    linear_algebra,
    logic,
    minors,
    ordering,
    placement,
    quantiles,
    radial,
    reciprocal,
    reductions,
    relative_exponential,
    rounding,
    selection,
    shares,
    slopes,
    special,
    trigonometric,
    units,
)

# Each holds another node for the passes, or is differentiated as it is at one point, or everywhere but there.
OF_NO_FAMILY = (
    radial.in_form,
    limits.apart,
    limits.even_series,
    *directions.GATES,
    *(units.unit, units.unit_turn),
    *(reductions.scores, reductions.scores_turn),
)
FAMILIES: dict[str, tuple[Gate, ...]] = {
    family.__name__.rpartition(".")[2]: tuple(
        gate for gate in vars(family).values() if isinstance(gate, Gate) and gate not in OF_NO_FAMILY
    )
    for family in (
        arithmetic,
        rounding,
        logic,
        selection,
        exponential,
        trigonometric,
        reciprocal,
        relative_exponential,
        activations,
        special,
        beta,
        incomplete,
        bessel,
        inverse_normal,
        lambert,
        reductions,
        radial,
        legs,
        limits,
        even,
        shares,
        linear_algebra,
        minors,
        contraction,
        arrays,
        placement,
        constructors,
        differential,
        implicit,
        slopes,
        kinked,
        labels,
        ordering,
        compositions,
        quantiles,
    )
}
GATES: tuple[Gate, ...] = tuple(gate for family in FAMILIES.values() for gate in family)
NAMED.update({gate.name: gate for gate in (*GATES, *OF_NO_FAMILY)})


def _functions() -> dict[str, tuple[Gate, ...]]:
    functions: dict[str, tuple[Gate, ...]] = {}
    for gate in GATES:
        for name in (gate.called, *gate.aliases) if gate.is_function else ():
            functions[name] = (*functions.get(name, ()), gate)
    return functions


# A name may mean several gates: the one that takes as many operands as are given is meant.
FUNCTIONS: dict[str, tuple[Gate, ...]] = _functions()

OPERATORS: dict[str, Gate] = {sign: gate for sign, gate in METHODS.items() if isinstance(sign, str) and gate.is_public}


def places() -> dict[str, Any]:
    """Where gates are declared, as plain data: of each function the gates, of what finds one its module.

    A gate that a program has declared in memory stands in no module.
    """
    modules = [module for module in globals().values() if isinstance(module, ModuleType)]
    place = {
        gate: (module.__name__, name)
        for module in modules
        for name, gate in vars(module).items()
        if isinstance(gate, Gate)
    }
    return {
        "functions": {name: [place[gate] for gate in gates] for name, gates in FUNCTIONS.items()},
        "methods": {key: place[gate][0] for key, gate in METHODS.items() if gate in place},
        "binders": [name for name, (gate, *_) in FUNCTIONS.items() if isinstance(gate.notation, Binding)],
    }
