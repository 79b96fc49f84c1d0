"""Values from text and files; no process is started."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.cli.question.question import read_vars
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

from ...cases import each

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2", -2.0),
        ("pi/2", np.pi / 2),
        ("1e-3", 0.001),
        ("inf", np.inf),
        ("-inf", -np.inf),
        ("[[1, 2], [3, 4]]", [[1.0, 2.0], [3.0, 4.0]]),
        ("[sqrt(4), 2^3]", [2.0, 8.0]),
    ],
)
def test_a_value_is_a_constant_expression(text, expected):
    value = read_value("x", text)
    assert np.shape(value) == np.shape(expected)
    assert np.array_equal(value, expected)


def test_a_value_may_be_nan():
    assert np.isnan(read_value("x", "nan"))


@pytest.mark.parametrize("text", ["y", "1 +", "", "sine(1)", "[[1], [2, 3]]", "1e999", "2x"])
def test_a_wrong_value_is_shown_with_its_own_text_and_its_variables_name(text):
    with pytest.raises(ExpressionError) as caught:
        read_value("rate", text)
    assert caught.value.reason.startswith("the value of rate: ")
    assert caught.value.source == text


FILES = [
    pytest.param("a.csv", "1,2\n3,4\n", [[1, 2], [3, 4]], id="csv matrix"),
    pytest.param("a.csv", "1\n2\n3", [1, 2, 3], id="csv vector"),
    pytest.param("a.csv", "\ufeff1.5\r\n", 1.5, id="csv scalar"),
    pytest.param("a.CSV", "1,inf\n\n\n", [[1, np.inf]], id="csv row"),
    pytest.param("a.json", "3", 3, id="json scalar"),
    pytest.param("a.json", "[[1, 2.5], [3, -Infinity]]", [[1, 2.5], [3, -np.inf]], id="json matrix"),
]


@pytest.mark.parametrize(("name", "text", "expected"), FILES)
def test_a_text_file_gives_a_value(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text, encoding="utf-8")
    value = read_value("x", f"@{tmp_path / name}")
    assert value.dtype == np.float64
    assert np.array_equal(value, expected)
    assert np.shape(value) == np.shape(expected)


@pytest.mark.parametrize("array", [np.float32(1.5), np.arange(6).reshape(2, 3), np.array([True, False])])
def test_a_numpy_file_gives_a_value(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    value = read_value("x", f"@{tmp_path / 'a.npy'}")
    assert value.dtype == np.float64
    assert np.array_equal(value, array)


BAD_FILES = [
    pytest.param("a.csv", b"1,2\n3\n", "line 2 has 1 column, not 2", id="ragged csv"),
    pytest.param("a.csv", b"x,1\n1,2\n", "line 1: 'x' is not a number", id="header"),
    pytest.param("a.csv", b"1..5\n2\n", "line 1: '1..5' is not a number", id="first number"),
    pytest.param("a.csv", b"NA\n2\n", "line 1: 'NA' is not a number", id="first is missing"),
    pytest.param("a.csv", b"x\n", "holds no number", id="names alone"),
    pytest.param("a.csv", b"1\n\n2\n", "line 2 is empty", id="empty line"),
    pytest.param("a.csv", b"", "holds no number", id="empty csv"),
    pytest.param("a.csv", b"1\n1e999\n", "line 2: 1e999 is out of range", id="csv out of range"),
    pytest.param("a.csv", b"\xff\xfe1", "not UTF-8", id="csv encoding"),
    pytest.param("a.csv", b"1\x00\n", "line 1", id="csv nul"),
    pytest.param("a.json", b"[[1, 2], [3]]", "different lengths", id="ragged json"),
    pytest.param("a.json", b"[1, [2]]", "different lengths", id="mixed json"),
    pytest.param("a.json", b'["1"]', "'1' is not a number", id="json text"),
    pytest.param("a.json", b"[true]", "true is not a number", id="json boolean"),
    pytest.param("a.json", b"null", "null is not a number", id="json null"),
    pytest.param("a.json", b'{"a": 1}', "an object is not a number", id="json object"),
    pytest.param("a.json", b"[]", "empty list", id="json empty"),
    pytest.param("a.json", b"[1, 2", "line 1, column", id="json syntax"),
    pytest.param("a.json", b"[1e999]", "out of range", id="json out of range"),
    pytest.param("a.json", b"1" + b"0" * 400, "out of range", id="json integer out of range"),
    pytest.param("a.json", b"1" + b"0" * 5000, "out of range", id="json integer of 5001 digits"),
    pytest.param("a.json", b"[" * 100_000, "nested too deeply", id="json nested"),
    pytest.param("a.json", b"[" * 50 + b"1" + b"]" * 50, "nested too deeply", id="json dimensions"),
    pytest.param("a.npy", b"1,2", "not an .npy file", id="no npy"),
    pytest.param("a.npy", b"\x93NUMPY\x01\x00", "damaged", id="npy without header"),
    pytest.param("a.txt", b"1", "ending", id="ending"),
    pytest.param("a", b"1", "ending", id="no ending"),
]


@pytest.mark.parametrize(("name", "content", "reason"), BAD_FILES)
def test_a_wrong_file_is_named_with_the_reason(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        read_value("rate", f"@{path}")
    assert str(caught.value).startswith(f"the value of rate: {path}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([1j]), "complex128 entries"),
        (np.array(["a"]), "not real numbers"),
        (np.array([{}]), "Python objects"),
        (np.zeros((0, 3)), "holds no number"),
        (np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "not real numbers"),
    ],
)
def test_a_numpy_file_without_real_numbers_is_refused(tmp_path, array, reason):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(Failure, match=reason):
        read_value("x", f"@{tmp_path / 'a.npy'}")


def test_a_numpy_file_that_promises_more_than_it_holds_takes_no_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(7))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content.replace(b"(7,)", b"(7000000000000,)")[:-13])
    with pytest.raises(Failure, match=r"damaged|more than"):
        read_value("x", f"@{tmp_path / 'a.npy'}")


def test_a_truncated_numpy_file_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(7))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    with pytest.raises(Failure, match="damaged"):
        read_value("x", f"@{tmp_path / 'a.npy'}")


@pytest.mark.parametrize("name", ["missing.csv", "folder.json", "nul\0.npy"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(Failure, match=r"the value of x: .*(no such file|is a directory|null)"):
        read_value("x", f"@{tmp_path / name}")


def test_a_values_file_holds_numbers_lists_and_constant_expressions(tmp_path):
    path = tmp_path / "values.json"
    path.write_text(json.dumps({"x": 1, "W": [[1, 2], [3, 4]], "angle": "pi/2"}))
    values = read_vars([str(path)])
    assert values["x"] == 1.0
    assert values["angle"] == np.pi / 2
    assert np.array_equal(values["W"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "does not hold an object"),
        ('{"x": 1, "x": 2}', "'x' is given twice"),
        ('{"x": null}', "the value of x: .*null is not a number"),
        ('{"x": [1, [2]]}', "the value of x: .*different lengths"),
        ('{"x": "1 +"}', "the value of x: "),
        ("{", "line 1, column 2"),
    ],
)
def test_a_wrong_values_file_is_refused(tmp_path, text, reason):
    path = tmp_path / "values.json"
    path.write_text(text)
    with pytest.raises((Failure, ExpressionError)) as caught:
        dict(read_vars([str(path)]))
    assert re.search(reason, caught.value.reason)


UNUSED = [r'"\ud83d"', '"hello there"', '"@secret.csv"', "null", "[1, [2]]", '{"a": 1}', "true"]


@pytest.mark.parametrize("command", ["eval", "grad", "plot", "batch"])
def test_a_member_that_nothing_uses_may_be_anything(backprop, tmp_path, command):
    members = [f'"s{place}": {value}' for place, value in enumerate(UNUSED)]
    (tmp_path / "values.json").write_text(f'{{"a": 2, {", ".join(members)}}}')
    question = ["--vars", "values.json", *{"plot": ["x=0:1"], "batch": []}.get(command, ["x=3"])]
    answer = backprop(command, "a*x", *question, stdin="x\n3\n")
    assert (answer.status, answer.err) == (0, "")
    for place, _ in each(enumerate(UNUSED)):
        used = backprop(command, f"a*x + sum(s{place})", *question, stdin="x\n3\n")
        assert used.status == 2
        assert f"the value of s{place}" in used.err


def test_the_members_that_nothing_uses_are_named_for_who_asks(backprop, tmp_path):
    (tmp_path / "values.json").write_text(r'{"x": 2, "s": "\ud83d", "t": "\udc00"}')
    answer = backprop("eval", "x", "--vars", "values.json", "-v")
    assert (answer.status, answer.err) == (0, "note: --vars: not in the expression: s, t\n")
