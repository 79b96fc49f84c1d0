"""Curves and contours: from the ranges in argv to the points, and from the points to a picture."""
