"""What must hold for a gate, as functions that fail with every point where it does not.

A test calls them for each gate of the table, and for gates that are wrong on purpose.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.declaration.gate import Corner, Gate

from .building import (
    as_function,
    as_function_of_value,
    compiled_tangent,
    compiled_twice_and_mixed,
    first_derivatives,
    single,
    tangent_of,
    typed_for,
    value_and_gradients,
    value_of,
)
from .differences import central_difference
from .oracles import is_close, nearest_double

Truths = Callable[[tuple[float, ...]], Any]


def arrays(operands: Sequence[Any]) -> tuple[Any, ...]:
    """A sample's operands: nested tuples as arrays, numbers as they are."""
    return tuple(np.array(one, dtype=float) if isinstance(one, (tuple, list)) else one for one in operands)


def complain(faults: Sequence[str]) -> None:
    assert not faults, "\n".join(faults)


def holes(gate: Gate) -> list[str]:
    """What a declaration lacks or says wrongly."""
    found = [f"no {field}" for field in ("summary", "source") if not getattr(gate, field).strip()]
    is_said_by_slope = gate.habit is None and gate.has_local and not gate.is_flat and len(gate.operands) == 1
    found += ["no habit"] * (not is_said_by_slope and not (gate.habit or "").strip())
    if not gate.samples and gate.expand is None:  # a gate that is replaced by others is never evaluated itself
        found.append("no samples")
    least, most = gate.least_operands, gate.most_operands or math.inf
    for sample in gate.samples:
        if not least <= len(sample.operands) <= max(most, len(gate.operands)):
            found.append(f"sample {sample}: {len(sample.operands)} operands")
        if set(sample.attributes) - set(gate.attributes):
            found.append(f"sample {sample}: unknown attributes")
    for corner in gate.corners:
        if not least <= len(corner.operands) <= max(most, len(gate.operands)):
            found.append(f"corner {corner}: {len(corner.operands)} operands")
        if len(corner.gradients) != len(corner.operands):
            found.append(f"corner {corner}: {len(corner.gradients)} gradients for {len(corner.operands)} operands")
    return found


def unit_directions(operands: Sequence[Any], place: int) -> list[Any]:
    """Ones for the operand at `place`, no direction for the others."""
    return [np.ones(np.shape(one)) if at == place else None for at, one in enumerate(operands)]


def check_oracle(
    gate: Gate, points: Sequence[tuple[float, ...]], attributes: Mapping[str, Any], truths: Truths
) -> None:
    """Value and each partial, in both modes, on scalars and as arrays, against mpmath at the exact doubles."""
    faults = []
    graph = single(gate, len(points[0]), attributes)
    columns = tuple(np.array(column) for column in zip(*points, strict=True))
    whole_value, whole_gradients = value_and_gradients(graph, columns)
    places = range(len(points[0]))
    typed = typed_for(graph, points[0])
    tangents = [compiled_tangent(typed, unit_directions(points[0], place)) for place in places]
    for row, point in enumerate(points):
        truth = truths(point)
        value, gradients = value_and_gradients(graph, point)
        number = truth.value()
        if number is None:
            if not math.isnan(value) and not math.isinf(value):
                faults.append(f"{gate.name}{point}: value {value!r}, but it is defined nowhere near")
            continue
        for kind, mine in (("scalar", value), ("array", whole_value[row])):
            if not is_close(mine, number, truth.condition_of_value):
                faults.append(f"{gate.name}{point}, {kind}: value {float(mine)!r}, not {float(number)!r}")
        for place in range(len(point)):
            number = truth.partial(place)
            if number is None:
                continue
            found = {
                "reverse": gradients[place],
                "array": whole_gradients[place][row],
                "forward": tangents[place](point),
            }
            for kind, mine in found.items():
                if not is_close(mine, number, lambda truth=truth, place=place: truth.condition_of_partial(place)):
                    faults.append(f"{gate.name}{point}, {kind}: partial {place} {float(mine)!r}, not {float(number)!r}")
    complain(faults)


