"""Every format: its word, the endings of its files, and who writes it for which command. Reads and writes nothing."""

from __future__ import annotations

import os

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.question.urls import path_in
from backprop.cli.status import Failure


class FileFormat(NamedTuple):
    """`writers`: for each command that has it, the module that writes it. `is_binary`: its files are not text.

    `is_sparse`: it lists the entries of a matrix.
    """

    endings: tuple[str, ...]
    writers: dict[str, str]
    is_binary: bool = False
    is_sparse: bool = False


def by(module: str, *commands: str) -> dict[str, str]:
    return dict.fromkeys(commands, module)


TABLES = (
    *("eval", "grad", "diff", "check", "jacobian", "hessian", "jvp", "vjp", "hvp"),
    *("minimize", "maximize", "solve", "functions", "repl"),
)
REPORTS = (*TABLES, "fit", "budget")
READ = "batch --from"
CODE = by("output.plain", "diff")  # the lines that a printer of the parser makes
FIGURE = by("plot.matplotlib_figure", "plot") | by("budget.figure", "budget") | by("fit.figure", "fit")
ROWS = by("batch.formats.delimited", "batch", READ)
COLUMNS = by("batch.columnar.output", "batch", READ)
MATRICES = ("jacobian", "hessian")
FORMATS = {
    "table": FileFormat(
        (),
        by("output.table", *TABLES)
        | by("fit.table", "fit")
        | by("budget.table", "budget")
        | by("batch.preview", "batch"),
    ),
    "text": FileFormat((".txt",), by("explain.text", "explain") | by("plot.terminal", "plot")),
    "tsv": FileFormat((".tsv", ".tab", ".txt"), by("output.delimited", *REPORTS, "plot") | ROWS),
    "csv": FileFormat((".csv",), by("output.delimited", *REPORTS, "plot") | ROWS),
    "json": FileFormat(
        (".json",),
        by("output.json", *REPORTS, "plot") | by("explain.json", "explain") | by("batch.input.json_documents", READ),
    ),
    "ndjson": FileFormat(
        (".ndjson", ".jsonl"), by("output.json", *REPORTS, "plot") | by("batch.formats.ndjson", "batch", READ)
    ),
    "markdown": FileFormat((".md",), by("output.markdown", *REPORTS) | by("explain.markdown", "explain")),
    "plain": FileFormat((".txt",), by("output.plain", *REPORTS)),
    "mtx": FileFormat((".mtx",), by("output.matrix_market", *MATRICES), is_sparse=True),
    "npz": FileFormat((".npz",), by("output.npz", *MATRICES), is_binary=True, is_sparse=True),
    "parquet": FileFormat((".parquet", ".pq"), COLUMNS, is_binary=True),
    "arrow": FileFormat((".arrow", ".ipc", ".feather"), COLUMNS, is_binary=True),
    "lines": FileFormat((".txt",), by("batch.formats.row_expressions", READ)),
    "latex": FileFormat((".tex",), by("explain.latex", "explain") | CODE),
    "python": FileFormat((".py",), CODE),
    "numpy": FileFormat((), CODE),
    "jax": FileFormat((), CODE),
    "torch": FileFormat((), CODE),
    "c": FileFormat((".c",), CODE),
    "javascript": FileFormat((".js",), CODE),
    "fortran": FileFormat((".f90",), CODE),
    "rust": FileFormat((".rs",), CODE),
    "go": FileFormat((".go",), CODE),
    "cuda": FileFormat((".cu",), CODE),
    "glsl": FileFormat((".glsl",), CODE),
    "julia": FileFormat((".jl",), CODE),
    "r": FileFormat((".r",), CODE),
    "matlab": FileFormat((".m",), CODE),
    "awk": FileFormat((".awk",), CODE),
    "polars": FileFormat((), CODE),
    "excel": FileFormat((), CODE),
    "miller": FileFormat((".mlr",), CODE),
    "sql": FileFormat((".sql",), CODE),
    "dot": FileFormat((".dot", ".gv"), by("graph.dot", "graph")),
    "mermaid": FileFormat((".mmd", ".mermaid"), by("graph.mermaid", "graph")),
    "tikz": FileFormat((".tex",), by("graph.tikz", "graph")),
    "svg": FileFormat((".svg",), by("graph.vector", "graph") | FIGURE),
    "png": FileFormat((".png",), by("graph.graphviz", "graph") | FIGURE, is_binary=True),
    "pdf": FileFormat((".pdf",), by("graph.graphviz", "graph") | FIGURE, is_binary=True),
    "html": FileFormat((".html", ".htm"), by("graph.page", "graph") | by("plot.page", "plot") | by("fit.page", "fit")),
    "tree": FileFormat((".txt",), by("graph.tree", "graph")),
}
DEFAULTS = {  # of the others tsv, on a terminal a table
    "grad": "plain",
    "diff": "plain",
    "explain": "text",
    "graph": "dot",
    "plot": "text",
    "repl": "json",
    READ: "csv",
}
LANGUAGES = tuple(word for word, form in FORMATS.items() if "diff" in form.writers and "eval" not in form.writers)
PICTURES = ("graph", "plot")  # a file has to say what it is: their default is for a stream
PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip")  # what is read
WITHOUT_ENDING = "the file's name has no ending"
WRITTEN_PACKED = (".gz", ".zst")  # of what `batch` writes as text


