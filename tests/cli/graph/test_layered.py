"""The layout that needs no Graphviz: nothing overlaps, wires lead from box to box and through none, order is kept."""

from __future__ import annotations

import itertools
import random
import re
from xml.etree import ElementTree

import pytest

from backprop.cli.graph import layers
from backprop.cli.graph.boxes import Box, Edge, Size
from backprop.cli.graph.layered import laid_out
from backprop.cli.status import Failure

SVG = "{http://www.w3.org/2000/svg}"
EXPRESSIONS = {
    "lecture": ("(x+y)*z", "x=-2", "y=5", "z=-4"),
    "matrices": ("q = W@x; sum(q^2)", "W=[[0.1,0.5],[-0.3,0.8]]", "x=[0.2,0.4]"),
    "twice": ("x*x + x", "x=3"),
    "shared": ("sin(x)*cos(y) + x*y*exp(x) - y/x + log(x+y)", "x=1.5", "y=2"),
    "settings": ("sum(softmax(A, axis=1)[0]) + clip(leaky_relu(x, a=0.2), 0, 1)", "A=[[1,2],[3,4]]", "x=-1234.56"),
    "number": ("3",),
}


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have more than a tenth of a pixel in common."""
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 - 0.1
        and abs(one.y - other.y) < (one.height + other.height) / 2 - 0.1
    )


def random_graph(seed: int) -> tuple[dict[str, Size], list[Edge]]:
    """Things of all sizes with edges to later ones, some of them twice."""
    draw = random.Random(seed)
    names = [f"n{number}" for number in range(draw.randint(2, 24))]
    sizes = {name: Size(*[draw.choice([10, 42, 150])] * 2, True) for name in names}
    pairs = [sorted(draw.sample(range(len(names)), 2)) for _ in range(2 * len(names))]
    return sizes, [Edge(names[tail], names[head]) for tail, head in pairs]


@pytest.mark.parametrize("seed", range(6))
def test_no_boxes_overlap_and_no_wire_runs_through_one(seed):
    sizes, edges = random_graph(seed)
    layout = laid_out(sizes, edges)
    assert layout.boxes.keys() == sizes.keys()
    for one, other in itertools.combinations(layout.boxes.values(), 2):
        assert not overlap(one, other)
    assert sum(map(len, layout.curves.values())) == len(edges)
    for ends, curves in layout.curves.items():
        for curve in curves:
            for name, box in layout.boxes.items():
                assert name in ends or not any(overlap(box, Box(x, y, 1, 1)) for x, y in points_of(curve))
        first, last = (layout.boxes[name] for name in ends)
        assert all(curve[0] == (first.x + first.width / 2, first.y) for curve in curves)
        assert all(abs(curve[-1][1] - last.y) <= last.height / 2 for curve in curves)


def points_of(curve):
    """Points along the Bezier pieces."""
    for start in range(0, len(curve) - 1, 3):
        corners = curve[start : start + 4]
        for part in (0.0, 0.3, 0.7):
            shares = ((1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3)
            yield tuple(
                sum(share * corner[axis] for share, corner in zip(shares, corners, strict=False)) for axis in (0, 1)
            )


def test_what_follows_is_further_right_and_operands_keep_their_order():
    sizes = {name: Size(20, 20) for name in "abcdf"}
    boxes = laid_out(sizes, [Edge("a", "d"), Edge("b", "d"), Edge("c", "f"), Edge("d", "f")]).boxes
    assert boxes["a"].x == boxes["b"].x < boxes["d"].x == boxes["c"].x < boxes["f"].x  # c stands beside its only use
    assert boxes["a"].y < boxes["b"].y


def test_a_graph_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(layers, "MOST_PASSED", 3)
    names = [str(number) for number in "abcdefg"]
    edges = [Edge(*pair) for pair in itertools.pairwise(names)] + [Edge("a", "g")]
    with pytest.raises(Failure, match="too large"):
        laid_out(dict.fromkeys(names, Size(9, 9)), edges)


@pytest.mark.parametrize("argv", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_no_text_of_a_picture_covers_another(backprop, tmp_path, argv):
    """Where `dot` is missing the command draws the SVG by itself."""
    answer = backprop("graph", *argv, "-o", "circuit.svg", PATH=str(tmp_path))
    assert (answer.status, answer.err) == (0, "")
    picture = ElementTree.parse(tmp_path / "circuit.svg").getroot()
    texts = [text_box(text) for text in picture.iter(f"{SVG}text")]
    bodies = [body_box(body) for body in picture.iter() if body.get("class") == "body"]
    assert texts and len(bodies) == sum("gate" in group.get("class", "") for group in picture.iter(f"{SVG}g"))
    for one, other in itertools.combinations(texts, 2):
        assert not overlap(one, other)
    for one, other in itertools.combinations(bodies, 2):
        assert not overlap(one, other)
    for body, text in itertools.product(bodies, texts):
        assert not overlap(body, text) or abs(body.x - text.x) < 0.1  # its own sign


def text_box(text: ElementTree.Element) -> Box:
    """The box of a text, a letter being 0.6 of its height wide."""
    names = text.get("class", "").split()
    size = 10 if "detail" in names else 12 if "long" in names else 17 if "sign" in names else 13
    content = "".join(text.itertext())
    x, y, width = float(text.get("x", 0)), float(text.get("y", 0)), 0.6 * size * len(content)
    return Box(x + (width / 2 if "title" in names else 0), y - 0.3 * size, width, 0.8 * size)


def body_box(body: ElementTree.Element) -> Box:
    """The box of a circle, or of what is a box itself."""
    if body.tag == f"{SVG}circle":
        x, y, radius = (float(body.get(name, 0)) for name in ("cx", "cy", "r"))
        return Box(x, y, 2 * radius, 2 * radius)
    x, y, width, height = (float(body.get(name, 0)) for name in ("x", "y", "width", "height"))
    return Box(x + width / 2, y + height / 2, width, height)


def test_a_page_needs_no_dot(backprop, tmp_path):
    answer = backprop("graph", "(x+y)*z", "x=-2", "y=5", "z=-4", "-o", "page.html", PATH=str(tmp_path))
    assert (answer.status, answer.err) == (0, "")
    assert len(re.findall("<circle", (tmp_path / "page.html").read_text())) == 2
