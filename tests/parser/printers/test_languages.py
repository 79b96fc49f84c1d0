"""Every gate at its samples and corners in the languages of code that have a tool here: one program a language.

The bound is four units in the last place; where a function has more room, the reason stands beside it. The zeros of
what takes them apart by their sign have it.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.execution import evaluate
from backprop.parser import parse
from backprop.parser.printers import code
from backprop.parser.printers.coverage import MISSING, ways
from backprop.parser.printers.language import words
from backprop.parser.printers.languages import languages

from .programs import PROGRAMS, TOOLS, language_of, run_program
from .running import BOUND_AT_ANY_LENGTH, is_at_any_length, nodes_of, shapes_of, truth_of
from .test_code import CORNERS, gate_cases
from .test_names_and_signs import NAMES
from .test_scalars import ARRAYS, OF_ARRAYS, at_declared_points

UNITS = 4
CANCELLING = {"cofactor(x0, x1)": 32}  # of four rows, whose terms cancel
# XLA's erfc and sinh differ from the C library's, and what is below the least normal number counts as 0 there.
OF_XLA = {
    "normcdf(x0)": 256, "gelu(x0)": 256, "csch(x0)": 32, "lognormcdf(x0)": 32, "norminv(x0)": 16, "coth(x0)": 8,
    "silu(x0)": math.inf,
}  # fmt: skip
ROOM = {language: CANCELLING for language in PROGRAMS} | {"jax": CANCELLING | OF_XLA}
WITHOUT_LOOPS = ("jax", "torch", "glsl")  # which have no routines
RUN_ELSEWHERE = ("python", "numpy", "c", "javascript", "awk", "polars", "excel", "miller")  # in files of their own
INTERPRETED = ("r", "matlab")
ENDS = (0.0, -0.0, 2.5, -2.5, math.inf, math.nan)
OF_TWO = ("x % y", "x // y", "max(x, y)", "min(x, y)")
OF_ONE = ("relu(x)", "sign(x)", "abs(x)", "floor(x)", "ceil(x)", "round(x)", "-x", "sqrt(x)", "cbrt(x)")
MORE_NAMES = words(
    """
end begin subroutine module dp merge own_floor mut loop impl self Self fn let match func go chan nil select range
by_x x X T1 w e E pi PI TRUE FALSE NULL Inf T F NA c function elseif endfunction local repeat where_ ans i j eps jnp
torch vec4 uniform sampler2D __device__ threadIdx own_sign special_gamma remainder value_ gradient_ C_DOUBLE
"""
)


def of_names():
    """All of them in one function, so that two may not get the same new name."""
    names = [*NAMES, *MORE_NAMES]
    text = " + ".join(f"{place + 1}*{name}" for place, name in enumerate(names))
    text += " + max(e1, e2) + min(e1, e2) + e1^e2 + (e1 % e2) + e1/e2 + sign(e1) + abs(e1) + cbrt(e2) + floor(e1)"
    return text, {name: float(place % 7 + 1) for place, name in enumerate(parse(text).inputs)}


@cache
def cases():
    """(text, values, true value, true gradient of its sum) of each."""
    texts = [*gate_cases(), *CORNERS, of_names()]
    texts += [(text, {"x": x, "y": y}) for text in OF_TWO for x in ENDS for y in ENDS]
    texts += [(text, {"x": x}) for text in OF_ONE for x in ENDS]
    found = [(text, values, *truth_of(text, values)) for text, values in texts]
    found += [(text, values, *answers) for _, text, values, *answers in at_declared_points()]
    for text in OF_ARRAYS:
        values = {name: np.array(ARRAYS[name]) for name in parse(text).inputs}
        graph = parse(text).typed({name: np.shape(entries) for name, entries in values.items()})
        gradient = truth_of(f"sum({text})", values)[1]
        found.append((text, values, evaluate([graph.result], values)[0], gradient))
    return found


@cache
def is_routine(text):
    """Whether it calls a routine, whose translation is the same at all points, and takes long in an interpreter."""
    return any(node.gate.routine for node in parse(text).nodes)


@cache
def is_written(language, text, shapes):
    try:
        code.write(language_of(language), "f", *nodes_of(text, **dict(shapes)))
    except ExpressionError as error:
        assert f"{language_of(language).title} code for '" in error.reason and error.span and error.cure
        return False
    return True


def cases_of(language):
    """All, or in an interpreter two points of each routine."""
    if language in WITHOUT_LOOPS:
        return [case for case in cases() if is_written(language, case[0], shapes_of(case[1]))]
    if language not in INTERPRETED:
        return cases()
    seen = Counter()
    found = []
    for case in cases():
        seen[case[0]] += 1
        if seen[case[0]] <= 2 or not is_routine(case[0]):
            found.append(case)
    return found


def units_apart(mine, truth, *, is_signed):
    """In units of the last place, the most of all entries; infinitely many for another shape, nan or sign of zero."""
    mine, truth = np.asarray(mine, dtype=float), np.asarray(truth, dtype=float)
    if mine.shape != truth.shape:
        return math.inf
    has_sign = (np.signbit(mine) == np.signbit(truth)) | (not is_signed)
    is_same = (mine == truth) & has_sign | (np.isnan(mine) & np.isnan(truth))
    is_number = np.isfinite(mine) & np.isfinite(truth) & ((mine != 0.0) | (truth != 0.0))
    with np.errstate(invalid="ignore"):
        units = np.abs(mine - truth) / np.spacing(np.maximum(np.abs(mine), np.abs(truth)))
    return float(np.max(np.where(is_same, 0.0, np.where(is_number, units, math.inf)), initial=0.0))


def room(language, text):
    """In units, how far an answer may be from the truth."""
    if language in WITHOUT_LOOPS and is_at_any_length(text):
        return BOUND_AT_ANY_LENGTH * 2.0**52
    return ROOM[language].get(text, UNITS)


@pytest.mark.parametrize("language", PROGRAMS)
def test_every_gate_agrees_at_its_samples_and_corners(language, tmp_path):
    if TOOLS[language] is None:
        pytest.skip(f"nothing runs {language} here")
    results = run_program(language, [(text, values) for text, values, *_ in cases_of(language)], tmp_path)
    wrong = []
    for (text, values, true_value, truths), (value, gradient) in zip(cases_of(language), results, strict=True):
        pairs = [(value, true_value), *[(gradient[name], truths[name]) for name in truths]]
        apart = max([units_apart(*pair, is_signed=text in (*OF_TWO, *OF_ONE)) for pair in pairs])
        if apart > room(language, text):
            wrong.append((text, values, apart, (value, true_value), (gradient, truths)))
    assert not wrong, f"{len(wrong)}\n" + "\n".join(map(str, wrong[:20]))


def test_the_table_says_what_is_run():
    assert {name for name, language in languages().items() if language.run_by} == {*PROGRAMS, *RUN_ELSEWHERE}


@pytest.mark.parametrize("language", WITHOUT_LOOPS)
def test_what_the_table_says_is_missing_is_refused_and_nothing_else(language):
    points = {parse(text).result.gate: (text, values) for text, values in gate_cases()}
    points |= {gate: (text, values) for gate, text, values, *_ in reversed(at_declared_points())}
    gates = list(points)
    said = {gate.name for gate, way in zip(gates, ways(language_of(language), gates), strict=True) if way == MISSING}
    refused = {gate.name for gate, point in points.items() if not is_written(language, point[0], shapes_of(point[1]))}
    assert said == refused != set()
