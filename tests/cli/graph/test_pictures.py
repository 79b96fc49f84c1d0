"""What a picture of a circuit looks like, measured: nothing lies on anything else, and it fits where it is shown."""

from __future__ import annotations

import itertools
import operator
import re
import shutil
import xml.etree.ElementTree as ElementTree

import pytest

from backprop.autodiff.derivatives.trace import trace
from backprop.cli.graph.circuit import circuit_of
from backprop.cli.graph.dot import drawing
from backprop.cli.graph.graphviz import drawn_by_dot
from backprop.cli.graph.slides import steps_of
from backprop.cli.graph.style import StyleOptions
from backprop.cli.output.numbers import rounded
from backprop.parser import parse

from ...closeness import close_to
from .gallery import GALLERY

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz's dot (apt install graphviz)")
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 0.56  # of the size of the letters: how wide one is
SLIDE = 960, 540  # points


def circuit(name, format="svg", **options):
    text, values = GALLERY[name]
    found = circuit_of(trace(parse(text), values), text, "gradient")
    given = dict.fromkeys(StyleOptions._fields) | options
    return StyleOptions(**given).styled(found, format)


def picture(name, **options):
    return ElementTree.fromstring(drawn_by_dot(drawing(circuit(name, **options), rounded(6)), "svg"))


def boxes(svg):
    """Each line of text with the sides of its box; what dot set on one line of one label is one."""
    lines = {}
    for group in svg.iter(f"{SVG}g"):
        for one in group.iter(f"{SVG}text") if group.get("class") in ("node", "edge") else ():
            size, x, y = (float(one.get(key)) for key in ("font-size", "x", "y"))
            text = (one.text or "").strip("\xa0 ")
            width = LETTER * size * len(text)
            left = x - (width / 2 if one.get("text-anchor") == "middle" else 0)
            if text:
                lines.setdefault((group.get("id"), y), []).append(
                    (text, left, y - 0.7 * size, left + width, y + 0.15 * size)
                )
    found = []
    for parts in lines.values():
        texts, lefts, tops, rights, feet = zip(*parts, strict=True)
        found.append((" ".join(texts), min(lefts), min(tops), max(rights), max(feet)))
    return found


def overlaps(found):
    return [
        (one[0], other[0])
        for one, other in itertools.combinations(found, 2)
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]


