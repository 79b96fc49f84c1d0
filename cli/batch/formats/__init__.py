"""Rows as text: what their cells and members hold, and how results are written beside them."""
