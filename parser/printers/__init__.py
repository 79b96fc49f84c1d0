"""Graphs back into text, one language a module."""
