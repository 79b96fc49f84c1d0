"""`backprop graph`: what is drawn in which format, and what is refused. The page has a file of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

LECTURE = ("(x+y)*z", "x=-2", "y=5", "z=-4")
SIGMOID = ("1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3")
VECTOR = ("q = W@x; f = sum(q^2)", "--W", "[[0.1,0.5],[-0.3,0.8]]", "--x", "[0.2,0.4]")
HOSTILE = "x*2 # </text> <b>&amp;\" \\N \\n {} %% `' ]]> -->"
GREEN, RED = "#00752b", "#c80000"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz's dot (apt install graphviz)")
MAGIC = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}


def laid_out(text):
    """Where Graphviz puts what a file in its language says: each node's place from the left."""
    done = subprocess.run(["dot", "-Tplain"], input=text.encode(), capture_output=True, check=True)
    assert done.stderr == b""
    words = [line.split(" ") for line in done.stdout.decode().splitlines()]
    return {one[1]: float(one[2]) for one in words if one[0] == "node"}


def texts_of(svg, color):
    root = ElementTree.fromstring(svg)
    return [one.text for one in root.iter("{http://www.w3.org/2000/svg}text") if one.get("fill") == color]


def numbers_of(backprop, *tokens):
    nodes = json.loads(backprop("eval", *tokens, "--json").out)["nodes"]
    return [[f"{node[column]:.6g}" for node in nodes] for column in ("value", "gradient")]


@needs_dot
@pytest.mark.parametrize("question", [LECTURE, SIGMOID], ids=["lecture", "sigmoid"])
def test_values_are_green_and_gradients_red(backprop, tmp_path, question):
    assert backprop("graph", *question, "-o", "f.svg").status == 0
    values, gradients = numbers_of(backprop, *question)
    svg = (tmp_path / "f.svg").read_text()
    assert sorted(texts_of(svg, GREEN)) == sorted(values)
    assert sorted(texts_of(svg, RED)) == sorted(gradients)


@needs_dot
def test_a_value_is_above_its_gradient_and_wires_lead_to_the_right(backprop):
    svg = ElementTree.fromstring(backprop("graph", *LECTURE, "--format", "svg").out)
    text = "{http://www.w3.org/2000/svg}text"
    label = next(one for one in svg.iter("{http://www.w3.org/2000/svg}g") if one.findtext(".//*") == "w4")
    places = {one.get("fill"): float(one.get("y")) for one in label.iter(text)}
    assert places[GREEN] < places[RED]
    dot = backprop("graph", *LECTURE, "--format", "dot").out
    x = laid_out(dot)
    ends = re.findall(r"(\w+)(?::\w)? -> (\w+)", dot)
    assert len(ends) == 9
    assert all(x[start] < x[end] for start, end in ends)


def test_dot_says_what_is_drawn(backprop):
    dot = backprop("graph", *LECTURE).out
    assert "rankdir=LR" in dot
    assert "label=<+>" in dot and "label=<\N{MULTIPLICATION SIGN}>" in dot  # the gates' signs
    assert all(f"<B>{name}</B>" in dot for name in "xyz")
    assert f'<B>f</B> = <FONT COLOR="{GREEN}">-12</FONT>' in dot
    assert f'<FONT COLOR="{RED}">1</FONT>' in dot


def test_fuse_draws_one_sigmoid(backprop):
    plain, fused = (backprop("graph", *SIGMOID, *more).out for more in ((), ("--fuse",)))
    assert "exp" in plain.partition("label=<f = ")[2].partition("\n")[2] and "label=<sigmoid>, shape=box" not in plain
    assert "label=<sigmoid>, shape=box, style=rounded" in fused
    assert fused.count("[label=<") < plain.count("[label=<")


