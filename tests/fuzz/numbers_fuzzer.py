"""Numbers: one formula computed in every way that the program knows, against its derivatives at 50 digits.

The gradient by reverse and by forward mode, the text that diff prints read again, the code in each language that is
installed, rows against one point, orders 2 to 4 by `grad` in the text, and the Hessian. Where a kink is hit exactly
the first order is a convention: there the ways are compared with reverse mode.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from backprop.autodiff import ExpressionError, compile, hvp, jvp, value_and_grad
from backprop.autodiff.derivatives.symbolic import Derivatives, derivatives
from backprop.autodiff.derivatives.values import as_result
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.cli.reports.derivative import as_text
from backprop.parser import parse

from ..autodiff.sensitivity import rounding_error
from ..parser.printers import running
from .formulas import written
from .runs import COMMAND
from .series import NoTruth
from .truths import ORDERS, Case, Truth, Truths, case, truths

CASES_TOGETHER = 40  # one program of C and one of JavaScript
STEPS_OF_SHRINKING = 400
LONGEST_READ = 150  # nodes of a text of higher order
SUMMING = 1e-13  # of the entries of a gradient, each times its step
INSTALLED = {"python": True, "numpy": True, "c": shutil.which("gcc"), "javascript": shutil.which("node")}


class Answer(NamedTuple):
    """The derivative of some order along the direction, as one way gives it, and how far its own steps may be off."""

    way: str
    order: int
    number: float
    rounding: float = 0.0


class Wrong(NamedTuple):
    """An answer that is not what it should be."""

    answer: Answer
    truth: Truth | None


def evaluated(text: str, point: dict[str, np.ndarray]) -> float:
    """The sum of the value's entries."""
    typed, arrays = bind(parse(text), point)
    return float(np.sum(as_result(evaluate([typed.result], arrays)[0])))


def by_reverse(one: Case) -> Iterator[Answer]:
    value, gradient = value_and_grad(parse(one.text), dict(one.point))
    yield Answer("grad", 0, value)
    yield Answer("grad", 1, one.along(gradient))


def by_forward(one: Case) -> Iterator[Answer]:
    moved = {name: step for name, step in one.direction.items() if np.any(step)}
    yield Answer("jvp", 1, jvp(parse(one.text), moved, **one.point)[1])


def by_text(one: Case) -> Iterator[Answer]:
    """What diff prints, read again: brief forms, whose digits are those of their steps.

    Such a form says nothing of the corners that diff tells of beside it: x^y*log(x) at 0, of which it says 0.
    """
    found = derivatives(parse(one.text), given={name: value.shape for name, value in one.point.items()})
    if is_exempt(found, one.point):
        return
    read, rounding = {}, 0.0
    for name, value in one.point.items():
        number, spread = read_again(found.written[name], one.point)
        read[name] = np.broadcast_to(number, value.shape)
        rounding += float(np.sum(np.abs(one.direction[name]) * np.broadcast_to(spread, value.shape)))
    yield Answer("diff", 1, one.along(read), rounding)


def by_text_of_order(one: Case) -> Iterator[Answer]:
    """The same of orders 2 and 3 along the line, where the text is not so long that nobody reads it."""
    graph, point = parse(one.on_line()), {"t": np.float64(0)}
    for order in (2, 3):
        found = derivatives(graph, ["t"], order=order)
        if is_exempt(found, point) or len(needed([found.written["t"]])) > LONGEST_READ:
            return
        number, spread = read_again(found.written["t"], point)
        yield Answer("diff of order", order, float(np.sum(number)), float(np.sum(spread)))


def is_exempt(found: Derivatives, point: Mapping[str, np.ndarray]) -> bool:
    """Whether diff says that its text is not the derivative at this point."""
    conditions = [one.condition for one in found.exemptions]
    return bool(conditions) and any(map(np.any, evaluate(conditions, point)))


