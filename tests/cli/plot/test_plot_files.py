"""`backprop plot -o FILE`: points, text and pictures, whole or absent, with and without matplotlib."""

from __future__ import annotations

import base64
import json
import math
import re
import struct
import zlib
from importlib.util import find_spec

import pytest

from backprop.cli.output.themes import THEMES

from ...closeness import close_to

pytestmark = pytest.mark.extras

needs_matplotlib = pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")


def test_points_and_text_into_files(backprop, tmp_path):
    for name in ("points.csv", "points.json", "curve.txt"):
        answer = backprop("plot", "sin(x)", "--x", "-5:5", "-o", name)
        assert (answer.status, answer.out, answer.err) == (0, "", "")
        assert (tmp_path / name).stat().st_size > 500
    assert (tmp_path / "curve.txt").read_text() == backprop("plot", "sin(x)", "--x", "-5:5").out
    assert backprop("plot", "x", "--x", "0:1", "-o", "/dev/full", "--format", "text").status == 3


PICTURES = [
    ("sin(x)", "--x", "-5:5"),
    ("tan(x)", "--x", "-5:5"),
    ("x^2 + x*y", "--x", "-2:2", "--y", "0.1:10", "--log", "y"),
    ("3 + 0*x + 0*y", "--x", "-2:2", "--y", "1:2"),
    ("sqrt(x)+y # $\\frac{1}{0}$ 日本", "--x", "-2:2", "--y", "1:2"),
]


@needs_matplotlib
def test_pictures(backprop, answers_to, tmp_path):
    questions = [("plot", *tokens, "--format", "svg") for tokens in (*PICTURES, PICTURES[0])]
    answers = answers_to(questions)
    for answer in answers:
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.rstrip().endswith("</svg>") and len(answer.out) > 5000
    assert answers[0].out == answers[-1].out, "one picture has the same bytes each time"
    for format, magic, ending in (("png", b"\x89PNG", b"IEND\xaeB`\x82"), ("pdf", b"%PDF", b"%%EOF\n")):
        answer = backprop("plot", "sin(x)", "--x", "-5:5", "-o", f"a.{format}")
        assert (answer.status, answer.out, answer.err) == (0, "", "")
        content = (tmp_path / f"a.{format}").read_bytes()
        assert content.startswith(magic) and content.endswith(ending)


@needs_matplotlib
def test_the_line_in_a_picture_has_the_gaps(backprop, tmp_path):
    backprop("plot", "1/(x-0.0034) + 0*c", "--x", "-5:5", "--c", "1", "--wrt", "c", "-o", "pole.svg")
    svg = (tmp_path / "pole.svg").read_text()
    (path,) = re.findall(r'<path d="([^"]+)"[^>]*style="[^"]*stroke: #00752b[^"]*stroke-linecap: square"', svg)[:1]
    assert path.count("M") == 2


def contrast(first, second):
    """As WCAG 2 defines it."""
    parts = [[int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)] for color in (first, second)]
    linear = [[part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in one] for one in parts]
    dark, light = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_read_on_their_ground_and_without_one_on_both():
    for theme in THEMES.values():
        grounds, least = ([theme.ground], 4.5) if theme.ground else (["#ffffff", "#000000", "#0d1117", "#1e1e1e"], 3.7)
        for color in (theme.ink, theme.faint, theme.value, theme.derivative, *theme.curves):
            assert min(contrast(color, ground) for ground in grounds) >= least, color


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1])


def test_a_page_has_each_curve_with_its_slope(backprop):
    page = backprop("plot", "sin(x)", "k/x # <b>", "x=-2:2", "k=3", "--wrt", "k", "--format", "html").out
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert not re.search(r"(src|href)=(?!\"data:)", page)  # without a network
    data = data_of(page)
    curves = {curve["label"]: curve for panel in data["panels"] for curve in panel["curves"]}
    assert curves.keys() == {"f1", "df1/dk", "f2", "df2/dk"}
    for place, x in enumerate(data["x"]):
        if x:
            assert curves["f1"]["slopes"][place] == close_to(math.cos(x), rel=1e-6)
            assert curves["f2"]["slopes"][place] == close_to(-3 / x**2, rel=1e-6)
            assert curves["df2/dk"]["values"][place] == close_to(1 / x, rel=1e-6)
    assert curves["f2"]["values"][data["x"].index(0)] is None
    assert backprop("plot", "x", "x=0:1", "--samples", "100001", "--format", "html").status == 2