def test_arrays_show_their_shape_and_first_entries(backprop):
    dot = backprop("graph", *VECTOR).out
    assert "(2, 2)" in dot and "[0.1, 0.5]" in dot and "[-0.3, 0.8]" in dot
    assert "<B>q</B> = " in dot
    large = backprop("graph", "sum(X*2)", "--X", json.dumps([[float(k) for k in range(9)]] * 7)).out
    assert "(7, 9)" in large and "[0, 1, 2, …]" in large and "[0, 2, 4, …]" in large
    assert large.count("[0, 1, 2, …]") == 3  # three rows, then a line of dots


def test_a_node_used_twice_shows_each_share(backprop):
    dot = backprop("graph", "x^2 + 5*x", "x=3").out
    tables = [line for line in dot.splitlines() if re.match(r"  s\d+ \[label", line)]
    assert [re.search(rf'{RED}">([^<]+)<', line)[1] for line in tables] == ["6", "5"]


def test_a_branch_not_taken_is_dashed(backprop):
    dot = backprop("graph", "where(x > 0, x, y)", "x=1", "y=2").out
    (dashed,) = [line for line in dot.splitlines() if "dashed" in line]
    (y,) = re.findall(r"n(\d+) \[label=<<B>y", dot)
    assert dashed.startswith(f"  w{y}:e -> ")


def test_wrt_upstream_digits_and_mode(backprop):
    assert f'"{RED}">28' not in backprop("graph", "x^2*y", "x=2", "y=7", "--wrt", "y").out
    assert f'"{RED}">28' in backprop("graph", "x^2*y", "x=2", "y=7", "--wrt", "x").out
    assert f'"{RED}">280<' in backprop("graph", "x^2*y", "x=2", "y=7", "--upstream", "10").out
    assert f'"{GREEN}">0.33<' in backprop("graph", "x/3", "x=1", "--digits", "2").out
    forward = backprop("graph", "x^2*y", "x=2", "y=7", "--mode", "forward", "--wrt", "x", "--tree").out
    assert forward.splitlines()[1] == "f = n1 * y  value 28  tangent 28"
    assert backprop("graph", "log(x)", "x=0", "--strict").status == 4


@needs_dot
@pytest.mark.parametrize("format", MAGIC)
def test_pictures_by_their_ending_and_on_stdout(backprop, installed, tmp_path, format):
    answer = backprop("graph", *LECTURE, "-o", f"f.{format.upper()}")
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    assert (tmp_path / f"f.{format.upper()}").read_bytes().startswith(MAGIC[format])
    done = subprocess.run([installed, "graph", *LECTURE, "--format", format], capture_output=True, check=True)
    assert done.stdout.startswith(MAGIC[format])


@pytest.mark.parametrize(
    "ending, start",
    [
        ("dot", "digraph"),
        ("gv", "digraph"),
        ("mmd", "flowchart LR"),
        ("mermaid", "flowchart LR"),
        ("txt", "f = (x+y)*z\nf = n1 * z"),
    ],
)
def test_texts_by_their_ending_need_no_dot(backprop, tmp_path, ending, start):
    answer = backprop("graph", *LECTURE, "-o", f"f.{ending}", PATH="")
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    assert (tmp_path / f"f.{ending}").read_text().startswith(start)


def test_format_wins_over_the_ending(backprop, tmp_path):
    assert backprop("graph", *LECTURE, "-o", "f.svg", "--format", "mermaid").status == 0
    assert (tmp_path / "f.svg").read_text().startswith("flowchart")


@needs_dot
@pytest.mark.parametrize(
    "text", [HOSTILE, "π + 变量*x_1", "x", "3", "a = 2; a", "eye(2)", "log(x)/0", "x;\n\n# last\nx"]
)
@pytest.mark.parametrize("format", ["svg", "mermaid", "tree"])
def test_whatever_the_expression_it_is_drawn(backprop, text, format):
    names = [name for name in ("π", "变量", "x_1", "x") if re.search(rf"(?<!\w){name}(?!\w)", text.partition("#")[0])]
    answer = backprop("graph", text, *(f"{name}=-0.5" for name in names), "--format", format, "-q")
    assert (answer.status, answer.err) == (0, "")
    if format == "svg":
        shown = "".join(ElementTree.fromstring(answer.out).itertext())
        assert all(("pi" if name == "π" else name) in shown for name in names)
        assert text != HOSTILE or HOSTILE in shown.replace("\xa0", " ")


