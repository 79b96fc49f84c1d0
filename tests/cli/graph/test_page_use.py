"""The page in a user's hands: boxes and sliders, the view of the circuit, what the pointer links, on desk and phone."""

from __future__ import annotations

import json
import math
import shutil

import pytest

from ...closeness import close_to
from .seen import EXPLAINED, ROWS, listed, set_box

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz's dot (apt install graphviz)")
NETWORK = (
    "h = relu(W@x + b); q = sum(h^2); tanh(q/8)",
    "--W",
    "[[0.1,0.5],[-0.3,0.8]]",
    "--x",
    "[2,4]",
    "--b",
    "[1,-1]",
)
SIZES = {"desk": (1280, 720), "phone": (390, 844)}


def test_a_slider_moved_by_the_keyboard_gives_what_eval_prints(backprop, page):
    browser = page("(x+y)*z", "x=-2", "y=5", "z=-4")
    browser.evaluate("document.getElementById('slider-0-0').focus()")
    browser.press("ArrowRight", 7)
    moved = browser.evaluate("document.getElementById('number-0-0').value")
    assert float(moved) > -2
    assert browser.evaluate("document.getElementById('slider-0-0').getAttribute('aria-valuetext')") == moved
    assert browser.evaluate(ROWS) == listed(backprop, "(x+y)*z", f"x={moved}", "y=5", "z=-4")
    assert "Both passes" in browser.evaluate(EXPLAINED)  # the keys moved the slider, not the walk
    browser.click("#slider-1-0")
    middle = browser.evaluate("document.getElementById('number-1-0').value")
    assert float(middle) == pytest.approx(0, abs=0.2)
    assert browser.evaluate(ROWS) == listed(backprop, "(x+y)*z", f"x={moved}", f"y={middle}", "z=-4")


REASONS = {
    "": "a number is missing",
    "1e": "expected an operator between '1' and 'e'",
    "2x": "expected an operator between '2' and 'x'",
    "two": "'two' is not a number; pi, tau, e, inf and nan are",
    "1,5": "write 1.5, with a point",
    "sqrt(2)": "'sqrt' is a function, and a box takes none: write a number",
    "1/": "expected a number after '/'",
    "(1+2": "')' is missing",
    "1)": "expected an operator between '1' and ')'",
    "2*^3": "expected a number after '*'",
}
NUMBERS_TYPED = {
    "1/3": 1 / 3, "pi/2": math.pi / 2, "\u22122·π": -2 * math.pi, "-2^2": -4, "2^-1": 0.5, "2**3^2": 512,
    "(1+2)*3-4/8": 8.5, "1_000": 1000, ".5e-3": 0.0005, "1e300*-10": -1e301, "--1": 1, "INF": math.inf,
    "-∞": -math.inf, "6/2/3": 1,
}  # fmt: skip


def test_a_box_takes_formulas_of_numbers_and_says_why_it_does_not(page):
    browser = page("x^2", "x=3")
    assert browser.evaluate(f"{json.dumps(list(REASONS))}.map((text) => reading(text).reason)") == [*REASONS.values()]
    mine = browser.evaluate(f"{json.dumps(list(NUMBERS_TYPED))}.map((text) => String(reading(text).number))")
    assert [float(one.replace("Infinity", "inf")) for one in mine] == [*NUMBERS_TYPED.values()]
    before = browser.evaluate(ROWS)
    complaint = "[document.getElementById('complaint-0-0').hidden, document.getElementById('complaint-0-0').innerText]"
    invalid = "document.getElementById('number-0-0').getAttribute('aria-invalid')"
    set_box(browser, "#number-0-0", "1,5")
    assert (browser.evaluate(ROWS), browser.evaluate(invalid)) == (before, "true")
    assert browser.evaluate(complaint) == [False, "write 1.5, with a point"]
    set_box(browser, "#number-0-0", "-inf")
    assert browser.evaluate(ROWS) == {"x": ["-inf", "-inf"], "f": ["inf", "1"]}
    assert (browser.evaluate(complaint), browser.evaluate(invalid)) == ([True, ""], "false")
    set_box(browser, "#number-0-0", "nan")
    assert browser.evaluate(ROWS) == {"x": ["nan", "nan"], "f": ["nan", "1"]}


def test_the_range_of_a_slider_follows_the_box_and_comes_back(page):
    browser = page("sum(v)*x", "x=3", "--v", "[1, -2]")
    ends = "[...document.querySelectorAll('input[type=range]')].map((one) => [Number(one.max), Number(one.value)])"
    first = browser.evaluate(ends)
    assert first == [[5, 1], [5, -2], [10, 3]]
    for text, bound in (("100", 200), ("1/50", 0.05), ("-3e6", 1e7), ("1.7e308", 1e308), ("5e-324", 5), ("3", 10)):
        set_box(browser, "#number-1-0", text)
        assert browser.evaluate(ends)[-1][0] == bound
    browser.evaluate("document.getElementById('slider-0-1').focus()")
    browser.press("ArrowRight", 3)  # an entry of an array has a slider, too
    assert browser.evaluate("document.getElementById('number-0-1').value") == "-1.85"
    assert browser.evaluate(ROWS)["f"] == ["-2.55", "1"]
    set_box(browser, "#number-0-0", "oh")
    browser.click("#reset")
    assert browser.evaluate(ends) == first
    assert browser.evaluate(ROWS)["f"] == ["-3", "1"]
    assert browser.evaluate("document.querySelectorAll('[aria-invalid=true]').length") == 0


