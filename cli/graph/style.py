"""How a circuit is to be drawn, as the options say it. Draws nothing."""

from __future__ import annotations

import math

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.graph.circuit import Circuit, ElementKind, PictureStyle
from backprop.cli.graph.folding import folded
from backprop.cli.output.output import Output
from backprop.cli.output.themes import THEMES
from backprop.cli.status import Failure

OWN_STYLE = ("html", "tree")  # formats that are drawn in one way only
LEAST_SCALE, MOST_SCALE = 0.05, 20.0


class StyleOptions(NamedTuple):
    """The options as they were given."""

    direction: str | None
    no_values: bool
    names: bool
    theme: str | None
    scale: float | None
    steps: str | None

    def draw(self, circuit: Circuit, output: Output) -> None:
        """Write the picture, or the series of them. Raises Failure."""
        if self.steps is None:
            output.render(self.styled(circuit, output.format))
            return
        from backprop.cli.graph.slides import write_series

        if output.path is not None:
            raise Failure(f"--steps {self.steps} and -o {output.path} contradict each other", "omit one of the two")
        format = "svg" if output.is_default else output.format
        write_series(self.styled(circuit, format), self.steps, format, output)

    def styled(self, circuit: Circuit, format: str) -> Circuit:
        """The circuit as it is to be drawn in a format. Raises Failure for what the format has not."""
        given = [f"--{name.replace('_', '-')}" for name, value in self._asdict().items() if value]
        if format in OWN_STYLE and given:
            raise Failure(
                f"{given[0]} is for pictures, not for {format}", f"omit it, or write .svg: --format svg {given[0]}"
            )
        if self.scale is not None and not (math.isfinite(self.scale) and LEAST_SCALE <= self.scale <= MOST_SCALE):
            raise Failure(
                f"--scale {self.scale:g} is not from {LEAST_SCALE:g} to {MOST_SCALE:g}", "1 is the usual size"
            )
        if format == "tree":
            return circuit
        theme, direction = THEMES[self.theme or "light"], self.direction or "right"
        style = PictureStyle(theme, direction, not self.no_values, self.scale or 1.0)
        return folded((named(circuit) if self.names else circuit)._replace(style=style))


def named(circuit: Circuit) -> Circuit:
    """The circuit with the name of every gate's result."""
    return circuit._replace(
        elements=tuple(
            element._replace(label=element.label or circuit.labels.get(element.node, ""))
            if element.kind is ElementKind.GATE
            else element
            for element in circuit.elements
        )
    )
