"""A node as a formula for a reader: in the labels of other nodes, and as the textbook writes it."""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.graph import Node
from backprop.autodiff.passes.textbook import in_textbook_form
from backprop.parser.printers.expression import show


def formula(node: Node, labels: Mapping[Node, str]) -> str:
    """The node as an expression, cut off at labelled nodes, itself among them. May append to its graph."""
    return labels[node] if node in labels else show(in_textbook_form(node, labels), labels)
