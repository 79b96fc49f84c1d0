"""What a term of a long formula costs, against a term of one of 1,000 terms: time, and the most memory.

Every run is a fork that has imported all, so that a term is all that is measured. `diff` writes shared parts once:
written out at each use they are quadratic in a chain.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from .measuring import Comparison, Cost, Runner

FEWEST = 1_000
KINDS: dict[str, Callable[[int], str]] = {
    "sum of products": lambda n: " + ".join(f"{i}.5*sin(x)*y" for i in range(n)),
    "many variables": lambda n: " + ".join(f"x{i}*y{i}" for i in range(n)),
    "repeated terms": lambda n: " + ".join(["x*y"] * n),
    "chain": lambda n: "q0 = x\n" + "".join(f"q{i + 1} = sin(q{i}) + {i}.5*y\n" for i in range(n)) + f"q{n}",
    "nest": lambda n: "(" * n + "x" + "".join(f"*y + {i}.5)" for i in range(n)),
    "functions in functions": lambda n: "sin(" * n + "x" + ")" * n,
    "polynomial": lambda n: " + ".join(f"{i}.5*x^{i + 2}" for i in range(n)),
}
COMMANDS = ("parse", "grad", "diff --cse", "explain", "graph --all --format dot")


def comparisons(tiny: bool) -> Iterator[Comparison]:
    lengths = (20,) if tiny else (10_000, 100_000, 1_000_000)
    fewest = 10 if tiny else FEWEST
    for kind in KINDS:
        for words in COMMANDS[:2] if tiny else COMMANDS:
            for terms in lengths:
                peers = {f"{fewest:,} terms": partial(of_a_term, kind, words, fewest)}
                name = f"{words.split()[0]}, {kind}, {terms:,} terms"
                yield Comparison(name, partial(of_a_term, kind, words, terms), peers, aim=1.5)
        if tiny:
            return


def of_a_term(kind: str, words: str, terms: int) -> Runner:
    answer(kind, words, 3)  # what is imported and remembered is there
    question(kind, terms)
    return lambda: forked(kind, words, terms)


def question(kind: str, terms: int) -> str:
    """A file of the text, and beside it one of the values of its variables."""
    path = f"{kind.replace(' ', '_')}_{terms}"
    if not os.path.exists(path):
        names = [f"{name}{i}" for i in range(terms) for name in "xy"] if kind == "many variables" else ["x", "y"]
        text = KINDS[kind](terms)
        with open(f"{path}.json", "w") as file:
            json.dump({name: 0.75 for name in names if name in text}, file)
        with open(path, "w") as file:
            file.write(text)
    return path


def answer(kind: str, words: str, terms: int) -> None:
    from backprop.cli.program import run
    from backprop.parser import parse

    path = question(kind, terms)
    name, *options = words.split()
    if name == "parse":
        with open(path) as file:
            parse(file.read())
        return
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    values = [] if name == "diff" else ["--vars", f"{path}.json"]
    try:
        run([name, "-f", path, *values, *options])
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def forked(kind: str, words: str, terms: int) -> Cost:
    """The costs of a fork, its memory what it has beyond that of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            start, used = time.perf_counter(), time.process_time()
            answer(kind, words, terms)
            cost = Cost(time.perf_counter() - start, time.process_time() - used)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            os.write(writer, json.dumps([*cost[:2], peak * 1024]).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as answers:
        told = answers.read()
    os.waitpid(child, 0)
    if not told:
        raise RuntimeError(f"{words} has no answer: {kind}, {terms} terms")
    return Cost(*json.loads(told)).per(terms)
