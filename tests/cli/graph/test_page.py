"""`backprop graph -o page.html` in a real browser: what it shows is what `eval` prints, at every point."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from ...closeness import close_to
from .seen import EXPLAINED, ROWS, listed, set_box

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz's dot (apt install graphviz)")
DRAWN = """[...document.querySelectorAll("svg .value, svg .gradient")]
  .filter((one) => getComputedStyle(one).visibility !== "hidden").map((one) => one.textContent)"""
CURRENT = "[...document.querySelectorAll('tr.current th')].map((one) => one.textContent)"
COLORS = "[document.body, document.querySelector('svg .value')].map((one) => getComputedStyle(one)[{!r}])"


POINTS = [
    pytest.param("(x+y)*z", {"x": 1.5, "y": -3.25, "z": 7}, id="lecture"),
    pytest.param("1/(1+exp(-(w*x+b)))", {"w": 0.1, "x": -30, "b": 2e-5}, id="sigmoid"),
    pytest.param("a = x*y; sin(a) + a^2/x + max(x, y)", {"x": -0.7, "y": 1234567}, id="shared"),
    pytest.param("where(x > 0, sqrt(x), relu(y)*x)", {"x": -4, "y": 3}, id="branch"),
    pytest.param("tanh(format) + pi*arguments + compute/q0", {"format": 1, "arguments": 2, "compute": 3, "q0": 4}),
]


@pytest.mark.parametrize("expression, point", POINTS)
def test_numbers_typed_give_what_eval_prints(backprop, page, expression, point):
    browser = page(expression, *(f"{name}=1" for name in point))
    assert browser.evaluate(ROWS) == listed(backprop, expression, *(f"{name}=1" for name in point))
    names = browser.evaluate("data.inputs.map((one) => one.name)")
    for name, number in point.items():
        set_box(browser, f"#number-{names.index(name)}-0", str(number))
    expected = listed(backprop, expression, *(f"{name}={number}" for name, number in point.items()))
    assert browser.evaluate(ROWS) == expected
    assert set(browser.evaluate(DRAWN)) >= {number for numbers in expected.values() for number in numbers}
    assert browser.complaints() == []


def test_the_walk_goes_by_keyboard_and_says_what_explain_says(backprop, page):
    browser = page("(x+y)*z", "x=-2", "y=5", "z=-4")
    said = [line.strip() for line in backprop("explain", "(x+y)*z", "x=-2", "y=5", "z=-4").lines]
    assert len(browser.evaluate(DRAWN)) == 10
    browser.press("ArrowRight")
    assert " ".join(browser.evaluate(EXPLAINED).split()) == "Step 1 of 5, forward pass x = -2 y = 5 z = -4"
    assert browser.evaluate(DRAWN) == ["-2", "5", "-4"]
    browser.press("ArrowRight")
    assert browser.evaluate(CURRENT) == ["n1"]
    browser.press("End")
    assert browser.evaluate(CURRENT) == ["n1"]
    assert browser.evaluate("document.getElementById('next').getAttribute('aria-disabled')") == "true"
    assert len(browser.evaluate(DRAWN)) == 10
    heading, *lines = browser.evaluate(EXPLAINED).split("\n\n")
    assert heading == "Step 5 of 5, reverse pass"
    assert len(lines) == 3
    assert set(lines) <= set(said)
    browser.press("ArrowLeft")
    assert browser.evaluate(CURRENT) == ["f"]
    assert sorted(browser.evaluate(DRAWN)) == sorted(["-2", "5", "-4", "3", "-12", "1", "-4", "3"])
    browser.press("Home")
    assert browser.evaluate(CURRENT) == []
    browser.click("#next")
    assert "Step 1 of 5" in browser.evaluate(EXPLAINED)
    browser.click("#last")
    assert "Step 5 of 5" in browser.evaluate(EXPLAINED)


def test_the_explanation_follows_the_inputs_and_the_branch_taken(backprop, page):
    expression = "where(x > 0, x*y, y^2) + max(x, y)"
    browser = page(expression, "x=2", "y=3")
    for number in ("2", "-1"):
        set_box(browser, "#number-0-0", number)
        browser.evaluate("document.activeElement.blur()")
        said = backprop("explain", expression, f"x={number}", "y=3").out
        browser.press("Home")
        shown = ""
        for _ in range(browser.evaluate("data.steps.length")):
            browser.press("ArrowRight")
            lines = browser.evaluate(EXPLAINED).split("\n\n")[1:]
            shown += "\n".join(lines) + "\n"
        assert shown.count("is 1 where") == 2  # what holds at any point
        largest = re.compile(r"(= [01], \w is the larger|is 1 where \w is the larger, .*?), so")
        for line in shown.splitlines():
            assert largest.sub(", so", line) in largest.sub(", so", said)
        not_taken = re.findall(r"to \w+: the branch is not taken", said)
        assert not_taken
        assert re.findall(r"to \w+: the branch is not taken", shown) == not_taken
    assert browser.evaluate("document.querySelectorAll('.dashed').length") > 0


def test_the_walk_highlights_and_every_control_has_a_name(page):
    browser = page("sin(x)*y", "x=1", "y=2")
    browser.press("ArrowRight", 2)
    assert browser.evaluate("document.querySelectorAll('svg g.current .body').length") == 1
    names = browser.evaluate(
        "[...document.querySelectorAll('input, button')].map((one) => one.labels?.[0]?.textContent ||"
        " one.getAttribute('aria-label') || one.textContent)"
    )
    assert all(names)
    assert browser.evaluate("document.getElementById('explanation').getAttribute('aria-live')") == "polite"
    browser.press("Tab")
    outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_arrays_are_boxes_for_their_entries(backprop, page):
    browser = page("q = W@x; sum(q^2)", "--W", "[[0.1,0.5],[-0.3,0.8]]", "--x", "[0.2,0.4]")
    set_box(browser, "#number-0-2", "2")
    set_box(browser, "#number-1-1", "-1")
    nodes = json.loads(
        backprop("eval", "q = W@x; sum(q^2)", "--W", "[[0.1,0.5],[2,0.8]]", "--x", "[0.2,-1]", "--json").out
    )["nodes"]
    rows = browser.evaluate(ROWS)
    for node in nodes:
        for mine, truth in zip(rows[node["node"]], (node["value"], node["gradient"]), strict=True):
            numbers = json.loads(mine.partition(" (")[0])
            assert flat(numbers) == close_to(flat(truth), rel=1e-5)
    assert browser.complaints() == []


def flat(value):
    return [number for one in value for number in flat(one)] if isinstance(value, list) else [value]


def test_gates_of_whole_arrays_are_computed_by_their_entries(page):
    parts = (
        "mean(x) + sum(x[1:3]) + sum(outer(x,x)[0]) + sum(cumsum(x)) + sum(concat(x,[1,2])) + dot(x,x) + x.T@[1,2,3]"
    )
    browser = page(parts, "--x", "[1,2.5,-3]")
    before = browser.evaluate("numbers")
    browser.evaluate("recompute()")
    assert browser.evaluate("numbers") == close_to(before, rel=1e-14)
    assert len(before) > 50


# A list of 300 numbers is too long to be written entry by entry in JavaScript.
FIXED = "note: the numbers of this page are fixed: a page computes arrays of at most 256 numbers, and w has 300\n"


@pytest.fixture
def fixed_page(backprop, browser, tmp_path):
    """Write a page with fixed numbers, of an expression of x and a long w, and open it."""

    def opened(expression, *tokens):
        (tmp_path / "w.json").write_text(json.dumps([0.5] * 300))
        answer = backprop("graph", expression, "--w", "@w.json", *tokens, "-o", "page.html")
        assert (answer.status, answer.err) == (0, FIXED)
        browser.open(tmp_path / "page.html")
        return browser

    return opened


def test_what_javascript_cannot_say_is_a_page_with_fixed_numbers(fixed_page):
    browser = fixed_page("sum(w)*x", "x=3")
    assert "are fixed" in browser.evaluate("document.querySelector('.reason').textContent")
    assert browser.evaluate("document.querySelectorAll('input').length") == 0
    browser.press("ArrowRight", 2)
    assert "Step 2 of 5" in browser.evaluate(EXPLAINED)
    assert browser.complaints() == []


def test_a_page_with_fixed_numbers_says_which_branch_was_taken(fixed_page):
    browser = fixed_page("where(x > 5, x, sum(w)*x)", "x=3")
    shown = ""
    for _ in range(browser.evaluate("data.steps.length")):
        browser.press("ArrowRight")
        shown += browser.evaluate(EXPLAINED)
    assert shown.count("the branch is not taken, so exactly 0") == 1
    assert browser.complaints() == []


def test_a_large_page_with_fixed_numbers_stays_small(backprop, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps([0.1] * 100_000))
    assert backprop("graph", "sum(sin(x))", "--x", "@x.json", "-o", "page.html").status == 0
    assert (tmp_path / "page.html").stat().st_size < 100_000


def test_a_large_array_is_held_fixed(page, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(list(range(30))))
    browser = page("sum(x)*y", "--x", "@x.json", "y=2")
    assert "an array of 30 numbers, held fixed" in browser.evaluate("document.body.innerText")
    set_box(browser, "#number-1-0", "3")
    assert browser.evaluate(ROWS)["f"] == ["1305", "1"]


def test_nothing_is_asked_of_a_network_and_nothing_else_may_run(page):
    browser = page("x*y", "x=1", "y=2")
    assert [one.partition(":")[0] for one in browser.requests()] == ["file"]
    browser.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'oh = 1'}))")
    assert browser.evaluate("typeof oh") == "undefined"
    with pytest.raises(AssertionError, match="Content Security Policy"):
        browser.evaluate("(0, Function)('return 1')()")


HOSTILE = "x + 1 # </script><script>oh = 1</script> <img src=x onerror='oh = 1'> <!-- & \" \\"


def test_what_the_user_wrote_stays_text(page, tmp_path):
    browser = page(HOSTILE, "x=1")
    assert browser.evaluate("document.querySelector('h1').textContent") == HOSTILE
    assert browser.evaluate("document.title").endswith(HOSTILE)
    assert browser.evaluate("typeof oh") == "undefined"
    assert browser.complaints() == []
    tags = Tags()
    tags.feed((tmp_path / "page.html").read_text())
    assert tags.found.count("script") == 2
    assert "img" not in tags.found


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)


def test_dark_and_light(browser, page):
    page("x*y", "x=1", "y=2")
    colors = {}
    for scheme in ("light", "dark"):
        browser.look(scheme=scheme)
        colors[scheme] = browser.evaluate(COLORS.format("color")) + browser.evaluate(COLORS.format("backgroundColor"))
    browser.look()
    assert all(light != dark for light, dark in zip(colors["light"][:3], colors["dark"][:3], strict=True))


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_the_page_fits_the_window(browser, page, width):
    browser.look(width=width)
    page("1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    browser.press("ArrowRight", 9)
    box = browser.evaluate("(() => { const b = document.querySelector('svg .current').getBoundingClientRect();"
                           " return [b.left, b.right]; })()")  # fmt: skip
    assert 0 <= box[0] < box[1] <= width
    browser.look()


NUMBERS = [0.1, 1e-5, 1e-4, 123456, 1234567, 999999.5, 100000.5, 100001.5, 2.5, -0.0, 1e300, 5e-324, 1 / 3, 1.0000005]


@pytest.mark.parametrize("digits", [1, 3, 6, 17])
def test_numbers_are_written_as_the_table_writes_them(page, digits):
    browser = page("x", "x=1", "--digits", str(digits))
    mine = browser.evaluate(f"{json.dumps(NUMBERS)}.map(written)")
    assert mine == [f"{number + 0.0:.{digits}g}" for number in NUMBERS]  # of -0 it is 0


def test_on_the_page_of_a_plot_the_point_and_its_tangent_follow_the_pointer(backprop, browser, tmp_path):
    for tokens, hidden in ((("x^2", "x=-2:2"), 1), (("x^2+y", "x=-2:2", "y=-1:1"), 0)):
        assert backprop("plot", *tokens, "-o", "plot.html").status == 0
        browser.open(tmp_path / "plot.html")
        browser.click(".frame")  # in its middle
        browser.evaluate("document.querySelector('svg').focus()")
        browser.press("ArrowRight", 25)
        told = dict(part.split(" = ") for part in re.split(" {4}", browser.evaluate("readout.textContent")))
        x = float(told["x"])
        assert float(told["f"]) == close_to(x**2, rel=1e-5) and float(told["df/dx"]) == close_to(2 * x, rel=1e-5)
        assert hidden or float(told["df/dy"]) == 1
        ends = "(one => ['x1', 'y1', 'x2', 'y2'].map(name => Number(one.getAttribute(name))))"
        line = browser.evaluate(f"{ends}(document.querySelector('.{'tangent' if hidden else 'level'}'))")
        panel = browser.evaluate("({...data.panels[0], curves: null})")
        per_x, per_y = (
            panel[side] / (panel[axis]["high"] - panel[axis]["low"]) for side, axis in (("width", "x"), ("height", "y"))
        )
        slope = (line[1] - line[3]) / (line[2] - line[0]) * per_x / per_y
        assert slope == close_to(2 * x if hidden else -2 * x, rel=1e-6)  # along a level dy = -2*x*dx
        assert browser.complaints() == []
        assert [url for url in browser.requests() if not url.startswith("data:")] == [(tmp_path / "plot.html").as_uri()]


def test_a_page_is_refused_in_forward_mode(backprop, tmp_path):
    answer = backprop("graph", "x^2", "x=1", "--mode", "forward", "-o", "page.html")
    assert (answer.status, answer.out) == (2, "")
    assert "reverse pass" in answer.err
    assert not (tmp_path / "page.html").exists()


def test_what_is_used_often_is_repeated_beside_its_uses(page):
    browser = page("w*x + w^2*y + sin(w) + exp(w)/w", "w=0.5", "x=1", "y=-1")
    set_box(browser, "#number-0-0", "2")
    assert browser.evaluate("document.querySelector('tbody th').textContent") == "w"
    shares = "[...document.querySelectorAll('svg .repeat .gradient')].map((one) => Number(one.textContent))"
    total = float(browser.evaluate("document.querySelector('tbody .gradient').textContent"))
    assert len(browser.evaluate(shares)) == 5 and sum(browser.evaluate(shares)) == close_to(total, rel=1e-5)
    browser.point("tbody th")
    assert browser.evaluate("document.querySelectorAll('svg g.linked').length") == 6
    browser.evaluate("document.activeElement.blur()")
    browser.press("End")
    browser.press("ArrowLeft", 2)  # before the sum, and the last gate that uses it
    known = "[...document.querySelectorAll('svg .repeat .gradient:not(.pending)')].length"
    assert browser.evaluate(known) == 4
    assert browser.evaluate("document.querySelector('tbody .gradient').classList.contains('pending')")


def test_a_long_chain_goes_on_in_the_next_row(page):
    browser = page("sin(" * 30 + "x" + ")" * 30, "x=1")
    width, height = browser.evaluate("[natural.width, natural.height]")
    assert width < 2000 and height > 200
    tops = "[...document.querySelectorAll('svg .gate')].map((one) => one.getBBox().y)"
    assert browser.evaluate(tops) == sorted(browser.evaluate(tops))  # rows from above


def test_a_korean_page_with_fixed_numbers_says_why_in_korean(backprop, tmp_path):
    answer = backprop("graph", "integral(t*x, t, 0, 1)", "x=1", "--lang", "ko", "-o", "page.html")
    assert "페이지에서는 integral(t*x, t, 0, 1) 식을 계산할 수 없다" in answer.err
    assert "cannot" not in (tmp_path / "page.html").read_text()
