"""`backprop eval`: the lecture's examples, the node table, and every way of asking."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ...closeness import close_to

CIRCUIT = ("(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4")
NEURON = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
WEIGHTS = ("w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3")
MATRIX = ("q = W@x; sum(q^2)", "--W", "[[0.1,0.5],[-0.3,0.8]]", "--x", "[0.2,0.4]")


def by_node(answer):
    assert answer.status == 0, answer.err
    return {row["node"]: row for row in json.loads(answer.out)["nodes"]}


@pytest.mark.smoke
def test_the_node_table_on_a_pipe_is_tab_separated(backprop):
    answer = backprop("eval", *CIRCUIT)
    assert answer.status == 0
    assert answer.err == ""
    assert answer.rows == [
        ["node", "gate", "expression", "value", "gradient", "how"],
        ["x", "input", "x", "-2", "-4", "-4*1 via n1"],
        ["y", "input", "y", "5", "-4", "-4*1 via n1"],
        ["z", "input", "z", "-4", "3", "1*3 via f"],
        ["n1", "add", "x + y", "3", "-4", "1*-4 via f"],
        ["f", "mul", "n1 * z", "-12", "1", "seed"],
    ]


@pytest.mark.smoke
def test_the_circuit_with_its_intermediate_named(backprop):
    found = by_node(backprop("eval", "q = x+y; q*z", "x=-2", "y=5", "z=-4", "--json"))
    assert {name: (row["value"], row["gradient"]) for name, row in found.items()} == {
        "x": (-2, -4),
        "y": (5, -4),
        "z": (-4, 3),
        "q": (3, -4),
        "f": (-12, 1),
    }


@pytest.mark.smoke
def test_json_is_one_object(backprop):
    found = json.loads(backprop("eval", *CIRCUIT, "--format", "json").out)
    assert list(found) == ["schema", "command", "expression", "value", "gradient", "nodes", "nonfinite"]
    assert (found["schema"], found["command"], found["expression"]) == (1, "eval", "(x+y)*z")
    assert (found["value"], found["gradient"]) == (-12, {"x": -4, "y": -4, "z": 3})
    assert found["nodes"][-1] == {
        "node": "f",
        "gate": "mul",
        "expression": "n1 * z",
        "value": -12,
        "gradient": 1,
        "how": "seed",
    }
    assert found["nonfinite"] == []


@pytest.mark.smoke
def test_the_neuron_and_its_fused_form(backprop):
    expected = {"w0": -0.1966, "x0": 0.3932, "w1": -0.3932, "x1": -0.5898, "w2": 0.1966}
    whole = json.loads(backprop("eval", NEURON, *WEIGHTS, "--json").out)
    fused = json.loads(backprop("eval", NEURON, *WEIGHTS, "--json", "--fuse").out)
    for found in (whole, fused):
        assert found["value"] == close_to(0.7310585786300049, rel=1e-15)
        assert found["gradient"] == pytest.approx(expected, abs=5e-5)
    assert fused["gradient"] == close_to(whole["gradient"], rel=1e-14)
    gates = [row["gate"] for row in whole["nodes"]]
    assert gates.count("input") == 5
    assert sorted(gates[5:]) == sorted(["mul", "mul", "add", "add", "neg", "exp", "add", "div"])
    assert [row["gate"] for row in fused["nodes"]][5:] == ["mul", "mul", "add", "add", "sigmoid"]


@pytest.mark.smoke
def test_the_matrix_product(backprop):
    answer = backprop("eval", *MATRIX, "--json")
    found = by_node(answer)
    np.testing.assert_allclose(found["q"]["value"], [0.22, 0.26], rtol=1e-14)
    np.testing.assert_allclose(found["f"]["value"], 0.116, rtol=1e-14)
    np.testing.assert_allclose(found["q"]["gradient"], [0.44, 0.52], rtol=1e-14)
    np.testing.assert_allclose(found["W"]["gradient"], [[0.088, 0.176], [0.104, 0.208]], rtol=1e-14)
    np.testing.assert_allclose(found["x"]["gradient"], [-0.112, 0.636], rtol=1e-14)
    assert (found["W"]["shape"], found["q"]["shape"]) == ([2, 2], [2])
    assert found["W"]["how"] == "outer(dq, x) via q"
    assert answer.err == ""


@pytest.mark.smoke
def test_max_mul_and_add_route_swap_and_distribute(backprop):
    answer = backprop("eval", "2*(x*y + max(z,w))", "x=3", "y=-4", "z=2", "w=-1", "--json")
    found = json.loads(answer.out)
    assert (found["value"], found["gradient"]) == (-20, {"x": -8, "y": 6, "z": 2, "w": 0})


@pytest.mark.smoke
@pytest.mark.parametrize("count", [4096])
def test_a_vector_in_a_file(backprop, tmp_path, count):
    np.save(tmp_path / "x.npy", np.linspace(-3, 3, count))
    found = by_node(backprop("eval", "sum(tanh(x))", "--x", "@x.npy", "--json"))
    slope = 1 - np.tanh(np.linspace(-3, 3, count)) ** 2
    np.testing.assert_allclose(found["x"]["gradient"], slope, rtol=1e-12)


@pytest.mark.smoke
def test_a_node_used_twice_shows_the_sum(backprop):
    assert backprop("eval", "x*y + x", "x=2", "y=3").rows[1] == ["x", "input", "x", "2", "4", "1*3 via n1 + 1*1 via f"]


@pytest.mark.smoke
def test_a_branch_not_taken_and_an_unused_statement_say_so(backprop):
    answer = backprop("eval", "u = 2*y; where(x > 0, sqrt(x), x)", "x=-1", "y=1", "-q")
    rows = {row[0]: row for row in answer.rows}
    assert rows["u"][4:] == ["0", "unused"]
    assert rows["y"][4] == "0"
    root = next(row for row in answer.rows if row[1] == "sqrt")
    assert root[3:] == ["nan", "0", "not taken via f"]
    assert rows["x"][4] == "1"


@pytest.mark.smoke
def test_forward_mode_shows_tangents(backprop):
    answer = backprop("eval", *CIRCUIT, "--mode", "forward", "--wrt", "x")
    assert answer.rows == [
        ["node", "gate", "expression", "value", "tangent", "how"],
        ["x", "input", "x", "-2", "1", "seed"],
        ["y", "input", "y", "5", "0", "fixed"],
        ["z", "input", "z", "-4", "0", "fixed"],
        ["n1", "add", "x + y", "3", "1", "1*1 via x"],
        ["f", "mul", "n1 * z", "-12", "-4", "1*-4 via n1"],
    ]
    found = json.loads(backprop("eval", "x^2", "x=3", "--mode", "forward", "--json").out)
    assert found["tangent"] == {"x": 6}


def test_wrt_chooses_the_gradients(backprop):
    found = json.loads(backprop("eval", *CIRCUIT, "--wrt", "z,x", "--json").out)
    assert found["gradient"] == {"z": 3, "x": -4}
    y = next(row for row in found["nodes"] if row["node"] == "y")
    assert "gradient" not in y
    assert y["how"] == "not asked for"


def test_an_output_that_is_no_scalar_gets_ones_and_stderr_says_so(backprop):
    answer = backprop("eval", "x^2", "--x", "[1,2]", "--json")
    assert json.loads(answer.out)["gradient"] == {"x": [2, 4]}
    assert answer.err == "note: the output has shape (2): its upstream gradient is ones (see --upstream)\n"
    answer = backprop("eval", "x^2", "--x", "[1,2]", "--json", "--upstream", "[1,-1]")
    assert json.loads(answer.out)["gradient"] == {"x": [2, -4]}
    assert answer.err == ""
    assert backprop("eval", "x^2", "--x", "[1,2]", "-q").err == ""


def test_a_scalar_upstream_may_be_negative(backprop):
    assert backprop("grad", "x^2", "x=3", "--upstream", "-1").out == "-6\n"


def test_where_a_result_is_not_finite_it_is_named_with_its_birth(backprop):
    answer = backprop("eval", "2*log(x)", "x=0", "--json")
    assert answer.status == 0
    found = json.loads(answer.out, parse_constant=pytest.fail)
    assert found["value"] is None
    entries = {entry["where"]: entry for entry in found["nonfinite"]}
    assert entries["f.value"]["value"] == "-inf"
    assert entries["x.gradient"]["value"] == "inf"
    birth = entries["n1.value"]
    assert (birth["gate"], birth["start"], birth["end"], birth["is_origin"]) == ("log", 2, 8, True)
    assert answer.err.splitlines()[:3] == [
        "warning: n1 = log(x) is -inf",
        "  1 | 2*log(x)",
        "    |   ^^^^^^",
    ]


SELECTED_AWAY = [  # an infinity on the way that no result comes from
    ("max(x, -inf)", "x=2"),
    ("min(x, inf)", "x=2"),
    ("clip(x, -inf, inf)", "x=2"),
    ("where(x > 0, log(x), 3)", "x=0"),
    ("logsumexp([x, -inf])", "x=2"),
    ("sum(softmax(where([1, 0, 1], x, -inf))*[1, 2, 3])", "x=[1,2,3]"),
    ("exp(-inf) + x", "x=2"),
    ("1/x", "x=inf"),
    ("relu(x) + tanh(x)", "x=-inf"),
    ("max([1, -inf, x])", "x=2"),
]
BORN = [
    ("x - inf", "x=2", "the constant inf is not finite", "    ^^^"),
    ("x*nan", "x=2", "the constant nan is not finite", "  ^^^"),
    ("x/0", "x=-1", "f = x / 0 is -inf", "^^^"),
    ("max(x, -inf)*log(y)", "x=2 y=0", "n3 = log(y) is -inf", "             ^^^^^^"),
    ("2*x", "x=inf", "x is inf", "  ^"),
    ("3*sqrt(x)", "x=0", "the gradient through n1 = sqrt(x) is inf", "  ^^^^^^^"),
]


def test_an_infinity_that_was_selected_away_is_not_named(answers_to):
    for command in ("eval", "grad", "explain", "jacobian"):
        answers = answers_to([(command, *question, "--strict") for question in SELECTED_AWAY])
        assert [(answer.status, answer.err) for answer in answers] == [(0, "")] * len(answers)


def test_what_bore_an_infinity_is_named_at_its_place(answers_to):
    answers = answers_to([("eval", text, *values.split()) for text, values, *_ in BORN])
    for (text, _, reason, marks), answer in zip(BORN, answers, strict=True):
        assert answer.err == f"warning: {reason}\n  1 | {text}\n    | {marks}\n"


def test_a_step_that_is_not_finite_is_in_the_json_where_no_result_is(backprop):
    found = json.loads(backprop("eval", "where(x > 0, log(x), 3)", "x=0", "--json").out)
    assert [(one["where"], one["value"], one["is_origin"]) for one in found["nonfinite"]] == [
        ("n2.value", "-inf", True)
    ]


def test_entries_of_an_array_that_are_not_finite_have_their_indices(backprop):
    found = json.loads(backprop("eval", "1/x", "--x", "[[1,0],[-0.0,nan]]", "--json", "-q").out)
    assert found["value"] == [[1, None], [None, None]]
    values = {entry["value"]: entry["entries"] for entry in found["nonfinite"] if entry["where"] == "f.value"}
    assert values == {"inf": [[0, 1]], "-inf": [[1, 0]], "nan": [[1, 1]]}


def test_at_most_five_warnings_then_a_count(backprop):
    question = ("eval", "log(a)+log(b)+log(c)+log(d)+log(g)+log(h)+log(i)", *(f"{name}=0" for name in "abcdghi"))
    answer = backprop(*question)
    assert answer.err.count("warning: ") == 5
    assert "more results are not finite" in answer.err
    assert backprop(*question, "-v").err.count("warning: ") >= 7
    assert backprop(*question, "-q").err == ""


def test_strict_is_status_4_and_still_prints(backprop):
    answer = backprop("eval", "log(x)", "x=0", "--strict", "--json")
    assert answer.status == 4
    assert json.loads(answer.out)["value"] is None
    assert backprop("eval", "log(x)", "x=1", "--strict").status == 0
    assert backprop("eval", "where(x > 0, sqrt(x), x)", "x=-1", "--strict", "-q").status == 0


def test_plain_is_the_outputs_value(backprop):
    assert backprop("eval", *CIRCUIT, "--format", "plain").out == "-12\n"
    assert backprop("eval", "W.T", "--W", "[[1,2],[3,4]]", "--format", "plain", "-q").out == "[[1, 3], [2, 4]]\n"


def test_the_other_formats_show_the_same_cells(backprop):
    csv = backprop("eval", *CIRCUIT, "--format", "csv").lines
    tsv = backprop("eval", *CIRCUIT, "--format", "tsv").lines
    markdown = backprop("eval", *CIRCUIT, "--format", "markdown").lines
    ndjson = backprop("eval", *CIRCUIT, "--format", "ndjson").lines
    assert [line.replace(",", "\t") for line in csv] == tsv
    assert [json.loads(line)["how"] for line in ndjson] == [line.split("\t")[-1] for line in tsv[1:]]
    assert markdown[0] == r"f = (x+y)\*z"
    assert markdown[-1] == r"| f | mul | n1 \* z | -12 | 1 | seed |"


def test_digits_are_for_tables_alone(backprop):
    question = ("eval", "x/3", "x=1", "--digits", "3")
    assert "0.333 " in backprop(*question, "--format", "table").out
    assert "0.3333333333333333" in backprop(*question).out


def test_a_named_constant_can_be_given(backprop):
    assert backprop("grad", "pi*r^2", "r=2", "--wrt", "r").out == "12.566370614359172\n"
    assert backprop("grad", "pi*r^2", "r=2", "pi=3").out == "4\n12\n"
    assert backprop("grad", "π*r^2", "r=2", "--π", "3", "--wrt", "r").out == "12\n"
    assert backprop("grad", "e*x", "x=1", "--e", "5").lines == ["1", "5"]


def test_a_value_may_be_infinite(backprop):
    found = json.loads(backprop("eval", "tanh(x)", "--x", "inf", "--json", "-q").out)
    assert (found["value"], found["nodes"][0]["value"]) == (1, None)
    assert found["nonfinite"][0]["where"] == "x.value"


def test_unicode_names(backprop):
    answer = backprop("eval", "λ·β²", "--λ", "2", "β=3")
    assert answer.rows[1][:5] == ["λ", "input", "λ", "2", "9"]


def test_the_expression_comes_from_a_file_or_stdin(backprop, tmp_path):
    (tmp_path / "model.txt").write_text("# a circuit\nq = x + y\nq * z\n", encoding="utf-8")
    for answer in (
        backprop("eval", "-f", "model.txt", "x=-2", "y=5", "z=-4", "--format", "plain"),
        backprop("eval", "x=-2", "y=5", "z=-4", "-f", "-", "--format", "plain", stdin="(x+y)*z\n"),
        backprop("eval", "--file=model.txt", "x=-2", "y=5", "z=-4", "--format", "plain"),
    ):
        assert (answer.status, answer.out) == (0, "-12\n")


def test_values_come_from_files_and_an_option_wins(backprop, tmp_path):
    (tmp_path / "values.json").write_text('{"x": -2, "y": 5, "z": 100, "other": [1, 2]}')
    (tmp_path / "z.csv").write_text("-4\n")
    question = ("eval", "(x+y)*z", "--vars", "values.json", "--z", "@z.csv", "--format", "plain")
    answer = backprop(*question)
    assert (answer.out, answer.err) == ("-12\n", "")
    assert backprop(*question, "-v").err == "note: --vars: not in the expression: other\n"


def test_an_expression_of_100000_characters(backprop):
    answer = backprop("grad", "+".join(["x"] * 50_000), "x=1")
    assert answer.out == "50000\n"


def test_a_node_used_very_often(backprop):
    question = ("eval", "+".join(f"x*{k}.5" for k in range(1000)), "x=1")
    assert backprop(*question, "--format", "table").lines[2].endswith(" … +997 more")
    assert backprop(*question).rows[1][-1].count(" via ") == 1000


def test_a_mere_number_is_a_row(backprop):
    assert backprop("eval", "3").rows[1:] == [["f", "constant", "3", "3", "", "constant"]]
    assert backprop("eval", "2*3", "--format", "plain").out == "6\n"
    assert backprop("grad", "2*3").err == "note: the expression has no variables, so that there is no gradient\n"


@pytest.mark.parametrize("word", ["inf", "nan", "-inf"])
def test_json_says_which_number_a_constant_is(backprop, word):
    found = json.loads(backprop("eval", word, "--json").out)
    assert found["value"] is None
    assert [(one["where"], one["value"]) for one in found["nonfinite"]] == [("f.value", word)]


def test_both_sides_of_a_kink_stand_for_the_chain_rule_that_does_not_add_up(backprop):
    at_kink = backprop("eval", "grad(abs(x)^2, x)", "x=0").rows
    assert at_kink[1] == ["x", "input", "x", "0", "2", "both sides of a kink"]
    assert [row[-1] for row in backprop("eval", "grad(abs(x)^2, x)", "x=0", "--mode", "forward").rows][-1] == (
        "both sides of a kink"
    )
    assert backprop("eval", "grad(abs(x)^2, x)", "x=3").rows[1][-1] == "2*1 via n1"
