"""The public calls: derivatives at a point, as numbers or as expressions, and what is told about them."""
