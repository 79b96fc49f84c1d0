"""Rows in, values and gradients out: sources, formats, workers and the loop that keeps them busy."""
