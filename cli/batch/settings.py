"""The settings of one run of `backprop batch`: checked against each other. Opens and reads nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from backprop.cli.batch.dialect_options import TableOptions, table_options
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.input.files import GivenFile, files_of
from backprop.cli.batch.partitions.options import partition_options
from backprop.cli.batch.partitions.targets import is_folder, targets_in
from backprop.cli.batch.question import BatchQuestion, ask_rows, naming_of, renames_of
from backprop.cli.batch.result_options import result_options
from backprop.cli.batch.row_errors import EXPECTED
from backprop.cli.batch.row_settings import RowSettings
from backprop.cli.output.destination import announce
from backprop.cli.output.formats import FORMATS, check_packed, read_format, written_format
from backprop.cli.output.output import say
from backprop.cli.question.argv import SCANNED, Arguments
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.evaluation import Kernel
    from backprop.cli.batch.results import Wanted


class Batch(RowSettings):
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    path_option = "-o"  # which says where the rows are written to
    has_workers = True  # whether other processes may answer, too
    expects_absent = False  # whether a row without a value is no bad one
    _kernel: Kernel | None = None  # of the last file

    def __init__(
        self,
        *,
        file: str | None,
        vars: Sequence[str],
        rename: Sequence[str],
        quiet: bool,
        expr_field: str | None = None,
        format: str | None = None,
        path: str | None = None,
        on_error: str = "null",
        rejects: str | None = None,
        strict: bool = False,
        **more: Any,
    ) -> None:
        input_format = more["from"]
        arguments = click.get_current_context().meta[SCANNED]
        self.field = expr_field
        self.is_quiet = quiet
        has_own = expr_field is not None or input_format == "lines" or brings_lines(arguments.positionals, file)
        self.question = self.asked_of(arguments, file, vars, has_own=has_own)
        self.path = None if path == "-" else path
        folder = self.path if is_folder(self.path) else None
        self.results = result_options(more)
        self.files = [self._with_source(given) for given in files_of(self.question.files, self.note, folder)]
        self.input_format = input_format or self._format_of_files(has_own=has_own and not expr_field)
        self._tables = {form: table_options(more, dialect) for form, dialect in DIALECTS.items()}
        self.table = self._tables.get(self.input_format, self._tables["csv"])
        self._is_one_table = input_format is not None
        self._format = format
        self.output_format = self._written_format()
        self._is_guess = input_format is None and all(read_format(given.path) is None for given in self.files)
        self.targets = targets_in(str(self.path), self.files, self.output_format) if is_folder(self.path) else []
        self.summary = self.results.summary
        self.is_only = self.results.only or self.summary is not None
        self.naming = naming_of(self.results.name)
        self.renames = rename
        self.policy = on_error.removesuffix(EXPECTED)
        self.expects_bad_rows = on_error.endswith(EXPECTED)
        self.rejects = rejects
        self.is_strict = strict
        self.partitions = partition_options(more)
        self.results.check_summary(self)
        self.partitions.check(self)
        self.check()

    def asked_of(
        self, arguments: Arguments, file: str | None, vars_files: Sequence[str], *, has_own: bool
    ) -> BatchQuestion:
        """What is asked of the rows. Raises ExpressionError or Failure."""
        return ask_rows(arguments, file, vars_files, has_own=has_own)

    def wanted_columns(
        self, graph: Graph, columns: Sequence[str], *, is_open: bool = False
    ) -> tuple[Sequence[str], dict[str, str]]:
        """What the rows must give, and what of it is not called as its column."""
        from backprop.cli.batch.input.header import wanted_columns  # here, not above: help and completion read none

        return wanted_columns(self, graph, columns, is_open=is_open)

    def has_columns(self, graph: Graph, columns: Sequence[str]) -> bool:
        """Whether the columns give all variables that nothing else gives."""
        from backprop.cli.batch.input.header import has_columns

        return has_columns(self, graph, columns)

    def kernel(self, graph: Graph, shapes: Mapping[str, Shape]) -> Kernel:
        """What computes the results, of variables of these shapes in a row."""
        from backprop.cli.batch.evaluation import Kernel

        known = tuple(shapes.items())
        if self._kernel is None or known != tuple(self._kernel.shapes.items()):  # as a rule files are alike
            self._kernel = Kernel(graph, shapes, self.question.fixed, self.wanted)
        return self._kernel

    def _with_source(self, file: GivenFile) -> GivenFile:
        """The file with its name among its constants, where there is to be a column for that."""
        column = self.results.source_column
        added = () if column is None else ((column, file.name),)
        return file._replace(constants=(*file.constants, *added))

    def _format_of_files(self, *, has_own: bool) -> str:
        """The format of the rows where nobody says it; a text with one expression for all rows is a table.

        Raises Failure for files of more than one format.
        """
        first = self.files[0]
        formats = {self._format_of(file.path, has_own=has_own): file.name for file in reversed(self.files)}
        form = self._format_of(first.path, has_own=has_own)
        for other, name in formats.items():
            are_tables = {other, form} <= DIALECTS.keys() and not is_folder(self.path)  # there each keeps its format
            if other != form and not are_tables:
                raise Failure(
                    f"{first.name} is {form}, and {name} is {other}: files of one run have one format",
                    f"--from {form} says that all are that, or run batch once for each",
                )
        return form

    def _format_of(self, path: str | None, *, has_own: bool) -> str:
        ending = read_format(path)
        if ending == "lines" and self.question.graph is not None:
            return "csv"
        return ending or ("lines" if has_own else "csv")

    def _written_format(self) -> str:
        path = None if is_folder(self.path) else self.path
        default = default_output(self.input_format)
        return self._format or written_format("batch", path, default, self.path_option)

    def take_for_json(self) -> bool:
        """Read what begins as an array of JSON as that, where nobody says what it is; whether that is so."""
        if not self._is_guess or self.table.said or self.field is not None or self.input_format != "csv":
            return False
        self.input_format = "json"
        self.output_format = self._written_format()
        self.note("it is read as JSON: it begins with an array; --from overrides")
        return True

    def table_of(self, file: GivenFile) -> TableOptions:
        """What is said of how a table is written, by the ending of its file, too, where nobody says what it is."""
        form = self.input_format if self._is_one_table else self._format_of(file.path, has_own=False)
        return self._tables.get(form, self.table)

    def check(self) -> None:
        """Raise Failure for options that contradict each other."""
        check_packed(self.output_format, self.path)
        if self.table.said and self.input_format not in DIALECTS:
            option = next(name for name in sorted(self.table.said))
            raise Failure(f"--{option} goes with tables of text, not with {self.input_format}", "omit it")
        if self.results.no_header and self.output_format not in (*DIALECTS, "table"):
            raise Failure(f"--no-header goes with tables of text, not with {self.output_format}", "omit it")
        if self.results.wrt and self.results.no_grad:
            raise Failure("--wrt and --no-grad contradict each other", "omit one of the two")
        if self.rejects in ("", "-"):
            raise Failure("--rejects needs a file", "give it one: --rejects bad.tsv")
        from backprop.cli.batch.rejects import is_same_file  # here, not above: help and completion open no file

        inputs = [("the input", file.path or "") for file in self.files]
        places: list[str | None] = [*self.targets] or [self.path]
        outputs = [(self.path_option if self.path else "stdout", place) for place in places]
        for option, place in (*outputs, *inputs):
            if self.rejects and is_same_file(self.rejects, place):
                raise Failure(f"{option} and --rejects are the same file", "give --rejects a name of its own")
        if self.path and len(self.files) > 1 and any(is_same_file(self.path, path) for _, path in inputs if path):
            option = self.path_option
            raise Failure(f"{option} {self.path} is among the files to read", f"give {option} a name of its own")
        source_column = self.results.source_column
        if source_column is not None and self.is_only:
            raise Failure("--source-column and --only contradict each other", "omit one of the two")
        if source_column is not None and (self.question.graph is None or not source_column.strip()):
            raise Failure("--source-column needs a name, and one expression for all rows", "--source-column file")
        for name in renames_of(self.renames, self.question.graph) if self.question.graph else ():
            if name in self.question.fixed:
                raise Failure(f"--rename {name} and a value for {name} contradict each other", "omit one of them")
        if self.field is not None and self.input_format not in ("ndjson", "json", "csv", "tsv"):
            raise Failure(f"--expr-field does not go with {self.input_format}", "give rows of ndjson, json, csv or tsv")
        results = self.results
        if self.question.graph is None and (results.nodes or results.wrt or self.renames or results.u):
            raise Failure("--nodes, --wrt, --rename and --u go with one expression for all rows", "omit them")
        for option, path in ((self.path_option, None if self.targets else self.path), ("--rejects", self.rejects)):
            announce(path, option, self.note)

    @property
    def writes_header(self) -> bool:
        """Whether the names stand above the rows: a table is made of rows with them, and shows them or not."""
        return not self.results.no_header or self.output_format == "table"

    def opening(self, header: bytes) -> bytes:
        """What stands above the rows."""
        return header if self.writes_header else b""

    @property
    def wanted(self) -> Wanted:
        from backprop.cli.batch.results import Wanted
        from backprop.cli.question.names import chosen_names

        graph, results = self.question.graph, self.results
        chosen = chosen_names(results.wrt, list(graph.inputs), graph.names) if graph else None
        by_fixed = self.summary is not None
        return Wanted(chosen, not results.no_grad, results.nodes, self.naming, results.fuse, by_fixed)

    @property
    def writes_to_a_screen(self) -> bool:
        return self.path is None and sys.stdout is not None and sys.stdout.isatty()

    def tell(self, text: str) -> None:
        """Say something of a row on stderr."""
        say(text)

    def tell_notes(self) -> None:
        """Say what there is to say of the files that have been looked at."""
        if self.noted is not None:
            notes, self.noted = self.noted, None
            for text in notes.told():
                self.note(text)
            self.noted = notes


def brings_lines(positionals: Sequence[str], file: str | None) -> bool:
    """Whether argv names a file of lines with expressions, and nothing else."""
    return file is None and len(positionals) == 1 and read_format(positionals[0]) == "lines"


def default_output(input_format: str) -> str:
    return {"json": "ndjson"}.get(input_format, "csv" if FORMATS[input_format].is_binary else input_format)
