"""Random command lines: a command, an expression, values, any of the command's options, files and rows on stdin."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from random import Random

import click

from backprop.cli.commands import COMMANDS

from . import texts
from .runs import Run

FREQUENT = ("eval", "grad", "diff", "batch", "explain", "graph", "hessian", "jvp", "repl", "plot", "check", "budget")
WHOLE = ("0", "1", "2", "3", "4", "17", "-1", "99999999999999999999", "1.5", "x", "")
FILES = ("out.csv", "out.json", "out.svg", "out.html", "out.tsv", "out.md", "out.tex", "out.dot", "out.ndjson",
         "/dev/null", "none/out", ".", "", "out")  # fmt: skip
CELLS = ("1", "2", "-0.5", "1e-3", "", " 3 ", "nan", "inf", "wide", "1_0", "٣", '"4"', '"', '"a,b"', "1e400", "'",
         "[1]", "\x00", "\r", "1;2", "x*y", "sin(x)", "NA")  # fmt: skip
JSON_CELLS = (
    "1",
    "-2.5",
    '"3"',
    "null",
    "true",
    "[1,2]",
    "[[1],[2]]",
    "{}",
    "1e400",
    '"x*y"',
    '"\\ud83d"',
    "NaN",
    "[",
    "0.10",
)
UNCERTAINTIES = (
    "+-0.1",
    "±1",
    "+-5%",
    "(2)",
    "(0.5)",
    "+-[1,2]",
    ",U=1,k=2",
    "+-1,uniform",
    "+-0.1,dof=3,t",
    "+-0",
    "",
)
WIDTHS = ("80", "1", "0", "²", "-5", "x", "99999")
LAYOUTS = ("csv", "tsv", "ndjson", "lines")


@cache
def options(command: str) -> tuple[click.Option, ...]:
    """What a command declares: an option that is added is tried from then on."""
    found = vars(import_module(f"backprop.cli.commands.{command}")).values()
    declared = next(one for one in found if isinstance(one, click.Command))
    return tuple(one for one in declared.params if isinstance(one, click.Option))


def chosen(random: Random, option: click.Option, slips: float) -> list[str]:
    """An option with a value that fits its metavar, or nearly."""
    name = random.choice(option.opts)
    if option.is_flag:
        return [name]
    metavar = option.metavar or ""
    if "|" in metavar and random.random() >= slips / 4:
        value = random.choice(metavar.split("|"))
    elif "FILE" in metavar:
        value = random.choice(FILES if "output" in "".join(option.opts) else ("values.json", "rows.csv", "-", "none"))
    elif metavar in ("N", "S") or isinstance(option.type, (click.types.IntParamType, click.IntRange)):
        value = random.choice(WHOLE if random.random() < slips else WHOLE[1:5])
    elif metavar in ("NAME=2,3", "NAME=VALUE", "X=COLUMN", "NAME,NAME=R"):
        value = random.choice(texts.NAMES[:3]) + random.choice(
            ("=2,3", "=3", "=", "=[1,0]", "=1", "=a", "=,", ",y=0.5", "")
        )
    elif metavar.startswith(("NAME", "COLUMN")):
        value = random.choice((*texts.NAMES, "x,y", "expr", "q", ",", ""))
    else:
        value = texts.value(random, slips)
    return [name, value] if random.random() < 0.8 or not name.startswith("--") else [f"{name}={value}"]


def bindings(
    random: Random, text: str, slips: float, *, is_range: bool = False, is_uncertain: bool = False
) -> list[str]:
    """Values for the names in the text, seldom for one that is not there; often the same one for all."""
    found: list[str] = []
    used = set(re.findall(r"[^\W\d]\w*", text)) - {"e"}
    shared = texts.value(random, 0)
    for name in texts.NAMES:
        if (name in used) == (random.random() >= slips / 4):
            value = shared if random.random() < 0.5 else texts.value(random, slips)
            if is_range:
                value = f"{value}:{texts.value(random)}" if random.random() < slips else "-2:3"
                is_range = random.random() < 0.5
            if is_uncertain:
                value += random.choice(UNCERTAINTIES)
            found += [f"--{name}", value] if random.random() < 0.5 else [f"{name}={value}"]
    return found


def rows(random: Random, layout: str) -> bytes:
    """A few rows, most of them as they should be."""
    names = random.sample(("x", "y", "z", "x[0]", "x[1]", "expr", "a'b", "ä", "value", "x"), random.randint(1, 4))
    if layout == "ndjson":
        lines = ["{" + ", ".join(f'"{name}": {random.choice(JSON_CELLS)}' for name in names) + "}" for _ in range(4)]
    elif layout == "lines":
        lines = [f"{texts.statements(random, 3)}\t{' '.join(bindings(random, 'x y', 0.1))}" for _ in range(3)]
    else:
        mark = "\t" if layout == "tsv" else ","
        lines = [mark.join(names), *(mark.join(random.choice(CELLS) for _ in names) for _ in range(4))]
    content = random.choice(("\n", "\n", "\r\n", "\n\n")).join(lines) + random.choice(("\n", ""))
    while random.random() < 0.2:
        content = texts.slip(random, content)
    return content.encode("utf-8", "surrogateescape")


def run(random: Random) -> Run:
    """One command line with what it reads; half of them without any slip."""
    slips = random.choice((0.0, 0.3))
    command = random.choice(FREQUENT if random.random() < 0.9 else tuple(COMMANDS))
    words, stdin = [command], b""
    if command == "repl":
        stdin = "\n".join(repl_line(random, slips) for _ in range(random.randint(1, 6))).encode(
            "utf-8", "surrogateescape"
        )
    elif command == "completion":
        line = f"backprop {random.choice(FREQUENT)} {texts.text(random)}"
        words += [random.choice(("bash", "zsh", "fish")), "--line", line]
    elif command == "functions":
        words += [random.choice((*texts.FUNCTIONS, texts.text(random)))] if random.random() < 0.8 else []
    else:
        text = texts.text(random, slips)
        given = bindings(random, text, slips, is_range=command == "plot", is_uncertain=command == "budget")
        words += [text, *given]
    if command == "batch":
        layout = random.choice(LAYOUTS)
        stdin = rows(random, layout)
        words += [f"--from={layout}"] if random.random() < 0.8 else ["rows.csv"]
    for option in options(command):
        is_frequent = option.metavar == "NAME=VALUE"  # jvp and hvp ask for a direction
        if random.random() < (0.8 if is_frequent else 0.01 if option.opts[0] in ("-h", "-f") else 0.1):
            words += chosen(random, option, slips)
    members = b", ".join(b'"%c": %s' % (name, random.choice(JSON_CELLS).encode()) for name in b"xyzA")
    files = {"values.json": b"{%s}" % members, "rows.csv": rows(random, "csv")}
    used = " ".join(words)
    return Run(
        tuple(word.replace("\0", "") for word in words),
        stdin or (texts.text(random).encode("utf-8", "surrogateescape") if " - " in f"{used} " else b""),
        {name: content for name, content in files.items() if name in used},
        {"COLUMNS": random.choice(WIDTHS)} if random.random() < 0.1 else {},
    )


def repl_line(random: Random, slips: float) -> str:
    """A line for the dialogue: an expression, a value, a definition or one of its commands."""
    text = texts.text(random, slips)
    draw = random.random()
    if draw < 0.4:
        return f"{random.choice(texts.NAMES)} = {texts.value(random, slips)}"
    if draw < 0.6:
        return f"{random.choice((':', ''))}{random.choice((*COMMANDS, 'help', 'vars', 'del', 'x'))} {text}"
    return text