def test_a_page_of_a_contour_has_bands_in_their_places(backprop, tmp_path):
    (tmp_path / "way.csv").write_text("x,y\n0,0.5\n1,0\n")
    tokens = ("x + sqrt(y)", "x=0:1", "y=-1:1", "--samples", "5", "--path", "way.csv", "--format", "html")
    page = backprop("plot", *tokens).out
    data = data_of(page)
    assert (data["values"][:5], data["values"][-5:]) == ([None] * 5, [1, 1.25, 1.5, 1.75, 2])
    assert data["gradients"][0][-5:] == [1] * 5 and data["gradients"][1][-5:] == [0.5] * 5
    image = base64.b64decode(re.search(r"data:image/png;base64,([^\"]+)", page)[1])
    size, content = struct.unpack(">II", image[16:24]), zlib.decompress(image[image.index(b"IDAT") + 4 : -16])
    assert size == (17, 17) and len(content) == 18 * 17
    rows = [content[18 * row + 1 : 18 * row + 18] for row in range(17)]
    seen_through = image[image.index(b"tRNS") - 4 :][:4]
    assert set(rows[-1]) == {int.from_bytes(seen_through, "big") - 1}  # y = -1, where there is no value
    assert list(rows[0]) == sorted(rows[0]) and rows[0][0] < rows[0][-1]  # y = 1, where it grows to the right
    assert page.count('class="way-point"') == 2


@needs_matplotlib
def test_theme_size_title_and_path_in_a_picture(backprop, tmp_path):
    (tmp_path / "way.csv").write_text("x,y\n-1,1\n0,0\n1,1\n")
    options = ("--theme", "dark", "--size", "600x300", "--title", "$ descent", "--log", "f", "--path", "way.csv")
    assert backprop("plot", "x^2+y^2", "--x", "-2:2", "--y", "-2:2", *options, "-o", "a.png").status == 0
    header = (tmp_path / "a.png").read_bytes()[16:24]
    assert (int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")) == (600, 300)
    drawn = backprop("plot", "x^2+y^2", "--x", "-2:2", "--y", "-2:2", *options, "--format", "svg").out
    assert "#0d1117" in drawn and "#ff2d2d" in drawn
    wrong = backprop("plot", "x", "--x", "0:1", "--size", "9x9", "-o", "b.png")
    assert (wrong.status, "--size 9x9" in wrong.err) == (2, True)


@needs_matplotlib
def test_without_home_display_and_backend(backprop, tmp_path):
    changes = {"HOME": "/nonexistent", "MPLCONFIGDIR": "/proc/nonexistent", "MPLBACKEND": "bogus", "DISPLAY": ""}
    answer = backprop("plot", "sin(x)", "--x", "-5:5", "-o", "a.png", **changes)
    assert (answer.status, answer.err) == (0, "")
    content = (tmp_path / "a.png").read_bytes()
    assert zlib.crc32(content[-8:-4]) == int.from_bytes(content[-4:], "big")


@needs_matplotlib
def test_a_picture_is_whole_or_absent(backprop, terminal, tmp_path):
    assert backprop("plot", "sin(x)", "--x", "-5:5", "-o", "/dev/full", "--format", "svg").status == 3
    (tmp_path / "kept.svg").write_text("before")
    assert backprop("plot", "log(-x)", "--x", "1:2", "-o", "kept.svg").status == 2
    assert (tmp_path / "kept.svg").read_text() == "before"
    assert terminal("plot", "x", "--x", "0:1", "--format", "png").status == 2
    assert [one.name for one in tmp_path.iterdir()] == ["kept.svg"]


@needs_matplotlib
@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
@pytest.mark.parametrize("ranges", [("--x", "0:1"), ("--x", "0:1", "--y", "0:1")])
def test_a_title_is_no_formula(backprop, tmp_path, ending, ranges):
    text = ("x*y" if "--y" in ranges else "x") + r" # $\frac{$ \$ \\$ $x_$"
    answer = backprop("plot", text, *ranges, "-o", f"picture.{ending}")
    assert (answer.status, answer.err) == (0, "")
    assert (tmp_path / f"picture.{ending}").stat().st_size > 1000


def test_without_matplotlib(backprop, tmp_path):
    fake = tmp_path / "fake" / "matplotlib"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("raise ModuleNotFoundError('No module', name='matplotlib')")
    answer = backprop("plot", "x", "--x", "0:1", "-o", "a.svg", PYTHONPATH=str(fake.parent))
    assert (answer.status, answer.out) == (2, "")
    assert "matplotlib, which is not installed" in answer.err and "pip install matplotlib" in answer.err
    assert not (tmp_path / "a.svg").exists()
    assert backprop("plot", "x", "--x", "0:1", PYTHONPATH=str(fake.parent)).status == 0


def test_text_imports_neither_matplotlib_nor_rich(backprop):
    trace = backprop("plot", "sin(x)", "--x", "-5:5", PYTHONPROFILEIMPORTTIME="1").err
    assert "backprop.cli.plot.canvas" in trace
    assert not re.search(r"\| +(matplotlib|rich|backprop\.cli\.plots\.figure)$", trace, re.MULTILINE)
