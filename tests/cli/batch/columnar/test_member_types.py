"""Numbers in members of NDJSON that no variable reads, in columnar outputs: they stay numbers."""

from __future__ import annotations

import pytest

polars = pytest.importorskip("polars")

pytestmark = pytest.mark.extras

ID = 2**53 + 1
TYPES = [
    pytest.param(["1", "2.5"], "Float64", [1.0, 2.5], "", id="numbers"),
    pytest.param(["-0", "0", "-0.0"], "Float64", [-0.0, 0.0, -0.0], "", id="minus zero"),
    pytest.param([f"{ID}", "-0", f"-{ID}"], "Int64", [ID, 0, -ID], "", id="64 bits"),
    pytest.param([f"{2**64 - 1}", "null", "1"], "UInt64", [2**64 - 1, None, 1], "", id="64 bits without a sign"),
    pytest.param(["1", f"{2**64 + 1}", "3"], "Float64", [1.0, 2.0**64, 3.0], "rounded", id="beyond 64 bits"),
    pytest.param(["-1", f"{2**64 - 1}"], "Float64", [-1.0, 2.0**64], "rounded", id="no integer type for both"),
    pytest.param(["1.5", f"{ID}"], "Float64", [1.5, 2.0**53], "rounded", id="a fraction beside 54 bits"),
    pytest.param(["1.10", "1e400", "3"], "String", ["1.10", "1e400", "3"], "text", id="beyond the doubles"),
    pytest.param(["1", "9" * 400, "3"], "String", ["1", "9" * 400, "3"], "text", id="a whole number beyond them"),
    pytest.param(["1", '"a"', f"{ID}"], "String", ["1", "a", f"{ID}"], "", id="numbers and texts"),
    pytest.param(["true", "false"], "Boolean", [True, False], "", id="truth values"),
    pytest.param(["true", "1"], "String", ["true", "1"], "", id="truth values and numbers"),
]
SAID = {
    "": (0, ""),
    "rounded": (0, "note: line 2: n has more digits than a double holds: it is written rounded\n"),
    "text": (0, "note: line 2: n is beyond all doubles: its column is written as text\n"),
}


@pytest.mark.parametrize("form", ["parquet", "arrow"])
@pytest.mark.parametrize(("members", "dtype", "values", "word"), TYPES)
def test_numbers_stay_numbers(backprop, tmp_path, form, members, dtype, values, word):
    text = "".join(f'{{"x": {row}, "n": {member}}}\n' for row, member in enumerate(members))
    answer = backprop("batch", "x", "--from", "ndjson", "-o", f"out.{form}", stdin=text)
    assert (answer.status, answer.err) == SAID[word]
    path = tmp_path / f"out.{form}"
    found = polars.read_parquet(path) if form == "parquet" else polars.read_ipc(path)
    assert str(found["n"].dtype) == dtype
    assert list(map(repr, found["n"])) == list(map(repr, values))
    assert found["value"].to_list() == list(range(len(members)))


@pytest.mark.parametrize("place", [0, 60_000])
def test_what_is_said_does_not_depend_on_the_block(backprop, tmp_path, place):
    members = ["0.5"] * 100_000
    members[place : place + 3] = [f"{ID}", "-0", f"{10**30}"]
    text = "".join(f'{{"x": 1, "n": {member}}}\n' for member in members)
    answer = backprop("batch", "x", "--from", "ndjson", "-o", "out.parquet", stdin=text)
    said = f"note: line {place + 1}: n has more digits than a double holds: it is written rounded\n"
    assert (answer.status, answer.err) == (0, said)
    found = polars.read_parquet(tmp_path / "out.parquet")["n"].to_list()
    assert list(map(repr, found[place : place + 3])) == [repr(2.0**53), "-0.0", "1e+30"]


@pytest.mark.parametrize("text", ["-0", "-0.0", "-0e0", "[-0, 1]"])
def test_minus_zero_is_read_as_one(backprop, tmp_path, text):
    is_list = text.startswith("[")
    expression = "1/x[0]" if is_list else "1/x"
    answer = backprop("batch", expression, "--from", "ndjson", "--format", "ndjson", stdin=f'{{"x": {text}}}\n')
    assert "value is -inf in 1 row" in answer.err
    (tmp_path / "values.json").write_text(f'{{"x": {text}}}')
    (tmp_path / "x.json").write_text(text)
    for given in (["--vars", "values.json"], ["x=@x.json"]):
        assert backprop("eval", expression, *given, "--format", "plain").out == "-inf\n"
    own = backprop("batch", "--expr-field", "e", "--from", "ndjson", stdin=f'{{"e": "{expression}", "x": {text}}}\n')
    assert "value is -inf in 1 row" in own.err
