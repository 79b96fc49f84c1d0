"""What `-o` writes by the ending of its file: every format of every command, with its ending, a wrong one, and none."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from backprop.cli.commands import COMMANDS
from backprop.cli.completion.shell import LineComplete
from backprop.cli.output.formats import FORMATS, LANGUAGES, endings, words
from backprop.cli.program import program

POINT = ("x*y", "x=2", "y=3")
QUESTIONS = {
    "eval": POINT,
    "grad": POINT,
    "diff": ("sqrt(x)*y",),
    "check": POINT,
    "jacobian": POINT,
    "hessian": POINT,
    "jvp": (*POINT, "--tangent", "x=1"),
    "vjp": (*POINT, "--upstream", "1"),
    "hvp": (*POINT, "--direction", "x=1"),
    "fit": ("x ~ a", "rows.csv"),
    "minimize": ("(x-1)^2", "x=0"),
    "maximize": ("-(x-1)^2", "x=0"),
    "solve": ("x^2 == 2", "x=1"),
    "functions": ("sin",),
    "budget": ("x*y", "x=2+-0.1", "y=3", "--trials", "20"),
    "explain": POINT,
    "graph": POINT,
    "plot": ("x^2", "--x", "0:1", "--samples", "5"),
    "batch": ("x^2", "rows.csv"),
}
WITHOUT_FILES = {"repl", "completion"}
REPORT = {".tsv": "tsv", ".tab": "tsv", ".csv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
REPORT_FILES = {**REPORT, ".md": "markdown"}
CODE = {
    ".c": "c",
    ".js": "javascript",
    ".f90": "fortran",
    ".rs": "rust",
    ".go": "go",
    ".cu": "cuda",
    ".glsl": "glsl",
    ".jl": "julia",
    ".r": "r",
    ".m": "matlab",
    ".awk": "awk",
    ".mlr": "miller",
    ".sql": "sql",
}
FILES = {command: {**REPORT_FILES, ".txt": "tsv"} for command in QUESTIONS} | {
    **{matrix: {**REPORT_FILES, ".txt": "tsv", ".mtx": "mtx", ".npz": "npz"} for matrix in ("jacobian", "hessian")},
    "grad": {**REPORT_FILES, ".txt": "plain"},
    "diff": {**REPORT_FILES, ".txt": "plain", ".tex": "latex", ".py": "python", **CODE},
    "explain": {".txt": "text", ".md": "markdown", ".tex": "latex", ".json": "json"},
    "graph": {
        **{".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid", ".txt": "tree", ".tex": "tikz"},
        **{".svg": "svg", ".png": "png", ".pdf": "pdf", ".html": "html", ".htm": "html"},
    },
    "fit": {
        **{**REPORT_FILES, ".txt": "tsv", ".svg": "svg", ".png": "png", ".pdf": "pdf"},
        **{".html": "html", ".htm": "html"},
    },
    "budget": {**REPORT_FILES, ".txt": "tsv", ".svg": "svg", ".png": "png", ".pdf": "pdf"},
    "plot": {**REPORT, ".txt": "text", ".html": "html", ".htm": "html", ".svg": "svg", ".png": "png", ".pdf": "pdf"},
    "batch": {
        **{ending: word for ending, word in REPORT.items() if word != "json"},
        **{".txt": "tsv", ".parquet": "parquet", ".pq": "parquet"},
        **dict.fromkeys((".arrow", ".ipc", ".feather"), "arrow"),
    },
}
DEFAULTS = {"grad": "plain", "diff": "plain", "explain": "text", "batch": "csv"}  # of a file without an ending
STARTS = {
    **{"json": b'{"schema": 1', "ndjson": b'{"', "html": b"<!DOCTYPE html>", "svg": b"<?xml"},
    **{"mtx": b"%%MatrixMarket matrix coordinate real ", "npz": b"PK"},
    **{"png": b"\x89PNG", "pdf": b"%PDF", "parquet": b"PAR1", "arrow": b"ARROW1"},
    **{"dot": b"digraph", "mermaid": b"flowchart LR", "tikz": b"% ", "tree": b"f = x*y\nf = x * y  value 6"},
}
PARTS = {
    **{"python": b"import math\n", "numpy": b"import numpy", "c": b"#include <math.h>", "javascript": b"Math.sqrt"},
    **{"latex": b"\\", "fortran": b"\nmodule f_module", "rust": b"\npub fn f(", "go": b"\nfunc f("},
    **{
        "glsl": b"\nvoid f(",
        "julia": b"\nfunction f(",
        "cuda": b"\n__device__ double f(",
        "r": b"\nf <- function(",
        "matlab": b"function [value, gradient] = f(",
    },
    **{"awk": b"BEGIN {", "miller": b"# mlr ", "sql": b" AS grad_"},
}


def is_of(word: str, content: bytes) -> bool:
    """Whether the content is of this format."""
    header = content.partition(b"\n")[0]
    if word in ("tsv", "csv"):
        return (b"\t" in header, b"," in header) == (word == "tsv", word == "csv")
    if word == "text":
        return b"Forward: values" in content or "┤".encode() in content
    if word == "markdown":
        return b"\n| --" in content or content.startswith(b"# `")
    if word == "table":
        return b"\n " in content and b"\t" not in header
    if word == "plain":
        return content.count(b"\n") > 0 and not any(is_of(one, content) for one in ("tsv", "json", "markdown"))
    return content.startswith(STARTS[word]) if word in STARTS else PARTS[word] in content


def written(backprop, tmp_path, command, *runs):
    """The answers to the command with each of the options, a few at a time, and the files that these name last."""
    (tmp_path / "rows.csv").write_text("x\n1\n2\n")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda options: backprop(command, *QUESTIONS[command], *options), runs))
    return [(answer, tmp_path / options[-1]) for answer, options in zip(answers, runs, strict=True)]


def listed(command):
    return " ".join(endings(command, DEFAULTS.get(command)))


def test_the_tables_agree():
    """What stands here by hand is the program's own table."""
    for command, files in FILES.items():
        assert endings(command, DEFAULTS.get(command)) == files
        assert set(files.values()) <= {*words(command), *(LANGUAGES if command == "diff" else ())}
    assert {*QUESTIONS, *WITHOUT_FILES} == set(COMMANDS)
    known = {word for command in (*QUESTIONS, "repl", "batch --from") for word in words(command)}
    assert known | set(LANGUAGES) == set(FORMATS)
    assert all(find_spec(f"backprop.cli.{writer}") for one in FORMATS.values() for writer in one.writers.values())


