"""Numbers from a graph: for one point, or for many rows at once."""
