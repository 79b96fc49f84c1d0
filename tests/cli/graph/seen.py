"""What a page shows, and what `eval` prints, for the tests of pages. Compares nothing."""

from __future__ import annotations

import json

ROWS = """Object.fromEntries([...document.querySelectorAll("tbody tr")].map((row) => {
  const [node, , value, gradient] = [...row.children].map((cell) => cell.textContent);
  return [node, [value, gradient]];
}))"""
EXPLAINED = "document.getElementById('explanation').innerText"


def listed(backprop, *tokens):
    """What `eval` prints of each node, with the digits of a table."""
    nodes = json.loads(backprop("eval", *tokens, "--json").out)["nodes"]
    return {node["node"]: [shown(node["value"]), shown(node["gradient"])] for node in nodes}


def shown(number):
    return "nan" if number is None else f"{number:.6g}"  # no point below gives an infinite number


def set_box(browser, selector, text):
    """Type a number as a user does: click the box, select what is in it, and type."""
    browser.click(selector)
    browser.evaluate(f"document.querySelector({selector!r}).select()")
    browser.type(text)
