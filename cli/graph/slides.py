"""A circuit as a series of pictures for slides: the numbers appear as both passes find them. Knows no format."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from backprop.cli.graph.circuit import Circuit, ElementKind, Shown
from backprop.cli.output.output import Output
from backprop.cli.status import Failure

FORMATS = ("svg", "png", "pdf", "dot")
MOST_SLIDES = 500


def write_series(circuit: Circuit, folder: str, format: str, output: Output) -> None:
    """Write the pictures into the folder, 01.svg being the first. Raises Failure."""
    from backprop.cli.question.value_files import reason_of

    if format not in FORMATS:
        raise Failure(f"--steps: a series is of pictures, not of {format}", f"choose one of {', '.join(FORMATS)}")
    series = list(steps_of(circuit))
    if len(series) > MOST_SLIDES:
        raise Failure(f"--steps: there would be {len(series)} pictures", f"draw a graph of at most {MOST_SLIDES} steps")
    try:
        os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        raise Failure(f"--steps {folder}: {reason_of(error)}", "name a folder") from None
    digits = max(2, len(str(len(series))))
    names = [f"{number:0{digits}}.{format}" for number in range(1, len(series) + 1)]
    for name, shown in zip(names, series, strict=True):
        one = circuit._replace(style=circuit.style._replace(shown=shown))
        output.of("graph", os.path.join(folder, name), format).render(one)
    output.note(f"{len(names)} pictures are in {folder}: {names[0]} to {names[-1]}")


def steps_of(circuit: Circuit) -> Iterator[Shown]:
    """What each picture shows: first the wires alone, then the inputs, each gate's value, and the gradients back."""
    is_reverse = circuit.derivative == "gradient"
    values: set[int] = set()
    derivatives: set[int] = set()
    shares: set[int] = set()

    def shown(*active: int) -> Shown:
        return Shown(frozenset(values), frozenset(derivatives), frozenset(shares), frozenset(active))

    yield shown()
    numbers: dict[int, list[int]] = {}
    for element in circuit.elements:
        numbers.setdefault(element.node.index, []).append(element.number)
    gates = [element for element in circuit.elements if element.kind is ElementKind.GATE]
    inputs = [element for element in circuit.elements if element.kind is ElementKind.INPUT]
    for together in [inputs, *([gate] for gate in gates)]:
        for element in together:
            values.update(numbers[element.node.index])
            if not is_reverse:
                derivatives.update(numbers[element.node.index])
        if together:
            yield shown(*(element.number for element in together))
    if not is_reverse:
        return
    derivatives.add(circuit.output)
    yield shown(circuit.output)
    left = Counter(circuit.elements[wire.tail].node.index for wire in circuit.wires)
    for gate in reversed(gates):
        if gate.derivative is None:
            continue
        for index, wire in enumerate(circuit.wires):
            if wire.head == gate.number:
                tail = circuit.elements[wire.tail]
                shares.add(index)
                left[tail.node.index] -= 1
                if tail.kind is ElementKind.REPEAT:
                    derivatives.add(tail.number)
                if not left[tail.node.index]:
                    derivatives.update(numbers[tail.node.index])
        yield shown(gate.number)
