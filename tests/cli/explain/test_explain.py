"""`backprop explain`: the chain rule step by step, in words, in every format, and in agreement with `eval`."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import evaluate
from backprop.parser import parse

from ...closeness import close_to

LECTURE = ("(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4")
VECTOR = ("q = W@x; f = sum(q^2)", "--W", "[[0.1,0.5],[-0.3,0.8]]", "--x", "[0.2,0.4]")


def value_of(formula, values):
    """What a formula of the explanation is at these numbers."""
    typed, arrays = bind(parse(formula), {name: values[name] for name in parse(formula).variables})
    return evaluate([typed.result], arrays)[0]


def strict_json(answer):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(answer.out, parse_constant=refuse)


def section(answer, heading):
    """The lines below a heading of the text."""
    return answer.out.split(f"{heading}\n")[1].split("\n\n")[0].splitlines()


def test_the_lecture_example(backprop):
    answer = backprop("explain", *LECTURE)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "f = (x+y)*z\n"
        "\n"
        "Forward: values, inputs first\n"
        "  x = -2, y = 5, z = -4\n"
        "  n1 = x + y = -2 + 5 = 3\n"
        "  f = n1 * z = 3 * (-4) = -12\n"
        "\n"
        "Reverse: gradients, from the output back; dn1 is short for df/dn1\n"
        "  df = 1, the seed\n"
        "  f = n1 * z. The mul gate swaps: each input gets the upstream gradient times the other input.\n"
        "    to n1: d(n1 * z)/dn1 = z, so df * z = 1 * (-4) = -4\n"
        "    to z: d(n1 * z)/dz = n1, so df * n1 = 1 * 3 = 3\n"
        "  n1 = x + y. The add gate distributes the upstream gradient to every input.\n"
        "    to x: d(x + y)/dx = 1, so dn1 * 1 = -4 * 1 = -4\n"
        "    to y: d(x + y)/dy = 1, so dn1 * 1 = -4 * 1 = -4\n"
        "\n"
        "Result\n"
        "  dx = -4, dy = -4, dz = 3\n"
    )


def test_the_vector_example_has_formulas_and_shapes(backprop):
    lines = backprop("explain", *VECTOR).lines
    assert (
        "    to W: outer(dq, x) = outer([0.44, 0.52], [0.2, 0.4]) = [[0.088, 0.176], [0.104, 0.208]],"
        " shapes (2, 2) = (2) by (2)" in lines
    )
    transposed = "[[0.1, 0.5], [-0.3, 0.8]].T @ [0.44, 0.52]"
    assert f"    to x: W.T @ dq = {transposed} = [-0.112, 0.636], shapes (2) = (2, 2) by (2)" in lines
    assert "    to q: d(q^2)/dq = 2 * q, so dn1 * (2 * q) = [1, 1] * [0.44, 0.52] = [0.44, 0.52]" in lines
    assert any(line.startswith("  q = W @ x. The matmul gate swaps: ") for line in lines)
    assert any(line.startswith("  outer(a, b): ") for line in lines)
    assert "  dW = [[0.088, 0.176], [0.104, 0.208]], shape (2, 2)" in lines
    square = backprop("explain", "sum(A@B)", "A=[[1,2],[3,4]]", "B=[[0,1],[1,0]]").lines
    numbers = "[[1, 1], [1, 1]] @ [[0, 1], [1, 0]].T"
    assert f"    to A: dn1 @ B.T = {numbers} = [[1, 1], [1, 1]], shapes (2, 2) = (2, 2) by (2, 2)" in square


@pytest.mark.parametrize(
    "question",
    [
        LECTURE,
        VECTOR,
        ("1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3"),
        ("1/(1+exp(-w*x))", "w=2", "x=-1", "--fuse"),
        ("x*x + max(x, y) + where(x > y, sqrt(x), y^3)", "x=2", "y=2"),
        ("sum(M*r) + b*sum(r)", "M=[[1,2],[3,4]]", "r=[5,6]", "b=0.1"),
        ("a = x*2; b = a + a; b*y", "x=0.3", "y=7", "--wrt", "x"),
        ("softmax(v)@v / norm(v)", "v=[1,2,3]"),
        ("dx*x", "x=3", "dx=4"),
    ],
)
def test_the_numbers_are_those_of_eval(backprop, question):
    found = strict_json(backprop("explain", *question, "--json"))
    truth = strict_json(backprop("eval", *question, "--json"))
    assert (found["schema"], found["command"], found["expression"]) == (1, "explain", question[0])
    assert (found["value"], found["gradient"]) == (truth["value"], truth["gradient"])
    expected = {row["node"]: row for row in truth["nodes"]}
    values = {step["node"]: step["value"] for step in found["forward"]}
    assert values == {node: row["value"] for node, row in expected.items()}
    for step in found["reverse"]:
        assert step["gradient"] == expected[step["node"]]["gradient"]
    for step in found["reverse"]:
        values[step["name"].replace("(", "_").replace(")", "")] = step["gradient"]
    check_steps(found["reverse"], values)


def check_steps(steps, values):
    """That every gradient is the sum of its shares, and that every formula gives the number beside it."""
    sent = {}
    for step in steps:
        if not step["is_seed"]:
            assert np.sum([share["value"] for share in step["shares"]], axis=0) == close_to(
                np.asarray(step["gradient"]), rel=1e-14
            )
        for part in step["parts"]:
            sent.setdefault((step["node"], part["to"]), []).append(part["value"])
            assert part["upstream"] == step["gradient"]
            if part["is_product"]:
                assert np.multiply(part["upstream"], part["local"]).tolist() == part["value"]
            if not part["is_taken"]:
                assert not np.any(part["value"])
                continue
            formula = re.sub(r"\bd\((\w+)\)", r"d_\1", part["formula"])
            assert value_of(formula, values) == close_to(np.asarray(part["value"]), rel=1e-13)
            if part["local"] is not None:
                local = value_of(part["local_formula"], values)
                assert np.broadcast_to(local, np.shape(part["local"])) == close_to(np.asarray(part["local"]), rel=1e-13)
    for step in steps:
        for share in step["shares"]:
            assert share["value"] in sent[share["node"], step["node"]]


def test_a_value_used_more_than_once_shows_its_sum(backprop):
    lines = backprop("explain", "x*y + x*z", "x=2", "y=3", "z=4").lines
    assert "  x is used twice: dx = 3 + 4 = 7" in lines
    lines = backprop("explain", "x*x*x", "x=2").lines
    assert "  x is used 3 times: dx = 4 + 4 + 4 = 12" in lines
    assert "    to x, operand 2: local gradient x, so dn1 * x = 2 * 2 = 4" in lines
    many = backprop("explain", "+".join(f"x*{number}" for number in range(1, 13)), "x=1").out
    assert "x is used 12 times: dx = 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 4 more = 78\n" in many


def test_branches_ties_and_flat_gates(backprop):
    answer = backprop("explain", "where(x > 0, sqrt(x), y) + max(y, z) + floor(z)", "x=0", "y=3", "z=3")
    assert (answer.status, answer.err) == (0, "")
    assert "  n1 = (x > 0) = (0 > 0) = 0" in answer.lines
    assert answer.lines.count("    to n2: the branch is not taken, so exactly 0") == 1
    assert answer.lines.count("    to x: the branch is not taken, so exactly 0") == 1  # sqrt at 0: 0 beats inf
    assert sum(line.endswith(" = 1 * 0.5 = 0.5") for line in answer.lines) == 2
    assert "The maximum gate routes the gradient to the largest input; tied ones share it equally." in answer.out
    assert "The floor gate stops the gradient: it is constant between its steps.\n    to z: nothing" in answer.out
    assert answer.lines[-1] == "  dx = 0, dy = 1.5, dz = 0.5"


def test_a_branch_taken_in_part(backprop):
    answer = backprop("explain", "sum(where(v > 0, sqrt(v), b))", "v=[0,4]", "b=3")
    assert answer.err == ""
    assert (
        "    to n2: d(where(n1, n2, b))/dn2 = 1, so where(n1, dn3, 0) = where([0, 1], [1, 1], 0) = [0, 1]"
        in answer.lines
    )
    (line,) = [line for line in answer.lines if line.startswith("    to v: ") and "sqrt" in line]
    assert line.endswith(" = [0, 0.25], exactly 0 where the branch is not taken")
    (line,) = [line for line in answer.lines if line.startswith("    to b: ")]
    assert line.endswith(
        "so sum(where(n1, 0, dn3), axis=[0]) = sum(where([0, 1], 0, [1, 1]), axis=[0]) = 1,"
        " shapes scalar = (2) by (2), summed over what was broadcast"
    )


def test_variables_without_a_gradient(backprop):
    unused = backprop("explain", "a = y*2; x + 1", "x=1", "y=2")
    assert "  y is reached by no gradient: it is 0" in unused.lines
    assert unused.lines[-1] == "  dy = 0, dx = 1"
    asked = backprop("explain", *LECTURE, "--wrt", "x")
    assert "  not asked for: y, z" in asked.lines
    assert "to z:" not in asked.out
    assert asked.lines[-1] == "  dx = -4"


@pytest.mark.parametrize(
    "expression, value",
    [
        ("5", "f = 5"),
        ("pi", "f = pi = 3.14159"),
        ("2 + 3", "f = 2 + 3 = 5"),
        ("zeros(2)", "f = zeros(2) = [0, 0], shape (2)"),
    ],
)
def test_no_variables_at_all(backprop, expression, value):
    answer = backprop("explain", expression)
    assert (answer.status, answer.err) == (0, "")
    assert section(answer, "Forward: values, inputs first") == [f"  {value}"]
    assert section(answer, "Result") == ["  There are no variables: nothing to differentiate."]
    found = strict_json(backprop("explain", expression, "--json"))
    assert found["gradient"] == {} and found["forward"][0]["text"] == value.replace("3.14159", repr(np.pi))


def test_the_output_may_be_a_number(backprop):
    answer = backprop("explain", "a = x*2; 5", "x=1")
    assert (answer.status, answer.err, answer.lines[-1]) == (0, "", "  dx = 0")
    assert "  f = 5" in answer.lines and "  x is reached by no gradient: it is 0" in answer.lines


def test_the_output_may_be_an_input(backprop):
    assert section(backprop("explain", "x", "x=3"), "Reverse: gradients, from the output back") == [
        "  dx = 1, the seed"
    ]


def test_seeds(backprop):
    answer = backprop("explain", "x*2", "x=[1,2]", "--upstream", "[3,4]")
    assert (answer.err, "  df = [3, 4], the seed" in answer.lines) == ("", True)
    assert "its upstream gradient is ones" in backprop("explain", "x*2", "x=[1,2]").err


def test_arrays_show_their_first_entries(backprop):
    answer = backprop("explain", "sum(x*y)", f"x={list(range(50))}", "y=[3]")
    assert "  x = [0, 1, 2, …] (50)" in answer.lines
    assert "  n1 = x * y = [0, 3, 6, …] (50)" in answer.lines
    assert "  dy = [1225], shape (1)" in answer.lines


def test_non_finite_numbers_are_named(backprop):
    answer = backprop("explain", "log(x)*y", "x=0", "y=2")
    assert "Not finite: where inf or nan began\n  n1 = log(x) is -inf\n" in answer.out
    assert "warning: n1 = log(x) is -inf" in answer.err
    assert "    to x: d(log(x))/dx = 1 / x, so dn1 * (1 / x) = 2 * inf = inf" in answer.lines
    found = strict_json(backprop("explain", "log(x)*y", "x=0", "y=2", "--json"))
    places = {entry["where"]: entry["value"] for entry in found["nonfinite"]}
    assert places["n1.value"] == "-inf" and places["x.gradient"] == "inf" and places["n1.x.0.local"] == "inf"
    assert backprop("explain", "log(x)*y", "x=0", "y=2", "--strict", "-q").status == 4


def test_forward_mode(backprop):
    question = ("x*sin(x)*y", "x=1", "y=2", "--mode", "forward", "--wrt", "x")
    answer = backprop("explain", *question)
    assert section(answer, "Tangents: along x, inputs first; dn1 is short for dn1/dx") == [
        "  dx = 1, the seed",
        "  n1 = sin(x)",
        "    from x: d(sin(x))/dx = cos(x), so dx * cos(x) = 1 * 0.540302 = 0.540302",
        "  n2 = x * n1",
        "    from x: d(x * n1)/dx = n1, so dx * n1 = 1 * 0.841471 = 0.841471",
        "    from n1: d(x * n1)/dn1 = x, so dn1 * x = 0.540302 * 1 = 0.540302",
        "    in all: dn2 = 0.841471 + 0.540302 = 1.38177",
        "  f = n2 * y",
        "    from n2: d(n2 * y)/dn2 = y, so dn2 * y = 1.38177 * 2 = 2.76355",
        "  held fixed: y",
    ]
    found = strict_json(backprop("explain", *question, "--json"))
    truth = strict_json(backprop("eval", *question, "--json"))
    assert found["tangent"] == truth["tangent"]
    expected = {row["node"]: row["tangent"] for row in truth["nodes"]}
    assert all(step["tangent"] == expected[step["node"]] for step in found["tangents"])
    assert backprop("explain", "x*y", "x=1", "y=2", "--mode", "forward").status == 2


def test_fuse_makes_the_sigmoid_one_gate(backprop):
    question = ("1/(1+exp(-w*x))", "w=2", "x=-1")
    assert "The exp gate" in backprop("explain", *question).out
    fused = backprop("explain", *question, "--fuse")
    assert "d(sigmoid(n1))/dn1 = sigmoid(n1) * (1 - sigmoid(n1))" in fused.out
    assert fused.lines[-1] == backprop("explain", *question).lines[-1] == "  dw = -0.104994, dx = 0.209987"


def test_names_that_could_be_mistaken(backprop):
    answer = backprop("explain", "format*dformat*x_1", "format=1", "dformat=2", "x_1=3")
    assert answer.lines[-1] == "  d(format) = 6, d(dformat) = 3, d(x_1) = 2"
    assert "    to format: d(format * dformat)/d(format) = dformat, so d(n1) * dformat = 3 * 2 = 6" in answer.lines


def test_habits_speak_of_the_operands_at_hand(backprop):
    out = backprop("explain", "u/(k^-2)", "u=1", "k=2").out
    assert "The div gate divides the gradient by n1; n1 itself gets -u/n1^2 of it." in out
    assert "The pow gate scales the gradient by -2 * k^-3." in out
    assert (
        "The atan2 gate gives u k/(k^2 + u^2) of the gradient, and k -u/(k^2 + u^2) of it."
        in backprop("explain", "atan2(u, k)", "u=1", "k=2").out
    )


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("x^2", "pow gate scales the gradient by 2 * x."),
        ("2^x", "pow gate scales the gradient by 2^x * log(2)."),
        ("x/4", "div gate divides the gradient by 4."),
        ("x/3", "d(x / 3)/dx = 1 / 3, so df * (1 / 3) = 1 * 0.333333 = 0.333333"),
        ("x/2.5", "d(x / 2.5)/dx = 0.4, so df * 0.4 = 1 * 0.4 = 0.4"),
        ("3/x", "div gate scales the gradient by -(3 / x / x)."),
        ("x + 5", "add gate passes the gradient on."),
        ("5 - x", "sub gate flips the sign of the gradient."),
        ("const c = pi/3; x*c", "mul gate scales the gradient by c."),
        ("beta(x, 3)", "beta gate scales the gradient by beta(x, 3) * (digamma(x) - digamma(x + 3))."),
        ("betainc(x, 3, y)", "betainc gate scales the gradient by betainc_derivative(x, 3, y, 1, 0) for x and by y^"),
        ("leaky_relu(x, 0.2)", "leaky_relu gate passes the gradient where x is positive and scales it by 0.2"),
        ("elu(x, 3)", "elu gate passes the gradient where x is positive and scales it by 3*exp(x) elsewhere."),
        ("clip(x, -1, 9)", "clip gate routes the gradient to whichever of x, -1 and 9 it returns."),
        ("x if x > 0 else 7", "where gate routes the gradient to the branch that was taken"),
    ],
)
def test_constants_get_no_clause_and_no_step(backprop, expression, words):
    out = backprop("explain", expression, "x=0.5", *["y=0.5"] * expression.endswith("y)")).out
    assert words in out
    told = out.split("Reverse")[1]
    assert "itself" not in told and "exponent" not in told and "to c:" not in told and "\n  c = " not in told
    assert "constants" not in told


def test_a_gate_that_takes_the_largest_says_which_it_is(backprop):
    lines = backprop("explain", "max(x, z)", "x=1", "z=3").lines
    assert "    to x: d(maximum(x, z))/dx = 0, z is the larger, so df times that = 1 * 0 = 0" in lines
    assert "    to z: d(maximum(x, z))/dz = 1, z is the larger, so df times that = 1 * 1 = 1" in lines
    out = backprop("explain", "max(x, -2, y) + min(y, 5)", "x=4", "y=4").out
    assert "= 0.5, x and y are tied, so" in out and "= 1, y is the smaller, so" in out
    assert "= 0, 2 is what it returns, so" in backprop("explain", "clip(x, 0, 2)", "x=3").out
    lines = backprop("explain", "max(v, w)", "v=[1,3]", "w=[2,3]", "-q").lines
    assert (
        "    to w: d(maximum(v, w))/dw is 1 where w is the larger, less at a tie, and 0 elsewhere,"
        " so df times that = [1, 1] * [1, 0.5] = [1, 0.5]" in lines
    )
    unknown = backprop("explain", "max(x, z)", "x=nan", "z=3").out
    assert "is 1 where z is the larger, less at a tie" in unknown


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (("max(v)*y", "v=[1,3,2]"), "to v: v[1] is the largest, so dn1 goes there: [0, 2, 0]"),
        (("min(v)*y", "v=[1,3,1]"), "to v: v[0] and v[2] are tied, so each gets its share of dn1: [1, 0, 1]"),
        (
            ("sum(max(v, axis=0))*y", "v=[[1,3],[1,4]]"),
            "to v: dn1 goes where v is the largest, shared equally at a tie",
        ),
        (
            ("max(v)*y", "v=[1,3,2]", "--mode", "forward", "--wrt", "v"),
            "from v: v[1] is the largest, so dv counts there: 1",
        ),
        (("max(v)*y", "v=[1,3,2]", "--lang", "ko"), "v[1] 쪽이 가장 큰 값이므로 dn1 값은 그리로 간다: [0, 2, 0]"),
    ],
)
def test_an_entry_is_chosen_in_words(backprop, question, said):
    assert said in backprop("explain", *question, "y=2").out


def test_numbers_read_as_a_person_writes_them(backprop):
    lines = backprop("explain", "-x - (y + -3)*-z", "x=1", "y=-4", "z=2").lines
    assert "  n1 = -x = -1" in lines and "  n3 = -z = -2" in lines
    assert "  n2 = y + (-3) = -4 + (-3) = -7" in lines and "  n4 = n2 * n3 = -7 * (-2) = 14" in lines
    assert "    to x: d(-x)/dx = -1, so dn1 * (-1) = 1 * (-1) = -1" in lines
    lines = backprop("explain", "cos(x)", "x=0.5").lines
    assert "    to x: d(cos(x))/dx = -sin(x), so df * (-sin(x)) = 1 * (-0.479426) = -0.479426" in lines
    lines = backprop("explain", "-x + x^3 + x^-1", "x=-1").lines
    assert "  n1 = -x = -(-1) = 1" in lines and "  n2 = x^3 = (-1)^3 = -1" in lines
    assert "  x is used 3 times: dx = -1 + 3 + (-1) = 1" in lines


def test_a_brief_explanation_says_the_habit_of_a_gate_once(backprop):
    question = ("x*y*z*2 + x*5", "x=1", "y=2", "z=3")
    whole, brief = backprop("explain", *question), backprop("explain", *question, "--brief")
    assert whole.out.count("The mul gate") == 4 and brief.out.count("The mul gate swaps") == 1
    assert brief.out.count("The mul gate scales the gradient by") == 1
    assert [line.split(". The ")[0] for line in whole.lines] == [line.split(". The ")[0] for line in brief.lines]


def test_digits(backprop):
    assert "  n1 = x / 3 = 1 / 3 = 0.33" in backprop("explain", "x/3*x", "x=1", "--digits", "2").lines


def test_markdown(backprop):
    answer = backprop("explain", "a_b*x^2", "a_b=-3", "x=-2", "--format", "markdown")
    assert answer.lines[:4] == ["# `f = a_b*x^2`", "", "## Forward: values, inputs first", ""]
    assert "- `n1 = x^2 = (-2)^2 = 4`" in answer.lines
    assert "  - to `x`: `d(x^2)/dx = 2 * x`, so `dn1 * (2 * x) = -3 * (-4) = 12`" in answer.lines
    assert answer.lines[-1] == "- `da_b = 4`, `dx = 12`"


@pytest.mark.parametrize(
    "name, start",
    [
        ("a.txt", "f = "),
        ("a.md", "# `f"),
        ("a.tex", "\\documentclass"),
        ("a.json", '{"schema": 1'),
        ("a.JSON", "{"),
        ("a", "f"),
    ],
)
def test_the_ending_chooses_the_format(backprop, tmp_path, name, start):
    answer = backprop("explain", *LECTURE, "-o", name)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(start)


@pytest.mark.parametrize(
    "options, reason",
    [
        (("-o", "a.svg"), "error: -o a.svg: explain cannot write .svg"),
        (("-o", "none/a.md"), "error: -o none/a.md: no such file or directory"),
        (("--format", "tsv"), "it is one of text, json, markdown, latex"),
        (("--json", "--format", "text"), "contradict each other"),
        (("--upstream", "1", "--mode", "forward", "--wrt", "x"), "--upstream belongs to reverse mode"),
        (("--wrt", "q"), "q"),
    ],
)
def test_wrong_questions_write_nothing(backprop, tmp_path, options, reason):
    answer = backprop("explain", *LECTURE, *options)
    assert (answer.status, answer.out, list(tmp_path.iterdir())) == (2, "", [])
    assert reason in answer.err and "Traceback" not in answer.err


def test_a_terminal_is_coloured_and_never_wraps_a_number(terminal):
    wide = terminal("explain", *VECTOR, columns=200)
    narrow = terminal("explain", *VECTOR, columns=80)
    assert "\x1b[32m0.116\x1b[0m" in wide.raw and "\x1b[31m[[0.088, 0.176], [0.104, 0.208]]\x1b[0m" in wide.raw
    assert "\x1b[31m[[0.088, 0.176], [0.104, 0.208]]\x1b[0m" in narrow.raw
    assert max(map(len, narrow.lines)) <= 80 < max(map(len, wide.lines))
    assert narrow.out.split() == wide.out.split()
    tiny = terminal("explain", *VECTOR, columns=10)
    assert tiny.out.split() == wide.out.split()


def test_colour_is_for_those_who_want_it(backprop, terminal):
    assert "\x1b" not in terminal("explain", *LECTURE, NO_COLOR="1").raw
    assert "\x1b" not in terminal("explain", *LECTURE, TERM="dumb").raw
    assert "\x1b" not in backprop("explain", *LECTURE).out
    assert "\x1b[31m" in backprop("explain", *LECTURE, "--color", "always").out
    assert "\x1b" not in backprop("explain", *LECTURE, "--color", "always", "--format", "markdown").out


def test_a_pipe_does_without_rich(backprop):
    loaded = backprop("explain", *LECTURE, PYTHONPROFILEIMPORTTIME="1").err
    assert re.search(r"\| +backprop\.cli\.explain\.sentences$", loaded, re.MULTILINE)
    assert not re.search(r"\| +rich$", loaded, re.MULTILINE)


def test_ten_thousand_nodes_and_deep_nesting(backprop, tmp_path):
    terms = 3333
    (tmp_path / "wide.txt").write_text("+".join(f"sin(x)*x^{power}" for power in range(2, terms + 2)))
    answer = backprop("explain", "-f", "wide.txt", "x=0.5")
    assert answer.status == 0
    assert f"  n1 is used {terms} times: " in answer.out
    assert len(answer.lines[0]) <= 300
    (tmp_path / "deep.txt").write_text("sin(" * 3000 + "x" + ")" * 3000)
    for format in ("text", "latex", "json"):
        assert backprop("explain", "-f", "deep.txt", "x=0.5", "--format", format).status == 0


def test_a_gate_of_very_many_operands_is_told_by_numbers(backprop):
    names = [f"x{number}" for number in range(300)]
    answer = backprop("explain", f"max({','.join(names)})", *(f"{name}={place}" for place, name in enumerate(names)))
    assert answer.status == 0
    assert "    to x299: 1 * 1 = 1" in answer.lines
    assert len(answer.out) < 40_000


def test_both_sides_of_a_kink_are_said_where_the_shares_do_not_add_up(backprop):
    lines = [line.strip() for line in backprop("explain", "grad(abs(x)^2, x)", "x=0").lines]
    assert "f = n4 = 0" in lines
    assert lines[-4:] == ["a kink is hit exactly, and both its sides count: dx = 2", "", "Result", "dx = 2"]
    lines = [line.strip() for line in backprop("explain", "grad(grad(relu(x)^2, x), x)", "x=0").lines]
    assert "f = n4 = 1, for a kink is hit exactly, and both its sides count" in lines
    lines = [line.strip() for line in backprop("explain", "grad(abs(x)^2, x)", "x=0", "--mode", "forward").lines]
    assert "a kink is hit exactly, and both its sides count: df = 2" in lines
    for point in ("x=2", "x=-2"):
        assert "kink is hit" not in backprop("explain", "grad(abs(x)^2, x)", point).out