def read_again(written: Node, point: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    """The value of the text, and how far its rounding may be off."""
    text = parse(as_text(written, shares=False))
    typed, arrays = bind(text, {used: point[used] for used in text.inputs if used in point})
    found = evaluate([typed.result], arrays)
    return found[0], np.nan_to_num(rounding_error([typed.result], arrays, found)[0], posinf=0.0)


def by_rows(one: Case) -> Iterator[Answer]:
    rows = {name: np.stack([value, value + 1.0, value]) for name, value in one.point.items()}
    values, gradients = compile(parse(one.text))(rows)
    yield Answer("batch", 0, values[2])
    yield Answer("batch", 1, one.along({name: found[2] for name, found in gradients.items()}))


def by_nested_grad(one: Case) -> Iterator[Answer]:
    """Orders 1 to 4 along the line."""
    text = one.on_line()
    for order in range(1, ORDERS + 1):
        text = f"grad({text}, t)"
        yield Answer("nested grad", order, evaluated(text, {"t": np.float64(0)}))


def by_hessian(one: Case) -> Iterator[Answer]:
    _, product = hvp(parse(one.text), dict(one.direction), **one.point)
    yield Answer("hvp", 2, one.along(product))


WAYS = {"grad": by_reverse, "jvp": by_forward, "diff": by_text, "diff of order": by_text_of_order, "batch": by_rows,
        "nested grad": by_nested_grad, "hvp": by_hessian}  # fmt: skip


def in_language(language: str, cases: list[Case]) -> list[list[Answer]]:
    """The answers of generated code, one list for each case; empty where the language cannot say it."""
    said: list[tuple[int, tuple[str, dict[str, np.ndarray]]]] = []
    for place, one in enumerate(cases):
        try:
            running.written(language, one.text, **{name: value.shape for name, value in one.point.items()})
        except ExpressionError:
            continue
        said.append((place, (one.text, {name: as_result(value) for name, value in one.point.items()})))
    found: list[list[Answer]] = [[] for _ in cases]
    with tempfile.TemporaryDirectory(prefix="backprop-fuzz-") as folder, np.errstate(all="ignore"):
        results = running.run(language, [question for _, question in said], Path(folder)) if said else []
    for (place, _), (value, gradient) in zip(said, results, strict=True):
        found[place] = [Answer(language, 0, float(value)), Answer(language, 1, cases[place].along(gradient))]
    return found


def by_command(cases: list[Case]) -> list[list[Answer]]:
    """The answers of one run of the installed `batch`, whose rows bring their expressions."""
    rows = [{"expr": one.text, **{name: value.tolist() for name, value in one.point.items()}} for one in cases]
    done = subprocess.run(
        [COMMAND, "batch", "--expr-field", "expr", "--from", "ndjson", "--only", "-q"],
        input="\n".join(map(json.dumps, rows)), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    if len(lines) < len(cases):  # each is wrong: the shortest form has the one that is to blame
        said = f"installed batch ends in status {done.returncode}: {done.stderr.strip()}"
        return [[Answer(said, 0, math.nan)] for _ in cases]
    found = []
    for one, line in zip(cases, lines, strict=True):
        answer = json.loads(line)
        gradient = {name: np.array(answer[f"grad_{name}"], dtype=float) for name in one.point}
        found.append(
            [Answer("installed batch", 0, number(answer["value"])), Answer("installed batch", 1, one.along(gradient))]
        )
    return found


TOGETHER: dict[str, Callable[[list[Case]], list[list[Answer]]]] = {
    **{name: partial(in_language, name) for name, has in INSTALLED.items() if has},
    "installed batch": by_command,
}


def number(read: float | None) -> float:
    return math.nan if read is None else float(read)


def judged(one: Case, found: Iterable[Answer], known: Truths) -> Iterator[Wrong]:
    """The answers that differ from the truth or, where a kink makes a convention of it, from reverse mode."""
    gradient: dict[str, Any] = {}
    with contextlib.suppress(Exception):  # it is told as an answer of reverse mode
        _, gradient = value_and_grad(parse(one.text), dict(one.point))
    is_finite = all(np.all(np.isfinite(entries)) for entries in gradient.values())
    steps = [
        np.abs(np.asarray(gradient[name]) * step) for name, step in one.direction.items() if gradient and is_finite
    ]
    summing = SUMMING * float(sum(map(np.sum, steps)))
    for answer in found:
        truth = known.of[answer.order]
        if answer.order == 1 and known.touches and gradient:
            truth = truth and Truth(one.along(gradient), truth.allowed)
        if answer.way != "grad" and answer.order and not is_finite:
            continue  # IEEE: an entry that does not move gives 0*inf to the sum over all entries
        if answer.way == "hvp" and known.touches and sum(value.size for value in one.point.values()) > 1:
            continue  # the mean over all sides of the kink, of which the line knows two
        allowed = answer.rounding + summing * (answer.order == 1)
        if truth is not None and not abs(answer.number - truth.value) <= truth.allowed + allowed:
            yield Wrong(answer, truth)


def faults_of(cases: list[Case], seeds: list[str], only: str | None = None) -> Iterator[tuple[int, Wrong]]:
    """The wrong answers of all ways, or of `only` one, with the place of their case."""
    known: dict[int, Truths] = {}
    for place, (one, seed) in enumerate(zip(cases, seeds, strict=True)):
        with contextlib.suppress(NoTruth):
            known[place] = truths(one, seed)
    chosen = [cases[place] for place in known]
    answers = [
        [answer for way in WAYS if only is None or way in (only, "grad") for answer in tried(way, one)]
        for one in chosen
    ]
    for way, together in TOGETHER.items():
        if only in (None, way):
            answers = [[*some, *more] for some, more in zip(answers, together(chosen), strict=True)]
    for place, some in zip(known, answers, strict=True):
        for wrong in judged(cases[place], some, known[place]):
            yield place, wrong


def tried(way: str, one: Case) -> Iterator[Answer]:
    """The way's answers; an exception is one that is always wrong, since the formula fits its point."""
    try:
        yield from WAYS[way](one)
    except Exception as error:
        yield Answer(f"{way} ends in {type(error).__name__}: {error}", 0, math.nan)


def faults(seed: int, numbers: Iterable[int], known: set[str]) -> Iterator[tuple[int, str, str]]:
    """The number, the kind and the shortest form of each faulty case whose kind is not known."""
    places = list(numbers)
    cases = [case(Random(f"{seed} {place}")) for place in places]
    seen: set[int] = set()
    for place, wrong in faults_of(cases, [f"{seed} {place}" for place in places]):
        if place in seen:
            continue
        seen.add(place)
        one, wrong = shortest(cases[place], wrong)
        gates = " ".join(
            sorted(set(re.findall(r"[a-z_0-9]{2,}(?=\(|$)|[-+*/^%@\[:.]", re.sub(r"-?[\d.]+", "", one.text))))
        )
        kind = f"{wrong.answer.way}, order {wrong.answer.order}: {gates}"
        if kind not in known:
            yield places[place], kind, described(one, wrong)


def shortest(one: Case, wrong: Wrong) -> tuple[Case, Wrong]:
    """The shortest case that the same way gets wrong in the same order."""
    steps = 0
    candidates = one.shorter()
    while steps < STEPS_OF_SHRINKING:
        candidate = next(candidates, None)
        if candidate is None:
            break
        steps += 1
        for _, found in faults_of([candidate], ["shrinking"], way_of(wrong)):
            if found.answer[:2] == wrong.answer[:2]:
                one, wrong, candidates = candidate, found, candidate.shorter()
                break
    return one, wrong


def way_of(wrong: Wrong) -> str:
    return wrong.answer.way.partition(" ends in ")[0]


def described(one: Case, wrong: Wrong) -> str:
    """What was found, what is right, and the command that shows it."""
    values = " ".join(f"{name}={shlex.quote(written(value))}" for name, value in one.point.items())
    text, (way, order, found, _) = shlex.quote(one.text), wrong.answer
    step = " ".join(f"{name}={written(value)}" for name, value in one.direction.items() if np.any(value))
    command = {
        "grad": f"backprop grad {text} {values}",
        "jvp": f"backprop jvp {text} {values} " + " ".join(f"--tangent {one}" for one in shlex.split(step)),
        "diff": f"backprop diff {text} {values}  # and its text, evaluated",
        "batch": f"backprop batch {text} (rows of {values})",
        "installed batch": f"backprop batch {text} (rows of {values})",
        "hvp": f"backprop hvp {text} {values} " + " ".join(f"--direction {one}" for one in shlex.split(step)),
        "diff of order": f"backprop diff {shlex.quote(one.on_line())} t=0 --order {order}  # and its text, evaluated",
        "nested grad": f"backprop diff {shlex.quote(one.on_line())} t=0 --order {order} --format tsv",
    }.get(way_of(wrong), f"backprop diff {text} {values} --to {way}")
    right = "?" if wrong.truth is None else f"{wrong.truth.value!r} (give or take {wrong.truth.allowed:.1g})"
    return f"{command}\n  along {step}, order {order}: {way} gives {found!r}, right is {right}"
