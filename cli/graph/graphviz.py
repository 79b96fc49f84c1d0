"""Runs Graphviz's `dot`, which lays pictures out. The one place of the program that starts another program."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import Any

from backprop.cli.graph.circuit import Circuit
from backprop.cli.graph.dot import drawing
from backprop.cli.output.numbers import rounded
from backprop.cli.output.output import Look
from backprop.cli.status import Failure, Status

DPI = {"png": 144, "svg": 72, "pdf": 72}  # sharp on today's screens
MOST_PIXELS = 16_384  # of a png along each side: programs that show pictures stop at about that
SECONDS = 120
MEMORY = 4 << 30  # bytes; thousands of long wires take dot all that there are
HOW_TO_GET_IT = (
    "install it (apt install graphviz, dnf install graphviz, brew install graphviz, winget install graphviz), "
    "or write .svg, .html, .dot or .mmd, which do without"
)


def write(circuit: Circuit, stream: Any, look: Look) -> str | None:
    """The circuit as `dot` draws it; what is to be said of its size. Raises Failure."""
    dpi = DPI[look.format] * circuit.style.scale
    options = [f"-Gdpi={dpi:g}"]
    if look.format == "png":
        inches = MOST_PIXELS / dpi
        options.append(f"-Gsize={inches:g},{inches:g}")
    drawn = drawn_by_dot(drawing(circuit, rounded(look.digits)), look.format, *options)
    getattr(stream, "buffer", stream).write(drawn)  # an svg is text, but comes as bytes
    if look.format == "png" and max(size_of(drawn)) >= MOST_PIXELS - 1:
        width, height = size_of(drawn)
        return f"the picture is scaled down to {width}x{height} pixels: write .svg or .pdf, which keep its size"
    return None


def size_of(png: bytes) -> tuple[int, int]:
    """The pixels across and down."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def is_installed() -> bool:
    return shutil.which("dot") is not None


def drawn_by_dot(text: str, format: str, *options: str) -> bytes:
    """What `dot -Tformat` makes of a text in its language. Raises Failure."""
    program = shutil.which("dot")
    if program is None:
        raise Failure("this picture is laid out by Graphviz's 'dot', which is not installed", HOW_TO_GET_IT)
    try:
        done = subprocess.run(
            [program, f"-T{format}", *options],
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            preexec_fn=bounded_memory if os.name == "posix" else None,
        )
    except subprocess.TimeoutExpired:
        raise Failure(
            f"dot did not lay the picture out within {SECONDS} seconds",
            "write .dot, and give it the time it takes: dot -Tsvg graph.dot -o graph.svg",
            Status.WRONG_DATA,
        ) from None
    except OSError as error:
        raise Failure(f"{program} does not start: {error.strerror}", HOW_TO_GET_IT) from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[0] if said else "it ran out of memory" if done.returncode < 0 else "it does not say why"
        raise Failure(
            f"dot could not lay the picture out: {reason}", "write .dot, which needs no layout", Status.WRONG_DATA
        )
    return done.stdout


def bounded_memory() -> None:
    """Take no more than MEMORY from now on, where the system can: called in the process that becomes dot."""
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
