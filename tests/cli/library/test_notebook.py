"""The notebook beside this file, executed cell by cell without Jupyter: its outputs must be those that it keeps.

It keeps no circuits and no explanations, which tests of their own look at.
"""

from __future__ import annotations

import ast
import json
from importlib import import_module
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).with_name("notebook.ipynb")
KINDS = {
    "text/plain": "__repr__",
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
}


class Shell:
    """As much of IPython's shell as an extension meets."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Any] = {}

    def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
        assert magic_kind == "line_cell"
        self.magics[magic_name] = function

    def run(self, source: str) -> Any:
        """The value of the last expression of a cell, or what its magic gives."""
        first, _, rest = source.partition("\n")
        name, _, line = first.lstrip("%").partition(" ")
        if first == f"%load_ext {line}":
            return import_module(line).load_ipython_extension(self)
        if first.startswith("%%"):
            return self.magics[name](line, rest)
        if first.startswith("%"):
            return self.magics[name](line)
        body = ast.parse(source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "<cell>", "exec"), self.user_ns)
        return eval(ast.unparse(last), self.user_ns) if last else None


def shown(result: Any) -> dict[str, str]:
    """What a notebook is given of a result, by the kinds of its texts."""
    return {kind: getattr(result, name)() for kind, name in KINDS.items() if hasattr(result, name)}


def test_the_notebook_gives_what_it_keeps(capsys):
    shell = Shell()
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            result = shell.run(cell["source"])
            printed = capsys.readouterr().out
            kept = [output.get("data") or output["text"] for output in cell["outputs"]]
            given = [*[printed] * bool(printed), *[shown(result)] * (result is not None)]
            assert len(given) == len(kept) and all(map(holds, given, kept)), cell["source"]


def holds(given: Any, kept: Any) -> bool:
    """Whether what is kept is what was given; where there are several kinds, of those that are kept."""
    return given == kept if isinstance(kept, str) else all(given.values()) and given | kept == given
