"""The graph, the gates, the passes and their evaluation. Knows no text and no terminal."""

from backprop.autodiff.derivatives import value_and_grad
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph, Node

__all__ = ["ExpressionError", "Graph", "Node", "Span", "value_and_grad"]
