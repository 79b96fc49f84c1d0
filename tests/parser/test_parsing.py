"""The calls of the package: constants as values, long lists fast, threads, and nothing heavy imported early."""

import gc
import json
import math
import subprocess
import sys
import threading

import numpy as np
import pytest

from backprop.parser import ExpressionError, parse, parse_constant, parsing
from backprop.parser.parsing import LONG, literal_list

CONSTANTS = {
    "2": 2.0,
    "-2": -2.0,
    "pi/2": math.pi / 2,
    "π": math.pi,
    "-inf": -math.inf,
    "2^10": 1024.0,
    "sum([1, 2, 3])": 6.0,
    "a = 2; a*3": 6.0,
    "f(t) = t^2; f(3)": 9.0,
    "1 if 2 > 1 else 0": 1.0,
    "[1, 2]": [1.0, 2.0],
    "[[1, 2], [3, 4]]": [[1.0, 2.0], [3.0, 4.0]],
    "[pi, 1]": [math.pi, 1.0],
    "eye(2)": [[1.0, 0.0], [0.0, 1.0]],
    "[]": [],
}


@pytest.mark.parametrize("text", CONSTANTS)
def test_constants(text):
    value = parse_constant(text)
    np.testing.assert_array_equal(value, CONSTANTS[text])
    assert value.dtype == np.float64


@pytest.mark.parametrize("text", ["x", "2*x", "[1, x]", "2 +", "", "zeros(1e12)", "[1, 2] + [1, 2, 3]"])
def test_what_is_no_constant_is_an_error_with_its_source(text):
    with pytest.raises(ExpressionError) as caught:
        parse_constant(text)
    assert caught.value.source == text


def long_list(entry, rows=None):
    row = f"[{', '.join([entry] * LONG)}]"
    return row if rows is None else f"[{', '.join([row] * rows)}]"


@pytest.mark.parametrize("text", [long_list("1"), long_list("-2.5e-3"), long_list("0"), f" {long_list('1E5', 3)}\n"])
def test_a_long_list_of_plain_numbers_is_read_without_the_grammar(text, monkeypatch):
    expected = np.array(json.loads(text), dtype=float)
    monkeypatch.setattr(parsing, "parse", None)
    np.testing.assert_array_equal(parse_constant(text), expected)


@pytest.mark.parametrize(
    "text",
    [
        long_list("1e999"),  # out of range
        long_list("1e-999"),  # not 0
        long_list(f"0.{'0' * 400}1"),
        long_list("1, 2], [3"),  # ragged, once in brackets
        f"[{long_list('1')}, [2]]",
        long_list("1") + "]",
        long_list("1,"),
        long_list("1 2"),
        long_list("1__0"),
        "[" * 50 + "1" + "]" * 50 + " " * LONG,
        "[" * 100_000,
    ],
)
def test_the_fast_way_refuses_what_the_language_refuses(text):
    assert literal_list(text) is None
    with pytest.raises(ExpressionError):
        parse_constant(text)


@pytest.mark.parametrize("entry", [".5", "5.", "1_000", "+1", "- 1", "(1)", "pi", "0e-999", "1 # one\n"])
def test_what_the_fast_way_cannot_read_the_grammar_reads(entry):
    text = long_list(entry)
    assert literal_list(text) is None
    np.testing.assert_array_equal(parse_constant(text)[0], parse_constant(entry))


def test_threads_read_at_the_same_time():
    texts = [f"f(t) = t + {i}; " + " + ".join(f"f(x{i}*{j})" for j in range(50)) for i in range(16)]
    expected = [[(node.gate.name, node.attributes) for node in parse(text).nodes] for text in texts]
    found = [None] * len(texts)

    def read(place):
        found[place] = [(node.gate.name, node.attributes) for node in parse(texts[place]).nodes]

    threads = [threading.Thread(target=read, args=(place,)) for place in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


@pytest.mark.parametrize("text", ["x + y", "x +", "unknown(x)"])
@pytest.mark.parametrize("is_enabled", [True, False])
def test_garbage_collection_is_left_as_it_was(text, is_enabled):
    was_enabled = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        if text == "x + y":
            parse(text)
        else:
            with pytest.raises(ExpressionError):
                parse(text)
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def modules_after(code):
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()


def test_the_package_itself_imports_no_lark():
    assert "lark" not in modules_after("import backprop.parser")
    assert "lark" not in modules_after("import backprop.parser.diagnostics.rendering")


def test_lark_is_imported_to_build_the_tables_only(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reading = "from backprop.parser import parse\nparse('f(t) = t^2; sum(f(i*x) for i in 0:3)')"
    assert "lark" in modules_after(reading)
    assert "lark" not in modules_after(reading)


def test_reading_imports_nothing_that_only_errors_need():
    loaded = modules_after("from backprop.parser import parse\nparse('f(t) = t^2; max(f(x), [1, 2][0])')")
    diagnostics = {f"backprop.parser.diagnostics.{module}" for module in ("unexpected_token", "suggestions")}
    unwanted = {"difflib", "json", "rich", *diagnostics}
    assert not unwanted & set(loaded)