def check_second_derivatives(
    gate: Gate, points: Sequence[tuple[float, ...]], attributes: Mapping[str, Any], truths: Truths
) -> None:
    """The reverse pass run on itself, and forward on reverse, against mpmath's second partials."""
    faults = []
    if not points:
        return
    typed = typed_for(single(gate, len(points[0]), attributes), points[0])
    gradient = first_derivatives(typed, 1.0)
    programs = []
    for first in range(len(points[0])):
        weights = [1.0 if place == first else None for place in range(len(points[0]))]
        programs.append(compiled_twice_and_mixed(typed, gradient, weights, weights))
    for point in points:
        truth = truths(point)
        if truth.value() is None:
            continue
        for first in range(len(point)):
            reverse, forward = programs[first](point)
            for second in range(len(point)):
                number = truth.second_partial(first, second)
                if number is None or math.isinf(nearest_double(number)):
                    continue  # partials that overflow may meet as inf - inf

                def condition(truth=truth, first=first, second=second):
                    return truth.condition_of_second_partial(first, second)

                for kind, mine in (("twice", reverse[second]), ("forward", forward[second])):
                    if not is_close(mine, number, condition):
                        faults.append(
                            f"{gate.name}{point}, {kind}: d2/d{first}d{second} {float(mine)!r}, not {float(number)!r}"
                        )
    complain(faults)


def check_modes_agree(gate: Gate, operands: Sequence[Any], attributes: Mapping[str, Any], seed: int = 0) -> None:
    """<upstream, J direction> is <J^T upstream, direction>, and a gradient has its operand's shape."""
    generator = np.random.default_rng(seed)
    graph = single(gate, len(operands), attributes)
    typed = typed_for(graph, operands)
    upstream = generator.uniform(0.5, 1.5, typed.result.shape)
    directions = [generator.uniform(0.5, 1.5, np.shape(one)) * np.where(one == 0, 1.0, one) for one in operands]
    _, gradients = value_and_gradients(graph, operands, upstream)
    for operand, gradient in zip(operands, gradients, strict=True):
        assert np.shape(gradient) == np.shape(operand), f"{gate.name}: gradient of another shape"
    tangent = compiled_tangent(typed, directions)(operands)
    assert np.shape(tangent) == np.shape(upstream), f"{gate.name}: tangent of another shape"
    forward = upstream * tangent
    backward = [gradient * direction for gradient, direction in zip(gradients, directions, strict=True)]
    size = np.sum(np.abs(forward)) + sum(np.sum(np.abs(one)) for one in backward)
    difference = abs(np.sum(forward) - sum(np.sum(one) for one in backward))
    assert difference <= 1e-12 * size, f"{gate.name}{operands}: the modes differ by {difference}"


def check_differences(
    gate: Gate,
    operands: Sequence[Any],
    attributes: Mapping[str, Any],
    modes: Sequence[str] = ("reverse", "forward"),
    seed: int = 0,
) -> bool:
    """The derivative along a random direction against central differences, where those are sharp: whether they were.

    They are where their own error estimate is 1e-9 of the derivative; a rule must then agree to 1e-7.
    """
    generator = np.random.default_rng(seed)
    graph = single(gate, len(operands), attributes)
    typed = typed_for(graph, operands)
    upstream = generator.uniform(0.5, 1.5, typed.result.shape)
    directions = [generator.uniform(0.5, 1.5, np.shape(one)) for one in operands]
    value = as_function_of_value(typed)

    def along(step: float) -> float:
        moved = [one + step * direction for one, direction in zip(operands, directions, strict=True)]
        return float(np.sum(upstream * value(moved)))

    numeric, error = central_difference(along)
    is_nothing = abs(numeric) <= error <= 1e-9
    if not is_nothing and not error <= 1e-9 * abs(numeric):
        return False
    allowed = 1e-9 if is_nothing else 1e-7 * abs(numeric)
    for mode in modes:
        if mode == "reverse":
            _, gradients = value_and_gradients(graph, operands, upstream)
            mine = sum(float(np.sum(one * direction)) for one, direction in zip(gradients, directions, strict=True))
        else:
            mine = float(np.sum(upstream * compiled_tangent(typed, directions)(operands)))
        assert abs(mine - numeric) <= allowed, f"{gate.name}{operands}, {mode}: {mine!r}, not {numeric!r}"
    return gate.is_flat or not is_nothing


