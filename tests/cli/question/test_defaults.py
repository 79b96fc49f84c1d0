"""Values that the text gives, through the installed command."""

import pytest

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
    assert backprop("diff", "g = 9.81; g*t^2/2").out == "0.5*t^2\ng*t\n"
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


def test_rows_with_expressions_of_their_own_have_values_of_their_own(backprop):
    answer = backprop("batch", "--from", "lines", stdin="a = 3; a*2\nconst g = 3; g*g\n")
    assert answer.out == "a = 3; a*2\t\t6\ta=2\nconst g = 3; g*g\t\t9\t\n"