def test_how_is_what_eval_says_at_every_point(backprop, page):
    text = "a = x*y; a^2 + max(x, y) + where(x > 2, y, x)"
    browser = page(text, "x=2", "y=3")
    dashed = "[...new Set([...document.querySelectorAll('.dashed')].map((one) => one.dataset.wire))].length"
    assert browser.evaluate(dashed) == 1  # into `where`; a maximum's wire has 0
    how = "[...document.querySelectorAll('td.how')].map((one) => one.textContent)"
    for x, y in ((2, 3), (4, -1), (1, 1)):
        set_box(browser, "#number-0-0", str(x))
        set_box(browser, "#number-1-0", str(y))
        assert browser.evaluate(how) == [row[5] for row in backprop("eval", text, f"x={x}", f"y={y}").rows[1:]]
        assert browser.evaluate(dashed) == 1


GATE = "drawing.querySelector('g.current .body') ?? drawing.querySelector('.current')"
BOX = "((one) => {{ const box = one.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }})({})"


PART = """(() => { const part = title.querySelector(".current");
  const [inner, outer] = [part ?? title, title].map((one) => one.getBoundingClientRect());
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1; })()"""


@pytest.mark.parametrize("size", SIZES)
def test_gate_and_text_of_every_step_are_in_view_both_ways(page, browser, size):
    width, height = SIZES[size]
    browser.look(width=width, height=height)
    page(*NETWORK)
    for key in ["ArrowRight"] * 14 + ["ArrowLeft"] * 12:
        browser.press(key)
        gate = browser.evaluate(BOX.format(GATE))
        frame = browser.evaluate(BOX.format("frame"))
        text = browser.evaluate(BOX.format("document.getElementById('explanation')"))
        middle = (gate[0] + gate[2]) / 2, (gate[1] + gate[3]) / 2
        assert frame[0] <= middle[0] <= frame[2] and frame[1] <= middle[1] <= min(frame[3], height)
        assert 0 <= text[1] < text[3] <= height
        assert browser.evaluate("explanation.scrollHeight <= explanation.clientHeight")
        assert browser.evaluate(PART)


@pytest.mark.parametrize("size", SIZES)
def test_the_text_stays_in_view_and_the_circuit_comes_back(page, browser, size):
    width, height = SIZES[size]
    browser.look(width=width, height=height)
    page(*NETWORK)
    browser.press("ArrowRight", 2)
    browser.evaluate("scrollTo(0, document.body.scrollHeight)")
    text = browser.evaluate(BOX.format("document.getElementById('explanation')"))
    assert 0 <= text[1] < text[3] <= height
    assert browser.evaluate(BOX.format("frame"))[3] < 0 or size == "desk"
    browser.evaluate("document.activeElement.blur()")
    browser.press("ArrowRight")
    gate = browser.evaluate(BOX.format(GATE))
    row = browser.evaluate(BOX.format("document.querySelector('tr.current')"))
    assert 0 <= gate[1] < gate[3] <= height or 0 <= row[1] < row[3] <= height


def test_nothing_is_cut_off_on_a_phone(page, browser):
    browser.look(width=390, height=844)
    page(*NETWORK)
    right = browser.evaluate(
        "Math.max(...[...document.querySelectorAll('body :not(#frame *)')].filter((one) => one.checkVisibility())"
        ".map((one) => one.getBoundingClientRect().right))"
    )
    assert right <= 390
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_circuit_can_be_made_larger_smaller_and_fit(page, browser):
    browser.look(width=390, height=844)
    page(*NETWORK)
    width = "drawing.getBoundingClientRect().width"
    natural = browser.evaluate(width)
    assert natural == browser.evaluate("natural.width")  # to fit it would be too small to be read
    browser.click("#closer")
    assert browser.evaluate(width) == close_to(1.25 * natural, rel=1e-3)
    browser.click("#fit")
    assert browser.evaluate("frame.scrollWidth <= frame.clientWidth && frame.scrollHeight <= frame.clientHeight")
    fitting = browser.evaluate(width)
    browser.click("#farther")
    assert browser.evaluate(width) == close_to(fitting / 1.25, rel=1e-3)


def test_the_pointer_links_table_formula_and_circuit(page):
    browser = page("q = x*y; q + sin(x)", "x=1", "y=2")
    linked = """[[...document.querySelectorAll("h1 .linked")].map((one) => one.textContent),
      [...document.querySelectorAll("tr.linked th")].map((one) => one.textContent),
      [...document.querySelectorAll("svg g.linked .sign")].map((one) => one.textContent)]"""
    places = {
        "tbody tr:nth-child(3)": [["q", "x*y", "q"], ["q"], ["\N{MULTIPLICATION SIGN}"]],
        "svg g.input": [["x", "x"], ["x"], ["x"]],
        "h1 span span:last-child span": [["x", "x"], ["x"], ["x"]],
        "h2": [[], [], []],
    }
    for selector, expected in places.items():
        browser.point(selector)
        assert browser.evaluate(linked) == expected


def test_the_circuit_has_a_name_and_its_gates_have_those_of_the_table(page):
    browser = page("1/(1+exp(-x))", "x=1")
    assert browser.evaluate("drawing.getAttribute('aria-label')") == "Circuit of f = 1/(1+exp(-x))"
    assert browser.evaluate("[...document.querySelectorAll('svg .known')].map((one) => one.textContent)") == [
        "n1", "n2", "n3",
    ]  # fmt: skip