def check_second_differences(gate: Gate, operands: Sequence[Any], attributes: Mapping[str, Any], seed: int = 0) -> bool:
    """The gradient of <weights, gradient> against central differences of the gradient, where sharp: whether so.

    They are sharp also where they see nothing at all: most second derivatives of a linear gate are 0.
    """
    generator = np.random.default_rng(seed)
    typed = typed_for(single(gate, len(operands), attributes), operands)
    upstream = generator.uniform(0.5, 1.5, typed.result.shape)
    weights = [generator.uniform(0.5, 1.5, np.shape(one)) for one in operands]
    directions = [generator.uniform(0.5, 1.5, np.shape(one)) for one in operands]
    first = first_derivatives(typed, upstream)
    gradients = as_function(typed, first)

    def inner(left, right) -> float:
        return sum(float(np.sum(one * other)) for one, other in zip(left, right, strict=True))

    def along(step: float) -> float:
        moved = [one + step * direction for one, direction in zip(operands, directions, strict=True)]
        return inner(gradients(moved), weights)

    by_reverse, by_forward = compiled_twice_and_mixed(typed, first, weights, directions)(operands)
    twice, mixed = inner(by_reverse, directions), inner(by_forward, weights)
    numeric, error = central_difference(along)
    if abs(numeric) <= error <= 1e-9:
        assert abs(twice) <= 1e-9 and abs(mixed) <= 1e-9, f"{gate.name}{operands}: {twice!r}, {mixed!r}, not 0"
        return True
    if not error <= 1e-8 * abs(numeric):
        return False
    for kind, mine in (("twice", twice), ("forward", mixed)):
        assert abs(mine - numeric) <= 1e-6 * abs(numeric), f"{gate.name}{operands}, {kind}: {mine!r}, not {numeric!r}"
    return True


def check_corner(gate: Gate, corner: Corner) -> None:
    """The declared value and gradients, exactly: by reverse mode, and by forward mode entry by entry."""
    operands = arrays(corner.operands)
    graph = single(gate, len(operands))
    value, gradients = value_and_gradients(graph, operands)
    np.testing.assert_array_equal(value, corner.value, f"{gate.name}{corner.operands}: value")
    for place, (gradient, expected) in enumerate(zip(gradients, arrays(corner.gradients), strict=True)):
        np.testing.assert_array_equal(gradient, expected, f"{gate.name}{corner.operands}: gradient {place}")
        for entry in np.ndindex(np.shape(operands[place])):
            direction = np.zeros(np.shape(operands[place]))
            direction[entry] = 1.0
            directions = [direction[()] if at == place else None for at in range(len(operands))]
            tangent = tangent_of(graph, operands, directions)
            wanted = np.asarray(expected)[entry]
            np.testing.assert_array_equal(tangent, wanted, f"{gate.name}{corner.operands}: tangent {place}{entry}")


def check_linear(gate: Gate, operands: Sequence[Any], attributes: Mapping[str, Any], places: Sequence[int]) -> None:
    """f(2x - 3y) is 2f(x) - 3f(y) in the operands at `places` together, the others held; and f(0) is 0."""
    generator = np.random.default_rng(0)
    graph = single(gate, len(operands), attributes)
    others = [generator.uniform(0.5, 1.5, np.shape(one)) if at in places else one for at, one in enumerate(operands)]
    both = [2 * x - 3 * y if at in places else x for at, (x, y) in enumerate(zip(operands, others, strict=True))]
    none = [np.zeros(np.shape(one)) if at in places else one for at, one in enumerate(operands)]
    expected = 2 * value_of(graph, operands) - 3 * value_of(graph, others)
    np.testing.assert_allclose(value_of(graph, both), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(value_of(graph, none), np.zeros(np.shape(expected)))
