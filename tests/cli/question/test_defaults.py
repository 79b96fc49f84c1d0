"""Values that the text gives, through the installed command."""

import json

import pytest

from ..conftest import end_of

LECTURE = "x = -2; y = 5; z = -4; q = x + y; f = q * z"


@pytest.mark.smoke
def test_every_command_takes_the_value_of_the_text_and_another_over_it(backprop):
    assert backprop("grad", LECTURE).out == "-4\n-4\n3\n"
    assert backprop("grad", LECTURE, "--x", "3").out == "-4\n-4\n8\n"
    assert backprop("eval", LECTURE, "--format", "plain").out == "-12\n"
    assert backprop("jvp", "x = 3; x^2", "--tangent", "x=1").rows[1] == ["f", "9", "6"]
    assert backprop("hessian", "x = 3; x^2*y", "--y", "1").rows[1:] == [["x", "2", "6"], ["y", "6", "0"]]
    assert "dx = -4, dy = -4, dz = 3" in backprop("explain", LECTURE).out
    assert backprop("check", LECTURE).status == 0
    assert backprop("diff", "g = 9.81; g*t^2/2").out == "t^2/2\ng*t\n"
    assert backprop("diff", "const g = 9.81; g*t^2/2").out == "g*t\n"


def test_a_range_goes_before_the_value_of_the_text(backprop):
    answer = backprop("plot", "x = 2; x^2", "--x", "-1:1", "--format", "tsv")
    assert answer.rows[:2] == [["x", "value", "grad_x"], ["-1", "1", "-2"]]


def test_another_value_for_a_constant_is_refused(backprop, tmp_path):
    (tmp_path / "values.json").write_text('{"x": 1, "g": 2}')
    for tokens in (("--x", "1", "--g", "2"), ("x=1", "g=2"), ("--vars", "values.json")):
        answer = backprop("eval", "const g = 9.81; g*x", *tokens)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err == "error: g is a constant of the expression\n  change its value in the text\n"


def test_a_column_goes_before_the_value_of_the_text(backprop):
    answer = backprop("batch", "g = 9.81; g*x", stdin="x,g\n1,2\n3,4\n")
    assert (answer.out, answer.err) == ("x,g,value,grad_g,grad_x\n1,2,2,1,2\n3,4,12,3,4\n", "")
    answer = backprop("batch", "g = 9.81; g*x", stdin="x\n1\n")
    assert answer.out == "x,value,grad_g,grad_x\n1,9.81,1,9.81\n"
    assert answer.err == "note: no column g: g keeps its value in the expression\n"
    answer = backprop("batch", "W = [1, 2]; sum(W)*x", stdin="x,W[0],W[1]\n1,5,6\n")
    assert answer.rows and answer.out.splitlines()[1] == "1,5,6,11,1,1,11"
    answer = backprop("batch", "g = 9.81; g*x", "--rename", "g=h", stdin="x\n1\n")
    assert (answer.status, answer.out) == (2, "") and "no column h" in answer.err


OPEN_ROWS = """\
{"x": 1}
{"x": 2, "g": 5}
{"x": 3}
{"x": 4, "g": null}
{"x": 5, "g": "a"}
"""


@pytest.mark.parametrize("without_polars", [False, True])
def test_a_member_goes_before_the_value_of_the_text_in_its_row(tmp_path, without_polars):
    def ask(*tokens, rows):
        return end_of(["batch", *tokens, "--from", "ndjson"], rows.encode(), tmp_path, without_polars=without_polars)

    done = ask("g = 9.81; g*x", rows=OPEN_ROWS)
    results = [(row["value"], row["grad_g"], row["grad_x"]) for row in map(json.loads, done.out.splitlines())]
    assert results == [(9.81, 1, 9.81), (10, 2, 5), (29.43, 3, 9.81), (None,) * 3, (None,) * 3]
    kept = "no member g in the first row: g keeps its value in the expression where a row has no such member"
    assert done.err.decode() == f"note: {kept}\nline 4: g is missing\nline 5: g is 'a', which is not a number\n"
    done = ask("g = 9.81; g*x", "--only", "--no-grad", rows='{"g": 2, "x": 1}\n{"x": 1}\n')
    assert (done.out, done.err) == (b'{"value": 2}\n{"value": 9.81}\n', b"")
    done = ask("g = 9.81; g*x", "--only", "--format", "csv", rows='{"x": 1}\n{"g": 2, "x": 1}\n')
    assert done.out == b"value,grad_g,grad_x\n9.81,1,9.81\n2,1,2\n"
    done = ask("W = [1, inf]; max(W)*x", "--only", "--no-grad", rows='{"x": 1}\n{"W": [5, 6], "x": 1}\n')
    assert done.out == b'{"value": null}\n{"value": 6}\n' and b"warning: value is inf in 1 row" in done.err


def test_a_value_for_all_rows_goes_before_their_members(backprop):
    answer = backprop("batch", "g = 9.81; g*x", "--from", "ndjson", "--only", "--g", "3", stdin=OPEN_ROWS)
    assert answer.lines[1] == '{"value": 6, "grad_g": 2, "grad_x": 3}'
    answer = backprop("batch", "const g = 9.81; g*x", "--from", "ndjson", "--only", stdin=OPEN_ROWS)
    assert answer.lines[1] == '{"value": 19.62, "grad_x": 9.81}' and answer.err == ""


def test_a_default_of_another_shape_than_the_first_row_says_so(backprop):
    rows = '{"x": 1, "W": [1, 2, 3]}\n{"x": 1}\n{"x": 1, "W": [1]}\n'
    answer = backprop("batch", "W = [1, 2]; sum(W)*x", "--from", "ndjson", "--only", "--no-grad", stdin=rows)
    assert (answer.status, answer.lines) == (3, ['{"value": 6}', '{"value": null}', '{"value": null}'])
    assert answer.err == (
        "line 2: W is missing, and its default has shape (2), the first one (3)\n"
        "line 3: W has shape (1), the first one (3)\n"
    )


def test_rows_with_expressions_of_their_own_have_values_of_their_own(backprop):
    answer = backprop("batch", "--from", "lines", stdin="a = 3; a*2\nconst g = 3; g*g\n")
    assert answer.out == "a = 3; a*2\t\t6\ta=2\nconst g = 3; g*g\t\t9\t\n"
