"""`%backprop` and `%%backprop` of a notebook, after `%load_ext backprop`. IPython brings the shell."""

from __future__ import annotations

import shlex
from typing import Any

from backprop.autodiff.derivatives.trace import Trace
from backprop.autodiff.errors import ExpressionError
from backprop.cli.library.graphs import parse
from backprop.cli.library.steps import trace
from backprop.parser import parse_constant


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext backprop` calls."""

    def backprop(line: str, cell: str | None = None) -> Trace | None:
        """Show every node's value and gradient: of `%backprop "(x+y)*z" x=-2 y=5 z=-4`, or of the cell's text.

        Variables that the line gives no value are those of the notebook.
        """
        try:
            return traced(line, cell, shell.user_ns)
        except ExpressionError as error:
            print(error)
            return None

    shell.register_magic_function(backprop, "line_cell", "backprop")


def traced(line: str, cell: str | None, notebook: dict[str, Any]) -> Trace:
    """The trace that a magic asks for, with the values of its line before those of the notebook."""
    words = shlex.split(line)
    if cell is None:
        if not words:
            raise ExpressionError("no expression was given", cure='for example: %backprop "x^2" x=3')
        cell = words.pop(0)
    values = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign:
            raise ExpressionError(f"'{word}' is not a value", cure=f"write {word}=1, the expression in quotes")
        values[name] = parse_constant(text)
    graph = parse(cell)
    unset = [name for name in graph.variables if name not in values and name in notebook]
    return trace(graph, values | {name: notebook[name] for name in unset if name not in graph.defaults})
