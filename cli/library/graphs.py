"""Graphs as the library has them: they show themselves. Whoever imports this has taught them to."""

from __future__ import annotations

from backprop.autodiff.graph import Graph
from backprop.cli.library.displays import displayed
from backprop.parser import parse, parse_latex, parse_model, parse_relations

__all__ = ["Graph", "parse", "parse_latex", "parse_model", "parse_relations"]

displayed(Graph)