def skip_without_writer(command: str) -> None:
    needed = {
        "graph": shutil.which("dot"),
        "plot": find_spec("matplotlib"),
        "budget": find_spec("matplotlib"),
        "fit": find_spec("matplotlib"),
        "batch": find_spec("pyarrow"),
    }
    if not needed.get(command, True):
        pytest.skip("not installed")


@pytest.mark.extras
@pytest.mark.parametrize("command", QUESTIONS)
def test_every_ending_of_a_command(backprop, tmp_path, command):
    skip_without_writer(command)
    first = {word: ending for ending, word in reversed(FILES[command].items())}
    expected = FILES[command] if command in ("eval", "graph", "batch") else {first[word]: word for word in first}
    runs = [("-q", "-o", f"f{place}{ending}") for place, ending in enumerate(expected)]
    for (answer, path), word in zip(written(backprop, tmp_path, command, *runs), expected.values(), strict=True):
        assert (answer.status, answer.out, answer.err) == (0, "", "")
        assert is_of(word, path.read_bytes()), (path.name, word)


@pytest.mark.extras
@pytest.mark.parametrize("command", QUESTIONS)
def test_a_word_wins_over_the_ending(backprop, tmp_path, command):
    skip_without_writer(command)
    without = [word for word in words(command) if word not in FILES[command].values()] or words(command)[-1:]
    runs = [("-q", "--format", word, "-o", f"{word}.foo") for word in without]
    for (answer, path), (_, _, word, *_) in zip(written(backprop, tmp_path, command, *runs), runs, strict=True):
        assert (answer.status, answer.out, answer.err) == (0, "", "")
        assert is_of(word, path.read_bytes()), word


