"""Circuits and plots as objects that a notebook shows: a drawing is the command that makes it, run for a format."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import as_array, check_names, names_in, value_of
from backprop.cli.library.displays import text_of
from backprop.cli.library.texts import Expression, graph_of
from backprop.parser.printers.expression import shortest


class Drawing:
    """What `backprop graph` or `backprop plot` draws, with its options. A notebook shows it, `save` writes it.

    Raises ExpressionError for what the command refuses: here, and not where it is shown, which a notebook takes for a
    fault of the program.
    """

    def __init__(self, command: str, text: str, options: list[str]) -> None:
        self.command = command
        self.text = text
        self.options = options
        self.as_text = self.drawn("tree" if command == "graph" else "text").rstrip("\n")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, in the format of its ending: .svg, .png, .pdf and what else the command has.

        Raises ExpressionError where it cannot be drawn, and OSError where it cannot be written.
        """
        self._run(["-o", os.fspath(path)])

    def drawn(self, format: str) -> str:
        """It as text: `svg`, of a circuit `dot`, `mermaid` and `tree`, of a plot `text`."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "drawing"
            self._run(["--format", format, "-o", str(path)])
            return path.read_text(encoding="utf-8")

    def __repr__(self) -> str:
        return self.as_text

    def _repr_svg_(self) -> str | None:
        """None, with a message, where it can be drawn as text only: without matplotlib, or too large to be laid out."""
        try:
            return self.drawn("svg")
        except ExpressionError as error:
            print(error)
            return None

    def _run(self, output: list[str]) -> None:
        from backprop.cli.output.errors import message
        from backprop.cli.program import run

        with TemporaryDirectory() as folder:
            source = Path(folder) / "expression"
            source.write_text(self.text, encoding="utf-8")
            try:
                run([self.command, "-f", str(source), *self.options, "--quiet", *output])
            except (ExpressionError, OSError, MemoryError):
                raise
            except Exception as failure:  # of the command line: what is wrong is in its message
                said = str(message(failure)[0]).removeprefix("error: ")
                reason, _, cure = said.partition("\n")
                raise ExpressionError(reason, cure=cure.strip() or None) from None


def picture(expression: Expression, values: Mapping[str, Any] | None = None, /, **more_values: Any) -> Drawing:
    """The circuit of an expression at a point: the gates, and on every wire its value and gradient.

    Raises ExpressionError where the expression has no value there.
    """
    return drawing("graph", expression, {**(values or {}), **more_values}, ["--all"])


def plot(
    expression: Expression,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] = (),
    samples: int | None = None,
    log: str | None = None,
    **more_values: Any,
) -> Drawing:
    """A curve and its derivative over a range, a tuple of two bounds: `x=(-5, 5)`; over two ranges a contour.

    The other variables have values. As SVG it takes matplotlib, as text nothing.

    Raises ExpressionError where there is nothing to draw.
    """
    given = {**(values or {}), **more_values}
    ranges = {name: value for name, value in given.items() if is_range(value)}
    if not ranges:
        raise ExpressionError("no variable has a range", cure="give one a pair of bounds: x=(-5, 5)")
    options = [f"--wrt={name}" for name in names_in(wrt)]
    options += [f"--samples={samples}"] if samples is not None else []
    options += [f"--log={log}"] if log is not None else []
    options += [range_of(name, bounds) for name, bounds in ranges.items()]
    return drawing("plot", expression, {name: given[name] for name in given if name not in ranges}, options, ranges)


def drawing(
    command: str,
    expression: Expression,
    values: Mapping[str, Any],
    options: list[str],
    ranges: Collection[str] = (),
) -> Drawing:
    """Raises ExpressionError for what is no expression, and for names without a value or of no variable."""
    check_names(graph_of(expression, (values,)), {*values, *ranges})
    text = expression if isinstance(expression, str) else text_of(expression)
    return Drawing(command, text, [*options, *(f"{name}={text_of_value(name, values[name])}" for name in values)])


def range_of(name: str, bounds: tuple[Any, Any]) -> str:
    return f"{name}={':'.join(text_of_value(name, bound) for bound in bounds)}"


def is_range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


def text_of_value(name: str, value: Any) -> str:
    array = as_array(value, value_of(name))
    return text_of_number(array) if not np.ndim(array) else text_of_list(array.tolist())


def text_of_list(entries: Any) -> str:
    return f"[{', '.join(map(text_of_list, entries))}]" if isinstance(entries, list) else text_of_number(entries)


def text_of_number(number: Any) -> str:
    return shortest(float(number))
