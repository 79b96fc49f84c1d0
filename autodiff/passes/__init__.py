"""Passes over the graph: each makes more of the same graph, and computes no number."""