def test_mermaid_has_no_character_of_its_own_language_in_a_label(backprop):
    text = backprop("graph", 'x - x*2 # "quoted" <b>', "x=3", "--format", "mermaid").out
    assert text.startswith("flowchart LR\n")
    labels = re.findall(r'"([^\n]*?)"', re.sub(r"%%.*", "", text))
    assert "#215;" in labels and "#8722;" in labels
    for label in labels:
        assert not re.search(r'[*`{}"|]', re.sub(r"</?font[^>]*>|<br/>", "", label))
    assert len(re.findall(r" --> ", text)) == 5  # into two gates two wires each, and the output's
    assert f"<font color='{GREEN}'>-3</font><br/><font color='{RED}'>1</font>" in text


TREE = """\
f = (x+y)*z
f = n1 * z  value -12  gradient 1
├── n1 = x + y  value 3  gradient -4
│   ├── x  value -2  gradient -4
│   └── y  value 5  gradient -4
└── z  value -4  gradient 3
"""


def test_tree_in_a_pipe_and_in_a_terminal(backprop, terminal):
    piped = backprop("graph", *LECTURE, "--tree")
    assert (piped.out, piped.err) == (TREE, "")
    shown = terminal("graph", *LECTURE, "--tree")
    assert shown.out == TREE
    assert "\x1b[32m-12\x1b[0m" in shown.raw and "\x1b[31m-4\x1b[0m" in shown.raw
    assert terminal("graph", *LECTURE, "--tree", NO_COLOR="1").raw == TREE
    assert terminal("graph", *LECTURE, "--tree", "--color", "never").raw == TREE
    assert terminal("graph", *LECTURE, "--tree", TERM="dumb").raw == TREE
    assert "\x1b[32m" in backprop("graph", *LECTURE, "--tree", "--color", "always").out
    assert "\x1b[32m" in backprop("graph", *LECTURE, "--tree", FORCE_COLOR="1").out


def test_a_shared_node_is_printed_once_in_a_tree(backprop):
    lines = backprop("graph", "a = x*y; a + sin(a) - x", "x=1", "y=2", "--tree").lines
    assert sum("a = x * y" in line and "value" in line and "used twice" in line for line in lines) == 1
    assert sum(line.endswith("a  (above)") for line in lines) == 1
    assert sum(line.endswith("x  (above)") for line in lines) == 1


def test_a_reader_that_goes_away_ends_it_quietly(installed, tmp_path):
    (tmp_path / "deep.txt").write_text("sin(" * 3000 + "x" + ")" * 3000)
    command = f"{installed} graph -f deep.txt x=1 --all --tree | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_narrow_terminal_folds_a_tree(terminal):
    answer = terminal("graph", "alpha_long_name*beta_long_name + exp(alpha_long_name)", "alpha_long_name=1",
                      "beta_long_name=2", "--tree", columns=40)  # fmt: skip
    assert max(map(len, answer.lines)) <= 40
    assert "beta_long_name" in answer.out.replace("\n", "")


@pytest.mark.parametrize("depth", [5000])
def test_deep_chains(backprop, tmp_path, depth):
    (tmp_path / "deep.txt").write_text("sin(" * depth + "x" + ")" * depth)
    refused = backprop("graph", "-f", "deep.txt", "x=1")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err == (
        "error: the graph has 5001 nodes: a picture of more than 200 is hard to read\n  draw it anyway: --all\n"
    )
    for format in ("tree", "dot"):
        answer = backprop("graph", "-f", "deep.txt", "x=1", "--all", "--format", format)
        assert answer.status == 0
        assert len(answer.lines) > depth
        assert max(map(len, answer.lines)) < 1000