@pytest.mark.parametrize("command", QUESTIONS)
def test_endings_that_a_command_does_not_have(backprop, tmp_path, command):
    another = [ending for one in FORMATS.values() for ending in one.endings if ending not in FILES[command]][-1]
    ((answer, path),) = written(backprop, tmp_path, command, ("-o", f"f{another}"))
    assert (answer.status, answer.out, path.exists()) == (2, "", False)
    assert answer.err == (
        f"error: -o f{another}: {command} cannot write {another}\n  the endings are {listed(command)}; "
        f"or choose one: --format {'|'.join(words(command))}\n"
    )


@pytest.mark.parametrize("command", ["batch", "eval"])
def test_what_no_command_writes(backprop, tmp_path, command):
    (answer, path), (packed, _) = written(backprop, tmp_path, command, ("-o", "f.foo"), ("-o", "f.csv.bz2"))
    assert (answer.status, packed.status, answer.out, packed.out, path.exists()) == (2, 2, "", "", False)
    assert answer.err.startswith(f"error: -o f.foo: {command} cannot write .foo\n  the endings are .")
    assert packed.err.endswith(f"{command} cannot write .bz2\n  pack what it writes: ... | gzip > FILE\n")


@pytest.mark.parametrize("command", QUESTIONS)
def test_a_file_without_an_ending(backprop, tmp_path, command):
    (answer, path), (stream, _) = written(backprop, tmp_path, command, ("-q", "-o", "f"), ("-q", "-o", "/dev/null"))
    assert (stream.status, stream.out, stream.err) == (0, "", "")  # a device has no ending
    if command in ("graph", "plot"):
        assert (answer.status, answer.out, path.exists()) == (2, "", False)
        assert answer.err.startswith("error: -o f: the file's name has no ending\n  the endings are .")
    else:
        assert (answer.status, answer.out, answer.err) == (0, "", "")
        assert is_of(DEFAULTS.get(command, "tsv"), path.read_bytes())


def test_the_language_of_a_derivative(backprop, tmp_path):
    """`--to` and the ending write the same; `--to` wins, and `--format json` holds the code."""
    for ending, language in {".tex": "latex", ".py": "python", **CODE}.items():
        expected = backprop("diff", "x^2*y", "--to", language).out
        assert backprop("diff", "x^2*y", "-o", f"f{ending}")[:3] == (0, "", "")
        assert (tmp_path / f"f{ending}").read_text() == expected != backprop("diff", "x^2*y").out
        assert json.loads(backprop("diff", "x^2*y", "--to", language, "--json").out)["code"] == expected.rstrip()
    backprop("diff", "x^2*y", "--to", "numpy", "-o", "g.py")
    assert (tmp_path / "g.py").read_text() == backprop("diff", "x^2*y", "--to", "numpy").out
    backprop("diff", "x^2*y", "--to", "text", "-o", "g.c")
    assert (tmp_path / "g.c").read_text() == backprop("diff", "x^2*y").out


@pytest.mark.parametrize("command", QUESTIONS)
def test_help_and_completion_name_them(backprop, command):
    text = " ".join(backprop(command, "--help").out.split())
    assert f"({listed(command)})" in text
    assert f"--format {'|'.join(words(command))}" in text
    answers = LineComplete(program(), "bash", f"backprop {command} x --format ").answers()
    assert [answer.strip() for answer in answers] == list(words(command))
