"""The texts of the page by what they say: the template and its scripts take them from here. `{0}` is put in there."""

from __future__ import annotations

from backprop.cli.language.catalogue import translated

WORDS = {
    "circuit": "Circuit",
    "legend": "On each wire its",
    "value": "value",
    "above": "above, its",
    "gradient": "gradient",
    "below": "below.",
    "farther": "Smaller",
    "closer": "Larger",
    "fit": "Fit",
    "walk": "Step by step",
    "first": "First",
    "previous": "Previous",
    "next": "Next",
    "last": "Last",
    "keys": "Keys: ← and → for the previous and the next step, Home and End for the first and the last.",
    "both": "Both passes at once",
    "one": "Next goes through them in one step.",
    "all": "Next goes through them gate by gate, in {0} steps.",
    "forward": "Step {0} of {1}, forward pass",
    "reverse": "Step {0} of {1}, reverse pass",
    "inputs": "Inputs",
    "reset": "Reset",
    "boxes": "A box takes a number, or a formula of numbers: 1/3, pi/2, 2^-10.",
    "held": "an array of {0} numbers, held fixed",
    "value of": "value of {0}",
    "slider of": "slider of {0}",
    "fixed": "The numbers of this page are fixed: {0}.",
    "long array": "a page computes arrays of at most {0} numbers, and {1} has {2}",
    "many numbers": "a page computes at most {0} numbers, and this one has {1}",
    "no script": "a page cannot compute {0}",
    "again": "Write the page again with other values to see them.",
    "no variables": "The expression has no variables.",
    "nodes": "Nodes",
    "node": "node",
    "expression": "expression",
    "how": "how",
    "circuit of": "Circuit of {0}",
    "empty": "a number is missing",
    "expected": "expected a number after '{0}'",
    "unclosed": "')' is missing",
    "operator": "expected an operator between '{0}' and '{1}'",
    "comma": "write {0}, with a point",
    "function": "'{0}' is a function, and a box takes none: write a number",
    "unknown": "'{0}' is not a number; pi, tau, e, inf and nan are",
}


class Words:
    """The texts in a reader's language."""

    def __init__(self, language: str) -> None:
        self.texts = {word: translated(text, language) for word, text in WORDS.items()}

    def said(self, word: str, *given: object) -> str:
        """A text of the page with what stands in its places."""
        return self.texts[word].format(*given)
