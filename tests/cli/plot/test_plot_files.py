"""`backprop plot -o FILE`: points, text and pictures, whole or absent, with and without matplotlib."""

from __future__ import annotations

import re
import zlib
from importlib.util import find_spec

import pytest

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
    (path,) = re.findall(r'<path d="([^"]+)"[^>]*style="[^"]*stroke: #1a7f37[^"]*stroke-linecap: square"', svg)[:1]
    assert path.count("M") == 2


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
    assert "matplotlib, which is not installed" in answer.err and "pip install 'backprop-cli[plot]'" in answer.err
    assert not (tmp_path / "a.svg").exists()
    assert backprop("plot", "x", "--x", "0:1", PYTHONPATH=str(fake.parent)).status == 0


def test_text_imports_neither_matplotlib_nor_rich(backprop):
    trace = backprop("plot", "sin(x)", "--x", "-5:5", PYTHONPROFILEIMPORTTIME="1").err
    assert "backprop.cli.plot.canvas" in trace
    assert not re.search(r"\| +(matplotlib|rich|backprop\.cli\.plots\.figure)$", trace, re.MULTILINE)
