"""Which picture the options of `graph` ask for, and where it goes. Draws nothing itself."""

from __future__ import annotations

import os
import sys

import click

from backprop.autodiff.derivatives.trace import Trace
from backprop.cli.graph.circuit import Circuit, circuit_of
from backprop.cli.options.declarations import FILE, QUIET, VERBOSE, color_option, digits_option, shared, word_option
from backprop.cli.output.destination import byte_destination, destination
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look, Output, width_of
from backprop.cli.status import Failure

FORMATS = ("dot", "mermaid", "svg", "png", "pdf", "html", "tree")
ENDINGS = {
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".txt": "tree",
}
BINARY = ("png", "pdf")
MAXIMUM_NODES = 200
EXTRA = {"png": ("-Gdpi=144",)}  # sharp on today's screens


class Picture:
    """What `--format`, `--tree`, `-o`, `--all` and the output options say."""

    def __init__(
        self,
        *,
        format: str | None,
        tree: bool,
        path: str | None,
        all: bool,
        digits: int,
        color: str,
        quiet: bool,
        verbose: bool,
    ) -> None:
        if tree and format not in (None, "tree"):
            raise Failure(f"--tree and --format {format} contradict each other", "leave one of the two away")
        self.output = Output(
            format=None, json=False, path=path, digits=digits, color=color, quiet=quiet, verbose=verbose
        )
        if tree and self.output.path and self.by_ending() != "tree":
            raise Failure(f"--tree and -o {self.output.path} contradict each other", "give FILE the ending .txt")
        self.is_terminal = self.output.path is None and sys.stdout is not None and sys.stdout.isatty()
        self.format = "tree" if tree else format or self.by_ending()
        self.is_all = all
        if self.format in BINARY and self.is_terminal:
            raise Failure(f"a {self.format} is not for a terminal", f"write it to a file: -o graph.{self.format}")

    def by_ending(self) -> str:
        """What the file's ending says; dot where there is no file. Raises Failure for one that is not known."""
        path = self.output.path
        if not path:
            return "dot"
        ending = os.path.splitext(path)[1]
        if ending.lower() not in ENDINGS:
            said = f"the ending {ending} is none of a picture's" if ending else "the file's name has no ending"
            raise Failure(f"-o {path}: {said}", f"use {' '.join(ENDINGS)}, or say --format {'|'.join(FORMATS)}")
        return ENDINGS[ending.lower()]

    def write(self, found: Trace, text: str, derivative: str) -> None:
        """Draw the trace of an expression. Raises Failure where it is large, cannot be laid out or not be written."""
        if len(found.steps) > MAXIMUM_NODES and not self.is_all:
            raise Failure(
                f"the graph has {len(found.steps)} nodes: a picture of more than {MAXIMUM_NODES} is hard to read",
                "draw it all the same: --all",
            )
        if self.format == "html" and derivative != "gradient":
            raise Failure("a page walks through the reverse pass", "leave --mode forward away, or write .svg")
        circuit = circuit_of(found, text, derivative)
        number = rounded(self.output.digits)
        if self.format == "tree":
            self.write_tree(circuit, number)
        elif self.format == "mermaid":
            from backprop.cli.graph import mermaid

            self.write_text(mermaid.write(circuit, number))
        elif self.format == "html":
            from backprop.cli.graph import page

            written, remark = page.write(found, circuit, text, self.output.digits)
            self.write_text(written)
            if remark:
                self.output.note(remark)
        else:
            self.write_graph(circuit, number)

    def write_graph(self, circuit: Circuit, number: Writer) -> None:
        """The circuit in Graphviz's language, or as its `dot` draws it."""
        from backprop.cli.graph import dot, graphviz

        text = dot.write(circuit, number)
        if self.format == "dot":
            self.write_text(text)
            return
        drawn = graphviz.laid_out(text, self.format, *EXTRA.get(self.format, ()))
        with byte_destination(self.output.path) as stream:
            stream.write(drawn)

    def write_text(self, text: str) -> None:
        with destination(self.output.path) as stream:
            stream.write(text)

    def write_tree(self, circuit: Circuit, number: Writer) -> None:
        from backprop.cli.graph import tree

        with destination(self.output.path) as stream:
            width, is_colored = width_of(stream, self.is_terminal), self.output.is_colored(self.is_terminal)
            tree.write(
                circuit, number, stream, Look(self.format, self.output.digits, width, is_colored, self.is_terminal)
            )


picture_options = shared(
    "picture",
    Picture,
    word_option("--format", FORMATS, help="By default what the ending of FILE says, else dot."),
    click.option("--tree", is_flag=True, help="Show it as a tree in the terminal: --format tree."),
    FILE,
    click.option("--all", is_flag=True, help=f"Draw more than {MAXIMUM_NODES} nodes."),
    digits_option("Significant digits."),
    color_option("Colours in the tree."),
    QUIET,
    VERBOSE,
)