REFUSED = [
    (("-o", "f.jpg"), "-o f.jpg: graph cannot write .jpg"),
    (("-o", "f"), "-o f: the file's name has no ending"),
    (("-o", ""), "-o: the file's name is empty"),
    (("-o", "nowhere/f.dot"), "-o nowhere/f.dot: no such file or directory"),
    (("--format", ""), "'--format': '': it is one of dot, mermaid"),
    (("--format", "sgv"), "'--format': 'sgv': did you mean svg?"),
    (("--tree", "--format", "svg"), "--tree and --format svg contradict each other"),
    (("--digits", "0"), "--digits"),
    (("--wrt", "w"), "w is not a variable of the expression"),
]


@pytest.mark.parametrize("tokens, reason", REFUSED, ids=[" ".join(tokens) for tokens, _ in REFUSED])
def test_what_is_refused(backprop, tmp_path, tokens, reason):
    answer = backprop("graph", *LECTURE, *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    assert list(tmp_path.iterdir()) == []


def test_values_are_needed(backprop):
    answer = backprop("graph", "x*y", "x=1")
    assert answer.status == 2
    assert "y has no value" in answer.err


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_bytes_are_not_for_a_terminal(terminal, format):
    answer = terminal("graph", *LECTURE, "--format", format)
    assert (answer.status, answer.out) == (2, "")
    assert f"a {format} is not for a terminal\n  write it to a file: -o graph.{format}" in answer.err


def test_a_terminal_gets_the_tree(terminal):
    assert terminal("graph", *LECTURE, NO_COLOR="1").raw == TREE
    assert terminal("graph", *LECTURE, "--format", "dot").out.startswith("digraph")


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_without_dot(backprop, tmp_path, ending):
    answer = backprop("graph", *LECTURE, "-o", f"f.{ending}", PATH=str(tmp_path))
    assert (answer.status, answer.out) == (2, "")
    assert "Graphviz's 'dot', which is not installed" in answer.err
    assert "apt install graphviz" in answer.err and ".mmd" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["echo 'syntax error in line 1' >&2; exit 1", "cat > /dev/null", "kill -9 $$"])
def test_a_dot_that_fails(backprop, tmp_path, script):
    program = tmp_path / "programs" / "dot"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (tmp_path / "f.svg").write_text("before")
    answer = backprop("graph", *LECTURE, "-o", "f.svg", PATH=f"{program.parent}:/usr/bin:/bin")
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.startswith("error: dot could not lay the picture out")
    assert "syntax error" in answer.err or "echo" not in script
    assert (tmp_path / "f.svg").read_text() == "before"


@needs_dot
def test_a_node_used_everywhere_is_laid_out_in_time(backprop):
    text = "x"
    for _ in range(60):
        text = f"sin({text})+x"
    assert backprop("graph", text, "x=1", "--format", "svg").status == 0


def test_nothing_heavy_is_imported(backprop):
    imported = backprop("graph", *LECTURE, "--format", "mermaid", PYTHONPROFILEIMPORTTIME="1").err
    for module in ("rich", "backprop.cli.graph.graphviz", "backprop.cli.graph.page", "backprop.cli.graph.dot"):
        assert not re.search(rf"\| +{re.escape(module)}$", imported, re.MULTILINE), module


def test_the_gates_of_kinks_are_drawn_by_name_without_their_settings(backprop):
    drawn = backprop("graph", "grad(grad(relu(x)^2, x), x) + grad(abs(x)^2, x)", "x=0", "--format", "mermaid").out
    assert '("(both sides)"):::gate' in drawn
    assert '("derivative"):::gate' in drawn
    assert "order" not in drawn