def crossed(svg, found):
    """The texts that a wire runs over; what is near an end, past a comma narrower than a letter, is beside it."""
    found = [
        (text, left + (right - left) / 8, top, right - (right - left) / 8, foot)
        for text, left, top, right, foot in found
    ]
    crossed = set()
    for path in svg.iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
        first, *others = zip(numbers[::2], numbers[1::2], strict=True)
        for one, two, three in zip(others[::3], others[1::3], others[2::3], strict=True):
            for place in range(21):
                at = place / 20
                weights = (1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at**2 * (1 - at), at**3
                corners = first, one, two, three
                x, y = (sum(map(operator.mul, weights, axis)) for axis in zip(*corners, strict=True))
                crossed |= {text for text, left, top, right, foot in found if left < x < right and top < y < foot}
            first = three
    return crossed


@needs_dot
@pytest.mark.parametrize("direction", ["right", "down"])
def test_no_text_lies_on_another_and_no_wire_on_a_text(direction):
    assert len(GALLERY) == 15
    for name in GALLERY:
        svg = picture(name, direction=direction)
        found = boxes(svg)
        assert len(found) > 4
        assert overlaps(found) == [], name
        assert crossed(svg, found) == set(), name


@needs_dot
@pytest.mark.parametrize("name", ["sigmoid", "vector"])
def test_wires_have_no_gaps_and_the_picture_has_a_margin(name):
    svg = picture(name)
    width = float(svg.get("viewBox").split()[2])
    moved = float(re.search(r"translate\(([\d.]+)", svg.find(f"{SVG}g").get("transform"))[1])
    assert all(moved + one[1] >= 8 and moved + one[3] <= width - 8 for one in boxes(svg))
    rules = [one.get("points") for one in svg.iter(f"{SVG}polyline") if one.get("stroke") != "transparent"]
    sides = [sorted(tuple(map(float, point.split(","))) for point in points.split()) for points in rules]
    wires = [re.findall(r"-?[\d.]+,-?[\d.]+", one.get("d")) for one in svg.iter(f"{SVG}path")]
    points = [tuple(map(float, point.split(","))) for wire in wires for point in (wire[0], wire[-1])]
    assert len(sides) == {"sigmoid": 13, "vector": 5}[name]
    output = max(right for _, right in sides)
    for left, right in sides:  # a wire ends on the rule, not before it
        assert any(v == left[1] and left[0] <= u <= left[0] + 3 for u, v in points), left
        assert right == output or any(v == right[1] and right[0] - 3 <= u <= right[0] for u, v in points), right


@needs_dot
def test_a_network_of_two_layers_fits_a_slide_and_a_chain_folds():
    network, chain = (
        [float(svg.get(side).removesuffix("pt")) for side in ("width", "height")]
        for svg in map(picture, ("network", "chain"))
    )
    assert network[0] <= 1.5 * SLIDE[0] and network[1] <= SLIDE[1]
    assert chain[0] < 2000 and chain[1] < 1700  # in one row it would be 32767 pixels wide


def test_what_is_used_often_is_repeated_and_has_its_total_once():
    drawn = circuit("parameter")
    repeats = [element for element in drawn.elements if element.kind.value == "repeat"]
    (total,) = [element for element in drawn.elements if element.sign == "w" and element.kind.value == "input"]
    assert len(repeats) == 5 and {one.sign for one in repeats} == {"w"}
    assert sum(one.derivative for one in repeats) == close_to(total.derivative, rel=1e-14)
    assert total.uses == 0
    assert [element.number for element in drawn.elements] == list(range(len(drawn.elements)))
    assert all(wire.tail < wire.head for wire in drawn.wires)
    assert len(circuit("reuse").elements) == len(circuit("reuse", "html").elements)  # nothing to cut


def test_signs_are_those_of_a_textbook():
    def signs(name):
        return [one.sign for one in circuit(name).elements if one.kind.value == "gate"]

    assert signs("lecture") == ["+", "\N{MULTIPLICATION SIGN}"]
    assert signs("minus") == [*("\N{MINUS SIGN}", "(\N{MINUS SIGN})", "(\N{MINUS SIGN})", "\N{MINUS SIGN}")]
    assert sorted(signs("max")) == sorted(["max", "min", "maximum", "\N{MULTIPLICATION SIGN}", "+"])


def test_zero_has_no_sign_and_an_array_its_shape_once():
    assert not re.search(r">-0<", drawing(circuit("minus"), rounded(6)))
    text = drawing(circuit("vector"), rounded(6))
    labels = [line for line in text.splitlines() if re.match(r"  w\d+ \[", line)]
    assert all(len(re.findall(r">\(\d+(?:, \d+)?\)<", label)) <= 1 for label in labels)


def test_names_and_no_values():
    named = drawing(circuit("sigmoid", names=True), rounded(6))
    assert all(f"<B>n{number}</B>" in named for number in range(1, 8))
    bare = drawing(circuit("sigmoid", no_values=True, theme="dark"), rounded(6))
    assert "TABLE" not in bare.replace("<B>f</B>", "") or bare.count("TABLE") == 2  # of the output's name
    assert 'bgcolor="#0d1117"' in bare and 'color="#e6edf3"' in bare


@needs_dot
def test_sizes_and_what_is_refused(backprop, tmp_path):
    question = ("(x+y)*z", "x=-2", "y=5", "z=-4")
    widths = []
    for scale in ("1", "2"):
        assert backprop("graph", *question, "--scale", scale, "-o", "f.svg").status == 0
        widths.append(float(re.search(r'width="(\d+)pt"', (tmp_path / "f.svg").read_text())[1]))
    assert widths[1] == close_to(2 * widths[0], rel=0.01)
    answer = backprop("graph", *question, "--scale", "20", "--direction", "down", "-o", "f.png")
    assert (answer.status, answer.err) == (0, "")
    for tokens, reason in (
        (("--scale", "0"), "--scale 0 is not from 0.05 to 20"),
        (("--scale", "nan"), "--scale nan is not from"),
        (("--tree", "--names"), "--names is for pictures, not for tree"),
        (("--format", "html", "--theme", "dark"), "--theme is for pictures, not for html"),
        (("--direction", "up"), "it is one of right, down"),
    ):
        answer = backprop("graph", *question, *tokens)
        assert (answer.status, answer.out) == (2, "") and reason in answer.err


def test_a_series_shows_the_values_gate_by_gate_and_then_the_gradients(backprop, tmp_path):
    answer = backprop("graph", "q = x+y; q*z + q", "x=-2", "y=5", "z=-4", "--steps", "slides", "--format", "dot")
    assert (answer.status, answer.out) == (0, "")
    assert answer.err == "note: 9 pictures are in slides: 01.dot to 09.dot\n"
    texts = [path.read_text() for path in sorted((tmp_path / "slides").iterdir())]
    colored = [[len(re.findall(f'COLOR="{color}">[^<]', text)) for color in ("#00752b", "#c80000")] for text in texts]
    assert colored == [[0, 0], [3, 0], [4, 0], [5, 0], [6, 0], [6, 1], [6, 3], [6, 6], [6, 8]]
    hidden = [re.sub('COLOR="(#00752b|#c80000|transparent)"|, penwidth=3', "", text) for text in texts]
    assert set(hidden) == {hidden[0]}  # so that nothing moves
    for tokens, reason in (
        (("-o", "f.svg"), "contradict each other"),
        (("--format", "mermaid"), "a series is of pictures, not of mermaid"),
        (("--tree",), "--steps is for pictures, not for tree"),
    ):
        refused = backprop("graph", "x*y", "x=1", "y=2", "--steps", "others", *tokens)
        assert (refused.status, reason in refused.err) == (2, True), refused.err
    (tmp_path / "file").write_text("")
    assert "--steps file: file exists" in backprop("graph", "x", "x=1", "--steps", "file", "--format", "dot").err
    forward = tuple(steps_of(circuit("lecture")._replace(derivative="tangent")))
    assert len(forward) == 4 and len(forward[-1].derivatives) == 5


@needs_dot
def test_a_series_on_a_terminal_may_be_of_bytes(terminal, tmp_path):
    assert terminal("graph", "x*y", "x=1", "y=2", "--steps", "slides", "--format", "png").status == 0
    assert (tmp_path / "slides" / "01.png").read_bytes().startswith(b"\x89PNG")


@needs_dot
@pytest.mark.parametrize("direction", ["right", "down"])
def test_tikz_has_every_number_and_nothing_that_latex_reads_as_its_own(backprop, tmp_path, direction):
    text = r"q_1 = max(x_1, y); softplus(q_1)*q_1 - y%2 # \\input{x} $ & ~"
    options = ["-o", "f.tex", "--theme", "dark", "--direction", direction]
    assert backprop("graph", text, "x_1=1", "y=-2", *options).status == 0
    first, use, *lines = (tmp_path / "f.tex").read_text().splitlines()
    assert first.startswith("% ") and use.startswith("% ") and r"\usepackage{tikz}" in use
    assert lines[0].startswith(r"\begin{tikzpicture}") and lines[-1] == r"\end{tikzpicture}"
    nodes = [re.search(r" at \(([-\d.]+),([-\d.]+)\) \{(.*)\};$", line) for line in lines if line.startswith(r"\node")]
    contents = [found[3] for found in nodes]
    assert all(content.count("{") == content.count("}") and content.count("$") % 2 == 0 for content in contents)
    assert not any(re.search(r"(?<!\\)[_%#&]", content) for content in contents)
    assert r"\bfseries x\_1" in contents and r"\%" in contents and r"\small softplus" in contents
    numbers = drawing(circuit_of(trace(parse(text), {"x_1": 1.0, "y": -2.0}), text, "gradient"), rounded(6))
    shown = re.findall(r'COLOR="#(?:00752b|c80000)">([^<]+)<', numbers)
    plain = [re.sub(r"\\scriptsize |\\textcolor\{circuitInk\}\{.*\} |\$", "", content) for content in contents]
    assert all(number in plain for number in shown)
    assert (
        sum(r"circle[radius" in line for line in lines) == 4 and sum("rounded corners" in line for line in lines) == 1
    )
    assert sum("circuitGround" in line for line in lines) == 2
    wires = [re.findall(r"\(([-\d.]+),([-\d.]+)\)", line) for line in lines if " -- " in line]
    along = 1 if direction == "right" else 0  # the coordinate that a piece of wire with numbers keeps
    assert wires and all(start[along] == end[along] for start, end in wires)


@needs_dot
def test_tikz_is_scaled_with_its_letters(backprop, tmp_path):
    assert backprop("graph", "x*y", "x=1", "y=2", "--scale", "2", "-o", "f.tex").status == 0
    assert "scale=2, transform shape]" in (tmp_path / "f.tex").read_text()
