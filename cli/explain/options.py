"""How an explanation is written: which format, where to. Renders nothing itself."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

from backprop.autodiff.evaluation.garbage import without_collection
from backprop.cli.options.declarations import FILE, QUIET, VERBOSE, color_option, digits_option, shared, word_option
from backprop.cli.output.destination import destination
from backprop.cli.output.output import Look, Output, width_of
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.explain.steps import Explanation

FORMATS = ("text", "markdown", "latex", "json")  # each a module of this folder
ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".json": "json"}


class ExplanationOutput(Output):
    """The output options of one explanation."""

    @without_collection
    def write_explanation(self, explanation: Explanation, text: str) -> None:
        """Write it; `text` is the expression as the user wrote it."""
        format = self.chosen_format()
        with destination(self.path) as stream:
            is_terminal = self.path is None and stream.isatty()
            look = Look(format, self.digits, width_of(stream, is_terminal), self.is_colored(is_terminal), is_terminal)
            import_module(f"backprop.cli.explain.{format}").write(explanation, stream, look, text)
            stream.flush()

    def chosen_format(self) -> str:
        """As `--format` says, else the file's ending. Raises Failure for an ending that says something else."""
        ending = os.path.splitext(self.path or "")[1].lower()
        if self.format is None and ending and ending not in ENDINGS:
            raise Failure(
                f"-o {self.path}: no format has the ending {ending}",
                f"end it with {', '.join(ENDINGS)}, or give --format",
            )
        return self.format or ENDINGS.get(ending, "text")


explanation_options = shared(
    "output",
    ExplanationOutput,
    word_option("--format", FORMATS, help="By default what the ending of FILE says (.txt .md .tex .json), else text."),
    click.option("--json", is_flag=True, help="The same as --format json."),
    FILE,
    digits_option("Significant digits, except in JSON."),
    color_option("Colours in text."),
    QUIET,
    VERBOSE,
)
