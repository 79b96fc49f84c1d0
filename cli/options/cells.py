"""The option --cells: where the variables are in a sheet. Writes no formula."""

from __future__ import annotations

import re
from collections.abc import Collection

from backprop.cli.status import Failure
from backprop.parser.visible import visible

NAME = re.compile(r"\s*([^\W\d]\w*)((?:\[\d+\])*)\s*")
CURE = "as in --cells x=A2,y=B2; or '$C$1' for one cell, 'Sheet 2'!A2 for one of another sheet"


def cells_of(text: str, variables: Collection[str]) -> dict[str, str]:
    """The cell of each variable, or of each entry `x[0]`. Raises Failure for what is neither, or there twice."""
    from backprop.parser.printers.languages.excel import REFERENCE  # here, not above: few ask for it

    cells: dict[str, str] = {}
    for part in re.split(r",(?=[^,'!]+=)", text):
        name, _, cell = part.partition("=")
        match = NAME.fullmatch(name)
        if match is None or REFERENCE.fullmatch(cell.strip()) is None:
            raise Failure(f"--cells: '{visible(part)}' is not a variable and its cell", CURE)
        if match[1] not in variables:
            raise Failure(f"--cells: '{match[1]}' is not a variable", f"the variables are {', '.join(variables)}")
        if name.strip() in cells:
            raise Failure(f"--cells gives {name.strip()} twice", "omit one of them")
        cells[name.strip()] = cell.strip()
    return cells