def words(command: str) -> tuple[str, ...]:
    """The formats of a command that its --format names; the languages of `diff` are named by --to."""
    others = LANGUAGES if command == "diff" else ()
    return tuple(word for word, format in FORMATS.items() if command in format.writers and word not in others)


def default_of(command: str, *, is_terminal: bool = False) -> str:
    """The format of a command where nobody says it."""
    default = DEFAULTS.get(command, "tsv")
    if is_terminal and command == "graph":
        return "tree"
    return "table" if is_terminal and default in ("tsv", "json") else default


def endings(command: str, default: str | None = None) -> dict[str, str]:
    """The format of each ending; where several of the command's share one, its default's, else the last one's."""
    first = default or default_of(command)
    every = {ending: word for word, format in FORMATS.items() if command in format.writers for ending in format.endings}
    return every | dict.fromkeys(FORMATS[first].endings, first)


def ending_of(path: str) -> str:
    return os.path.splitext(path.lower())[1]


def read_format(path: str | None) -> str | None:
    """The format of a file of rows to read, as its ending says without `.gz` and its like."""
    path = path_in(path or "")
    stem = os.path.splitext(path)[0] if ending_of(path) in PACKED else path
    return endings(READ).get(ending_of(stem))


def written_format(command: str, path: str | None, default: str, option: str = "-o") -> str:
    """What a command writes to `path`: what its ending says, the default on stdout, a device and a name without one.

    `batch` packs what it writes where `.gz` or `.zst` is behind that ending. Raises Failure for an ending that no
    format of the command has.
    """
    ending, known = ending_of(path or ""), endings(command, default)
    if ending in known:
        return known[ending]
    if command == "batch" and ending in WRITTEN_PACKED:
        form = known.get(ending_of(os.path.splitext(str(path))[0]))
        if form is None:
            raise Failure(f"{option} {path}: no ending says what is packed", f"as in results.csv{ending}")
        check_packed(form, path)
        return form
    if path is None or not (ending or command in PICTURES) or is_stream(path):
        return default
    reason = f"{command if option == '-o' else option} cannot write {ending}" if ending else WITHOUT_ENDING
    chosen = f"; or choose one: --format {'|'.join(words(command))}" if option == "-o" else ""
    cure = f"the endings are {' '.join(known)}{chosen}"
    raise Failure(f"{option} {path}: {reason}", "pack what it writes: ... | gzip > FILE" if ending in PACKED else cure)


def check_packed(form: str, path: str | None) -> None:
    """Raise Failure where the path's ending says that what is written is packed, and the format is not text."""
    if FORMATS[form].is_binary and ending_of(path or "") in WRITTEN_PACKED:
        raise Failure(f"-o {path}: {form} is packed already", f"omit {ending_of(str(path))}")


def is_stream(path: str) -> bool:
    """Whether it is not a regular file, nor to become one."""
    from backprop.cli.output.destination import stream_opener  # here, not above: the others need no NumPy

    return stream_opener("-o", path) is not None
